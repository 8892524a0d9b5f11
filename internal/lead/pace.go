package lead

import (
	"fmt"
	"slices"
)

// Pace is how many leads a day a member receives from a schedule.
type Pace string

const (
	// Slow is 4–6 leads a day.
	Slow Pace = "slow"
	// Normal is 5–7 leads a day.
	Normal Pace = "normal"
	// Fast is 8–12 leads a day.
	Fast Pace = "fast"
)

// ParsePace reads a pace's name, and its error lists those there are.
func ParsePace(name string) (Pace, error) {
	if p := Pace(name); p.Max() > 0 {
		return p, nil
	}
	return "", fmt.Errorf("pace %.20q is unknown: choose slow, normal or fast", name)
}

// Min is the fewest leads on a full day, in leads a day; 0 for an unknown pace.
func (p Pace) Min() int { least, _ := p.bounds(); return least }

// Max is the most leads on any day, in leads a day; 0 for an unknown pace.
func (p Pace) Max() int { _, most := p.bounds(); return most }

func (p Pace) bounds() (least, most int) {
	switch p {
	case Slow:
		return 4, 6
	case Normal:
		return 5, 7
	case Fast:
		return 8, 12
	}
	return 0, 0
}

// Paces are all paces, the slowest first.
var Paces = [...]Pace{Slow, Normal, Fast}

// A Tally counts the leads that a member gets in a day, by pace in the order of Paces. It promises that the leads at any
// pace and slower ones, together, are no more than that pace's maximum.
type Tally [len(Paces)]int

// Add counts one more lead, whatever is promised.
func (t *Tally) Add(p Pace) { t[slices.Index(Paces[:], p)]++ }

// Room reports whether one more lead at the pace keeps the promise.
func (t Tally) Room(p Pace) bool {
	n := 0
	for i, q := range Paces {
		if n += t[i]; q.Max() >= p.Max() && n >= q.Max() {
			return false
		}
	}
	return true
}
