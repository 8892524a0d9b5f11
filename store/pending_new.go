package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// pendingLead is a decision that is about to be written: a lead for a group or a member. Where a group's turn has chosen
// the member, it has both, and the turn.
type pendingLead struct {
	id                                       uuid.UUID // made when it is written, where it has none
	lead, group, member, assignment, retryOf uuid.UUID
	sameAs                                   uuid.UUID // with a group: the lead whose member gets it
	version                                  int
	turn                                     int64 // with version above 0
	skipped                                  []lead.Skip
	refused                                  lead.Reason
	due                                      time.Time
}

// none reports whether a decision is for nobody, and no failure either.
func (p pendingLead) none() bool {
	return p.group == uuid.Nil && p.member == uuid.Nil && p.refused == ""
}

// refuse has decisions end as failures, since their feature is switched off.
func refuse(pending []pendingLead) {
	for i := range pending {
		pending[i].refused = lead.FeatureDisabled
	}
}

// pendingParts bounds the memory that writing a large request takes.
const pendingPart = 20 * lead.MaxBatch

// addPending writes decisions that are due now, and the batches that hold them.
func (t *Tx) addPending(ctx context.Context, workspace uuid.UUID, queue lead.Queue, pending []pendingLead) error {
	due := t.now()
	if f, ok := fold(pending); ok {
		return t.insertFolded(ctx, workspace, queue, due, f)
	}
	batches, err := t.insertBatches(ctx, workspace, queue, due, len(pending))
	if err != nil || len(batches) == 0 {
		return err
	}
	for i := range pending {
		pending[i].due = due
	}
	batchOf := func(i int) uuid.UUID { return batches[i/lead.MaxBatch] }
	return t.insertPending(ctx, workspace, lead.Immediate, "", pending, batchOf)
}

// insertPending writes decisions, the i-th into a batch or, where that is nil, into none yet.
func (t *Tx) insertPending(ctx context.Context, workspace uuid.UUID, trigger lead.Trigger, pace lead.Pace, pending []pendingLead, batchOf func(i int) uuid.UUID) error {
	for start := 0; start < len(pending); start += pendingPart {
		end := min(start+pendingPart, len(pending))
		part, err := identified(pending[start:end])
		if err != nil {
			return err
		}
		from, args := unnest("p", []any{workspace, uuid.Nil, trigger, nullText(string(pace)), t.now()},
			pendingColumns(part, func(i int) uuid.UUID { return batchOf(start + i) })...)
		if _, err := t.q.ExecContext(ctx, `
			INSERT INTO pending_leads (workspace_id, pending_id, batch_id, lead_id, group_id, member_id, assignment_id,
				retry_of, same_as, ring_version, turn, skipped, refused, trigger, pace, due_at, accepted_at)
			SELECT $1, p.pending_id, nullif(p.batch_id, $2), p.lead_id, nullif(p.group_id, $2), nullif(p.member_id, $2),
				nullif(p.assignment_id, $2), nullif(p.retry_of, $2), nullif(p.same_as, $2), nullif(p.version, 0),
				CASE WHEN p.version > 0 THEN coalesce(p.turn, 0) END, p.skipped, nullif(p.refused, ''), $3, $4, p.due_at, $5
			FROM `+from, args...); err != nil {
			return fmt.Errorf("storing %d pending leads: %w", len(pending), translate(err))
		}
	}
	return nil
}

// identified gives decisions their ids, where they have none.
func identified(pending []pendingLead) (_ []pendingLead, err error) {
	for i := range pending {
		if p := &pending[i]; p.id == uuid.Nil {
			if p.id, err = uuid.NewV7(); err != nil {
				return nil, err
			}
		}
	}
	return pending, nil
}

func pendingColumns(pending []pendingLead, batchOf func(i int) uuid.UUID) []column {
	ids := func(of func(*pendingLead) uuid.UUID) array { return uuids(unlessEmpty(pluck(pending, of))) }
	batches := make([]uuid.UUID, len(pending))
	for i := range pending {
		batches[i] = batchOf(i)
	}
	return []column{
		{"pending_id", ids(func(p *pendingLead) uuid.UUID { return p.id })},
		{"batch_id", uuids(unlessEmpty(batches))},
		{"lead_id", ids(func(p *pendingLead) uuid.UUID { return p.lead })},
		{"group_id", ids(func(p *pendingLead) uuid.UUID { return p.group })},
		{"member_id", ids(func(p *pendingLead) uuid.UUID { return p.member })},
		{"assignment_id", ids(func(p *pendingLead) uuid.UUID { return p.assignment })},
		{"retry_of", ids(func(p *pendingLead) uuid.UUID { return p.retryOf })},
		{"same_as", ids(func(p *pendingLead) uuid.UUID { return p.sameAs })},
		{"version", ints(unlessEmpty(pluck(pending, func(p *pendingLead) int { return p.version })))},
		{"turn", bigints(unlessEmpty(pluck(pending, func(p *pendingLead) int64 { return p.turn })))},
		{"skipped", jsonbs(unlessEmpty(pluck(pending, func(p *pendingLead) string { return textOfJSON(p.skipped) })))},
		{"refused", texts(unlessEmpty(pluck(pending, func(p *pendingLead) lead.Reason { return p.refused })))},
		{"due_at", timestamps(pluck(pending, func(p *pendingLead) time.Time { return p.due }))},
	}
}
