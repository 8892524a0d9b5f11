package lead

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// mix is a group with lanes, as it stands: a ring and the turns used of it for each.
type mix struct {
	slots []Slot
	rings map[int]Ring
	used  map[int][]int64
	got   map[int]map[uuid.UUID]int // leads by lane, since the receivers were edited
}

func newMix(all []Slot) *mix {
	m := &mix{slots: all, rings: map[int]Ring{0: {Version: 1, Slots: all}}, used: map[int][]int64{}}
	m.forget()
	return m
}

func (m *mix) forget() { m.got = map[int]map[uuid.UUID]int{} }

func (m *mix) stands() []Stand {
	stands := make([]Stand, 0, len(m.rings))
	for _, lane := range m.lanes() {
		stands = append(stands, Stand{m.rings[lane], m.rings[lane].positionAfter(m.used[lane])})
	}
	return stands
}

func (m *mix) lanes() []int {
	all := make([]int, 0, len(m.rings))
	for lane := range m.rings {
		all = append(all, lane)
	}
	slices.Sort(all)
	return all
}

// deal deals leads that take the lanes named, in one go.
func (m *mix) deal(lanes []int) error {
	var tally *LaneTally
	all := make([]LaneLead, len(lanes))
	for i, lane := range lanes {
		if _, there := m.rings[lane]; !there {
			if tally == nil {
				tally = NewLaneTally(m.stands())
			}
			m.rings[lane] = tally.Open(m.rings[0], lane)
		}
		all[i] = LaneLead{uuid.New(), lane}
	}
	dealt, err := DealLanes(all, func(lane int) Ring { return m.rings[lane] }, newTable(), func(want map[int]int) (turns []int64, err error) {
		for lane, n := range want {
			p := pile{m.rings[lane].positionAfter(m.used[lane])}
			some, _ := p.draw(n)
			turns = append(turns, some...)
		}
		return turns, nil
	})
	if err != nil {
		return err
	}
	if len(dealt.Unspent) > 0 || len(dealt.Passed) > 0 {
		return fmt.Errorf("turns are left: %v, %v", dealt.Unspent, dealt.Passed)
	}
	for i, hand := range dealt.Hands {
		r := m.rings[lanes[i]]
		if r.LaneOf(hand.Turn) != lanes[i] {
			return fmt.Errorf("a lead of lane %d has turn %d", lanes[i], hand.Turn)
		}
		m.used[lanes[i]] = append(m.used[lanes[i]], hand.Turn)
		if m.got[lanes[i]] == nil {
			m.got[lanes[i]] = map[uuid.UUID]int{}
		}
		m.got[lanes[i]][hand.Receivers[0].MemberID]++
	}
	return nil
}

// check returns an error where a receiver's count in a lane is not within one turn of their share, or over all lanes not within one turn
// for each lane.
func (m *mix) check(bound float64) error {
	over := map[uuid.UUID]float64{}
	for lane, got := range m.got {
		n := 0
		for _, c := range got {
			n += c
		}
		for _, s := range m.slots {
			off := float64(got[s[0].MemberID]) - float64(n)/float64(len(m.slots))
			if math.Abs(off) > bound {
				return fmt.Errorf("in lane %d %s is %.2f turns off", lane, letter(s[0].MemberID), off)
			}
			over[s[0].MemberID] += off
		}
	}
	for id, off := range over {
		if math.Abs(off) > bound*float64(len(m.got)) {
			return fmt.Errorf("%s is %.2f turns off over %d lanes", letter(id), off, len(m.got))
		}
	}
	return nil
}

// TestLanesAreEven deals any mix of leads, in batches, to any ring of receivers, who are put in other orders meanwhile: after each batch
// shares are within a turn in each lane, and within two where an edit has cut a round off, as without lanes.
func TestLanesAreEven(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.SliceOfNDistinct(rapid.IntRange(0, 25), 1, 9, rapid.ID[int]).Draw(t, "ring")
		var all []Slot
		for _, l := range letters {
			all = append(all, slots(string(rune('A'+l)))...)
		}
		m := newMix(all)
		bound := 1.0
		for range rapid.IntRange(1, 30).Draw(t, "batches") {
			if rapid.IntRange(0, 9).Draw(t, "edit") == 0 {
				order := rapid.Permutation(m.slots).Draw(t, "order")
				for lane, r := range m.rings {
					next := r.Succeed(r.positionAfter(m.used[lane]), order)
					if next.Lane != lane || next.LaneOf(next.First) != lane {
						t.Fatalf("lane %d goes on as lane %d, from turn %d", lane, next.Lane, next.First)
					}
					m.rings[lane], m.used[lane] = next, nil
				}
				m.slots, bound = order, 2
			}
			if err := m.deal(rapid.SliceOfN(rapid.IntRange(1, 12), 1, 40).Draw(t, "lanes")); err != nil {
				t.Fatal(err)
			}
			if err := m.check(bound); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestNewLanesBeginWhereLeastWasHad has lanes of one lead each: together they are as even as one lane, however they come.
func TestNewLanesBeginWhereLeastWasHad(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMix(slots("A B C D E"))
		lane := 0
		for range rapid.IntRange(1, 20).Draw(t, "batches") {
			var batch []int
			for range rapid.IntRange(1, 12).Draw(t, "lanes") {
				lane++
				batch = append(batch, lane)
			}
			if err := m.deal(batch); err != nil {
				t.Fatal(err)
			}
		}
		got := map[uuid.UUID]int{}
		for _, by := range m.got {
			for id, n := range by {
				got[id] += n
			}
		}
		least, most := lane, 0
		for _, s := range m.slots {
			least, most = min(least, got[s[0].MemberID]), max(most, got[s[0].MemberID])
		}
		if most-least > 1 {
			t.Fatalf("%d lanes of one lead each went %v", lane, got)
		}
	})
}

// TestLanesEnd has a group with lanes go on without: turns that were free in them come first, then whoever has had least.
func TestLanesEnd(t *testing.T) {
	t.Parallel()
	m := newMix(slots("A B C"))
	if err := m.deal([]int{1, 2, 2}); err != nil { // lane 1 gives A, lane 2 gives B and C
		t.Fatal(err)
	}
	if err := m.deal([]int{1}); err != nil { // B
		t.Fatal(err)
	}
	ring, p := Anew(m.stands())
	next := ring.Succeed(p, m.slots)
	if next.Version != 2 || next.Lane != 0 || next.LaneOf(next.First) != 0 || len(next.Owed) != 0 {
		t.Fatalf("it goes on as %+v", next)
	}
	if got := text([]Slot{next.SlotOf(next.First)}); got != "C" {
		t.Errorf("next is %s: A and C have had least, and C comes first behind B, with whom the last lane began", got)
	}
	m.used[2] = m.used[2][1:] // B's turn in lane 2 is free again
	ring, p = Anew(m.stands())
	next = ring.Succeed(p, m.slots)
	if len(next.Owed) != 1 || text([]Slot{next.SlotOf(next.Owed[0])}) != "B" {
		t.Errorf("it owes %v, not a turn to B", next.Owed)
	}
}
