package store

import (
	"context"
	"encoding/json"
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
		columns, err := pendingColumns(pending[start:end], func(i int) uuid.UUID { return batchOf(start + i) })
		if err != nil {
			return err
		}
		args := append([]any{workspace, uuid.Nil, trigger, nullText(string(pace)), t.now()}, columns...)
		if _, err := t.q.ExecContext(ctx, `
			INSERT INTO pending_leads (workspace_id, pending_id, batch_id, lead_id, group_id, member_id, assignment_id,
				retry_of, same_as, ring_version, turn, skipped, refused, trigger, pace, due_at, accepted_at)
			SELECT $1, p.pending_id, nullif(p.batch_id, $2), p.lead_id, nullif(p.group_id, $2), nullif(p.member_id, $2),
				nullif(p.assignment_id, $2), nullif(p.retry_of, $2), nullif(p.same_as, $2), nullif(p.version, 0),
				CASE WHEN p.version > 0 THEN coalesce(p.turn, 0) END, p.skipped, nullif(p.refused, ''), $3, $4, p.due_at, $5
			FROM unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[],
				$13::uuid[], $14::int[], $15::bigint[], $16::jsonb[], $17::text[], $18::timestamptz[])
				AS p (pending_id, batch_id, lead_id, group_id, member_id, assignment_id, retry_of, same_as, version, turn, skipped,
					refused, due_at)`, args...); err != nil {
			return fmt.Errorf("storing %d pending leads: %w", len(pending), translate(err))
		}
	}
	return nil
}

// pendingColumns gives decisions, a slice a column.
func pendingColumns(pending []pendingLead, batchOf func(i int) uuid.UUID) ([]any, error) {
	n := len(pending)
	var ids [8][]uuid.UUID // pending, batch, lead, group, member, assignment, retried history, earlier lead
	for i := range ids {
		ids[i] = make([]uuid.UUID, n)
	}
	versions, turns, due := make([]int, n), make([]int64, n), make([]time.Time, n)
	skipped, refused := make([]string, n), make([]string, n)
	for i := range pending {
		p := &pending[i]
		var err error
		if p.id == uuid.Nil {
			if p.id, err = uuid.NewV7(); err != nil {
				return nil, err
			}
		}
		for k, v := range [...]uuid.UUID{p.id, batchOf(i), p.lead, p.group, p.member, p.assignment, p.retryOf, p.sameAs} {
			ids[k][i] = v
		}
		versions[i], turns[i], due[i], refused[i] = p.version, p.turn, p.due, string(p.refused)
		if len(p.skipped) > 0 {
			text, err := json.Marshal(p.skipped)
			if err != nil {
				return nil, err
			}
			skipped[i] = string(text)
		}
	}
	columns := make([]any, 0, len(ids)+5)
	for _, column := range ids {
		columns = append(columns, uuids(unlessEmpty(column)))
	}
	return append(columns, ints(unlessEmpty(versions)), bigints(unlessEmpty(turns)), jsonbs(unlessEmpty(skipped)),
		texts(unlessEmpty(refused)), timestamps(due)), nil
}

// unlessEmpty leaves out a column in which every row is empty. The database fills it up with NULLs, which mean the same,
// and of a large assignment's columns most are empty.
func unlessEmpty[T comparable](column []T) []T {
	var none T
	for _, v := range column {
		if v != none {
			return column
		}
	}
	return nil
}
