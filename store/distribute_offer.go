package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An asked member was offered a claim's lead.
type asked struct {
	Pending uuid.UUID `db:"pending_id"`
	Lead    uuid.UUID `db:"lead_id"`
	Member  uuid.UUID `db:"member_id"`
	Open    bool      `db:"open"`
}

// readAsked reads who was offered the claims' leads before: they are not offered them again.
func (d *distribution) readAsked(ctx context.Context, t *Tx) error {
	d.asked = nil
	var pending []uuid.UUID
	for _, c := range d.claims {
		if c.Reassigned > 0 && !c.MemberID.Valid {
			pending = append(pending, c.PendingID)
		}
	}
	if len(pending) == 0 {
		return nil
	}
	var rows []asked
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT pending_id, lead_id, member_id, state = 'open' AS open FROM offers
		WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[])`, d.workspace, uuids(pending)); err != nil {
		return fmt.Errorf("reading to whom the leads were offered: %w", translate(err))
	}
	d.asked = rows
	d.look = d.look || len(rows) > 0
	return nil
}

// holdAsked has those who were offered the leads before be passed over.
func (d *distribution) holdAsked() {
	for _, a := range d.asked {
		d.roster.held[holding{a.Lead, a.Member}] = true
	}
}

// tellAsked names in who was passed over those who were offered the lead before and do not have it.
func (d *distribution) tellAsked(c claim, skipped []lead.Skip) {
	for i, s := range skipped {
		if s.Reason == lead.ObstacleHolds && slices.ContainsFunc(d.asked, func(a asked) bool { return a.Pending == c.PendingID && a.Member == s.MemberID }) {
			skipped[i].Reason = lead.ObstacleNotAnswered
		}
	}
}

// offersLeads reports whether one of the groups offers its leads.
func (d *distribution) offersLeads() bool {
	for _, g := range d.groups {
		if g.Method == lead.FirstToAccept {
			return true
		}
	}
	return false
}

// stay takes back the decisions by which an offered lead would end though somebody can still accept it: they keep it on offer, and that is
// told. One that nobody can accept any more fails as one that nobody is there for.
func (d *distribution) stay() {
	d.stays = nil
	d.decisions = slices.DeleteFunc(d.decisions, func(one decision) bool {
		if one.reason != lead.AlreadyAssigned && one.reason != lead.NoActiveReceiver && one.reason != lead.NobodyAvailable {
			return false
		}
		keeps := one.offering != nil && slices.ContainsFunc(d.asked, func(a asked) bool { return a.Pending == one.PendingID && a.Open })
		if keeps {
			d.stays = append(d.stays, one.claim)
		}
		return keeps
	})
	for i, one := range d.decisions {
		if one.reason == lead.AlreadyAssigned && slices.ContainsFunc(d.asked, func(a asked) bool { return a.Pending == one.PendingID }) {
			d.decisions[i].reason = lead.NobodyAvailable
		}
	}
}

// offer writes what is offered, and what stays on offer. What was offered before and went on has lapsed.
func (d *distribution) offer(ctx context.Context, t *Tx) error {
	var gone []lapsed
	for _, c := range d.claims {
		stays := slices.ContainsFunc(d.stays, func(s claim) bool { return s.PendingID == c.PendingID })
		if c.offering != nil && !stays {
			gone = append(gone, lapsed{c, *c.offering})
		}
	}
	if err := t.lapse(ctx, d.workspace, gone); err != nil {
		return err
	}
	if err := d.keepOffered(ctx, t); err != nil || len(d.offers) == 0 {
		return err
	}
	if err := d.timeOffers(ctx, t); err != nil {
		return err
	}
	all := make([]parkedLead, len(d.offers))
	for i, o := range d.offers {
		all[i] = parkedLead{o.claim, offering{o.version, o.turn, o.skipped, d.now, o.end, o.Reassigned}, o.remind}
	}
	if err := t.park(ctx, d.workspace, all); err != nil {
		return err
	}
	return t.ask(ctx, d.workspace, d.offers, d.now)
}

// keepOffered writes again what stays on offer, which is told: nothing more happens until somebody accepts it, or acts on it.
func (d *distribution) keepOffered(ctx context.Context, t *Tx) error {
	all, leads := make([]parkedLead, len(d.stays)), make([]uuid.UUID, len(d.stays))
	for i, c := range d.stays {
		all[i], leads[i] = parkedLead{claim: c, offering: *c.offering}, c.LeadID
	}
	if err := t.park(ctx, d.workspace, all); err != nil {
		return err
	}
	return t.tellNotAccepted(ctx, d.workspace, leads)
}

// timeOffers says until when offers are to be accepted, and when to remind of them: for several receivers, when the last one's time is over.
func (d *distribution) timeOffers(ctx context.Context, t *Tx) error {
	var ids []uuid.UUID
	for _, o := range d.offers {
		if d.groups[o.GroupID.UUID].AnswerWithin.Count == lead.CountWorkingHours {
			for _, r := range o.receivers {
				ids = append(ids, r.MemberID)
			}
		}
	}
	members, err := d.calendars(ctx, t, ids)
	if err != nil {
		return err
	}
	for i := range d.offers {
		o := &d.offers[i]
		within := d.groups[o.GroupID.UUID].AnswerWithin
		if within.None() {
			continue
		}
		for _, r := range o.receivers {
			var calendar lead.Calendar
			if m := members[r.MemberID]; m != nil {
				calendar = m.calendar
			}
			if remind, end := within.Alarms(d.now, calendar); end.After(o.end) {
				o.remind, o.end = remind, end
			}
		}
	}
	return nil
}
