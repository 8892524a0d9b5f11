package lead

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plainAt is the obstacle that a calendar makes at a moment, as the clock on the member's wall tells it: it shares no code with At.
func plainAt(c Calendar, t time.Time) Obstacle {
	for _, a := range c.Absences {
		if !t.Before(a.From) && t.Before(a.To) {
			return ObstacleAway
		}
	}
	if c.Hours == nil {
		return ""
	}
	local := t.In(c.Zone)
	clock := Clock(local.Hour()*60 + local.Minute())
	for _, h := range c.Hours[local.Weekday()] {
		if h.From <= clock && (clock < h.To || h.To < h.From) {
			return ""
		}
	}
	for _, h := range c.Hours[(local.Weekday()+6)%7] {
		if h.To < h.From && clock < h.To {
			return ""
		}
	}
	return ObstacleOutsideHours
}

// drawMoment draws a whole minute, more often than not near a clock change: days of 23 and 25 hours, and one that was skipped.
func drawMoment(t *rapid.T) (time.Time, *time.Location) {
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	const start, end = 1_325_376_000, 2_240_000_000 // 2012 to 2040
	at := time.Unix(rapid.Int64Range(start, end).Draw(t, "at"), 0)
	if _, change := at.In(zone).ZoneBounds(); !change.IsZero() && rapid.IntRange(0, 3).Draw(t, "near a change") > 0 {
		at = change.Add(time.Duration(rapid.IntRange(-3*minutesPerDay, minutesPerDay).Draw(t, "from the change")) * time.Minute)
	}
	if rapid.IntRange(0, 19).Draw(t, "the skipped day") == 0 {
		zone, _ = time.LoadLocation("Pacific/Apia") // from the 29th to the 31st of December 2011
		at = time.Unix(1_325_239_200, 0).Add(time.Duration(rapid.IntRange(-6*minutesPerDay, 6*minutesPerDay).Draw(t, "from it")) * time.Minute)
	}
	return at.Truncate(time.Minute), zone
}

// drawCalendar draws a calendar with absences about a moment.
func drawCalendar(t *rapid.T, at time.Time, zone *time.Location) Calendar {
	c := Calendar{Zone: zone}
	if rapid.IntRange(0, 4).Draw(t, "hours") > 0 {
		c.Hours = drawWeek(t)
	}
	for range rapid.IntRange(0, 3).Draw(t, "absences") {
		from := at.Add(time.Duration(rapid.IntRange(-4*minutesPerDay, 9*minutesPerDay).Draw(t, "begins")) * time.Minute)
		a := Absence{from, from.Add(time.Duration(rapid.IntRange(1, 3*minutesPerDay).Draw(t, "minutes")) * time.Minute)}
		if rapid.Bool().Draw(t, "whole dates") {
			first := DateOf(from, zone)
			a = Absence{StartOfDate(first, zone), StartOfDate(first+1+int64(rapid.IntRange(0, 3).Draw(t, "more dates")), zone)}
		}
		c.Absences = append(c.Absences, a)
	}
	return c
}

// drawWeek draws working hours, of which some span midnight, end with the day, touch or overlap.
func drawWeek(t *rapid.T) *Week {
	var w Week
	clock := rapid.OneOf(rapid.SampledFrom([]Clock{0, 30, 90, 120, 150, 9 * 60, 18 * 60, 23 * 60}),
		rapid.Map(rapid.IntRange(0, minutesPerDay-1), func(n int) Clock { return Clock(n) }))
	for day := range w {
		for range rapid.SampledFrom([]int{0, 0, 1, 1, 1, 2, 3}).Draw(t, "spans") {
			h := Hours{clock.Draw(t, "from"), clock.Draw(t, "to")}
			if h.From == h.To || rapid.IntRange(0, 4).Draw(t, "to the day's end") == 0 {
				h.To = endOfDay
			}
			w[day] = append(w[day], h)
		}
	}
	if err := w.Validate(); err != nil {
		t.Fatal(err)
	}
	return &w
}

// TestCalendarAgainstPlainModel asks at any moment who works and until when, and reads the wall clock minute by minute up to then.
func TestCalendarAgainstPlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, zone := drawMoment(t)
		c := drawCalendar(t, at, zone)
		for range 3 {
			at = at.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "later")) * time.Minute)
			got, until := c.At(at)
			if want := plainAt(c, at); got != want || c.Works(at) != (want == "") {
				t.Fatalf("at %s it is %q, want %q", at.In(zone), got, want)
			}
			last := until
			if until.IsZero() { // nothing changes within days
				last = at.AddDate(0, 0, lookAhead-1)
			}
			for m := at; m.Before(last); m = m.Add(time.Minute) {
				if o := plainAt(c, m); (o == "") != (got == "") {
					t.Fatalf("at %s it is %q until %s, but %q at %s", at.In(zone), got, until.In(zone), o, m.In(zone))
				}
			}
			if !until.IsZero() && plainAt(c, until) == got {
				t.Fatalf("at %s it is %q until %s, where nothing changes", at.In(zone), got, until.In(zone))
			}
		}
	})
}

