package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

const (
	// TellFor is how long a worker that was handed a webhook, or last said that it has it in hand, has before it is handed over again.
	TellFor = 15 * time.Second
	// deliverFor is how long one attempt at a delivery may take before another worker makes the next.
	deliverFor = time.Minute
)

// A DueWebhook is a webhook to which something is owed.
type DueWebhook struct {
	Workspace uuid.UUID `db:"workspace_id"`
	ID        uuid.UUID `db:"webhook_id"`
}

// FeedWebhooks finds webhooks to which something is due and that no worker has in hand, and notes that they are handed to
// the queue, those first that took what they were sent last. A worker says with KeepTelling that it is at it still, and with DoneTelling that
// it is done; one that dies is not waited for.
func (q Queries) FeedWebhooks(ctx context.Context, limit int) ([]DueWebhook, error) {
	var due []DueWebhook
	err := sqlx.SelectContext(often(ctx), q.q, &due, `
		WITH due AS MATERIALIZED ( -- as in ClaimDeliveries
			SELECT w.workspace_id, w.webhook_id, w.held_until IS NOT NULL AS held, w.setbacks FROM webhooks w
			WHERE w.enabled AND w.deleted_at IS NULL AND coalesce(w.held_until, $1) <= $1 AND coalesce(w.fed_until, $1) <= $1
				AND EXISTS (SELECT 1 FROM webhook_deliveries d
					WHERE d.workspace_id = w.workspace_id AND d.webhook_id = w.webhook_id AND d.state = 'owed' AND d.send_at <= $1)
			ORDER BY held, w.setbacks LIMIT $3 FOR UPDATE SKIP LOCKED
		), fed AS (
			UPDATE webhooks SET fed_until = $2
			WHERE (workspace_id, webhook_id) IN (SELECT workspace_id, webhook_id FROM due)
			RETURNING workspace_id, webhook_id
		)
		SELECT workspace_id, webhook_id FROM fed JOIN due USING (workspace_id, webhook_id) ORDER BY held, setbacks`, q.now(), q.now().Add(TellFor), limit)
	return due, translate(err)
}

// KeepTelling says that a worker has a webhook in hand still.
func (q Queries) KeepTelling(ctx context.Context, workspace, webhook uuid.UUID) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE webhooks SET fed_until = $3 WHERE workspace_id = $1 AND webhook_id = $2`, workspace, webhook, q.now().Add(TellFor))
	return translate(err)
}

// DoneTelling says that a worker has a webhook in hand no more.
func (q Queries) DoneTelling(ctx context.Context, workspace, webhook uuid.UUID) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE webhooks SET fed_until = NULL WHERE workspace_id = $1 AND webhook_id = $2`, workspace, webhook)
	return translate(err)
}

// ClaimDeliveries takes deliveries that are due in hand, those that are due longest first, each for as long as one attempt
// may take. It returns none where the webhook is not to be told of anything now. To one that did not take the last it
// gives one only, to see whether it takes that.
func (t *Tx) ClaimDeliveries(ctx context.Context, workspace, webhook uuid.UUID, limit int) (Webhook, []WebhookDelivery, error) {
	var row struct {
		Webhook
		Held bool `db:"held"`
	}
	err := sqlx.GetContext(ctx, t.q, &row, `
		SELECT `+webhookColumns+`, coalesce(held_until > $3, false) AS held FROM webhooks
		WHERE workspace_id = $1 AND webhook_id = $2 AND deleted_at IS NULL AND enabled`, workspace, webhook, t.now())
	switch err = translate(err); {
	case errors.Is(err, ErrNotFound) || err == nil && row.Held:
		return Webhook{}, nil, nil
	case err != nil:
		return Webhook{}, nil, err
	}
	if row.Setbacks > 0 {
		limit = 1
	}
	var claimed []WebhookDelivery
	err = sqlx.SelectContext(ctx, t.q, &claimed, `
		WITH due AS MATERIALIZED ( -- or the limit might be taken again for each row
			SELECT delivery_id FROM webhook_deliveries
			WHERE workspace_id = $1 AND webhook_id = $2 AND state = 'owed' AND send_at <= $3
			ORDER BY send_at, delivery_id LIMIT $5 FOR UPDATE SKIP LOCKED)
		UPDATE webhook_deliveries SET attempts = attempts + 1, send_at = $4
		WHERE workspace_id = $1 AND webhook_id = $2 AND delivery_id IN (SELECT delivery_id FROM due)
		RETURNING `+deliveryColumns, workspace, webhook, t.now(), t.now().Add(deliverFor), limit)
	if err != nil {
		return Webhook{}, nil, fmt.Errorf("claiming what is owed to webhook %s: %w", webhook, translate(err))
	}
	return row.Webhook, claimed, nil
}

