package lead

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// sent deals n turns of a ring from a position, and says whose they were.
func sent(r Ring, p Position, n int) (to []uuid.UUID) {
	for _, turn := range r.Upcoming(p, n, func(uuid.UUID) bool { return true }) {
		to = append(to, r.SlotOf(turn)[0].MemberID)
	}
	return to
}

// TestReturnedTurnsComeFirst gives turns of an earlier version back: whoever got fewer than the others, whole rounds aside, is next, and
// then the ring goes on as it would have.
func TestReturnedTurnsComeFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.IntRange(1, 6).Draw(r, "size")
		slots := make([]Slot, size)
		for i := range slots {
			slots[i] = Slot{{MemberID: uuid.New()}}
		}
		ring := Ring{Version: 2, Slots: slots}
		p := Position{Next: rapid.Int64Range(0, 20).Draw(r, "next")}
		back := Returned{Version: 1, Slots: slots, Turns: rapid.SliceOfN(rapid.IntRange(0, 5), size, size).Draw(r, "turns")}
		owed := map[uuid.UUID]int{}
		total := 0
		for place, n := range back.Turns {
			n -= slices.Min(back.Turns)
			owed[slots[place][0].MemberID] += n
			total += n
		}
		next := ring.Succeed(ring.With(p, back), slots)
		got := sent(next, Position{Next: next.First, Free: next.Owed}, total+2*size)
		for _, m := range got[:total] {
			owed[m]--
		}
		for m, n := range owed {
			if n != 0 {
				r.Fatalf("member %s is given %d too few turns back", m, n)
			}
		}
		if want := sent(ring, p, 2*size); !back.Even() && !slices.Equal(got[total:total+size], want[:size]) {
			r.Fatalf("then come %v, not %v", got[total:], want)
		}
	})
}

// TestUnevenLeavesNoWholeRound takes whole rounds out of free turns, and nothing else.
func TestUnevenLeavesNoWholeRound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		size := rapid.IntRange(1, 5).Draw(r, "size")
		ring := Ring{Slots: make([]Slot, size), First: rapid.Int64Range(0, 9).Draw(r, "first")}
		free := rapid.SliceOfNDistinct(rapid.Int64Range(0, 40), 0, 30, func(n int64) int64 { return n }).Draw(r, "free")
		slices.Sort(free)
		left := ring.Uneven(Position{Next: 41, Free: free}).Free
		counts, gone := make([]int, size), make([]int, size)
		for _, turn := range free {
			switch {
			case slices.Contains(left, turn) && turn >= ring.First:
				counts[ring.index(turn)]++
			case !slices.Contains(left, turn):
				gone[ring.index(turn)]++
			}
		}
		if slices.Min(gone) != slices.Max(gone) || slices.Min(counts) != 0 || !slices.IsSorted(left) {
			r.Fatalf("of %v it leaves %v", free, left)
		}
	})
}
