package lead

import "time"

// capped counts what a member gets by the windows that caps bound: of each kind, by the second in which the window begins.
type capped struct {
	most [4]*int
	got  [4]map[int64]int
}

// newCapped counts what the member has by now, and what is to come.
func newCapped(c Capped, now time.Time, zone *time.Location) *capped {
	n := &capped{most: [4]*int{c.Caps.PerHour, c.Caps.PerDay, c.Caps.PerWeek, c.Caps.PerMonth}}
	windows := WindowsAt(now, zone).spans()
	for kind, got := range [4]int{c.Got.Hour, c.Got.Day, c.Got.Week, c.Got.Month} {
		n.got[kind] = map[int64]int{windows[kind].from: got}
	}
	for _, t := range c.Taken {
		n.add(WindowsAt(t, zone))
	}
	return n
}

func (c *capped) add(w Windows) {
	for kind, window := range w.spans() {
		c.got[kind][window.from]++
	}
}

// full is a window, of those in which a second lies, of which a cap is used up, where there is one. Else the second counts as
// planned.
func (p *planner) full(t int64) (span, bool) {
	if len(p.caps) == 0 {
		return span{}, false
	}
	w := WindowsAt(time.Unix(t, 0), p.zone)
	for _, c := range p.caps {
		for kind, window := range w.spans() {
			if most := c.most[kind]; most != nil && c.got[kind][window.from] >= *most {
				return window, true
			}
		}
	}
	for _, c := range p.caps {
		c.add(w)
	}
	return span{}, false
}

// spans are an hour, a day, a week and a month.
func (w Windows) spans() [4]span {
	return [4]span{
		{w.Hour.Unix(), w.NextHour.Unix()}, {w.Day.Unix(), w.NextDay.Unix()},
		{w.Week.Unix(), w.NextWeek.Unix()}, {w.Month.Unix(), w.NextMonth.Unix()},
	}
}
