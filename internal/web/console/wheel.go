package console

import (
	"fmt"
	"math"
	"strings"
	"unicode"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A wheel is a group's slots in turn order, the next one at the pointer.
type wheel struct {
	Segments []segment
	// Next is who has the next turn, empty where nobody can receive; Turn is that turn.
	Next string
	Turn int64
	// Left is how many slots are not drawn.
	Left int
}

// A segment is one slot of a wheel, from the next one on.
type segment struct {
	// Path is its outline, X and Y the middle of it.
	Path string
	X, Y float64
	// Colour is the class of its colour, Initials what stands in it where there is room.
	Colour, Initials string
	// Who are its members; Why says why none of them can receive now, empty where one can.
	Who, Why string
	Next     bool
}

const (
	// maxSegments bounds what is drawn; thinner slots could not be told apart.
	maxSegments = 60
	// maxInitials is how many slots leave room for initials.
	maxInitials = 24
	wheelColors = 8
)

// wheelOf draws a ring whose next turn is given, with none where nobody can receive.
func (v *visit) wheelOf(slots []lead.Slot, next []turn) *wheel {
	w := &wheel{}
	if len(slots) == 0 {
		return w
	}
	first := 0
	if len(next) > 0 {
		w.Turn = numberInLane(next[0].Turn, len(slots))
		first = int(w.Turn % int64(len(slots)))
	}
	n := min(len(slots), maxSegments)
	w.Left = len(slots) - n
	colours := map[string]int{}
	for _, s := range slots {
		if key := v.slotName(s); colours[key] == 0 {
			colours[key] = len(colours) + 1
		}
	}
	for i := range n {
		s := slots[(first+i)%len(slots)]
		g := segment{Who: v.slotName(s), Why: v.slotWhy(s), Next: i == 0 && len(next) > 0}
		g.Colour = fmt.Sprintf("c%d", (colours[g.Who]-1)%wheelColors)
		if g.Why != "" {
			g.Colour = "off"
		}
		if n <= maxInitials {
			g.Initials = initials(g.Who)
		}
		if g.Next {
			w.Next = g.Who
		}
		g.Path, g.X, g.Y = sector(i, n)
		w.Segments = append(w.Segments, g)
	}
	return w
}

// sector is the outline of the i-th of n parts of a ring whose first part has its middle at the top, and its own middle.
func sector(i, n int) (path string, x, y float64) {
	const centre, outer, inner = 100.0, 92.0, 50.0
	at := func(radius, turn float64) (float64, float64) {
		angle := 2 * math.Pi * turn
		return centre + radius*math.Sin(angle), centre - radius*math.Cos(angle)
	}
	from, to := (float64(i)-.5)/float64(n), (float64(i)+.5)/float64(n)
	if n == 1 {
		to -= .0001 // an arc that ends where it begins is none
	}
	large := 0
	if to-from > .5 {
		large = 1
	}
	x1, y1 := at(outer, from)
	x2, y2 := at(outer, to)
	x3, y3 := at(inner, to)
	x4, y4 := at(inner, from)
	x, y = at((outer+inner)/2, float64(i)/float64(n))
	return fmt.Sprintf("M%.2f %.2fA%g %g 0 %d 1 %.2f %.2fL%.2f %.2fA%g %g 0 %d 0 %.2f %.2fZ",
		x1, y1, outer, outer, large, x2, y2, x3, y3, inner, inner, large, x4, y4), x, y
}

// slotName is who is in a slot.
func (v *visit) slotName(s lead.Slot) string {
	var names []string
	for _, m := range s {
		name, _ := v.names.of("members", m.MemberID.String())
		if why := v.whyNot(m.MemberID.String()); why != "" && len(s) > 1 {
			name += " (" + why + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, " + ")
}

// slotWhy says why nobody in a slot can receive now, empty where somebody can.
func (v *visit) slotWhy(s lead.Slot) string {
	why := ""
	for _, m := range s {
		if why = v.whyNot(m.MemberID.String()); why == "" {
			return ""
		}
	}
	return why
}

// initials are the first letters of a name, two at the most.
func initials(name string) string {
	var all []rune
	for word := range strings.FieldsSeq(name) {
		for _, c := range word {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				all = append(all, unicode.ToUpper(c))
				break
			}
		}
		if len(all) == 2 {
			break
		}
	}
	return string(all)
}

// A turn is one to come, as the API has it.
type turn struct {
	Turn      int64    `json:"turn"`
	MemberIDs []string `json:"member_ids"`
}

// A nextTurn is a turn to come as a page shows it.
type nextTurn struct {
	Turn int64
	Who  string
}

// nextTurns are turns of a ring of a size.
func (v *visit) nextTurns(turns []turn, size int) []nextTurn {
	all := make([]nextTurn, len(turns))
	for i, t := range turns {
		names := make([]string, len(t.MemberIDs))
		for j, id := range t.MemberIDs {
			names[j], _ = v.names.of("members", id)
		}
		all[i] = nextTurn{numberInLane(t.Turn, size), strings.Join(names, " + ")}
	}
	return all
}
