package console

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// A plannedLead is who would get a lead, and when, as the API previews it.
type plannedLead struct {
	MemberID *string   `json:"member_id"`
	DueAt    time.Time `json:"due_at"`
	Reason   string    `json:"reason"`
}

// A plan is who gets how many leads, by day, until when.
type plan struct {
	Seed, Mark string
	Sentence   string
	Shares     []planShare
	Days       []planDay
	// MoreDays is how many days are not shown.
	MoreDays int
	// Nobody says how many leads nobody would get as things are, and why.
	Nobody []string
}

type planShare struct {
	Name        string
	Count       int
	First, Last shown
}

type planDay struct {
	Day   string
	Count int
	// Width is the day's bar, in hundredths of the fullest day's.
	Width int
	Who   []planShare
}

// maxDays bounds the days of a plan that are shown.
const maxDays = 62

// planOf tells what comes of leads that would be assigned.
func (v *visit) planOf(items []plannedLead) *plan {
	members, days, nobody := map[string][]time.Time{}, map[string]map[string]int{}, map[string]int{}
	given := 0
	var last time.Time
	for _, it := range items {
		if it.MemberID == nil {
			nobody[it.Reason]++
			continue
		}
		given++
		members[*it.MemberID] = append(members[*it.MemberID], it.DueAt)
		day := it.DueAt.In(v.zone).Format(time.DateOnly)
		if days[day] == nil {
			days[day] = map[string]int{}
		}
		days[day][*it.MemberID]++
		if it.DueAt.After(last) {
			last = it.DueAt
		}
	}
	p := &plan{}
	for _, reason := range slices.Sorted(maps.Keys(nobody)) {
		p.Nobody = append(p.Nobody, v.say("%s would go to nobody: %s.", v.leads(nobody[reason]), v.reasonText(reason)))
	}
	for id, times := range members {
		name, _ := v.names.of("members", id)
		if why := v.whyNot(id); why != "" {
			p.Nobody = append(p.Nobody, v.say("%s of %s will fail, unless they are active by then: %s now.", v.leads(len(times)), name, why))
		}
		slices.SortFunc(times, time.Time.Compare)
		p.Shares = append(p.Shares, planShare{name, len(times), v.when(times[0]), v.when(times[len(times)-1])})
	}
	slices.Sort(p.Nobody)
	slices.SortFunc(p.Shares, func(a, b planShare) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Name, b.Name)) })
	p.Sentence = v.say("%s to %s", v.leads(given), v.people(len(members)))
	if last.After(v.now.Add(time.Minute)) {
		p.Sentence = v.say("%s, the last one on %s at %s", p.Sentence, v.tongue.Date(last.In(v.zone), "Monday, 2 January 2006"), last.In(v.zone).Format("15:04"))
	} else if given > 0 {
		p.Sentence = v.say("%s, now", p.Sentence)
	}
	p.Sentence += "."
	v.planDays(p, days)
	return p
}

// people is a number of persons.
func (v *visit) people(n int) string { return v.many(n, "%d person", "%d people") }

func (v *visit) planDays(p *plan, days map[string]map[string]int) {
	most := 0
	for i, day := range slices.Sorted(maps.Keys(days)) {
		if i >= maxDays {
			p.MoreDays++
			continue
		}
		at, _ := time.Parse(time.DateOnly, day) // as it was written above
		d := planDay{Day: v.tongue.Date(at, dayFormat)}
		for _, id := range slices.Sorted(maps.Keys(days[day])) {
			name, _ := v.names.of("members", id)
			d.Count += days[day][id]
			d.Who = append(d.Who, planShare{Name: name, Count: days[day][id]})
		}
		most = max(most, d.Count)
		p.Days = append(p.Days, d)
	}
	for i := range p.Days {
		p.Days[i].Width = 100 * p.Days[i].Count / most
	}
}
