package lead

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"github.com/google/go-cmp/cmp"
)

func location(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// planOne plans for member A alone in UTC, with the hours that the schedule has or else the default ones.
func planOne(t testing.TB, s Schedule, leads int, taken ...time.Time) []time.Time {
	t.Helper()
	if s.Hours == (Hours{}) {
		s.Hours = defaultHours()
	}
	s.Members = []Workload{{MemberID: member('A'), Zone: time.UTC, Leads: leads, Taken: taken}}
	plans, err := Plan(s)
	if err != nil {
		t.Fatal(err)
	}
	return plans[0]
}

// countFrom is how many of the times are in the length of time from a moment on.
func countFrom(times []time.Time, from time.Time, length time.Duration) int {
	n := 0
	for _, t := range times {
		if !t.Before(from) && t.Before(from.Add(length)) {
			n++
		}
	}
	return n
}

const wholeDay = 24 * time.Hour

// TestPlanIsStable pins a plan: a stored seed must give it in every later version, too.
func TestPlanIsStable(t *testing.T) {
	t.Parallel()
	zone := location(t, "Asia/Kuala_Lumpur")
	plans, err := Plan(Schedule{
		Now: instant(t, "2026-11-22T09:59:00.5Z"), Seed: 42, Pace: Slow, Hours: defaultHours(),
		Members: []Workload{{MemberID: member('A'), Zone: zone, Leads: 8}, {MemberID: member('B'), Zone: zone, Leads: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for _, plan := range plans {
		var lines []string
		for _, due := range plan {
			lines = append(lines, due.In(zone).Format(time.DateTime))
		}
		got = append(got, lines)
	}
	want := [][]string{{
		"2026-11-22 19:12:34", "2026-11-22 20:56:21", "2026-11-23 09:44:04", "2026-11-23 11:45:05",
		"2026-11-23 13:45:12", "2026-11-23 14:31:40", "2026-11-23 16:34:58", "2026-11-24 14:48:06",
	}, {
		"2026-11-22 18:55:47",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the plan has changed (-want +got):\n%s", diff)
	}
}

// TestPlanFirstDay starts at different times of the day at a pace of 8–12 in twelve hours.
func TestPlanFirstDay(t *testing.T) {
	t.Parallel()
	day := instant(t, "2026-06-10T00:00:00Z")
	for _, c := range []struct {
		now         string
		taken       int // pending for later today, an hour apart before 21:00
		earlier     int // received today before 09:30
		least, most int
	}{
		{"00:00:00", 0, 0, 8, 12},
		{"08:59:59.9", 0, 0, 8, 12},
		{"09:00:00", 0, 0, 8, 12},
		{"15:00:00", 0, 0, 4, 6},
		{"15:00:00", 2, 0, 2, 4},
		{"15:00:00", 0, 10, 0, 2},
		{"15:00:00", 0, 12, 0, 0},
		{"20:00:00", 0, 0, 1, 1},
		{"20:45:00", 0, 0, 0, 0},
		{"20:59:59", 0, 0, 0, 0},
		{"20:59:59.5", 0, 0, 0, 0},
		{"21:00:00", 0, 0, 0, 0},
		{"23:59:59", 0, 0, 0, 0},
	} {
		t.Run(fmt.Sprint(c.now, c.taken, c.earlier), func(t *testing.T) {
			t.Parallel()
			var taken []time.Time
			for i := range c.taken {
				taken = append(taken, day.Add(time.Duration(20-i)*time.Hour))
			}
			for i := range c.earlier {
				taken = append(taken, day.Add(9*time.Hour+time.Duration(i)*3*time.Minute))
			}
			for seed := range Seed(200) {
				now := instant(t, "2026-06-10T"+c.now+"Z")
				plan := planOne(t, Schedule{Now: now, Seed: seed, Pace: Fast}, 100, taken...)
				if n := countFrom(plan, day, wholeDay); n < c.least || n > c.most {
					t.Fatalf("seed %d plans %d leads on the first day, want %d–%d", seed, n, c.least, c.most)
				}
				if n := countFrom(plan, day.Add(wholeDay), wholeDay); n < Fast.Min() || n > Fast.Max() {
					t.Fatalf("seed %d plans %d leads on the second day", seed, n)
				}
				if !plan[0].After(now) || plan[0].Nanosecond() != 0 {
					t.Fatalf("seed %d plans a lead for %v", seed, plan[0])
				}
			}
		})
	}
}

// TestPlanDrawsEvenly asks for what a fixed pattern would not give: every count and every hour comes up.
func TestPlanDrawsEvenly(t *testing.T) {
	t.Parallel()
	plan := planOne(t, Schedule{Now: instant(t, "2026-06-10T00:00:00Z"), Seed: 7, Pace: Normal}, 60_000)
	perDay, perHour, counts := map[string]int{}, map[int]int{}, map[int]int{}
	for _, due := range plan {
		perDay[due.Format(time.DateOnly)]++
		perHour[due.Hour()]++
	}
	for _, n := range perDay {
		counts[n]++
	}
	for n := Normal.Min(); n <= Normal.Max(); n++ {
		if share := float64(counts[n]) / float64(len(perDay)); share < 0.30 || share > 0.37 {
			t.Errorf("%.2f of the days have %d leads, want a third", share, n)
		}
	}
	for hour := 9; hour < 21; hour++ {
		if share := float64(perHour[hour]) / float64(len(plan)); share < 0.075 || share > 0.092 {
			t.Errorf("%.3f of the leads are due from %d:00, want a twelfth", share, hour)
		}
	}
}

func TestPlanDoesNotDependOnOthers(t *testing.T) {
	t.Parallel()
	a := Workload{MemberID: member('A'), Zone: time.UTC, Leads: 50}
	b := Workload{MemberID: member('B'), Zone: time.UTC, Leads: 50}
	s := Schedule{Now: instant(t, "2026-06-10T00:00:00Z"), Seed: 1, Pace: Normal, Hours: defaultHours()}
	var plans [3][][]time.Time
	for i, members := range [][]Workload{{a}, {a, b}, {b, a}} {
		s.Members = members
		var err error
		if plans[i], err = Plan(s); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(plans[0][0], plans[1][0]) || !slices.Equal(plans[1][0], plans[2][1]) || !slices.Equal(plans[1][1], plans[2][0]) {
		t.Error("a member's plan depends on who else is planned, or in which order")
	}
	if slices.Equal(plans[1][0], plans[1][1]) {
		t.Error("two members have the same plan")
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	now := instant(t, "2026-06-10T15:30:00.75Z")
	a, b := NewSeed(now, 1), NewSeed(now, math.MaxUint64)
	if a == b || a >= 1<<53 || !a.Time().Equal(now.Truncate(time.Second)) || !b.Time().Equal(a.Time()) {
		t.Errorf("seeds of %v are %d and %d, of %v", now, a, b, a.Time())
	}
	preview := planOne(t, Schedule{Now: now, Seed: a, Pace: Fast}, 50)
	if !slices.Equal(preview, planOne(t, Schedule{Now: a.Time(), Seed: a, Pace: Fast}, 50)) {
		t.Error("the seed's time does not give the plan of the preview")
	}
	if slices.Equal(preview, planOne(t, Schedule{Now: now, Seed: b, Pace: Fast}, 50)) {
		t.Error("two seeds give the same plan")
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	good := Workload{MemberID: member('A'), Zone: time.UTC, Leads: 1}
	for _, c := range []struct {
		spoil func(*Schedule)
		err   string
	}{
		{func(s *Schedule) { s.Now = time.Time{} }, "time of planning is missing"},
		{func(s *Schedule) { s.Pace = "brisk" }, `"brisk" is unknown`},
		{func(s *Schedule) { s.Hours.To = s.Hours.From }, "hold no time"},
		{func(s *Schedule) { s.Members[0].Zone = nil }, "no time zone"},
		{func(s *Schedule) { s.Members[0].Leads = -1 }, "-1 leads"},
		{func(s *Schedule) { s.Members = append(s.Members, good) }, "listed twice"},
	} {
		s := Schedule{Now: time.Unix(1, 0), Pace: Slow, Hours: defaultHours(), Members: []Workload{good}}
		c.spoil(&s)
		if plans, err := Plan(s); plans != nil || err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("planning gives %v, %v, want an error with %q", plans, err, c.err)
		}
	}
	if plan := planOne(t, Schedule{Now: time.Unix(1, 0), Pace: Slow}, 0); len(plan) != 0 {
		t.Errorf("no leads are planned for %v", plan)
	}
}

// BenchmarkPlan plans leads for members who have nothing yet, and then the same again on top.
func BenchmarkPlan(b *testing.B) {
	for _, c := range []struct{ members, leads int }{{1, 1}, {1, 100_000}, {50, 100_000}} {
		s := Schedule{Now: instant(b, "2026-06-10T15:30:00Z"), Seed: 1, Pace: Normal, Hours: defaultHours()}
		for i := range c.members {
			s.Members = append(s.Members, Workload{
				MemberID: member(byte(i)), Zone: location(b, "Europe/London"), Leads: c.leads / c.members,
			})
		}
		for _, taken := range []bool{false, true} {
			b.Run(fmt.Sprintf("members=%d/leads=%d/taken=%t", c.members, c.leads, taken), func(b *testing.B) {
				var plans [][]time.Time
				for b.Loop() {
					var err error
					if plans, err = Plan(s); err != nil {
						b.Fatal(err)
					}
				}
				for i := range s.Members {
					s.Members[i].Taken = plans[i]
				}
			})
		}
	}
}
