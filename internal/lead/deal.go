package lead

import (
	"slices"

	"github.com/google/uuid"
)

// A Roster answers who may receive a lead.
type Roster interface {
	// Active reports whether the member can receive leads.
	Active(member uuid.UUID) bool
	// Holds reports whether the member already has a copy of the lead.
	Holds(lead, member uuid.UUID) bool
}

// A Skip is a member who was looked at for a lead and passed over.
type Skip struct {
	MemberID uuid.UUID `json:"member_id"`
	Reason   Reason    `json:"reason"`
}

// A Hand is what one lead was dealt: a turn and the members who get a copy, or the reason why nobody does.
type Hand struct {
	Turn      int64
	Receivers []Receiver
	Skipped   []Skip
	Reason    Reason
}

// Dealt is what became of a batch's leads and of the turns drawn for them. Passed turns are spent on slots in which
// nobody was active; Unspent ones go back and are handed out first.
type Dealt struct {
	Hands   []Hand
	Passed  []int64
	Unspent []int64
}

// Deal hands the turns of a ring to leads, in order: one Hand a lead. A slot whose members are all inactive is passed
// over and owed nothing. A slot whose active members all hold the lead keeps its turn for the next lead. A lead for
// which no slot is left fails and spends no turn.
//
// draw gives the ring's next n turns; it is called only for leads that can be dealt, and its errors are returned.
func (r Ring) Deal(leads []uuid.UUID, who Roster, draw func(n int) ([]int64, error)) (Dealt, error) {
	d := dealer{ring: r, who: who}
	d.Hands = make([]Hand, len(leads))
	var open []int
	for i, l := range leads {
		if d.Hands[i].Reason = r.unreachable(l, who); d.Hands[i].Reason == "" {
			open = append(open, i)
		}
	}
	// A turn drawn is a promise to spend or return it, so look at a lead's prospects anew as its predecessors (the same
	// lead may stand in a batch twice) receive theirs.
	for n, i := range open {
		if err := d.deal(i, leads, len(open)-n, draw); err != nil {
			return Dealt{}, err
		}
	}
	d.Unspent = d.turns
	return d.Dealt, nil
}

type dealer struct {
	Dealt
	ring  Ring
	who   Roster
	turns []int64 // drawn, not yet spent, ascending
	given map[[2]uuid.UUID]bool
}

func (d *dealer) deal(i int, leads []uuid.UUID, left int, draw func(n int) ([]int64, error)) error {
	id, hand := leads[i], &d.Hands[i]
	if hand.Reason = d.ring.unreachable(id, d); hand.Reason != "" {
		return nil //nolint:nilerr // the reason is what becomes of the lead, not a failure to deal
	}
	for k := 0; ; {
		if k == len(d.turns) {
			drawn, err := draw(max(1, left-k))
			if err != nil {
				return err
			}
			d.turns = append(d.turns, drawn...)
			slices.Sort(d.turns[k:])
		}
		turn := d.turns[k]
		receivers, skipped := d.split(id, d.ring.SlotOf(turn))
		hand.skip(skipped)
		switch {
		case len(receivers) > 0:
			d.turns = slices.Delete(d.turns, k, k+1)
			hand.Turn, hand.Receivers = turn, receivers
			for _, m := range receivers {
				d.give(id, m.MemberID)
			}
			return nil
		case allInactive(skipped):
			d.turns = slices.Delete(d.turns, k, k+1)
			d.Passed = append(d.Passed, turn)
		default:
			k++
		}
	}
}

// skip records members passed over, each once however often the ring comes round to them.
func (h *Hand) skip(skipped []Skip) {
	for _, s := range skipped {
		if !slices.Contains(h.Skipped, s) {
			h.Skipped = append(h.Skipped, s)
		}
	}
}

// split tells a slot's members who get a copy of the lead from those who don't.
func (d *dealer) split(id uuid.UUID, s Slot) (receivers []Receiver, skipped []Skip) {
	for _, m := range s {
		switch {
		case !d.Active(m.MemberID):
			skipped = append(skipped, Skip{m.MemberID, MemberInactive})
		case d.Holds(id, m.MemberID):
			skipped = append(skipped, Skip{m.MemberID, AlreadyAssigned})
		default:
			receivers = append(receivers, m)
		}
	}
	return receivers, skipped
}

func allInactive(skipped []Skip) bool {
	return !slices.ContainsFunc(skipped, func(s Skip) bool { return s.Reason != MemberInactive })
}

// Active and Holds make the dealer a Roster that knows what it has just given.
func (d *dealer) Active(member uuid.UUID) bool { return d.who.Active(member) }

func (d *dealer) Holds(lead, member uuid.UUID) bool {
	return d.given[[2]uuid.UUID{lead, member}] || d.who.Holds(lead, member)
}

func (d *dealer) give(lead, member uuid.UUID) {
	if d.given == nil {
		d.given = make(map[[2]uuid.UUID]bool)
	}
	d.given[[2]uuid.UUID{lead, member}] = true
}

// unreachable is the reason why no slot of the ring can take the lead, empty where one can.
func (r Ring) unreachable(lead uuid.UUID, who Roster) Reason {
	reason := NoActiveReceiver
	for _, s := range r.Slots {
		for _, m := range s {
			if !who.Active(m.MemberID) {
				continue
			}
			if !who.Holds(lead, m.MemberID) {
				return ""
			}
			reason = AlreadyAssigned
		}
	}
	return reason
}
