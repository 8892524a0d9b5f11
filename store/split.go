package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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
		var pending []uuid.UUID
		if err := sqlx.SelectContext(ctx, t.q, &pending, `
			SELECT pending_id FROM pending_leads WHERE workspace_id = $1 AND batch_id = $2 ORDER BY pending_id FOR UPDATE`,
			workspace, batch); err != nil {
			return translate(err)
		}
		if len(pending) <= 1 {
			result.Outcomes, drawn, err = t.failBatch(ctx, workspace, batch, cause)
			return err
		}
		middle := len(pending) / 2
		result.Split, err = t.moveToNewBatches(ctx, workspace, batch, queue, pending[:middle], pending[middle:])
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("splitting batch %s, which the database refused (%s): %w", batch, sqlState(cause), err)
	}
	result.Unsettled = s.settle(ctx, drawn)
	return result, nil
}

// failBatch ends what a batch holds as internal errors. The turns that it drew are to be settled as not spent.
func (t *Tx) failBatch(ctx context.Context, workspace, batch uuid.UUID, cause error) ([]Outcome, []draws, error) {
	claims, err := t.claim(ctx, workspace, batch)
	if err != nil {
		return nil, nil, err
	}
	decisions := make([]decision, len(claims))
	var drawn []draws
	for i, c := range claims {
		decisions[i] = c.decided(lead.InternalError)
		decisions[i].detail = sqlState(cause)
		if c.GroupID.Valid && !c.MemberID.Valid {
			drawn = append(drawn, drawsOf(workspace, c.GroupID.UUID, 0, claims[i:i+1]))
		}
	}
	outcomes, err := t.record(ctx, workspace, decisions, nil)
	return outcomes, drawn, err
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
