package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// ToArm lists the workspaces that have pending leads in no batch that are due before the given time.
func (q Queries) ToArm(ctx context.Context, before time.Time) ([]uuid.UUID, error) {
	var all []uuid.UUID
	err := sqlx.SelectContext(often(ctx), q.q, &all, workspacesWith(`p.batch_id IS NULL AND p.waiting_since IS NULL`, `p.due_at < $1`), before)
	return all, translate(err)
}

// workspacesWith is a query of the workspaces that have pending leads p of some kind for which a condition holds too. It goes from workspace
// to workspace through an index of that kind, which begins with the workspace and goes on with the time: it reads one or two of each
// workspace that has any, however many those are, and nothing of others.
func workspacesWith(kind, condition string) string {
	return `
		WITH RECURSIVE w (workspace_id) AS (
			(SELECT p.workspace_id FROM pending_leads p WHERE ` + kind + ` ORDER BY 1 LIMIT 1)
			UNION ALL
			SELECT (SELECT p.workspace_id FROM pending_leads p WHERE ` + kind + ` AND p.workspace_id > w.workspace_id ORDER BY 1 LIMIT 1)
			FROM w WHERE w.workspace_id IS NOT NULL
		)
		SELECT w.workspace_id FROM w WHERE w.workspace_id IS NOT NULL AND (SELECT true FROM pending_leads p
			WHERE p.workspace_id = w.workspace_id AND ` + kind + ` AND ` + condition + ` ORDER BY p.due_at LIMIT 1)`
}

// Arm puts a workspace's pending leads that are due before the given time, limit of them at the most and the soonest
// first, into batches that are to be handed to the queue. It returns none when there are no more.
func (s *Store) Arm(ctx context.Context, workspace uuid.UUID, before time.Time, limit int) (batches []lead.Hint, err error) {
	err = s.tryTx(ctx, func(t *Tx) (err error) {
		batches, err = t.arm(ctx, workspace, before, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("arming pending leads of workspace %s: %w", workspace, err)
	}
	return batches, nil
}

// armSoon has what is due at once or very soon go out when it is due; the rest is the scheduler's.
func (t *Tx) armSoon(ctx context.Context, workspace uuid.UUID) error {
	hints, err := t.arm(ctx, workspace, t.now().Add(armSoon), pendingPart)
	t.hint(hints...)
	return err
}

// arm never waits: rows that others hold locked are theirs to end or to leave for the next time.
func (t *Tx) arm(ctx context.Context, workspace uuid.UUID, before time.Time, limit int) ([]lead.Hint, error) {
	var rows []struct {
		ID          uuid.UUID `db:"pending_id"`
		Due         time.Time `db:"due_at"`
		Traceparent string    `db:"traceparent"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT pending_id, due_at, coalesce(traceparent, '') AS traceparent FROM pending_leads
		WHERE workspace_id = $1 AND batch_id IS NULL AND waiting_since IS NULL AND due_at < $2
		ORDER BY due_at, pending_id LIMIT $3 FOR UPDATE SKIP LOCKED`, workspace, before, limit); err != nil {
		return nil, translate(err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	now := t.now()
	var batches []lead.Hint
	var sizes []int
	ids, of := make([]uuid.UUID, len(rows)), make([]uuid.UUID, len(rows))
	for i, r := range rows {
		n := len(batches) - 1
		// What is overdue goes out together; else a batch has one due time.
		fits := n >= 0 && sizes[n] < lead.MaxBatch && (r.Due.Equal(batches[n].FeedAt) || !r.Due.After(now))
		if !fits {
			id, err := uuid.NewV7()
			if err != nil {
				return nil, err
			}
			batches = append(batches, lead.Hint{Workspace: workspace, ID: id, Queue: lead.QueueDue, FeedAt: r.Due.UTC()})
			sizes = append(sizes, 0)
			n++
		}
		sizes[n]++
		if batches[n].Traceparent == "" { // it goes on in the trace of the first of its leads that is in one
			batches[n].Traceparent = r.Traceparent
		}
		ids[i], of[i] = r.ID, batches[n].ID
	}
	if err := t.insertArmed(ctx, workspace, batches, sizes); err != nil {
		return nil, err
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads p SET batch_id = n.batch_id FROM unnest($2::uuid[], $3::uuid[]) AS n (pending_id, batch_id)
		WHERE p.workspace_id = $1 AND p.pending_id = n.pending_id`, workspace, uuids(ids), uuids(of))
	return batches, translate(err)
}

// insertArmed writes batches that have each their own time, as handed to the queue now.
func (t *Tx) insertArmed(ctx context.Context, workspace uuid.UUID, batches []lead.Hint, sizes []int) error {
	ids, feed, traces := make([]uuid.UUID, len(batches)), make([]time.Time, len(batches)), make([]string, len(batches))
	for i, b := range batches {
		ids[i], feed[i], traces[i] = b.ID, b.FeedAt, b.Traceparent
	}
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO batches (workspace_id, batch_id, queue, size, feed_at, fed_at, traceparent)
		SELECT $1, batch_id, $2, size, feed_at, $3, nullif(traceparent, '')
		FROM unnest($4::uuid[], $5::int[], $6::timestamptz[], $7::text[]) AS b (batch_id, size, feed_at, traceparent)`,
		workspace, lead.QueueDue, t.now(), uuids(ids), ints(sizes), timestamps(feed), texts(traces))
	if err != nil {
		return fmt.Errorf("storing %d batches: %w", len(batches), translate(err))
	}
	return nil
}

// Armed lists the batches that are due between the two times, soonest first, limit of them at the most.
func (q Queries) Armed(ctx context.Context, after, until time.Time, limit int) ([]lead.Hint, error) {
	var all []lead.Hint
	err := sqlx.SelectContext(often(ctx), q.q, &all, `
		SELECT workspace_id, batch_id, queue, generation, feed_at, coalesce(traceparent, '') AS traceparent FROM batches
		WHERE queue = $1 AND feed_at > $2 AND feed_at <= $3 ORDER BY feed_at LIMIT $4`,
		lead.QueueDue, after, until, limit)
	return all, translate(err)
}