// DeliveriesSent records that a webhook has taken deliveries, each with the status of its answer.
func (q Queries) DeliveriesSent(ctx context.Context, workspace, webhook uuid.UUID, ids []uuid.UUID, statuses []int) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := q.q.ExecContext(ctx, `
		UPDATE webhook_deliveries d SET state = 'sent', sent_at = $3, status = s.status, error = NULL
		FROM unnest($4::uuid[], $5::int[]) AS s (id, status)
		WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND d.delivery_id = s.id AND d.state = 'owed'`,
		workspace, webhook, q.now(), uuids(ids), ints(statuses))
	return translate(err)
}

// DeliveriesUntried gives back deliveries that were claimed and not tried.
func (q Queries) DeliveriesUntried(ctx context.Context, workspace, webhook uuid.UUID, ids []uuid.UUID, attempts []int) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := q.q.ExecContext(ctx, `
		UPDATE webhook_deliveries d SET attempts = d.attempts - 1, send_at = $3
		FROM unnest($4::uuid[], $5::int[]) AS s (id, attempts)
		WHERE d.workspace_id = $1 AND d.webhook_id = $2 AND d.delivery_id = s.id AND d.attempts = s.attempts AND d.state = 'owed'`,
		workspace, webhook, q.now(), uuids(ids), ints(attempts))
	return translate(err)
}

// A Refusal is why a webhook did not take a delivery: the status of its answer, 0 where it gave none, and what is wrong.
type Refusal struct {
	Status int
	Said   string
}

// DeliveryLater puts a delivery that was not taken off until a time, or gives up on it where that is zero. It does nothing
// where the delivery is not in this worker's hand any more.
func (q Queries) DeliveryLater(ctx context.Context, workspace uuid.UUID, d WebhookDelivery, r Refusal, at time.Time) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE webhook_deliveries SET refusals = refusals + 1, status = nullif($5, 0), error = $6, send_at = coalesce($7, send_at),
			state = CASE WHEN $7::timestamptz IS NULL THEN 'failed' ELSE 'owed' END
		WHERE workspace_id = $1 AND webhook_id = $2 AND delivery_id = $3 AND state = 'owed' AND attempts = $4`,
		workspace, d.WebhookID, d.ID, d.Attempts, r.Status, r.Said, nullTime(at))
	return translate(err)
}

// WebhookTook records that a webhook takes what it is sent.
func (q Queries) WebhookTook(ctx context.Context, workspace, webhook uuid.UUID) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE webhooks SET setbacks = 0, failing_since = NULL, held_until = NULL
		WHERE workspace_id = $1 AND webhook_id = $2 AND (setbacks > 0 OR held_until IS NOT NULL)`, workspace, webhook)
	return translate(err)
}

// HoldWebhook leaves a webhook in peace until a time, through no fault of its own.
func (q Queries) HoldWebhook(ctx context.Context, workspace, webhook uuid.UUID, until time.Time) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE webhooks SET held_until = greatest(held_until, $3) WHERE workspace_id = $1 AND webhook_id = $2`, workspace, webhook, until)
	return translate(err)
}

// WebhookSetBack records that a webhook takes nothing, and leaves it in peace until a time. It returns since when that is.
func (q Queries) WebhookSetBack(ctx context.Context, workspace, webhook uuid.UUID, until time.Time) (since time.Time, err error) {
	err = sqlx.GetContext(ctx, q.q, &since, `
		UPDATE webhooks SET setbacks = setbacks + 1, failing_since = coalesce(failing_since, $3), held_until = $4
		WHERE workspace_id = $1 AND webhook_id = $2 RETURNING failing_since`, workspace, webhook, q.now(), until)
	return since, translate(err)
}

// DisableWebhook disables a webhook for a reason, and gives up on all that is owed to it. It can be enabled again, and
// what was given up on be sent after all.
func (t *Tx) DisableWebhook(ctx context.Context, workspace, webhook uuid.UUID, reason string) error {
	if _, err := t.q.ExecContext(ctx, `
		UPDATE webhooks SET enabled = false, disabled_for = $3, updated_at = `+afterSQL("$4", "webhooks")+`
		WHERE workspace_id = $1 AND webhook_id = $2 AND enabled`, workspace, webhook, reason, t.now()); err != nil {
		return translate(err)
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE webhook_deliveries SET state = 'failed', error = $3
		WHERE workspace_id = $1 AND webhook_id = $2 AND state = 'owed'`, workspace, webhook, "the webhook was disabled: "+reason)
	return translate(err)
}
