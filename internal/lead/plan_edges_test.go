package lead

import (
	"testing"
	"time"
)

// TestPlanTightHours has barely room for a day's leads: each still gets its own second, and every day its count.
func TestPlanTightHours(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-06-10T00:00:00Z")
	for _, h := range []Hours{{From: 600, To: 601}, {From: 1439, To: 0}, {From: 1, To: 0}} {
		for _, pace := range []Pace{Slow, Normal, Fast} {
			plan := planOne(t, Schedule{Now: now, Pace: pace, Hours: h}, 100)
			days := map[time.Time]int{}
			for i, due := range plan {
				days[h.Day(due, time.UTC)]++
				if i > 0 && !plan[i-1].Before(due) {
					t.Errorf("%s–%s: %v follows %v", h.From, h.To, due, plan[i-1])
				}
			}
			first, last := h.Day(plan[0], time.UTC), h.Day(plan[99], time.UTC)
			for day := first.Add(wholeDay); day.Before(last); day = day.Add(wholeDay) {
				if days[day] < pace.Min() || days[day] > pace.Max() {
					t.Errorf("%s–%s: %s has %d leads at a %s pace", h.From, h.To, day, days[day], pace)
				}
			}
		}
	}
}

// TestPlanKeepsDistance has taken times in places where they are easily overlooked.
func TestPlanKeepsDistance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		hours    Hours
		taken    string
		distance time.Duration
	}{
		{"in the part of a second", Hours{From: 600, To: 601}, "2026-06-10T10:00:30.5Z", time.Second},
		{"late on the day before", Hours{From: 1, To: 0}, "2026-06-09T23:59:30Z", 3597 * time.Second},
		{"early on the day after", Hours{From: 1, To: 0}, "2026-06-11T00:01:00Z", 3597 * time.Second},
		{"outside of the hours", defaultHours(), "2026-06-10T08:59:30Z", 30 * time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			taken := instant(t, c.taken)
			pace := Slow
			if c.distance == time.Second {
				pace = Fast
			}
			s := Schedule{Now: instant(t, "2026-06-10T00:00:00Z"), Pace: pace, Hours: c.hours}
			for s.Seed = range 500 {
				for _, due := range planOne(t, s, 12, taken) {
					if apart := due.Sub(taken).Abs(); apart < c.distance {
						t.Fatalf("seed %d plans %v, %v from %v", s.Seed, due, apart, taken)
					}
				}
			}
		})
	}
}

// TestPlanKeepsDistanceOverNight has a minute between the hours of one day and those of the next.
func TestPlanKeepsDistanceOverNight(t *testing.T) {
	t.Parallel()
	s := Schedule{Now: instant(t, "2026-06-10T00:00:00Z"), Pace: Slow, Hours: Hours{From: 1, To: 0}}
	plan := planOne(t, s, 2000)
	for i, due := range plan[1:] {
		if apart := due.Sub(plan[i]); apart < 3597*time.Second {
			t.Errorf("%v and %v are only %v apart", plan[i], due, apart)
		}
	}
}

// TestPlanRepeatedEvening starts in the first minute of a day, just before the clock is put back to 23:01 of the day
// before: its hours have 49 minutes again, which is time for one of its leads.
func TestPlanRepeatedEvening(t *testing.T) {
	t.Parallel()
	zone := location(t, "America/St_Johns")
	plans, err := Plan(Schedule{
		Now: instant(t, "2010-11-07T02:30:30Z"), Pace: Fast, Hours: Hours{From: 12 * 60, To: 23*60 + 50},
		Members: []Workload{{MemberID: member('A'), Zone: zone, Leads: 5}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"2010-11-06", "2010-11-07"} {
		if got := plans[0][i].In(zone).Format(time.DateOnly); got != want {
			t.Errorf("lead %d is due on %s, want %s", i, got, want)
		}
	}
}

// TestPlanFewSeconds has hours of which a clock change leaves thirty seconds.
func TestPlanFewSeconds(t *testing.T) {
	t.Parallel()
	zone := location(t, "Africa/Monrovia") // 44 minutes and 30 seconds forward at midnight
	plans, err := Plan(Schedule{
		Now: instant(t, "1972-01-07T00:00:00Z"), Pace: Fast, Hours: Hours{From: 44, To: 45},
		Members: []Workload{{MemberID: member('A'), Zone: zone, Leads: 20}},
	})
	if err != nil {
		t.Fatal(err)
	}
	first := countFrom(plans[0], instant(t, "1972-01-07T00:44:30Z"), 30*time.Second)
	if first < Fast.Min() || first > Fast.Max() {
		t.Errorf("the thirty seconds hold %d leads", first)
	}
	for i, due := range plans[0][1:] {
		if !due.After(plans[0][i]) {
			t.Errorf("%v follows %v", due, plans[0][i])
		}
	}
}

// TestWhatCountedForADayIsNotPlannedAgain has a day's leads all gone out in another zone's day of the same date.
func TestWhatCountedForADayIsNotPlannedAgain(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for counted := range Slow.Max() + 1 {
		w := Workload{MemberID: member('A'), Zone: time.UTC, Leads: 30}
		for range counted {
			w.Counted = append(w.Counted, monday)
		}
		for seed := range Seed(50) {
			plans, err := Plan(Schedule{Now: monday, Seed: seed + 1, Pace: Slow, Hours: defaultHours(), Members: []Workload{w}})
			if err != nil {
				t.Fatal(err)
			}
			if n := countFrom(plans[0], monday, wholeDay); n+counted > Slow.Max() || n < max(0, Slow.Min()-counted) {
				t.Errorf("%d counted for the day and %d are planned for it, pace %s is %d to %d", counted, n, Slow, Slow.Min(), Slow.Max())
			}
		}
	}
}
