package lead

import (
	"slices"

	"github.com/google/uuid"
)

// A Receiver is a member's place in a slot.
type Receiver struct {
	MemberID uuid.UUID `json:"member_id"`
	Notify   bool      `json:"notify"`
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
// Owed ones, carried over from the version before, then First, First+1 and so on.
type Ring struct {
	Version int
	Slots   []Slot
	First   int64
	Owed    []int64
}

// SlotOf is the slot to which a turn belongs.
func (r Ring) SlotOf(turn int64) Slot { return r.Slots[r.index(turn)] }

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

// Succeed makes the next version of a ring that stands at position p. Whoever was next stays next if still listed, else
// the first after them in the old order who is; turns that were free stay owed to their receivers who are still listed.
// Turn numbers start again, such that every turn still belongs to slot n mod ring size.
func (r Ring) Succeed(p Position, slots []Slot) Ring {
	next := Ring{Version: r.Version + 1, Slots: slots}
	places := r.placesIn(slots)
	last := int64(-1)
	for _, turn := range p.Free {
		if place := places[r.index(turn)]; place >= 0 {
			last = turnAfter(last, place, len(slots))
			next.Owed = append(next.Owed, last)
		}
	}
	first := 0
	for i := range r.Slots {
		if place := places[r.index(p.Next+int64(i))]; place >= 0 {
			first = place
			break
		}
	}
	next.First = turnAfter(last, first, len(slots))
	return next
}

// turnAfter is the smallest turn above last that belongs to the slot at place.
func turnAfter(last int64, place, size int) int64 {
	turn := last - last%int64(size) + int64(place)
	if last < 0 {
		turn = int64(place)
	}
	if turn <= last {
		turn += int64(size)
	}
	return turn
}

// placesIn finds each slot of the old ring in the new slots, -1 where it is gone. The k-th slot of a receiver becomes
// their k-th in the new ring, or their last where they have fewer now. A receivers group that was edited is the first
// new slot with one of its members.
func (r Ring) placesIn(slots []Slot) []int {
	places := make([]int, len(r.Slots))
	seen := make(map[string]int)
	at := make(map[string][]int)
	for i, s := range slots {
		at[s.key()] = append(at[s.key()], i)
	}
	for i, old := range r.Slots {
		key := old.key()
		if found := at[key]; len(found) > 0 {
			places[i] = found[min(seen[key], len(found)-1)]
			seen[key]++
			continue
		}
		places[i] = slices.IndexFunc(slots, old.shares)
	}
	return places
}

// key names the slot's members whatever their order and notify flags.
func (s Slot) key() string {
	ids := make([]string, len(s))
	for i, m := range s {
		ids[i] = string(m.MemberID[:])
	}
	slices.Sort(ids)
	key := make([]byte, 0, len(ids)*16)
	for _, id := range ids {
		key = append(key, id...)
	}
	return string(key)
}

func (s Slot) shares(other Slot) bool {
	return slices.ContainsFunc(s, func(m Receiver) bool {
		return slices.ContainsFunc(other, func(o Receiver) bool { return o.MemberID == m.MemberID })
	})
}
