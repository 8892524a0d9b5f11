package lead

import (
	"slices"

	"github.com/google/uuid"
)

// Succeed makes the next version of a ring that stands at position p. Whoever was next stays next if still listed, else
// the first after them in the old order who is, and from there on the new order holds; turns that were free stay owed to
// their receivers who are still listed. Turn numbers start again, such that every turn still belongs to slot n mod ring
// size.
//
// That puts back those who have not had their turn in the round that is under way. Where they may not be put back, see
// mayCut, that round is finished first: they have their turns in the order in which they were due, and the new order goes
// on behind the last of them. So nobody who stays listed is ever a ring's length of turns behind, whatever the edits:
// docs/turns.md proves it.
func (r Ring) Succeed(p Position, slots []Slot) Ring {
	s := succession{
		slots: slots, places: r.placesIn(slots), had: placesOf(r.Slots), at: placesOf(slots), taken: make(map[int][]int), turns: make(map[uuid.UUID]int),
	}
	for _, turn := range p.Free {
		s.carry(r.index(turn), r.waitFor(turn), turn >= r.First)
	}
	first, putBack := -1, r.PutBack
	if rest := r.restOfRound(p); r.mayCut(p, rest) {
		putBack = append(slices.Clone(putBack), rest...)
	} else {
		for turn := p.Next; (turn-r.First)%int64(len(r.Slots)) != 0; turn++ {
			if place := s.carry(r.index(turn), r.waitFor(turn), false); place >= 0 {
				first = (place + 1) % len(slots)
			}
		}
	}
	for turn := p.Next; first < 0 && turn < p.Next+int64(len(r.Slots)); turn++ {
		first = s.places[r.index(turn)].place
	}
	next := Ring{Version: r.Version + 1, Slots: slots, Lane: r.Lane, PutBack: s.stillBehind(putBack)}
	last := LaneFrom(r.Lane, len(slots)) - 1
	for _, o := range s.owed {
		if len(o.members) == len(slots[o.place]) {
			o.members = nil // all of them
		}
		last = turnAfter(last, o.place, len(slots))
		next.Owed, next.OwedTo = append(next.Owed, last), append(next.OwedTo, o.members)
	}
	next.First = turnAfter(last, max(first, 0), len(slots))
	return next
}

// restOfRound are the members who have not had all their turns in the round that is under way.
func (r Ring) restOfRound(p Position) (rest []uuid.UUID) {
	for turn := p.Next; (turn-r.First)%int64(len(r.Slots)) != 0; turn++ {
		rest = append(rest, r.waitFor(turn)...)
	}
	return rest
}

// mayCut reports whether an edit may cut the round short: the ring has gone round since it was edited last, so that nobody
// has waited for longer than a round, and none of those who lose by it has lost by another that the others did not.
func (r Ring) mayCut(p Position, rest []uuid.UUID) bool {
	calm := r.Version == 1 || r.Opened || p.Next-r.First >= int64(len(r.Slots))
	return calm && !slices.ContainsFunc(rest, func(m uuid.UUID) bool { return slices.Contains(r.PutBack, m) })
}

// stillBehind are those of the members put back who are listed; nobody where that is everybody, since they are even then.
func (s *succession) stillBehind(members []uuid.UUID) (behind []uuid.UUID) {
	known := make(map[uuid.UUID]bool)
	for _, m := range members {
		if len(s.at[m]) > 0 && !known[m] {
			known[m] = true
			behind = append(behind, m)
		}
	}
	if len(behind) == len(s.at) {
		return nil
	}
	return behind
}

// waitFor are the members who wait for a turn.
func (r Ring) waitFor(turn int64) []uuid.UUID {
	if i := slices.Index(r.Owed, turn); i >= 0 && turn < r.First && i < len(r.OwedTo) && r.OwedTo[i] != nil {
		return r.OwedTo[i]
	}
	var all []uuid.UUID
	for _, m := range r.SlotOf(turn) {
		all = append(all, m.MemberID)
	}
	return all
}

