package lead

import (
	"cmp"
	"slices"

	"github.com/google/uuid"
)

// A Roster answers who may receive a lead, and is told who does.
type Roster interface {
	// Unable is why the member can receive no lead by turn now, empty where they can.
	Unable(member uuid.UUID) Obstacle
	// Holds reports whether the member already has a copy of the lead.
	Holds(lead, member uuid.UUID) bool
	// Give has the member hold the lead, by which they may become unable to receive another.
	Give(lead, member uuid.UUID)
}

// A Skip is a member who was looked at for a lead and passed over.
type Skip struct {
	MemberID uuid.UUID `json:"member_id"`
	Reason   Obstacle  `json:"reason"`
}

// A Hand is what one lead was dealt: a turn and the members who get a copy, or the reason why nobody does.
type Hand struct {
	Turn int64
	// Version is of the ring whose turn it is, where that is not the one that was dealt by; else 0.
	Version   int
	Receivers []Receiver
	Skipped   []Skip
	// Passed are those of the Dealt's that were passed over on the way to this lead's turn.
	Passed []int64
	Reason Reason
}

// Dealt is what became of a batch's leads and of the turns drawn for them. Passed turns are spent on slots in which
// nobody was able; Unspent ones go back and are handed out first.
type Dealt struct {
	Hands   []Hand
	Passed  []int64
	Unspent []int64
}

// Deal hands the turns of a ring to leads, in order: one Hand a lead. A slot whose members are all unable is passed
// over and owed nothing. A slot whose able members all hold the lead keeps its turn for the next lead. A lead for
// which no slot is left gets a reason and spends no turn: NobodyAvailable where somebody may be able later.
//
// draw gives the ring's next n turns; it is called only for leads that can be dealt, and its errors are returned.
func (r Ring) Deal(leads []uuid.UUID, who Roster, draw func(n int) ([]int64, error)) (Dealt, error) {
	all := make([]LaneLead, len(leads))
	for i, id := range leads {
		all[i] = LaneLead{Lead: id, Lane: r.Lane}
	}
	return DealLanes(all, func(int) Ring { return r }, who, func(want map[int]int) ([]int64, error) { return draw(want[r.Lane]) })
}

// maxDraw bounds what is drawn at once.
const maxDraw = 500

type dealer struct {
	Dealt
	ring  Ring
	who   Roster
	debts *Debts
	draw  func(want map[int]int) ([]int64, error)
	drawn []slotTurns // by place
	held  int         // how many turns these are
}

// slotTurns are turns of the slot at a place of the ring that are drawn and not yet spent, ascending. Slots of which none was drawn have no
// slotTurns: a lane of a large ring that gives one lead costs no more than one of a small ring.
type slotTurns struct {
	place int
	turns []int64
}

func newDealer(r Ring, who Roster, draw func(want map[int]int) ([]int64, error)) *dealer {
	return &dealer{ring: r, who: who, debts: r.Debts, draw: draw}
}

// take takes a turn that was drawn.
func (d *dealer) take(turn int64) {
	place := d.ring.index(turn)
	at, drawn := slices.BinarySearchFunc(d.drawn, place, func(s slotTurns, place int) int { return cmp.Compare(s.place, place) })
	if !drawn {
		d.drawn = slices.Insert(d.drawn, at, slotTurns{place: place})
	}
	d.drawn[at].turns = append(d.drawn[at].turns, turn)
	slices.Sort(d.drawn[at].turns)
	d.held++
}

// deal gives a lead the lowest turn whose slot can take it, and draws more where none of those drawn can. left counts
// the leads not dealt yet, this one included.
func (d *dealer) deal(id uuid.UUID, hand *Hand, left int) error {
	// Its prospects are looked at anew: the same lead may stand in a batch twice, and whoever has got one may get no more.
	if hand.Reason = d.unreachable(id, hand); hand.Reason != "" {
		return nil //nolint:nilerr // the reason is what becomes of the lead, not a failure to deal
	}
	if debt, found := d.debts.next(d.ring.Lane, func(s Slot) bool { return d.takes(s, id) }); found {
		hand.Turn, hand.Version = debt.Turn, debt.Version
		d.debts.Paid = true
		d.hand(id, hand, debt.Slot)
		return nil
	}
	if d.debts != nil {
		d.debts.Paid = false
	}
	for {
		if at := d.lowest(id); at >= 0 {
			d.spend(id, hand, at)
			return nil
		}
		// A turn for each lead that is left; where slots are passed over, so many that few rounds reach the others.
		turns, err := d.draw(map[int]int{d.ring.Lane: min(max(left, d.held), maxDraw)})
		if err != nil {
			return err
		}
		for _, turn := range turns {
			d.take(turn)
		}
	}
}

