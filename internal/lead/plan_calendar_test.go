package lead

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPlanFollowsTheCalendar plans for members with hours, absences and caps, and reads from the wall clock whether they can take each
// lead at its time.
func TestPlanFollowsTheCalendar(t *testing.T) {
	t.Parallel()
	planned := 0
	rapid.Check(t, func(t *rapid.T) {
		at, zone := drawMoment(t)
		n := rapid.SampledFrom([]int{1, 2, 3, 7, 20})
		s := Schedule{Now: at, Seed: drawSeed(t), Pace: drawPace(t), Hours: Hours{9 * 60, 21 * 60}}
		if rapid.IntRange(0, 3).Draw(t, "over midnight") == 0 {
			s.Hours = Hours{20 * 60, 3 * 60}
		}
		w := Workload{
			MemberID: member('A'), Zone: zone, Leads: rapid.IntRange(1, 40).Draw(t, "leads"), Works: drawCalendar(t, at, zone),
			From: at.Add(time.Duration(rapid.IntRange(-2000, 4000).Draw(t, "from")) * time.Minute),
		}
		for range rapid.IntRange(0, 2).Draw(t, "capped") {
			c := Capped{Got: Count{Day: n.Draw(t, "today"), Hour: 1}}
			for _, one := range []**int{&c.Caps.PerHour, &c.Caps.PerDay, &c.Caps.PerWeek, &c.Caps.PerMonth} {
				if rapid.IntRange(0, 2).Draw(t, "has a cap") == 0 {
					most := n.Draw(t, "cap")
					*one = &most
				}
			}
			for _, after := range rapid.SliceOfN(rapid.IntRange(1, 5000), 0, 9).Draw(t, "taken") {
				c.Taken = append(c.Taken, at.Add(time.Duration(after)*time.Minute))
			}
			w.Taken = append(w.Taken, c.Taken...)
			w.Caps = append(w.Caps, c)
		}
		s.Members = []Workload{w}
		plan := checkedTimes(t, s)
		if !slices.Equal(plan, checkedTimes(t, s)) {
			t.Fatal("the same schedule gives another plan")
		}
		works := w.Works
		works.Zone = zone
		if !everWorks(works, s.Hours, at) || plan[len(plan)-1].After(at.AddDate(9, 0, 0)) {
			return
		}
		planned++
		for _, due := range plan {
			if o := plainAt(works, due); o != "" || due.Before(w.From) {
				t.Fatalf("a lead at %s, where it is %q; none before %s", due.In(zone), o, w.From)
			}
		}
		for _, c := range w.Caps {
			checkCaps(t, c, s.Now, zone, plan)
		}
	})
	if planned == 0 {
		t.Error("no plan was compared with its calendar")
	}
}

// checkedTimes plans for the schedule's one member within the distribution hours.
func checkedTimes(t *rapid.T, s Schedule) []time.Time {
	plans, err := Plan(s)
	if err != nil || len(plans[0]) != s.Members[0].Leads {
		t.Fatalf("%d leads get %v, %v", s.Members[0].Leads, plans, err)
	}
	newOracle(s).checkTimes(t, plans[0])
	days := newOracle(s).perDay(plans[0])
	for day, n := range days {
		if n > s.Pace.Max() {
			t.Fatalf("%s has %d leads", day, n)
		}
	}
	return plans[0]
}

// everWorks reports whether the hours of a calendar meet the distribution hours within two weeks without absences.
func everWorks(c Calendar, h Hours, at time.Time) bool {
	c.Absences = nil
	for m := at; m.Before(at.AddDate(0, 0, 15)); m = m.Add(time.Minute) {
		local := m.In(c.Zone)
		clock := Clock(local.Hour()*60 + local.Minute())
		inside := h.From <= clock && clock < h.To
		if h.spansMidnight() {
			inside = h.From <= clock || clock < h.To
		}
		if inside && plainAt(c, m) == "" {
			return true
		}
	}
	return false
}

// checkCaps counts what the member has in each window in which something was planned.
func checkCaps(t *rapid.T, c Capped, now time.Time, zone *time.Location, plan []time.Time) {
	for _, one := range []struct {
		name string
		most *int
		got  int
		of   func(Windows) time.Time
	}{
		{"hour", c.Caps.PerHour, c.Got.Hour, func(w Windows) time.Time { return w.Hour }},
		{"day", c.Caps.PerDay, c.Got.Day, func(w Windows) time.Time { return w.Day }},
		{"week", c.Caps.PerWeek, c.Got.Week, func(w Windows) time.Time { return w.Week }},
		{"month", c.Caps.PerMonth, c.Got.Month, func(w Windows) time.Time { return w.Month }},
	} {
		if one.most == nil {
			continue
		}
		has := map[time.Time]int{one.of(WindowsAt(now, zone)): one.got}
		for _, at := range c.Taken {
			has[one.of(WindowsAt(at, zone))]++
		}
		for _, at := range plan {
			window := one.of(WindowsAt(at, zone))
			if has[window]++; has[window] > *one.most {
				t.Fatalf("%d leads in the %s from %s, of which %d may be", has[window], one.name, window.In(zone), *one.most)
			}
		}
	}
}

// TestPlanEndsWhereNobodyEverWorks has hours that never meet, absences without end, and a cap that would make a plan of centuries.
func TestPlanEndsWhereNobodyEverWorks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	one := 1
	for name, c := range map[string]struct {
		w    Workload
		last time.Time // by when all are planned
	}{
		"no hours at all":         {Workload{Works: Calendar{Hours: &Week{}}}, now.AddDate(0, 0, 12)},
		"hours that never meet":   {Workload{Works: Calendar{Hours: &Week{time.Monday: {{22 * 60, 23 * 60}}}}}, now.AddDate(0, 0, 12)},
		"an absence of two years": {Workload{Works: Calendar{Absences: []Absence{{now, now.AddDate(2, 0, 0)}}}}, now.AddDate(2, 0, 12)},
		"absences of a century":   {Workload{Works: Calendar{Absences: []Absence{{now, now.AddDate(100, 0, 0)}}}}, now.AddDate(0, 0, 12)},
		"one a month":             {Workload{Caps: []Capped{{Caps: Caps{PerMonth: &one}}}}, now.AddDate(5, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.w.MemberID, c.w.Zone, c.w.Leads = member('A'), time.UTC, 50
			plans, err := Plan(Schedule{Now: now, Seed: 1, Pace: Normal, Hours: defaultHours(), Members: []Workload{c.w}})
			if err != nil || len(plans[0]) != 50 || plans[0][49].After(c.last) {
				t.Errorf("planned until %s, %v; want by %s", plans[0][49], err, c.last)
			}
		})
	}
}

// TestPlanOfHalfADay has somebody come back in the middle of the day, who gets half of its count.
func TestPlanOfHalfADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for seed := range Seed(20) {
		plans, err := Plan(Schedule{Now: now, Seed: seed, Pace: Fast, Hours: Hours{9 * 60, 21 * 60}, Members: []Workload{{
			MemberID: member('A'), Zone: time.UTC, Leads: 40, Works: Calendar{Absences: []Absence{{now, now.Add(15 * time.Hour)}}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		today := slices.IndexFunc(plans[0], func(at time.Time) bool { return !at.Before(now.AddDate(0, 0, 1)) })
		if today < 4 || today > 6 {
			t.Errorf("%d leads on half a day", today)
		}
	}
}
