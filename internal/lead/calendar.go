package lead

import "time"

// lookAhead is for how many days a calendar looks for a working hour. Absences may be longer: see Calendar.At.
const lookAhead = 8

// An Absence is time in which a member takes no leads: From until just before To.
type Absence struct{ From, To time.Time }

// A Calendar is when a member works.
type Calendar struct {
	// Zone is the member's, else their workspace's.
	Zone *time.Location
	// Hours are their working hours; nil is always.
	Hours *Week
	// Absences may be in any order and overlap.
	Absences []Absence
}

// At tells whether the calendar has the member work at a moment: the obstacle where it does not, and until when that holds. The
// zero time means that nothing changes within the next days: look again by then.
func (c Calendar) At(t time.Time) (o Obstacle, until time.Time) {
	if back := c.back(t); back.After(t) {
		return ObstacleAway, back
	}
	next := c.nextAbsence(t)
	if c.Hours == nil {
		return "", next
	}
	now := t.Unix()
	day := DateOf(t, c.Zone)
	far := now + lookAhead*secondsPerDay - secondsPerDay
	for _, s := range c.Hours.open(day-1, day+lookAhead, c.Zone) {
		switch {
		case s.to <= now:
		case s.from <= now:
			if end := time.Unix(s.to, 0).UTC(); s.to <= far && (next.IsZero() || end.Before(next)) {
				return "", end
			}
			return "", next
		default:
			return ObstacleOutsideHours, time.Unix(s.from, 0).UTC()
		}
	}
	return ObstacleOutsideHours, time.Time{}
}

// Works reports whether the calendar has the member work at a moment.
func (c Calendar) Works(t time.Time) bool {
	o, _ := c.At(t)
	return o == ""
}

// back is when the absence in which t lies ends, those that follow at once included; t itself where it lies in none.
func (c Calendar) back(t time.Time) time.Time {
	back := t
	for grown := true; grown; {
		grown = false
		for _, a := range c.Absences {
			if !a.From.After(back) && a.To.After(back) {
				back, grown = a.To, true
			}
		}
	}
	return back
}

// nextAbsence is when the first absence after t begins, zero where there is none.
func (c Calendar) nextAbsence(t time.Time) (next time.Time) {
	for _, a := range c.Absences {
		if a.From.After(t) && a.To.After(a.From) && (next.IsZero() || a.From.Before(next)) {
			next = a.From
		}
	}
	return next
}

// hoursOf is those of the seconds that are working hours.
func (c Calendar) hoursOf(s spans) spans {
	if len(s) == 0 || c.Hours == nil {
		return s
	}
	first := DateOf(time.Unix(s[0].from, 0), c.Zone) - 1
	last := DateOf(time.Unix(s[len(s)-1].to, 0), c.Zone)
	return s.within(c.Hours.open(first, last, c.Zone))
}

// present is those of the seconds that lie wholly outside absences.
func (c Calendar) present(s spans) spans {
	for _, a := range c.Absences {
		s = s.without(a.From.Unix(), ceil(a.To))
	}
	return s
}

// ceil is the first whole second that is not before a moment.
func ceil(t time.Time) int64 { return t.Add(time.Second - 1).Unix() }

// within is the seconds that both have.
func (s spans) within(others spans) spans {
	var both spans
	for _, one := range s {
		for _, other := range others {
			if part := (span{max(one.from, other.from), min(one.to, other.to)}); part.from < part.to {
				both = append(both, part)
			}
		}
	}
	return both
}

// DateOf is the local date of a moment, as the number of days since 1970-01-01.
func DateOf(t time.Time, zone *time.Location) int64 {
	return Hours{To: endOfDay}.day(t, zone)
}

// StartOfDate is the first second of a local date, numbered as by DateOf: midnight, or what follows it where a clock change
// skips midnight. A date that the zone never had begins where the next one does.
func StartOfDate(day int64, zone *time.Location) time.Time {
	for {
		if window := (Hours{To: endOfDay}).window(day, zone); len(window) > 0 {
			return time.Unix(window[0].from, 0).UTC()
		}
		day++
	}
}
