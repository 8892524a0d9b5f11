package lead

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// A line is a group over any edits: who got the turns, and for how long each of those who are listed has waited.
type line struct {
	ring     Ring
	used     []int64
	waited   map[uuid.UUID]int // turns of others since they had theirs, or were listed
	longest, // ring, in places, that they were listed in meanwhile
	got map[uuid.UUID]int
	round int // the longest ring since the round under way began
}

func newLine(slots []Slot) *line {
	l := &line{ring: Ring{Version: 1, Slots: slots}, waited: map[uuid.UUID]int{}, longest: map[uuid.UUID]int{}, got: map[uuid.UUID]int{}}
	l.list()
	return l
}

// places is how long a ring is: its members, each as often as they are listed.
func (r Ring) places() (n int) {
	for _, s := range r.Slots {
		n += len(s)
	}
	return n
}

// list takes note of who is listed now.
func (l *line) list() {
	listed := map[uuid.UUID]bool{}
	l.round = max(l.round, l.ring.places())
	for _, s := range l.ring.Slots {
		for _, m := range s {
			listed[m.MemberID] = true
			l.longest[m.MemberID] = max(l.longest[m.MemberID], l.round)
		}
	}
	for m := range l.longest {
		if !listed[m] {
			delete(l.longest, m)
			delete(l.waited, m)
			delete(l.got, m)
		}
	}
}

func (l *line) edit(slots []Slot) {
	l.ring = l.ring.Succeed(l.ring.positionAfter(l.used), slots)
	l.used = nil
	l.list()
}

// turn hands out the next turn, and returns an error where somebody waits for longer than they may: for as many turns as
// two rounds have, less their own.
func (l *line) turn() error {
	next := l.ring.Upcoming(l.ring.positionAfter(l.used), 1, everybody)[0]
	l.used = append(l.used, next)
	if next >= l.ring.First && (next-l.ring.First)%int64(len(l.ring.Slots)) == 0 {
		l.round = l.ring.places()
	}
	for m := range l.longest {
		if l.waited[m]++; l.waited[m] > 2*l.longest[m]-1 {
			return fmt.Errorf("%s waits for %d turns in rings of %d places, the last %s", letter(m), l.waited[m], l.longest[m], text(l.ring.Slots))
		}
	}
	for _, m := range l.ring.SlotOf(next) {
		l.waited[m.MemberID], l.longest[m.MemberID] = 0, l.round
		l.got[m.MemberID]++
	}
	return nil
}

// TestNoEditsStarveAnybody has any edits between any turns: of order, weights, members, and of who is in a slot with whom.
func TestNoEditsStarveAnybody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawAny := func() []Slot {
			all := rapid.SliceOfN(rapid.StringMatching(`[A-F]|[A-F]|[A-C][D-F]|[A-B][C-D][E-F]`), 1, 7).Draw(t, "ring")
			return slots(strings.Join(all, " "))
		}
		l := newLine(drawAny())
		for range rapid.IntRange(1, 60).Draw(t, "edits") {
			for range rapid.IntRange(0, 16).Draw(t, "turns") {
				if err := l.turn(); err != nil {
					t.Fatal(err)
				}
			}
			l.edit(drawAny())
		}
	})
}

// TestOrdersInStepWithLeadsAreFair has the same receivers in any orders: nobody is ever more than two turns behind
// another, one of this round and one of a round that was cut short.
func TestOrdersInStepWithLeadsAreFair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		order := slots("A B C D E")
		l := newLine(order)
		for range rapid.IntRange(1, 60).Draw(t, "edits") {
			for range rapid.IntRange(0, 12).Draw(t, "turns") {
				if err := l.turn(); err != nil {
					t.Fatal(err)
				}
				least, most := 1<<30, 0
				for _, s := range order {
					least, most = min(least, l.got[s[0].MemberID]), max(most, l.got[s[0].MemberID])
				}
				if most-least > 2 {
					t.Fatalf("the receivers got %v", l.got)
				}
			}
			l.edit(rapid.Permutation(order).Draw(t, "order"))
		}
	})
}

// TestAdversaries edits in step with leads so as to keep somebody from their turn: by an order made up from who is next, by
// changes to and fro between two rings, and by receivers who are new each time.
func TestAdversaries(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(l *line, step int) []Slot{
		"the second goes last": func(l *line, _ int) []Slot {
			ring := l.upcoming(len(l.ring.Slots))
			return append(append(slices.Clone(ring[:1]), ring[2:]...), ring[1])
		},
		"all behind the next change places": func(l *line, _ int) []Slot {
			ring := l.upcoming(len(l.ring.Slots))
			slices.Reverse(ring[1:])
			return ring
		},
		"the next leaves and comes back": func(l *line, step int) []Slot {
			if step%2 == 1 {
				return slots("A B C D E")
			}
			next := l.upcoming(1)[0]
			return slices.DeleteFunc(slots("A B C D E"), func(s Slot) bool { return s.key() == next.key() && letter(s[0].MemberID) != "E" })
		},
		"orders":         toAndFro("A B C D E", "B A C D E"),
		"weights":        toAndFro("A B C", "A A B A A C"),
		"pairs":          toAndFro("A B C D", "AB CD"),
		"other pairs":    toAndFro("AB CD", "BC DA"),
		"a pair":         toAndFro("AB C D", "A B C D"),
		"growing groups": toAndFro("A B C D E F", "ABCDE F", "AF B C D E", "A BCDEF"),
		"a pair for no turn": func(l *line, _ int) []Slot {
			l.edit(slots("AB C D E"))
			return slots("A B C D E")
		},
		"new ones in front": func(_ *line, step int) []Slot {
			return slots(string(rune('a'+step%20)) + " " + string(rune('b'+step%20)) + " A B C")
		},
	} {
		for period := 1; period <= 13; period++ {
			t.Run(fmt.Sprintf("%s, every %d leads", name, period), func(t *testing.T) {
				t.Parallel()
				l := newLine(slots("A B C D E"))
				for step := range 300 {
					for range period {
						if err := l.turn(); err != nil {
							t.Fatalf("step %d: %v", step, err)
						}
					}
					l.edit(edit(l, step))
				}
			})
		}
	}
}

func toAndFro(rings ...string) func(*line, int) []Slot {
	return func(_ *line, step int) []Slot { return slots(rings[step%len(rings)]) }
}

// upcoming are the slots of the next receivers, each once.
func (l *line) upcoming(n int) (next []Slot) {
	for _, turn := range l.ring.Upcoming(l.ring.positionAfter(l.used), 3*len(l.ring.Slots), everybody) {
		s := l.ring.SlotOf(turn)
		if len(next) < n && !slices.ContainsFunc(next, func(o Slot) bool { return o.key() == s.key() }) {
			next = append(next, s)
		}
	}
	return next
}
