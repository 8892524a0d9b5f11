package lead

import "slices"

// A Debt is a turn that a ring keeps for a slot whose members could not take it.
type Debt struct {
	// Version is of the ring by which it was their turn.
	Version int
	Turn    int64
	Slot    Slot
	// Lane is whose leads make it good, or AnyLane.
	Lane int
}

// AnyLane is the lane of a debt from when the group had other lanes: any lead makes it good.
const AnyLane = -1

// Debts are the turns that a group keeps, and how it makes them good: when somebody of the slot is back, theirs go first, but no two
// leads in a row, so that nobody is flooded and the others go on getting leads.
type Debts struct {
	// Most is how many are kept for one slot; the others are passed over for good.
	Most int
	// Kept are those there are, oldest first.
	Kept []Debt
	// Paid says that the last lead made one good.
	Paid bool
	// New and Settled are those that dealing added and made good.
	New, Settled []Debt
}

// owes keeps a turn for a slot, and reports whether it does: not for members who are all inactive, nor more than it may.
func (d *Debts) owes(one Debt, skipped []Skip) bool {
	if d == nil || !slices.ContainsFunc(skipped, func(s Skip) bool { return s.Reason != ObstacleInactive }) {
		return false
	}
	kept := 0
	for _, list := range [2][]Debt{d.Kept, d.New} {
		for _, other := range list {
			if sameMembers(other.Slot, one.Slot) {
				kept++
			}
		}
	}
	if kept >= d.Most {
		return false
	}
	d.New = append(d.New, one)
	return true
}

// next takes the oldest debt of a lane whose slot takes the lead, where it is a debt's turn.
func (d *Debts) next(lane int, takes func(Slot) bool) (one Debt, found bool) {
	if d == nil || d.Paid {
		return one, false
	}
	at := slices.IndexFunc(d.Kept, func(k Debt) bool { return (k.Lane == lane || k.Lane == AnyLane) && takes(k.Slot) })
	if at < 0 {
		return one, false
	}
	one = d.Kept[at]
	d.Kept = slices.Delete(d.Kept, at, at+1)
	d.Settled = append(d.Settled, one)
	return one, true
}

func sameMembers(a, b Slot) bool {
	return slices.EqualFunc(a, b, func(x, y Receiver) bool { return x.MemberID == y.MemberID })
}
