package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// split halves a batch that the database refused, so that the lead it refuses ends up alone; a batch of one fails with
// internal_error. It does nothing where the batch is gone.
func (s *Store) split(ctx context.Context, workspace, batch uuid.UUID, cause error) (Result, error) {
	var result Result
	var drawn []draws
	err := s.WithTx(ctx, func(t *Tx) error {
		var queue lead.Queue
		err := sqlx.GetContext(ctx, t.q, &queue, `
			SELECT queue FROM batches WHERE workspace_id = $1 AND batch_id = $2 FOR UPDATE`, workspace, batch)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return translate(err)
		}
		if err := t.unfold(ctx, workspace, []uuid.UUID{batch}); err != nil {
			return err
		}
		var pending []struct {
			ID    uuid.UUID `db:"pending_id"`
			Group uuid.UUID `db:"group_id"` // nil where no turn is to be drawn
		}
		if err := sqlx.SelectContext(ctx, t.q, &pending, `
			SELECT pending_id, CASE WHEN member_id IS NULL THEN group_id ELSE $3 END AS group_id FROM pending_leads
			WHERE workspace_id = $1 AND batch_id = $2 ORDER BY pending_id FOR UPDATE`, workspace, batch, uuid.Nil); err != nil {
			return translate(err)
		}
		ids := make([]uuid.UUID, len(pending))
		drawn = nil
		for i, p := range pending {
			ids[i] = p.ID
			if p.Group != uuid.Nil && !slices.ContainsFunc(drawn, func(d draws) bool { return d.ring.Group == p.Group }) {
				drawn = append(drawn, drawsOf(workspace, p.Group, batch))
			}
		}
		if len(ids) <= 1 {
			result.Outcomes, err = t.failBatch(ctx, workspace, batch, cause)
			return err
		}
		middle := len(ids) / 2
		result.Split, err = t.moveToNewBatches(ctx, workspace, batch, queue, ids[:middle], ids[middle:])
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("splitting batch %s, which the database refused (%s): %w", batch, sqlState(cause), err)
	}
	result.Unsettled = s.settle(ctx, drawn)
	return result, nil
}

// failBatch ends what a batch holds as internal errors.
func (t *Tx) failBatch(ctx context.Context, workspace, batch uuid.UUID, cause error) ([]Outcome, error) {
	claims, err := t.claim(ctx, workspace, batch)
	if err != nil {
		return nil, err
	}
	decisions := make([]decision, len(claims))
	for i, c := range claims {
		decisions[i] = c.decided(lead.InternalError)
		decisions[i].detail = sqlState(cause)
	}
	outcomes, err := t.record(ctx, workspace, decisions, nil)
	if err != nil {
		return nil, err
	}
	return outcomes, t.tellOutcomes(ctx, workspace, decisions)
}

// moveToNewBatches replaces a batch by one for each part of its pending leads, marked as handed to the queue.
func (t *Tx) moveToNewBatches(ctx context.Context, workspace, batch uuid.UUID, queue lead.Queue, parts ...[]uuid.UUID) ([]Batch, error) {
	if _, err := t.q.ExecContext(ctx, `
		DELETE FROM batches WHERE workspace_id = $1 AND batch_id = $2`, workspace, batch); err != nil {
		return nil, translate(err)
	}
	var moved []Batch
	for _, part := range parts {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		if _, err := t.q.ExecContext(ctx, `
			INSERT INTO batches (workspace_id, batch_id, queue, size, feed_at, fed_at) VALUES ($1, $2, $3, $4, $5, $5)`,
			workspace, id, queue, len(part), t.now()); err != nil {
			return nil, translate(err)
		}
		if _, err := t.q.ExecContext(ctx, `
			UPDATE pending_leads SET batch_id = $2 WHERE workspace_id = $1 AND pending_id = ANY($3::uuid[])`,
			workspace, id, uuids(part)); err != nil {
			return nil, translate(err)
		}
		moved = append(moved, Batch{Workspace: workspace, ID: id, Queue: queue})
	}
	return moved, nil
}

// sqlState says why the database refused something, without the values it was given.
func sqlState(err error) string {
	var refused *pq.Error
	if !errors.As(err, &refused) {
		return "the database refused it"
	}
	text := fmt.Sprintf("%s (%s)", refused.Code.Name(), refused.Code)
	if refused.Constraint != "" {
		text += ", constraint " + refused.Constraint
	}
	return text
}