// lowest says which of those drawn has the lowest turn of the slots that can take the lead, or -1.
func (d *dealer) lowest(id uuid.UUID) int {
	best := -1
	for at, s := range d.drawn {
		if len(s.turns) > 0 && (best < 0 || s.turns[0] < d.drawn[best].turns[0]) && d.takes(d.ring.Slots[s.place], id) {
			best = at
		}
	}
	return best
}

func (d *dealer) takes(s Slot, id uuid.UUID) bool { return s.takes(d.who, id) }

func (s Slot) takes(who Roster, id uuid.UUID) bool {
	return slices.ContainsFunc(s, func(m Receiver) bool { return who.Unable(m.MemberID) == "" && !who.Holds(id, m.MemberID) })
}

// Takes reports whether somebody in the ring can take a lead.
func (r Ring) Takes(who Roster, id uuid.UUID) bool {
	return slices.ContainsFunc(r.Slots, func(s Slot) bool { return s.takes(who, id) })
}

// spend gives the lead the lowest turn of one of those drawn. Lower turns of other slots are passed over: for good where
// nobody in the slot is able, else they stay for the next lead.
func (d *dealer) spend(id uuid.UUID, hand *Hand, at int) {
	turn := d.drawn[at].next()
	d.held--
	var passed []*slotTurns
	for other := range d.drawn {
		if s := &d.drawn[other]; len(s.turns) > 0 && s.turns[0] < turn {
			passed = append(passed, s)
		}
	}
	slices.SortFunc(passed, func(a, b *slotTurns) int { return cmp.Compare(a.turns[0], b.turns[0]) })
	for _, other := range passed {
		slot := d.ring.Slots[other.place]
		_, skipped := d.split(id, slot)
		hand.skip(skipped)
		for allUnable(skipped) && len(other.turns) > 0 && other.turns[0] < turn {
			over := other.next()
			d.debts.owes(Debt{d.ring.Version, over, slot, d.ring.Lane}, skipped)
			d.Passed = append(d.Passed, over)
			hand.Passed = append(hand.Passed, over)
			d.held--
		}
	}
	hand.Turn = turn
	d.hand(id, hand, d.ring.Slots[d.drawn[at].place])
}

// next takes the lowest turn away.
func (s *slotTurns) next() int64 {
	turn := s.turns[0]
	s.turns = s.turns[1:]
	return turn
}

// hand gives the lead to those of a slot who can take it.
func (d *dealer) hand(id uuid.UUID, hand *Hand, slot Slot) {
	var skipped []Skip
	hand.Receivers, skipped = d.split(id, slot)
	hand.skip(skipped)
	for _, m := range hand.Receivers {
		d.who.Give(id, m.MemberID)
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
		switch unable := d.who.Unable(m.MemberID); {
		case unable != "":
			skipped = append(skipped, Skip{m.MemberID, unable})
		case d.who.Holds(id, m.MemberID):
			skipped = append(skipped, Skip{m.MemberID, ObstacleHolds})
		default:
			receivers = append(receivers, m)
		}
	}
	return receivers, skipped
}

func allUnable(skipped []Skip) bool {
	return !slices.ContainsFunc(skipped, func(s Skip) bool { return s.Reason == ObstacleHolds })
}

// unreachable is the reason why no slot of the ring can take the lead, empty where one can. The hand tells who was looked at.
func (d *dealer) unreachable(lead uuid.UUID, hand *Hand) Reason {
	if d.ring.Takes(d.who, lead) {
		return ""
	}
	reason := NoActiveReceiver
	var skipped []Skip
	for _, s := range d.ring.Slots {
		_, passed := d.split(lead, s)
		skipped = append(skipped, passed...)
		for _, p := range passed {
			switch {
			case p.Reason == ObstacleInactive || reason == NobodyAvailable:
			case p.Reason != ObstacleHolds && !d.who.Holds(lead, p.MemberID):
				reason = NobodyAvailable
			default:
				reason = AlreadyAssigned
			}
		}
	}
	if reason == NobodyAvailable {
		hand.skip(skipped)
	}
	return reason
}
