package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// insertBatches makes the batches that n pending leads need, and returns their ids. Bulk ones wait for the scheduler; others
// count as handed to the queue now, and the reconciler does it should that be lost.
func (t *Tx) insertBatches(ctx context.Context, workspace uuid.UUID, queue lead.Queue, feedAt time.Time, n int) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	var sizes []int
	for ; n > 0; n -= lead.MaxBatch {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		ids, sizes = append(ids, id), append(sizes, min(n, lead.MaxBatch))
		t.hint(lead.Hint{Workspace: workspace, ID: id, Queue: queue})
	}
	if len(ids) == 0 {
		return nil, nil
	}
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO batches (workspace_id, batch_id, queue, size, feed_at, fed_at)
		SELECT $1, batch_id, $2, size, $3, CASE WHEN $2 = $4 THEN NULL ELSE $5::timestamptz END
		FROM unnest($6::uuid[], $7::int[]) AS b (batch_id, size)`,
		workspace, queue, feedAt, lead.QueueBulk, t.now(), uuids(ids), ints(sizes))
	if err != nil {
		return nil, fmt.Errorf("storing %d batches: %w", len(ids), translate(err))
	}
	return ids, nil
}

// FeedBulk marks as fed, and returns, the oldest bulk batches that wait for the feeder: so many that no workspace has
// more than inFlight of them with the queue, one a workspace in turn, limit at the most. It reads no more than it returns,
// and what is with the queue, however many wait: it goes from workspace to workspace through the index of what waits.
// Batches that others hold locked are left for the next time.
func (s *Store) FeedBulk(ctx context.Context, inFlight, limit int) ([]lead.Hint, error) {
	var fed []lead.Hint
	err := sqlx.SelectContext(often(ctx), s.q, &fed, `
		WITH RECURSIVE waiting (workspace_id) AS (
			(SELECT workspace_id FROM batches WHERE queue = 'bulk' AND fed_at IS NULL ORDER BY 1 LIMIT 1)
			UNION ALL
			SELECT (SELECT b.workspace_id FROM batches b
				WHERE b.queue = 'bulk' AND b.fed_at IS NULL AND b.workspace_id > w.workspace_id ORDER BY 1 LIMIT 1)
			FROM waiting w WHERE w.workspace_id IS NOT NULL
		), busy AS (
			SELECT workspace_id, count(*) AS fed FROM batches WHERE queue = 'bulk' AND fed_at IS NOT NULL GROUP BY 1
		), room AS (
			SELECT w.workspace_id, coalesce(busy.fed, 0) AS fed FROM waiting w LEFT JOIN busy USING (workspace_id)
			WHERE w.workspace_id IS NOT NULL AND coalesce(busy.fed, 0) < $2
		), chosen AS (
			SELECT room.workspace_id, b.batch_id FROM room CROSS JOIN LATERAL (
				SELECT batch_id, row_number() OVER (ORDER BY batch_id) AS place FROM (
					SELECT batch_id FROM batches
					WHERE workspace_id = room.workspace_id AND queue = 'bulk' AND fed_at IS NULL
					ORDER BY batch_id LIMIT $2 - room.fed FOR UPDATE SKIP LOCKED) b) b
			ORDER BY room.fed + b.place, 1 LIMIT $3
		)
		UPDATE batches b SET fed_at = $1 FROM chosen c
		WHERE b.workspace_id = c.workspace_id AND b.batch_id = c.batch_id AND b.fed_at IS NULL
		RETURNING b.workspace_id, b.batch_id, b.queue, b.generation, coalesce(b.traceparent, '') AS traceparent`,
		s.now(), inFlight, limit)
	return fed, translate(err)
}

// stale is which batches were handed to the queue before $2, and were due then if they waited for a time; $3 is now. A time that lies
// more than a minute ahead was written by a clock that has been set back since.
const stale = `(fed_at < $2 OR fed_at > $3::timestamptz + interval '1 minute')
	AND feed_at <= CASE WHEN queue = 'due' THEN $2::timestamptz ELSE $3::timestamptz END`

// batchQueues are the queues that batches are in, the most urgent first.
var batchQueues = texts([]lead.Queue{lead.QueueFresh, lead.QueueDue, lead.QueueBulk})

// ToFeedAgain lists the queues of which FeedAgain finds some.
func (s *Store) ToFeedAgain(ctx context.Context, before time.Time) ([]lead.Queue, error) {
	var queues []lead.Queue
	err := sqlx.SelectContext(often(ctx), s.q, &queues, `
		SELECT q FROM unnest($1::text[]) AS q WHERE EXISTS (SELECT 1 FROM batches WHERE queue = q AND `+stale+`)`,
		batchQueues, before, s.now())
	return queues, translate(err)
}

// FeedAgain gives a new generation to batches that were handed to the queue before the given time, were due before it if
// they waited for a time, and are still there, oldest first, limit at the most, and returns them. They are to be handed to
// the queue once more.
func (s *Store) FeedAgain(ctx context.Context, queue lead.Queue, before time.Time, limit int) ([]lead.Hint, error) {
	var again []lead.Hint
	err := sqlx.SelectContext(often(ctx), s.q, &again, `
		WITH chosen AS (
			SELECT workspace_id, batch_id FROM batches
			WHERE queue = $1 AND `+stale+`
			ORDER BY fed_at LIMIT $4
			FOR UPDATE SKIP LOCKED
		)
		UPDATE batches b SET fed_at = $3, generation = b.generation + 1 FROM chosen c
		WHERE b.workspace_id = c.workspace_id AND b.batch_id = c.batch_id
		RETURNING b.workspace_id, b.batch_id, b.queue, b.generation, coalesce(b.traceparent, '') AS traceparent`,
		queue, before, s.now(), limit)
	return again, translate(err)
}

// NoteFailure records on a batch, which stays and will be driven again, what kept it from being distributed.
func (s *Store) NoteFailure(ctx context.Context, workspace, batch uuid.UUID, cause string) error {
	_, err := s.q.ExecContext(ctx, `
		UPDATE batches SET attempts = attempts + 1, error = $3 WHERE workspace_id = $1 AND batch_id = $2`,
		workspace, batch, cause)
	return translate(err)
}

// A Backlog is how much of a queue is waiting to be distributed.
type Backlog struct {
	Queue lead.Queue `db:"queue"`
	// Due and Later count pending leads; Oldest is since when the oldest due one has been due, nil where none is.
	Due    int        `db:"due"`
	Later  int        `db:"later"`
	Oldest *time.Time `db:"oldest"`
}

// WaitingBacklog is how many leads wait for somebody who can take them, and since when the oldest does, nil where none waits.
func (q Queries) WaitingBacklog(ctx context.Context) (n int, oldest *time.Time, err error) {
	var row struct {
		N      int        `db:"n"`
		Oldest *time.Time `db:"oldest"`
	}
	err = sqlx.GetContext(ctx, q.q, &row, `
		SELECT count(*) AS n, min(waiting_since) AS oldest FROM pending_leads p WHERE `+waiting)
	return row.N, row.Oldest, translate(err)
}

// OfferedBacklog is how many leads are offered, and since when the oldest is, nil where none is.
func (q Queries) OfferedBacklog(ctx context.Context) (n int, oldest *time.Time, err error) {
	var row struct {
		N      int        `db:"n"`
		Oldest *time.Time `db:"oldest"`
	}
	err = sqlx.GetContext(ctx, q.q, &row, `
		SELECT count(*) AS n, min(offered_at) AS oldest FROM pending_leads p WHERE `+offered)
	return row.N, row.Oldest, translate(err)
}

// Backlogs counts what is folded by its batches, and the others by indexes. A queue for which nothing waits is left out.
func (q Queries) Backlogs(ctx context.Context) ([]Backlog, error) {
	var all []Backlog
	err := sqlx.SelectContext(ctx, q.q, &all, `
		WITH w AS (
			SELECT queue, feed_at AS due_at, size::bigint AS n FROM batches WHERE lead_ids IS NOT NULL
			UNION ALL
			SELECT b.queue, b.feed_at, p.n FROM batches b JOIN (
				SELECT workspace_id, batch_id, count(*) AS n FROM pending_leads WHERE batch_id IS NOT NULL GROUP BY 1, 2
			) p USING (workspace_id, batch_id)
			UNION ALL
			SELECT $2, due_at, 1 FROM pending_leads WHERE batch_id IS NULL AND waiting_since IS NULL
		)
		SELECT queue, coalesce(sum(n) FILTER (WHERE due_at <= $1), 0) AS due, coalesce(sum(n) FILTER (WHERE due_at > $1), 0) AS later,
			min(due_at) FILTER (WHERE due_at <= $1) AS oldest
		FROM w GROUP BY queue`, q.now(), lead.QueueDue)
	return all, translate(err)
}
