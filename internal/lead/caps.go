package lead

import "time"

// Caps bound how many leads a member gets. Nil is without bound, else each is 1 or more.
type Caps struct {
	PerHour  *int `json:"per_hour,omitempty"`
	PerDay   *int `json:"per_day,omitempty"`
	PerWeek  *int `json:"per_week,omitempty"`
	PerMonth *int `json:"per_month,omitempty"`
	// Open bounds the copies whose status counts as open.
	Open *int `json:"open,omitempty"`
}

// None reports whether nothing is bounded.
func (c Caps) None() bool { return c == Caps{} }

// Stricter bounds by whichever of both bounds more.
func (c Caps) Stricter(other Caps) Caps {
	stricter := func(a, b *int) *int {
		if a == nil || b != nil && *b < *a {
			return b
		}
		return a
	}
	return Caps{
		PerHour: stricter(c.PerHour, other.PerHour), PerDay: stricter(c.PerDay, other.PerDay), PerWeek: stricter(c.PerWeek, other.PerWeek),
		PerMonth: stricter(c.PerMonth, other.PerMonth), Open: stricter(c.Open, other.Open),
	}
}

// A Count is what a member got in each of the windows under way, and how many of their copies are open.
type Count struct{ Hour, Day, Week, Month, Open int }

// Add counts n more leads, which are open.
func (c *Count) Add(n int) {
	c.Hour += n
	c.Day += n
	c.Week += n
	c.Month += n
	c.Open += n
}

// Full is the obstacle that the caps make at a count, empty where there is room for one more.
func (c Caps) Full(n Count) Obstacle {
	for _, one := range []struct {
		most *int
		has  int
		is   Obstacle
	}{
		{c.PerHour, n.Hour, ObstacleCapHour}, {c.PerDay, n.Day, ObstacleCapDay}, {c.PerWeek, n.Week, ObstacleCapWeek},
		{c.PerMonth, n.Month, ObstacleCapMonth}, {c.Open, n.Open, ObstacleCapOpen},
	} {
		if one.most != nil && one.has >= *one.most {
			return one.is
		}
	}
	return ""
}

// Room is how many more leads the caps allow at a count, no more than most.
func (c Caps) Room(n Count, most int) int {
	for _, one := range []struct {
		cap *int
		has int
	}{{c.PerHour, n.Hour}, {c.PerDay, n.Day}, {c.PerWeek, n.Week}, {c.PerMonth, n.Month}, {c.Open, n.Open}} {
		if one.cap != nil {
			most = min(most, max(0, *one.cap-one.has))
		}
	}
	return most
}

// Windows are the calendar windows in which a moment lies, by the clock of a zone: when each began, and when the next begins. A
// week begins on Monday. An hour that a clock change repeats is two.
type Windows struct {
	Hour, Day, Week, Month                 time.Time
	NextHour, NextDay, NextWeek, NextMonth time.Time
}

// WindowsAt are the windows in which a moment lies.
func WindowsAt(t time.Time, zone *time.Location) Windows {
	day := DateOf(t, zone)
	monday := day - int64(weekdayOf(day)+6)%7
	y, m, _ := time.Unix(day*secondsPerDay, 0).UTC().Date()
	month := func(m time.Month) time.Time {
		return StartOfDate(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Unix()/secondsPerDay, zone)
	}
	hour, nextHour := hourOf(t, zone)
	return Windows{
		Hour: hour, NextHour: nextHour, Day: StartOfDate(day, zone), NextDay: StartOfDate(day+1, zone),
		Week: StartOfDate(monday, zone), NextWeek: StartOfDate(monday+7, zone), Month: month(m), NextMonth: month(m + 1),
	}
}

// hourOf is the hour on the wall in which a moment lies, cut off where the clock changes. A zone's rules may begin anew without that.
func hourOf(t time.Time, zone *time.Location) (start, next time.Time) {
	at := t.Unix()
	offset, until := offsetAt(at, zone)
	from := at - ((at+offset)%3600+3600)%3600
	to := from + 3600
	for until < to {
		ahead, further := offsetAt(until, zone)
		if ahead != offset {
			to = until
		}
		until = further
	}
	for begun := at; begun > from; {
		bound, _ := time.Unix(begun, 0).In(zone).ZoneBounds()
		if bound.IsZero() || bound.Unix() <= from {
			break
		}
		if begun = bound.Unix() - 1; secondsAhead(begun, zone) != offset {
			from = bound.Unix()
		}
	}
	return time.Unix(from, 0).UTC(), time.Unix(to, 0).UTC()
}

func secondsAhead(at int64, zone *time.Location) int64 {
	_, ahead := time.Unix(at, 0).In(zone).Zone()
	return int64(ahead)
}

// Next is when the cap that is in the way counts anew, zero for one that no clock moves.
func (w Windows) Next(o Obstacle) time.Time {
	switch o {
	case ObstacleCapHour:
		return w.NextHour
	case ObstacleCapDay:
		return w.NextDay
	case ObstacleCapWeek:
		return w.NextWeek
	case ObstacleCapMonth:
		return w.NextMonth
	}
	return time.Time{}
}
