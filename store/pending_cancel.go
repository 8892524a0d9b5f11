package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// DeletePending ends pending leads without effect: each leaves a history row, as cancelled. It returns how many were still
// pending. The source leads stay, and turns that were spent on them stay spent.
func (t *Tx) DeletePending(ctx context.Context, workspace uuid.UUID, s PendingSelection) (n int, err error) {
	if s.Matched == nil {
		return t.cancelPending(ctx, workspace, s)
	}
	if err := t.checkMatched(ctx, workspace, s); err != nil {
		return 0, err
	}
	n, err = t.cancelAll(ctx, workspace, s.Filter)
	if err == nil {
		err = matched(n, s.Matched)
	}
	return n, err
}

// cancelAll deletes all that match, a part at a time.
func (t *Tx) cancelAll(ctx context.Context, workspace uuid.UUID, f PendingFilter) (n int, err error) {
	for {
		deleted, err := t.cancelPending(ctx, workspace, PendingSelection{Filter: f})
		if err != nil || deleted == 0 {
			return n, err
		}
		n += deleted
	}
}

// cancelPending deletes MaxSelected pending leads at the most.
func (t *Tx) cancelPending(ctx context.Context, workspace uuid.UUID, s PendingSelection) (int, error) {
	rows, err := t.lockPending(ctx, workspace, s)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ids, entries := make([]uuid.UUID, len(rows)), make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		if entries[i], err = t.newID(); err != nil {
			return 0, err
		}
	}
	act, err := t.actID(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := t.q.ExecContext(ctx, `
		WITH d AS (
			DELETE FROM pending_leads WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[]) RETURNING *
		)
		INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id,
			ring_version, turn, moved_from, replanned_from, pace, outcome, trigger, skipped, due_at, accepted_at, at, act_id)
		SELECT $1, n.history_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id, ring_version, turn, moved_from,
			replanned_from, pace, 'cancelled', trigger, skipped, due_at, accepted_at, $4, $5
		FROM d JOIN unnest($2::uuid[], $3::uuid[]) AS n (pending_id, history_id) USING (pending_id)`,
		workspace, uuids(ids), uuids(entries), t.now(), act); err != nil {
		return 0, fmt.Errorf("deleting %d pending leads: %w", len(ids), translate(err))
	}
	if err := t.cancelOffers(ctx, workspace, ids); err != nil {
		return 0, err
	}
	actOf(ctx).cancel(ids)
	t.left.Cancelled += len(ids)
	return len(ids), nil
}

// actID is the entry of the audit log that this transaction is going to write, null where it writes none.
func (t *Tx) actID(ctx context.Context) (uuid.NullUUID, error) {
	act := actOf(ctx)
	if act == nil {
		return uuid.NullUUID{}, nil
	}
	id, err := act.entryID(t.Queries)
	return nullID(id), err
}
