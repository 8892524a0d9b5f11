package lead

import "slices"

// Returned turns of an earlier version of a ring are given back to the present one, since what they were spent on was undone.
type Returned struct {
	Version int
	Slots   []Slot
	// Turns is how many are given back, by slot.
	Turns []int
}

// Even reports whether every slot is given back as many turns: whole rounds, by which nobody gets more than another.
func (r Returned) Even() bool { return slices.Max(r.Turns) == slices.Min(r.Turns) }

// places are the slots of a new ring that the turns become of those of the old one, in their order, whole rounds left out.
func (r Returned) places(slots []Slot) []int {
	rounds, size := slices.Min(r.Turns), int64(len(r.Slots))
	old, p := Ring{Version: r.Version, Slots: r.Slots}, Position{}
	for place, turns := range r.Turns {
		for n := range int64(turns - rounds) {
			p.Free = append(p.Free, int64(place)+n*size)
		}
	}
	slices.Sort(p.Free)
	if n := len(p.Free); n > 0 {
		p.Next = (p.Free[n-1]/size + 1) * size
	}
	next := old.Succeed(p, slots)
	places := make([]int, len(next.Owed))
	for i, turn := range next.Owed {
		places[i] = next.index(turn)
	}
	return places
}

// Uneven is the position without whole rounds of free turns, those that undoing has left: with them the next ring would begin with a
// backlog of which everybody in it has as much, and whoever is new would wait for all of it.
func (r Ring) Uneven(p Position) Position {
	counts := make([]int, len(r.Slots))
	for _, turn := range p.Free {
		if turn >= r.First {
			counts[r.index(turn)]++
		}
	}
	rounds := slices.Min(counts)
	for i := range counts {
		counts[i] -= rounds
	}
	return Position{Next: p.Next, Free: slices.DeleteFunc(slices.Clone(p.Free), func(turn int64) bool {
		if turn < r.First {
			return false
		}
		counts[r.index(turn)]--
		return counts[r.index(turn)] < 0
	})}
}

// With adds to a position turns of earlier versions that are given back: they come first. It is for Succeed alone: they have numbers beyond
// those of the ring.
func (r Ring) With(p Position, back ...Returned) Position {
	size := int64(len(r.Slots))
	beyond := (p.Next/size + 1) * size
	var first []int64
	for _, b := range back {
		for _, place := range b.places(r.Slots) {
			first = append(first, beyond+int64(place))
			beyond += size
		}
	}
	return Position{Next: p.Next, Free: append(first, p.Free...)}
}
