package lead

import (
	"slices"

	"github.com/google/uuid"
)

// A Receiver is a member's place in a slot.
type Receiver struct {
	MemberID uuid.UUID `json:"member_id"`
	Notify   bool      `json:"notify"`
	// Caps bound what they get of this group; nil is without bound.
	Caps *Caps `json:"caps,omitempty"`
}

// A Slot is one place in a ring: one member, or a receivers group whose members each get a copy.
type Slot []Receiver

// A Listed slot is a slot as an operator lists it: its members, and how many shares it has.
type Listed struct {
	Members Slot `json:"members"`
	Weight  int  `json:"weight"`
}

// Spread turns listed slots into a ring's slots. Where all weights are equal the order is exactly as listed; otherwise
// each slot's shares are spread evenly by smooth weighted round robin.
func Spread(listed []Listed) []Slot {
	total := 0
	for _, l := range listed {
		total += l.Weight
	}
	credit := make([]int, len(listed))
	slots := make([]Slot, 0, total)
	for range total {
		best := 0
		for i, l := range listed {
			credit[i] += l.Weight
			if credit[i] > credit[best] {
				best = i
			}
		}
		credit[best] -= total
		slots = append(slots, listed[best].Members)
	}
	for i := range listed { // equal weights above one repeat the listed order; one round of it is the same ring
		if listed[i].Weight != listed[0].Weight {
			return slots
		}
	}
	return slots[:len(listed)]
}

// A Ring is one version of a group's receivers. Turn n belongs to slot n mod ring size. The version's turns are the
// Owed ones, carried over from the version before, then First, First+1 and so on: from there on, as many as the ring has
// slots are a round.
type Ring struct {
	Version int
	Slots   []Slot
	// Lane is which of the group's lanes it is, see LaneTurns. Opened says that the lane began with this version.
	Lane   int
	Opened bool
	First  int64
	Owed   []int64
	// OwedTo are, for each of the Owed turns, those of its slot who wait for it; nil is all of them. The others had theirs
	// in this round, as members of another slot of an earlier version.
	OwedTo [][]uuid.UUID
	// PutBack are the members whose turns in a round an edit has cut off, of this version or an earlier one, and the others'
	// not.
	PutBack []uuid.UUID
	// Debts are the turns that the group keeps for who is away, which dealing changes; nil is for a group that owes nothing.
	Debts *Debts
}

// Caps are the caps that receivers have in the ring: of one who is listed more than once the strictest.
func (r Ring) Caps() map[uuid.UUID]Caps {
	var all map[uuid.UUID]Caps
	for _, s := range r.Slots {
		for _, m := range s {
			if m.Caps == nil {
				continue
			}
			if all == nil {
				all = make(map[uuid.UUID]Caps)
			}
			all[m.MemberID] = all[m.MemberID].Stricter(*m.Caps)
		}
	}
	return all
}

// SlotOf is the slot to which a turn belongs.
func (r Ring) SlotOf(turn int64) Slot { return r.Slots[r.index(turn)] }

func (r Ring) size() int { return len(r.Slots) }

func (r Ring) index(turn int64) int { return int(turn % int64(len(r.Slots))) }

// A Position is how far a ring has been handed out: Free turns, ascending, come first, then Next, Next+1 and so on.
type Position struct {
	Next int64
	Free []int64
}

// Upcoming lists the next n turns that will reach somebody active, in order. It is empty where nobody is active.
func (r Ring) Upcoming(p Position, n int, active func(uuid.UUID) bool) []int64 {
	if !slices.ContainsFunc(r.Slots, func(s Slot) bool { return anyActive(s, active) }) {
		return nil
	}
	turns := make([]int64, 0, n)
	for i := 0; len(turns) < n; i++ {
		turn := p.Next + int64(i-len(p.Free))
		if i < len(p.Free) {
			turn = p.Free[i]
		}
		if anyActive(r.SlotOf(turn), active) {
			turns = append(turns, turn)
		}
	}
	return turns
}

func anyActive(s Slot, active func(uuid.UUID) bool) bool {
	return slices.ContainsFunc(s, func(m Receiver) bool { return active(m.MemberID) })
}
