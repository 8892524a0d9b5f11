package lead

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zones have every kind of offset and clock change: by an hour, half an hour and two; at midnight and just after it;
// around a fasting month; a day that was skipped.
var zones = []string{
	"UTC", "Africa/Casablanca", "Africa/Cairo", "America/Asuncion", "America/Caracas", "America/Havana",
	"America/New_York", "America/Nuuk", "America/Santiago", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll",
	"Asia/Amman", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Kuala_Lumpur", "Asia/Pyongyang",
	"Asia/Tehran", "Atlantic/Azores", "Australia/Adelaide", "Australia/Eucla", "Australia/Lord_Howe", "Europe/Dublin",
	"Europe/Istanbul", "Europe/London", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Niue",
}

// TestPlanKeepsItsRules plans on top of times taken anyhow, and then again on top of the result at any other pace.
func TestPlanKeepsItsRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := drawSchedule(t)
		checked(t, a)
		b := a
		b.Seed, b.Pace = drawSeed(t), drawPace(t)
		b.Members = []Workload{a.Members[0]}
		b.Members[0].Taken = slices.Concat(a.Members[0].Taken, checked(t, a))
		checked(t, b)
	})
}

// TestPlanAnew has an outage: what is overdue after it is planned again beside what is not, and no day is overloaded.
func TestPlanAnew(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchedule(t)
		s.Members[0].Taken = nil
		plan := checked(t, s)
		outage := time.Duration(rapid.Int64Range(0, int64(10*wholeDay)).Draw(t, "outage"))
		s.Now = s.Now.Add(outage)
		overdue := 0
		for overdue < len(plan) && !plan[overdue].After(s.Now) {
			overdue++
		}
		s.Members[0].Leads, s.Members[0].Taken = overdue, plan[overdue:]
		all := slices.Concat(plan[overdue:], checked(t, s))
		for day, n := range newOracle(s).perDay(all) {
			if n > s.Pace.Max() {
				t.Fatalf("%s has %d leads", day, n)
			}
		}
	})
}

func TestPlanIsDeterministic(t *testing.T) {
	t.Parallel()
	same := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchedule(t)
		w := s.Members[0]
		plan := checked(t, s)
		w.Taken = slices.Clone(w.Taken)
		slices.Reverse(w.Taken)
		s.Members = []Workload{w}
		if !slices.Equal(plan, checked(t, s)) {
			t.Fatal("the same schedule gives another plan")
		}
		s.Seed++
		if slices.Equal(plan, checked(t, s)) {
			same++
		}
	})
	if same > 5 { // one lead in hours of a few minutes may well get the same second
		t.Errorf("another seed gave the same plan %d times", same)
	}
}

func drawPace(t *rapid.T) Pace { return rapid.SampledFrom([]Pace{Slow, Normal, Fast}).Draw(t, "pace") }
func drawSeed(t *rapid.T) Seed { return Seed(rapid.Uint64().Draw(t, "seed")) }

// drawSchedule draws a schedule for one member, more often than not near a clock change.
func drawSchedule(t *rapid.T) Schedule {
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	const start, end = 946_684_800, 2_300_000_000 // 2000 to 2042
	now := time.Unix(rapid.Int64Range(start, end).Draw(t, "now"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
	if _, change := now.In(zone).ZoneBounds(); !change.IsZero() && rapid.Bool().Draw(t, "near a change") {
		now = change.Add(time.Duration(rapid.Int64Range(int64(-3*wholeDay), int64(wholeDay)).Draw(t, "from the change")))
	}
	clock := rapid.IntRange(0, minutesPerDay-1)
	hours := rapid.OneOf(rapid.Just(defaultHours()), rapid.Custom(func(t *rapid.T) Hours {
		return Hours{From: Clock(clock.Draw(t, "from")), To: Clock(clock.Draw(t, "to"))}
	}).Filter(func(h Hours) bool { return h.From != h.To })).Draw(t, "hours")
	w := Workload{MemberID: member('A'), Zone: zone, Leads: rapid.IntRange(1, 80).Draw(t, "leads")}
	for _, after := range rapid.SliceOfN(rapid.Int64Range(int64(-wholeDay), int64(8*wholeDay)), 0, 20).Draw(t, "taken") {
		w.Taken = append(w.Taken, now.Add(time.Duration(after)))
	}
	return Schedule{Now: now, Seed: drawSeed(t), Pace: drawPace(t), Hours: hours, Members: []Workload{w}}
}

// checked plans for the schedule's one member, and fails where the plan breaks a rule.
func checked(t *rapid.T, s Schedule) []time.Time {
	plans, err := Plan(s)
	if err != nil || len(plans[0]) != s.Members[0].Leads {
		t.Fatalf("%d leads get %v, %v", s.Members[0].Leads, plans, err)
	}
	o := newOracle(s)
	o.checkTimes(t, plans[0])
	o.checkDistance(t, plans[0])
	o.checkDays(t, plans[0])
	return plans[0]
}