// TestWorkedAgainstPlainModel compares which minutes of a stretch are worked.
func TestWorkedAgainstPlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at, zone := drawMoment(t)
		c := drawCalendar(t, at, zone)
		stretch := spans{{at.Unix(), at.Unix() + int64(rapid.IntRange(1, 2*minutesPerDay).Draw(t, "minutes"))*60}}
		if gap := at.Unix() + 3600; rapid.Bool().Draw(t, "with a gap") {
			stretch = stretch.without(gap, gap+1800)
		}
		worked := c.present(c.hoursOf(slices.Clone(stretch)))
		for m := at; m.Before(at.AddDate(0, 0, 3)); m = m.Add(time.Minute) {
			want := len(stretch.within(spans{{m.Unix(), m.Unix() + 60}})) > 0 && plainAt(c, m) == ""
			if got := worked.within(spans{{m.Unix(), m.Unix() + 60}}).length(); got != 0 && got != 60 || (got == 60) != want {
				t.Fatalf("%d seconds of %s are worked, want all: %v", got, m.In(zone), want)
			}
		}
	})
}

// TestWorkedKeepsOutOfAbsencesThatBeginWithinASecond: what is planned is planned by whole seconds.
func TestWorkedKeepsOutOfAbsencesThatBeginWithinASecond(t *testing.T) {
	t.Parallel()
	half := time.Unix(1000, 500_000_000)
	c := Calendar{Zone: time.UTC, Absences: []Absence{{half, half.Add(10 * time.Second)}}}
	for _, s := range c.present(spans{{900, 1100}}) {
		for at := s.from; at < s.to; at++ {
			if !c.Works(time.Unix(at, 0)) {
				t.Errorf("second %d is worked, in an absence", at)
			}
		}
	}
}

// TestWindowsAgainstPlainModel compares an hour, a local day, an ISO week and a month with the minutes that the clock on the wall
// counts to the same.
func TestWindowsAgainstPlainModel(t *testing.T) {
	t.Parallel()
	type key struct{ a, b, c, d, e int }
	rapid.Check(t, func(t *rapid.T) {
		at, zone := drawMoment(t)
		if rapid.IntRange(0, 4).Draw(t, "new year") == 0 {
			at = time.Date(at.Year(), 1, 1, 0, 0, 0, 0, zone).Add(time.Duration(rapid.IntRange(-5*minutesPerDay, 5*minutesPerDay).Draw(t, "from it")) * time.Minute)
		}
		w := WindowsAt(at, zone)
		for name, one := range map[string]struct {
			start, next time.Time
			of          func(time.Time) key
		}{
			"hour": {w.Hour, w.NextHour, func(l time.Time) key {
				_, offset := l.Zone()
				return key{l.Year(), l.YearDay(), l.Hour(), offset, 0}
			}},
			"day":   {w.Day, w.NextDay, func(l time.Time) key { return key{l.Year(), l.YearDay(), 0, 0, 0} }},
			"week":  {w.Week, w.NextWeek, func(l time.Time) key { y, n := l.ISOWeek(); return key{y, n, 0, 0, 0} }},
			"month": {w.Month, w.NextMonth, func(l time.Time) key { return key{l.Year(), int(l.Month()), 0, 0, 0} }},
		} {
			same := func(m time.Time) bool { return one.of(m.In(zone)) == one.of(at.In(zone)) }
			if one.start.After(at) || !one.next.After(at) {
				t.Fatalf("%s lies in no %s: %s to %s", at.In(zone), name, one.start.In(zone), one.next.In(zone))
			}
			for m := one.start; m.Before(one.next); m = m.Add(time.Minute) {
				if !same(m) {
					t.Fatalf("%s is of another %s than %s", m.In(zone), name, at.In(zone))
				}
			}
			if before := one.start.Add(-time.Minute); same(before) || same(one.next) {
				t.Fatalf("the %s of %s is longer than %s to %s", name, at.In(zone), one.start.In(zone), one.next.In(zone))
			}
		}
	})
}

// TestCapsAgainstPlainModel gives leads one by one, and compares with the plain numbers.
func TestCapsAgainstPlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Custom(func(t *rapid.T) *int {
			if rapid.Bool().Draw(t, "no cap") {
				return nil
			}
			n := rapid.IntRange(1, 9).Draw(t, "cap")
			return &n
		})
		caps := rapid.Custom(func(t *rapid.T) Caps {
			return Caps{most.Draw(t, "hour"), most.Draw(t, "day"), most.Draw(t, "week"), most.Draw(t, "month"), most.Draw(t, "open")}
		})
		a, b := caps.Draw(t, "caps"), caps.Draw(t, "others")
		has := rapid.IntRange(0, 9)
		n := Count{has.Draw(t, "in the hour"), has.Draw(t, "day"), has.Draw(t, "week"), has.Draw(t, "month"), has.Draw(t, "open")}
		both := a.Stricter(b)
		if room := both.Room(n, 50); room != min(a.Room(n, 50), b.Room(n, 50)) {
			t.Fatalf("both together have room for %d", room)
		}
		given, room := 0, both.Room(n, 50)
		for count := n; given < 50 && both.Full(count) == ""; given++ {
			count.Add(1)
		}
		if given != room {
			t.Fatalf("%d were given, there was room for %d", given, room)
		}
		pairs := []struct {
			cap *int
			has int
		}{{a.PerHour, n.Hour}, {a.PerDay, n.Day}, {a.PerWeek, n.Week}, {a.PerMonth, n.Month}, {a.Open, n.Open}}
		want := Obstacle("")
		for i, p := range pairs {
			if p.cap != nil && p.has >= *p.cap && want == "" {
				want = capObstacles[i]
			}
		}
		if got := a.Full(n); got != want {
			t.Fatalf("full is %q, want %q", got, want)
		}
	})
}
