package lead

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"
)

// A planner draws one member's due times. Times are seconds since 1970, days are numbered as by Hours.day.
type planner struct {
	pace  Pace
	hours Hours
	zone  *time.Location
	works Calendar // without absences and hours where those are not to be kept
	caps  []*capped
	rng   *rand.Rand
	today int64
	first int64         // the earliest second that may be planned
	taken []int64       // ascending, cut to whole seconds
	load  map[int64]int // how many are taken, by day
	rest  map[int64]int // how many of those are still to come, by day
	due   []int64       // planned so far
}

func newPlanner(s Schedule, w Workload) *planner {
	// Mixing the member into the seed makes the plan independent of who else is planned.
	id := w.MemberID
	source := rand.NewPCG(uint64(s.Seed)^binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:]))
	p := &planner{
		pace: s.Pace, hours: s.Hours, zone: w.Zone, works: w.Works, rng: rand.New(source),
		today: s.Hours.day(s.Now, w.Zone),
		first: s.Now.Unix() + 1,
		taken: make([]int64, len(w.Taken)),
		load:  make(map[int64]int), rest: make(map[int64]int),
		due: make([]int64, 0, w.Leads),
	}
	p.works.Zone = w.Zone
	for i, t := range w.Taken {
		day := p.hours.day(t, p.zone)
		p.taken[i] = t.Unix()
		p.load[day]++
		if t.After(s.Now) {
			p.rest[day]++
		}
	}
	for _, date := range w.Counted {
		p.load[date.Unix()/secondsPerDay]++
	}
	slices.Sort(p.taken)
	if w.From.After(s.Now) {
		p.first = ceil(w.From)
	}
	for _, c := range w.Caps {
		if !c.Caps.None() {
			p.caps = append(p.caps, newCapped(c, s.Now, w.Zone))
		}
	}
	return p
}

const (
	// patience is for how many days that are not in an absence the planner looks for one with working hours.
	patience = 400
	// tooFar is for how many days it keeps to calendars and caps: a cap of one a month may make a plan of centuries.
	tooFar = 10 * 366
)

func (p *planner) plan(leads int) []time.Time {
	// Yesterday, too, may have time left: a clock put back over midnight repeats its end.
	next, idle := p.today-1, 0
	for day := next; len(p.due) < leads; day++ {
		planned := len(p.due)
		away := p.planDay(day, leads-planned)
		if len(p.due) > planned {
			next, idle = day+1, 0
		} else if !away {
			idle++
		}
		if p.restricted() && (idle > patience || day > p.today+tooFar) {
			p.works.Hours, p.works.Absences, p.caps = nil, nil, nil
			day = next - 1
		}
	}
	slices.Sort(p.due) // draws are in no order, and such a clock interleaves two days
	times := make([]time.Time, leads)
	for i, t := range p.due {
		times[i] = time.Unix(t, 0).UTC()
	}
	return times
}

func (p *planner) restricted() bool {
	return p.works.Hours != nil || len(p.works.Absences) > 0 || len(p.caps) > 0
}

// planDay plans a day's part of the leads that are left, and reports whether the day has hours and all are in an absence.
func (p *planner) planDay(day int64, leads int) (away bool) {
	window := p.works.hoursOf(p.hours.window(day, p.zone))
	left := p.works.present(window.after(p.first))
	if len(left) == 0 {
		return len(window.after(p.first)) > 0
	}
	length := window.length()
	distance := max(1, length/int64(4*p.pace.Max()))
	n := min(leads, p.count(day, left.length(), length))
	if n <= 0 {
		return false
	}
	free := p.apart(left, distance)
	for planned := 0; planned < n; {
		size := free.length()
		if size == 0 {
			return false
		}
		t := free.at(p.rng.Int64N(size))
		if full, is := p.full(t); is {
			free = free.without(full.from, full.to)
			continue
		}
		p.due = append(p.due, t)
		free = free.without(t-distance+1, t+distance)
		planned++
	}
	return false
}

// count draws how many leads to add to a day that has left of its hours' length, in seconds.
func (p *planner) count(day, left, length int64) int {
	target := p.pace.Min() + p.rng.IntN(p.pace.Max()-p.pace.Min()+1)
	part := int((2*int64(target)*left + length) / (2 * length)) // to the nearest
	return min(part-p.rest[day], target-p.load[day])
}

// apart takes out of a window what is too close to the leads that the member has.
func (p *planner) apart(window spans, distance int64) spans {
	from, to := window[0].from-distance, window[len(window)-1].to+distance
	i, _ := slices.BinarySearch(p.taken, from-1)
	for ; i < len(p.taken) && p.taken[i] < to; i++ {
		// A taken time may lie anywhere in its second, hence one second more behind it.
		window = window.without(p.taken[i]-distance+1, p.taken[i]+distance+1)
	}
	// Of what is planned only the day before is near, with hours that last almost the whole day.
	for _, t := range p.due[max(0, len(p.due)-p.pace.Max()):] {
		window = window.without(t-distance+1, t+distance)
	}
	return window
}
