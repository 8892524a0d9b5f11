package lead

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// member makes a member's id from a letter, and letter the letter from the id.
func member(letter byte) uuid.UUID { return uuid.UUID{15: letter} }
func letter(id uuid.UUID) string   { return string(id[15]) }

// slots makes a ring's slots from text: "A B CD" has two slots of one member and a receivers group of two.
func slots(text string) []Slot {
	var all []Slot
	slot := Slot{}
	for _, c := range []byte(text + " ") {
		if c == ' ' {
			all, slot = append(all, slot), Slot{}
			continue
		}
		slot = append(slot, Receiver{MemberID: member(c), Notify: true})
	}
	return all
}

func text(all []Slot) string {
	out := ""
	for i, s := range all {
		if i > 0 {
			out += " "
		}
		for _, m := range s {
			out += letter(m.MemberID)
		}
	}
	return out
}

func everybody(uuid.UUID) bool { return true }

func upcoming(r Ring, p Position, n int) string {
	var next []Slot
	for _, t := range r.Upcoming(p, n, everybody) {
		next = append(next, r.SlotOf(t))
	}
	return text(next)
}

func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		listed  string
		weights []int
		want    string
	}{
		{"A", []int{1}, "A"},
		{"A B C", []int{1, 1, 1}, "A B C"},
		{"A A B A", []int{1, 1, 1, 1}, "A A B A"},
		{"A B", []int{3, 3}, "A B"},
		{"A B", []int{3, 1}, "A A B A"},
		{"A B C", []int{5, 1, 1}, "A A B A C A A"},
		{"A B C", []int{1, 2, 1}, "B A C B"},
		{"AB C", []int{2, 1}, "AB C AB"},
	} {
		t.Run(fmt.Sprint(c.listed, c.weights), func(t *testing.T) {
			t.Parallel()
			var listed []Listed
			for i, s := range slots(c.listed) {
				listed = append(listed, Listed{Members: s, Weight: c.weights[i]})
			}
			if got := text(Spread(listed)); got != c.want {
				t.Errorf("slots are %s, want %s", got, c.want)
			}
		})
	}
}

// positionAfter is the ring's position when the used turns, in any order, are in the ledger: what the store asks of SQL.
func (r Ring) positionAfter(used []int64) Position {
	taken := make(map[int64]bool, len(used))
	next := r.First
	for _, t := range used {
		taken[t] = true
		next = max(next, t+1)
	}
	var free []int64
	for _, t := range r.Owed {
		if !taken[t] {
			free = append(free, t)
		}
	}
	for t := r.First; t < next; t++ {
		if !taken[t] {
			free = append(free, t)
		}
	}
	return Position{Next: next, Free: free}
}

func TestPositionAfter(t *testing.T) {
	t.Parallel()
	r := Ring{Version: 1, Slots: slots("A B C"), First: 4, Owed: []int64{0, 2}}
	for _, c := range []struct {
		used []int64
		want Position
	}{
		{nil, Position{Next: 4, Free: []int64{0, 2}}},
		{[]int64{2, 0}, Position{Next: 4}},
		{[]int64{0, 6, 4}, Position{Next: 7, Free: []int64{2, 5}}},
	} {
		if diff := cmp.Diff(c.want, r.positionAfter(c.used)); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", c.used, diff)
		}
	}
}

func TestSucceed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		old, new string
		position Position
		want     string // the receivers to come
	}{
		{"next stays next", "A B C", "C B A D", Position{Next: 4}, "B A D C B"},
		{"next stays next between two rounds", "A B C", "C A D B", Position{Next: 3}, "A D B C A"},
		{"soon after an edit the round is finished first", "A B C D", "B A C D", Position{Next: 1}, "B C D B A C D"},
		{"a new receiver waits for the next round", "A B C", "A B D C", Position{Next: 1}, "B C A B D C"},
		{"the round is over for those who left", "A B C", "A D", Position{Next: 1}, "A D A D"},
		{"pairs are parted", "AB CD", "A B C D", Position{Next: 1}, "C D A B C D"},
		{"single receivers are paired", "A B C D", "AB CD", Position{Next: 1}, "AB CD AB CD"},
		{"a weight that was wrong counts no more", "A A A A A B", "A B", Position{Next: 1}, "A B A B"},
		{"a receivers group gets one turn for those of it who wait", "A B C D", "BCD A", Position{Next: 1}, "BCD A BCD A"},
		{"next is gone, the one after them is next", "A B C", "C A", Position{Next: 1}, "C A C A"},
		{"everybody is new", "A B", "C D", Position{Next: 1}, "C D C D"},
		{"owed turns come first", "A B C", "A B C D", Position{Next: 5, Free: []int64{3}}, "A C D A B"},
		{"owed turns of those who left are dropped", "A B C", "B C", Position{Next: 5, Free: []int64{3, 4}}, "B C B C"},
		{"a receiver twice keeps their place", "A B A C", "A B A C D", Position{Next: 2}, "A C D A B A"},
		{"a receiver with fewer slots", "A A A B", "A B", Position{Next: 2}, "A B A B"},
		{"an edited receivers group keeps its place", "AB CD", "AB CE", Position{Next: 1}, "CE AB CE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			old := Ring{Version: 7, Slots: slots(c.old)}
			next := old.Succeed(c.position, slots(c.new))
			if next.Version != 8 {
				t.Errorf("version is %d, want 8", next.Version)
			}
			n := len(slots(c.want))
			if got := upcoming(next, next.positionAfter(nil), n); got != c.want {
				t.Errorf("to come are %s, want %s", got, c.want)
			}
		})
	}
}