// A succession finds for those who wait in an old ring the slots of the new one whose turns they get.
type succession struct {
	slots  []Slot
	places []successor         // by place in the old ring
	had    map[uuid.UUID][]int // the old slots of each member
	at     map[uuid.UUID][]int // and the new ones
	owed   []owedSlot
	taken  map[int][]int // by new slot: which of owed are its turns
	turns  map[uuid.UUID]int
}

type owedSlot struct {
	place   int
	members []uuid.UUID // who wait for it
}

// A successor is where a slot stands in the new ring, -1 where it is gone. Same slots have the same members.
type successor struct {
	place int
	same  bool
}

// carry has those who wait for a turn of an old slot get turns of the new ring: that of the same slot, if it is there,
// else each of them one of the first slot that has them. A turn that somebody before them gets, and that they have a part
// in, is theirs too. So there are never more turns than there are members who wait. Of what is left of a round who has fewer
// slots now gets no more than a round of the new ring gives them; let are turns that they let pass, which are theirs beyond
// that. It returns the slot that the last of them gets, -1 where nobody is listed any more.
func (s *succession) carry(old int, members []uuid.UUID, let bool) (place int) {
	place = -1
	to := -1
	for _, m := range members {
		same := s.places[old]
		if len(s.at[m]) == 0 {
			continue
		}
		if !let && len(s.at[m]) < len(s.had[m]) {
			if s.turns[m] == len(s.at[m]) {
				place = same.place
				continue
			}
			s.turns[m]++
		}
		if joined := s.join(m); joined >= 0 {
			place = joined
			continue
		}
		switch {
		case to >= 0 && same.same:
			s.owed[to].members = append(s.owed[to].members, m)
		case same.same:
			to = s.owe(same.place, m)
		default:
			s.owe(s.placeFor(m), m)
		}
		place = s.owed[len(s.owed)-1].place
	}
	return place
}

// join has a member get a turn that is owed already and not for them yet, and returns its slot, -1 where there is none.
func (s *succession) join(m uuid.UUID) int {
	for _, place := range s.at[m] {
		for _, i := range s.taken[place] {
			if !slices.Contains(s.owed[i].members, m) {
				s.owed[i].members = append(s.owed[i].members, m)
				return place
			}
		}
	}
	return -1
}

// placeFor is the first of a member's slots that has no turn yet, else the first.
func (s *succession) placeFor(m uuid.UUID) int {
	for _, place := range s.at[m] {
		if len(s.taken[place]) == 0 {
			return place
		}
	}
	return s.at[m][0]
}

func (s *succession) owe(place int, m uuid.UUID) int {
	s.owed = append(s.owed, owedSlot{place, []uuid.UUID{m}})
	s.taken[place] = append(s.taken[place], len(s.owed)-1)
	return len(s.owed) - 1
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

// placesIn finds each slot of the old ring in the new slots. The k-th slot of a receiver becomes their k-th in the new
// ring, or their last where they have fewer now. A receivers group that was edited is the first new slot with one of its
// members.
func (r Ring) placesIn(slots []Slot) []successor {
	places := make([]successor, len(r.Slots))
	seen := make(map[string]int)
	keys := make(map[string][]int)
	for i, s := range slots {
		keys[s.key()] = append(keys[s.key()], i)
	}
	at := placesOf(slots)
	for i, old := range r.Slots {
		key := old.key()
		if found := keys[key]; len(found) > 0 {
			places[i] = successor{found[min(seen[key], len(found)-1)], true}
			seen[key]++
			continue
		}
		places[i].place = -1
		for _, m := range old {
			if found := at[m.MemberID]; len(found) > 0 && (places[i].place < 0 || found[0] < places[i].place) {
				places[i].place = found[0]
			}
		}
	}
	return places
}

// placesOf lists the slots of each member.
func placesOf(slots []Slot) map[uuid.UUID][]int {
	at := make(map[uuid.UUID][]int)
	for i, s := range slots {
		for _, m := range s {
			at[m.MemberID] = append(at[m.MemberID], i)
		}
	}
	return at
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
