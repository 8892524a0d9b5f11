package console

import (
	"time"
)

// A chart is how many leads came in and were given, hour by hour, drawn as bars.
type chart struct {
	// Width and Height are the drawing's own.
	Width, Height float64
	Bars          []bar
	// Marks are hours to be written below it.
	Marks []string
	// Words say in a sentence what it shows, and Rows all of it.
	Words string
	Rows  []chartRow
}

// A bar is one of a chart's.
type bar struct {
	Class               string
	X, Y, Width, Height float64
}

// A chartRow is an hour in numbers.
type chartRow struct {
	Hour                    string
	Received, Given, Failed int
}

// chartOf draws the hours of a day up to now, nil where nothing happened in them.
func (v *visit) chartOf(hours []hour) *chart {
	const slots, wide, high = 24, 12.0, 60.0
	most, best := 0, 0
	for i, h := range hours {
		if h.Received > hours[best].Received {
			best = i
		}
		most = max(most, h.Received, h.Given, h.Failed)
	}
	if most == 0 {
		return nil
	}
	c := &chart{Width: wide * float64(max(slots, len(hours))), Height: high, Marks: []string{"00:00", "06:00", "12:00", "18:00", "24:00"}}
	given, failed := 0, 0
	for i, h := range hours {
		for at, one := range []struct {
			class string
			n     int
		}{{"came", h.Received}, {"good", h.Given}, {"bad", h.Failed}} {
			if one.n > 0 {
				tall := max(1, high*float64(one.n)/float64(most))
				c.Bars = append(c.Bars, bar{one.class, wide*float64(i) + 1 + 3.4*float64(at), high - tall, 3, tall})
			}
		}
		given, failed = given+h.Given, failed+h.Failed
		if h.Received+h.Given+h.Failed > 0 {
			c.Rows = append(c.Rows, chartRow{v.between(h.At), h.Received, h.Given, h.Failed})
		}
	}
	c.Words = v.say("%s given and %s failed so far.", grouped(given), grouped(failed))
	if n := hours[best].Received; n > 0 {
		c.Words = v.say("Most came in between %s: %s. %s", v.between(hours[best].At), grouped(n), c.Words)
	}
	return c
}

// between is an hour as a clock shows it.
func (v *visit) between(at time.Time) string {
	return v.say("%s and %s", at.In(v.zone).Format("15:04"), at.Add(time.Hour).In(v.zone).Format("15:04"))
}