// TestOwedTurnsOutlastEdits has turns of several rounds owed, as where many drew turns whose transactions then came to nothing: they are
// dealt first, whatever the edits in between, and only to receivers who have fewer slots than before as few as these.
func TestOwedTurnsOutlastEdits(t *testing.T) {
	t.Parallel()
	r := Ring{Version: 3, Slots: slots("A B C D")}
	free := []int64{0, 1, 4, 5, 6, 8, 9}
	for _, c := range []struct{ edit, want string }{
		{"D C B A", "A B A B C A B"},
		{"B A C D", "A B A B C A B"},
		{"A B C D E", "A B A B C A B"},
		{"C B A", "A B A B C A B"},
		{"C B A A", "A B A B C A B"},
		{"A C B", "A B B C B"},
	} {
		r = r.Succeed(Position{Next: max(r.First, 12), Free: free}, slots(c.edit))
		free = r.Owed
		if got := upcoming(r, r.positionAfter(nil), len(strings.Fields(c.want))); got != c.want || len(free) != len(strings.Fields(c.want)) {
			t.Errorf("after the edit to %s %d turns are owed: %s, want %s", c.edit, len(free), got, c.want)
		}
	}
}

// TestPutBackOnce has a round cut short by one edit, and not by the next that would put back the same receivers.
func TestPutBackOnce(t *testing.T) {
	t.Parallel()
	r := Ring{Version: 1, Slots: slots("A B C")}
	for _, c := range []struct {
		edit     string
		given    int // turns of the version before it is edited
		want     string
		putBackN int
	}{
		{edit: "B A C", given: 4, want: "B A C B A C", putBackN: 2}, // B and C, who had one turn less than A
		{edit: "C A B", given: 4, want: "A C A B C A", putBackN: 2}, // they are not put back again
		{edit: "B C A", given: 4, want: "C A B C A B", putBackN: 2}, // nor here, where the round was not over when it was edited
	} {
		var used []int64
		for range c.given {
			used = append(used, r.Upcoming(r.positionAfter(used), 1, everybody)[0])
		}
		r = r.Succeed(r.positionAfter(used), slots(c.edit))
		if got := upcoming(r, r.positionAfter(nil), 6); got != c.want || len(r.PutBack) != c.putBackN {
			t.Errorf("%s: to come are %s, want %s; %d were put back, want %d", c.edit, got, c.want, len(r.PutBack), c.putBackN)
		}
	}
}

func TestWhenAllWerePutBackTheyAreEven(t *testing.T) {
	t.Parallel()
	r := Ring{Version: 9, Slots: slots("B C A"), PutBack: []uuid.UUID{member('B'), member('C')}}
	next := r.Succeed(Position{Next: 5}, slots("A C B")) // A is next
	if got := upcoming(next, next.positionAfter(nil), 3); got != "A C B" || len(next.PutBack) != 0 {
		t.Errorf("to come are %s, and %d are behind others", got, len(next.PutBack))
	}
}

func TestUpcomingPassesOverTheInactive(t *testing.T) {
	t.Parallel()
	r := Ring{Version: 1, Slots: slots("A B C")}
	got := r.Upcoming(Position{Next: 3, Free: []int64{0, 1}}, 4, func(m uuid.UUID) bool { return m != member('B') })
	if want := []int64{0, 3, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("turns to come are %v, want %v", got, want)
	}
	if got := r.Upcoming(Position{}, 4, func(uuid.UUID) bool { return false }); got != nil {
		t.Errorf("turns to come with nobody active are %v, want none", got)
	}
}
