package lead

import (
	"fmt"
	"math"
	"time"
)

const (
	minutesPerDay = 24 * 60
	secondsPerDay = minutesPerDay * 60
)

// Clock is a time of day in minutes after midnight, 0..1439. As text, and so in JSON, it is "HH:MM".
type Clock int

// ParseClock reads "HH:MM", 00:00 to 23:59, two digits each.
func ParseClock(text string) (Clock, error) {
	if len(text) == 5 && text[2] == ':' {
		hour, okHour := twoDigits(text[:2])
		minute, okMinute := twoDigits(text[3:])
		if okHour && okMinute && hour < 24 && minute < 60 {
			return Clock(hour*60 + minute), nil
		}
	}
	return 0, fmt.Errorf("%.20q is not a time of day: write HH:MM, from 00:00 to 23:59", text)
}

func twoDigits(s string) (n int, ok bool) {
	tens, ones := s[0]-'0', s[1]-'0'
	return int(tens)*10 + int(ones), tens <= 9 && ones <= 9
}

// String is the time of day as "HH:MM".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// MarshalText is String, for JSON.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText is ParseClock, for JSON.
func (c *Clock) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}

// Hours are the distribution hours, during which scheduled leads go out: from From until just before To, by the clock on
// the member's wall. Where From is later than To they span midnight, and belong to the date on which they open. The zero
// value is not valid.
type Hours struct {
	From Clock `json:"from"`
	To   Clock `json:"to"`
}

// Validate says what is wrong with the hours, nil where nothing is.
func (h Hours) Validate() error {
	for _, c := range []Clock{h.From, h.To} {
		if c < 0 || c >= minutesPerDay {
			return fmt.Errorf("distribution hours have a time of day of %d minutes: give 0 to %d", int(c), minutesPerDay-1)
		}
	}
	if h.From == h.To {
		return fmt.Errorf("distribution hours from %s to %s hold no time: choose two different times of day", h.From, h.To)
	}
	return nil
}

// Day is the distribution day to which a moment belongs, as midnight UTC of its date. It is the local date in the zone;
// for hours that span midnight a day lasts from one opening to the next, and has the date on which it opens.
func (h Hours) Day(t time.Time, zone *time.Location) time.Time {
	return time.Unix(h.day(t, zone)*secondsPerDay, 0).UTC()
}

// day is Day as the number of days since 1970-01-01.
func (h Hours) day(t time.Time, zone *time.Location) int64 {
	_, offset := t.In(zone).Zone()
	wall := t.Unix() + int64(offset)
	if h.spansMidnight() {
		wall -= int64(h.From) * 60
	}
	day := wall / secondsPerDay
	if wall%secondsPerDay < 0 { // division rounds towards 1970
		day--
	}
	return day
}

// NextDay is when the hours of the first distribution day begin that is later than that of a moment.
func (h Hours) NextDay(t time.Time, zone *time.Location) time.Time {
	for day := h.day(t, zone) + 1; ; day++ {
		if open := h.window(day, zone).after(ceil(t)); len(open) > 0 {
			return time.Unix(open[0].from, 0).UTC()
		}
	}
}

func (h Hours) spansMidnight() bool { return h.From > h.To }

// window is every second of a day (numbered as by day) at which the zone's wall clock reads inside the hours. Looking at
// each stretch of constant offset by itself gives clock changes no special case: what is skipped has no second, and what
// is repeated has two.
func (h Hours) window(day int64, zone *time.Location) spans {
	opens := day*secondsPerDay + int64(h.From)*60 // as if the wall clock showed UTC
	closes := day*secondsPerDay + int64(h.To)*60
	if h.spansMidnight() {
		closes += secondsPerDay
	}
	var open spans
	// No zone is as much as a day away from UTC.
	for at := opens - secondsPerDay; at < closes+secondsPerDay; {
		offset, until := offsetAt(at, zone)
		if s := (span{max(at, opens-offset), min(until, closes-offset)}); s.from < s.to {
			open = append(open, s)
		}
		at = until
	}
	return open
}

// offsetAt is how many seconds the zone is ahead of UTC at a moment, and a later moment until which that holds.
func offsetAt(at int64, zone *time.Location) (offset, until int64) {
	t := time.Unix(at, 0).In(zone)
	_, ahead := t.Zone()
	_, change := t.ZoneBounds()
	switch until = change.Unix(); {
	case change.IsZero():
		until = math.MaxInt64
	case until <= at: // on the last day of a leap year after 2037: go.dev/issue/81583
		until = at + 60*60
	}
	return int64(ahead), until
}
