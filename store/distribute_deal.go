package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A wait is a claim that nobody of its group can take now, and who was looked at.
type wait struct {
	claim
	skipped []lead.Skip
	// soon says that it need not wait for anybody to become available.
	soon bool
}

// give decides a claim for a named member: who is named is refused for no hours, absence or cap. What is planned is held back for them.
func (d *distribution) give(c claim) {
	switch member := c.MemberID.UUID; {
	case !d.roster.active[member]:
		d.fail(c, lead.MemberInactive)
	case d.roster.Holds(c.LeadID, member):
		d.fail(c, lead.AlreadyAssigned)
	case d.holdBack(c):
	default:
		d.roster.give(c.LeadID, member, c.GroupID.UUID)
		d.decisions = append(d.decisions, c.decided(""))
	}
}

// dealAll deals the groups' claims in their order. What nobody of a group can take goes on to the group that takes it over, waits or
// fails, as the group has it.
func (d *distribution) dealAll(ctx context.Context, t *Tx, groups map[uuid.UUID]groupRing, order []uuid.UUID, dealt map[uuid.UUID][]claim) error {
	now := t.now()
	for len(order) > 0 {
		group := order[0]
		order = order[1:]
		missed, err := d.deal(ctx, t, groups[group], dealt[group])
		if err != nil {
			return err
		}
		dealt[group] = nil
		for _, m := range missed {
			next, goesOn := groups[group].Overflow.next(m, now)
			if g, there := groups[next]; goesOn && !d.ahead && there && !g.Deleted && !slices.Contains(m.Overflowed, next) && len(m.Overflowed) < maxChain {
				m.Overflowed = append(slices.Clone(m.Overflowed), group)
				m.GroupID, m.passed = nullID(next), m.skipped
				if !slices.Contains(order, next) {
					order = append(order, next)
				}
				dealt[next] = append(dealt[next], m.claim)
				continue
			}
			d.miss(m, groups)
		}
	}
	for i := range d.draws {
		d.draws[i].leave()
	}
	return nil
}

// miss has a lead that nobody can take wait, or fail.
func (d *distribution) miss(m missed, groups map[uuid.UUID]groupRing) {
	waitsIn := m.GroupID.UUID
	if m.reason == lead.NoActiveReceiver { // it may wait where it came through, for somebody who is active
		waitsIn = m.waitsIn
	}
	if waitsIn == uuid.Nil || groups[waitsIn].Overflow.Then == OverflowFail || d.ahead {
		d.decisions = append(d.decisions, decision{claim: m.claim, reason: m.reason, skipped: m.skipped})
		return
	}
	if at := slices.Index(m.Overflowed, waitsIn); at >= 0 {
		m.Overflowed = m.Overflowed[:at]
	}
	m.GroupID = nullID(waitsIn)
	d.waits = append(d.waits, wait{claim: m.claim, skipped: m.skipped})
}

// A missed claim is one that nobody of its group could take.
type missed struct {
	claim
	reason  lead.Reason
	skipped []lead.Skip
}

// deal decides a group's claims by its ring, and returns those that nobody can take now.
func (d *distribution) deal(ctx context.Context, t *Tx, g groupRing, claims []claim) (misses []missed, err error) {
	group := g.GroupID
	who := groupRoster{roster: &d.roster, group: group, offers: g.Method == lead.FirstToAccept}
	leads, rings, err := d.laned(ctx, t, g, claims, who)
	if err != nil {
		return nil, err
	}
	ring, drawn := rings[0], d.drawsOf(g)
	dealt, err := lead.DealLanes(leads, func(lane int) lead.Ring { return rings[lane] }, who, func(want map[int]int) ([]int64, error) {
		return d.draw(ctx, drawn, rings, want)
	})
	if err != nil {
		return nil, err
	}
	drawn.unspent = append(dealt.Unspent, drawn.unspent...)
	var settled []spentTurn
	for i, hand := range dealt.Hands {
		c := claims[i]
		skipped := append(slices.Clone(c.passed), hand.Skipped...)
		d.tellAsked(c, skipped)
		if len(c.Overflowed) > 0 {
			c.Trigger = lead.Overflow
		}
		switch hand.Reason {
		case "":
		case lead.NobodyAvailable, lead.NoActiveReceiver:
			if hand.Reason == lead.NobodyAvailable && c.waitsIn == uuid.Nil {
				c.waitsIn = group
			}
			misses = append(misses, missed{c, hand.Reason, skipped})
			continue
		default:
			d.decisions = append(d.decisions, decision{claim: c, reason: hand.Reason, skipped: skipped})
			continue
		}
		for _, turn := range hand.Passed {
			d.turns = append(d.turns, spentTurn{group: group, version: ring.Version, turn: turn, passedFor: c.PendingID})
		}
		spent := spentTurn{group: group, version: ring.Version, turn: hand.Turn, lead: c.LeadID}
		if hand.Version != 0 {
			spent.version = hand.Version
			settled = append(settled, spent)
		} else {
			d.turns = append(d.turns, spent)
		}
		if who.offers {
			d.offers = append(d.offers, offer{claim: c, receivers: hand.Receivers, version: spent.version, turn: hand.Turn, skipped: skipped})
			continue
		}
		for _, r := range hand.Receivers {
			d.decisions = append(d.decisions, decision{
				claim: c, member: r.MemberID, version: spent.version, turn: hand.Turn, skipped: skipped,
			})
		}
	}
	if g.debts == nil {
		return misses, nil
	}
	err = t.writeDebts(ctx, d.workspace, group, g.debts, settled)
	g.debts.New, g.debts.Settled = nil, nil // a group may be dealt more leads that come from others
	return misses, err
}

// next is the group to which a lead goes on that nobody can take now, and whether it does so now.
func (o overflowColumn) next(m missed, now time.Time) (uuid.UUID, bool) {
	if o.Then != OverflowGroup {
		return uuid.Nil, false
	}
	since := now
	if m.WaitingSince.Valid {
		since = m.WaitingSince.Time
	}
	return o.GroupID, m.reason == lead.NoActiveReceiver || !now.Before(since.Add(o.after()))
}
