package bench

import "slices"

// A Report is what was measured of each scenario.
type Report struct {
	Machine   Machine    `json:"machine"`
	Rounds    int        `json:"rounds"`
	Scale     int        `json:"scale"`
	Leads     int        `json:"leads"`
	Singles   int        `json:"singles"`
	Scenarios []Scenario `json:"scenarios"`
}

// A Machine is what it was measured on.
type Machine struct {
	CPUs     int    `json:"cpus"`
	Model    string `json:"model,omitempty"`
	Postgres string `json:"postgres"`
	Date     string `json:"date"`
	// Peers are the versions of other queues that were measured, by their names.
	Peers map[string]string `json:"peers,omitempty"`
	// Load is how many processes wanted to run, of the last minute when it began. Beyond the number of CPUs rates say little.
	Load float64 `json:"load"`
}

// A Scenario is what was measured of one.
type Scenario struct {
	Name    string   `json:"name"`
	What    string   `json:"what"`
	Figures []Figure `json:"figures"`
}

// A Figure is the median of the rounds, and between what they lie.
type Figure struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// ratioUnit is the unit of ratios within a round.
const ratioUnit = "×"

// A tally gathers the figures of a scenario's rounds.
type tally struct {
	names  []string
	units  map[string]string
	values map[string][]float64
}

func newTally() *tally { return &tally{units: map[string]string{}, values: map[string][]float64{}} }

// round is the number of the round of which the figures are gathered, from zero, if it has not added any yet.
func (t *tally) round() int {
	if len(t.names) == 0 {
		return 0
	}
	return len(t.values[t.names[0]])
}

func (t *tally) add(name, unit string, value float64) {
	if _, known := t.values[name]; !known {
		t.names = append(t.names, name)
	}
	t.units[name], t.values[name] = unit, append(t.values[name], value)
}

// rates adds a rate, and what share it is of others of the same round, by the names of these.
func (t *tally) rates(name string, rate float64, of ...string) {
	t.add(name, "leads/s", rate)
	for _, other := range of {
		values := t.values[other]
		t.add(name+" to "+other, ratioUnit, rate/values[len(values)-1])
	}
}

// work adds the CPU time of all that took part, and how much of it others took in the same round, by the names of these.
func (t *tally) work(name string, c Costs, of ...string) {
	const cpu = ", CPU of all"
	t.add(name+cpu, "µs/lead", c.PostgresCPU+c.LeadwheelCPU+c.RedisCPU+c.SelfCPU)
	for _, other := range of {
		took, its := t.values[name+cpu], t.values[other+cpu]
		t.add("CPU of "+other+" to "+name+"'s", ratioUnit, its[len(its)-1]/max(took[len(took)-1], 1))
	}
}

// costs adds what a lead took.
func (t *tally) costs(what string, c Costs) {
	t.add(what+", CPU of Postgres", "µs/lead", c.PostgresCPU)
	t.add(what+", CPU of Leadwheel", "µs/lead", c.LeadwheelCPU)
	t.add(what+", CPU of Redis", "µs/lead", c.RedisCPU)
	t.add(what+", write-ahead log", "B/lead", c.WAL)
	t.add(what+", disk", "B/lead", c.Disk)
}

func (t *tally) figures() []Figure {
	all := make([]Figure, len(t.names))
	for n, name := range t.names {
		sorted := slices.Sorted(slices.Values(t.values[name]))
		all[n] = Figure{Name: name, Unit: t.units[name], Median: sorted[len(sorted)/2], Low: sorted[0], High: sorted[len(sorted)-1]}
	}
	return all
}
