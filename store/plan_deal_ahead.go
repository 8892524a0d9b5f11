package store

import (
	"context"
	"errors"
	"slices"

	"github.com/google/uuid"
)

// dealtAtOnce bounds the leads that are dealt together when they are planned.
const dealtAtOnce = 2000

// dealAhead deals a group's turns to leads that go out later: each has its members from then on. Turns that come from
// the cursor are spent in the ledger. A lead that cannot be dealt is decided as refused.
func (t *Tx) dealAhead(ctx context.Context, workspace uuid.UUID, s schedule, turns turnsOf) ([]pendingLead, error) {
	pending := make([]pendingLead, 0, len(s.leads))
	planned := make(map[uuid.UUID][]uuid.UUID)
	for start := 0; start < len(s.leads); start += dealtAtOnce {
		claims, err := claimsFor(s.GroupID, s.leads[start:min(start+dealtAtOnce, len(s.leads))])
		if err != nil {
			return nil, err
		}
		for i, c := range claims {
			claims[i].SameAs = nullID(s.sameAs[c.LeadID])
		}
		d := distribution{
			turnsOf: turns, workspace: workspace, batch: uuid.New(), claims: claims, look: true, follow: s.sameAs != nil, planned: planned, ahead: true,
		}
		if err := d.decide(ctx, t); err != nil {
			return nil, err
		}
		if err := t.spend(ctx, &d); err != nil {
			return nil, err
		}
		passedFor := make(map[uuid.UUID]bool)
		for _, turn := range d.turns {
			passedFor[turn.passedFor] = true
		}
		decided := make(map[uuid.UUID][]decision, len(claims))
		for _, one := range d.decisions {
			decided[one.PendingID] = append(decided[one.PendingID], one)
		}
		for _, c := range claims {
			for i, one := range decided[c.PendingID] {
				id := uuid.Nil // it is given one when it is written, unless turns were passed over for it
				if i == 0 && passedFor[c.PendingID] {
					id = c.PendingID
				}
				pending = append(pending, pendingLead{
					id: id, lead: c.LeadID, group: s.GroupID, member: one.member, version: one.version, turn: one.turn,
					skipped: one.skipped, refused: one.reason,
				})
			}
		}
	}
	return pending, nil
}

// claimsFor gives leads as the dealing takes them.
func claimsFor(group uuid.UUID, leads []uuid.UUID) ([]claim, error) {
	claims := make([]claim, len(leads))
	for i, l := range leads {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		claims[i] = claim{PendingID: id, LeadID: l, GroupID: nullID(group)}
	}
	return claims, nil
}

// spend writes the turns of a plan to the ledger, where they were drawn from the cursor; in a preview they were not.
func (t *Tx) spend(ctx context.Context, d *distribution) error {
	if !slices.ContainsFunc(d.draws, func(g draws) bool { return g.epoch != "" }) {
		return nil
	}
	t.draws = append(t.draws, d.draws...)
	from, args := unnest("t", []any{d.workspace, uuid.Nil}, turnColumns(d.turns)...)
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO turns (workspace_id, group_id, version, turn, lead_id, passed_for)
		SELECT $1, group_id, version, turn, nullif(lead_id, $2), nullif(passed_for, $2) FROM `+from, args...)
	var broken *Violation
	if err = translate(err); errors.As(err, &broken) && broken.Constraint == "turns_pkey" {
		return d.blame(errTurnTaken)
	}
	return err
}
