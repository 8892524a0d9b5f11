package lead

import "fmt"

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
