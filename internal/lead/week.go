package lead

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// maxSpansPerDay bounds the working hours of one weekday.
const maxSpansPerDay = 24

// A Week is a member's working hours: by weekday, as time.Weekday numbers them, the spans of time in which they work, by their own
// clock. A span from 22:00 to 06:00 passes midnight and belongs to the day on which it begins; one may end at 24:00. A weekday
// without spans has no working hours. As JSON it is {"mon":[{"from":"09:00","to":"18:00"}],…}.
type Week [7][]Hours

var weekdays = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// endOfDay is 24:00, at which a span of working hours may end.
const endOfDay Clock = minutesPerDay

// MarshalJSON names the weekdays that have spans.
func (w Week) MarshalJSON() ([]byte, error) {
	named := make(map[string][]map[string]string)
	for day, spans := range w {
		for _, h := range spans {
			named[weekdays[day]] = append(named[weekdays[day]], map[string]string{"from": h.From.String(), "to": h.To.String()})
		}
	}
	return json.Marshal(named)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (w *Week) UnmarshalJSON(data []byte) error {
	var named map[string][]struct{ From, To string }
	if err := json.Unmarshal(data, &named); err != nil {
		return err
	}
	*w = Week{}
	for name, spans := range named {
		day := slices.Index(weekdays[:], name)
		if day < 0 {
			return fmt.Errorf("%.20q is no weekday: write mon, tue, wed, thu, fri, sat or sun", name)
		}
		for _, s := range spans {
			h, err := parseSpan(s.From, s.To)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			w[day] = append(w[day], h)
		}
	}
	return nil
}

// parseSpan reads a span of working hours.
func parseSpan(from, to string) (h Hours, err error) {
	if h.From, err = ParseClock(from); err != nil {
		return h, err
	}
	if to == "24:00" {
		h.To = endOfDay
		return h, nil
	}
	h.To, err = ParseClock(to)
	return h, err
}

// Validate says what is wrong with the working hours, nil where nothing is.
func (w Week) Validate() error {
	for day, spans := range w {
		if len(spans) > maxSpansPerDay {
			return fmt.Errorf("%s: give %d spans at the most", weekdays[day], maxSpansPerDay)
		}
		for _, h := range spans {
			if h.From == h.To {
				return fmt.Errorf("%s: from %s to %s is no time; for the whole day write 00:00 to 24:00", weekdays[day], h.From, h.To)
			}
		}
	}
	return nil
}

// open is every second of the dates (numbered as by Hours.day) at which the member works, by the clock of a zone. Spans that
// touch or overlap are one.
func (w Week) open(first, last int64, zone *time.Location) spans {
	var all spans
	for day := first; day <= last; day++ {
		for _, h := range w[weekdayOf(day)] {
			all = append(all, h.window(day, zone)...)
		}
	}
	return all.merged()
}

// weekdayOf is the weekday of a date, numbered as by Hours.day.
func weekdayOf(day int64) time.Weekday {
	return time.Weekday(((day+int64(time.Thursday))%7 + 7) % 7) // 1970-01-01 was a Thursday
}

// merged is the seconds of all, which may be in any order and overlap.
func (s spans) merged() spans {
	slices.SortFunc(s, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	var one spans
	for _, next := range s {
		if n := len(one); n > 0 && next.from <= one[n-1].to {
			one[n-1].to = max(one[n-1].to, next.to)
			continue
		}
		one = append(one, next)
	}
	return one
}
