package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// IdempotencyKeyAge is how long an answer is kept for requests that come again with the same key.
const IdempotencyKeyAge = 24 * time.Hour

// A KeptAnswer is what a request with an idempotency key was answered.
type KeptAnswer struct {
	Status int             `db:"status"`
	Answer json.RawMessage `db:"answer"`
	// RequestHash tells whether it was the same request.
	RequestHash []byte `db:"request_hash"`
}

// ClaimKey claims an idempotency key for this transaction, which must KeepAnswer before it commits. Where the key was
// used already it returns that answer, and the transaction must have no effect.
//
// The insert waits for a concurrent transaction with the same key to end, so of two equal requests at once the second
// gets the first one's answer, or its turn should the first one fail. An expired row is taken over in place.
func (t *Tx) ClaimKey(ctx context.Context, workspace uuid.UUID, key string, requestHash []byte) (*KeptAnswer, error) {
	claim, err := t.q.ExecContext(ctx, `
		INSERT INTO idempotency_keys AS k (workspace_id, key, request_hash, status, answer, created_at)
		VALUES ($1, $2, $3, 0, 'null', $4)
		ON CONFLICT (workspace_id, key) DO UPDATE
			SET request_hash = excluded.request_hash, status = 0, answer = 'null', created_at = excluded.created_at
			WHERE k.created_at <= $5`,
		workspace, key, requestHash, t.now(), t.now().Add(-IdempotencyKeyAge))
	if err != nil {
		return nil, translate(err)
	}
	if n, err := claim.RowsAffected(); err != nil || n == 1 {
		return nil, err
	}
	var kept KeptAnswer
	err = sqlx.GetContext(ctx, t.q, &kept, `
		SELECT status, answer, request_hash FROM idempotency_keys WHERE workspace_id = $1 AND key = $2`, workspace, key)
	return &kept, translate(err)
}

// KeepAnswer keeps the answer to the request that claimed the key.
func (t *Tx) KeepAnswer(ctx context.Context, workspace uuid.UUID, key string, status int, answer json.RawMessage) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE idempotency_keys SET status = $3, answer = $4 WHERE workspace_id = $1 AND key = $2`,
		workspace, key, status, string(answer))
	return translate(err)
}

// DeleteOldIdempotencyKeys deletes the answers kept since before the given time, and returns how many.
func (q Queries) DeleteOldIdempotencyKeys(ctx context.Context, before time.Time) (int64, error) {
	result, err := q.q.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE created_at <= $1`, before)
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}
