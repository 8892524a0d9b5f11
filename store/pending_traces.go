package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// followTraces has each batch go on in the trace of the first of its pending leads that is in one, whoever's transaction puts them there.
func (t *Tx) followTraces(ctx context.Context, workspace uuid.UUID, batches []uuid.UUID) error {
	var of []struct {
		Batch       uuid.UUID `db:"batch_id"`
		Traceparent string    `db:"traceparent"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &of, `
		UPDATE batches b SET traceparent = f.traceparent
		FROM unnest($2::uuid[]) AS n (batch_id) CROSS JOIN LATERAL (
			SELECT p.traceparent FROM pending_leads p
			WHERE p.workspace_id = $1 AND p.batch_id = n.batch_id AND p.traceparent IS NOT NULL ORDER BY p.pending_id LIMIT 1) AS f
		WHERE b.workspace_id = $1 AND b.batch_id = n.batch_id RETURNING b.batch_id, b.traceparent`, workspace, uuids(batches)); err != nil {
		return translate(err)
	}
	for _, b := range of {
		for i := range t.left.Hints {
			if t.left.Hints[i].ID == b.Batch {
				t.left.Hints[i].Traceparent = b.Traceparent
			}
		}
	}
	return nil
}
