package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// DeliveryState is how far a delivery to a webhook is.
type DeliveryState string

// The states of deliveries.
const (
	DeliveryOwed   DeliveryState = "owed"
	DeliverySent   DeliveryState = "sent"
	DeliveryFailed DeliveryState = "failed"
)

// DeliveryStates lists every state.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{DeliveryOwed, DeliverySent, DeliveryFailed}
}

// A WebhookDelivery is an event that a webhook is told of: owed, sent, or given up on.
type WebhookDelivery struct {
	ID        uuid.UUID         `db:"delivery_id"`
	WebhookID uuid.UUID         `db:"webhook_id"`
	Event     lead.WebhookEvent `db:"event"`
	// LeadID is the nil id of a test.
	LeadID uuid.UUID `db:"lead_id"`
	// AssignedLeadID is the copy that it is about, nil where it is about the source lead.
	AssignedLeadID *uuid.UUID `db:"assigned_lead_id"`
	// Changed are the names of the fields that were changed.
	Changed    textArray[string] `db:"changed"`
	HappenedAt time.Time         `db:"happened_at"`
	State      DeliveryState     `db:"state"`
	// SendAt is when it is tried next, while it is owed.
	SendAt time.Time `db:"send_at"`
	// Attempts counts those since it was owed first, or last anew.
	Attempts int `db:"attempts"`
	// Refusals counts those that were not taken. A worker may have died in others.
	Refusals int `db:"refusals"`
	// Status is HTTP's, of the last answer; nil where there was none.
	Status *int `db:"status"`
	// Error is what was wrong the last time.
	Error  string     `db:"error"`
	SentAt *time.Time `db:"sent_at"`
	// Traceparent says in which trace it belongs, empty where in none.
	Traceparent string `db:"traceparent"`
}

const deliveryColumns = `delivery_id, webhook_id, event, lead_id, assigned_lead_id, changed, happened_at, state, send_at, attempts, refusals, status, coalesce(error, '') AS error, sent_at, coalesce(traceparent, '') AS traceparent`

// WebhookDelivery returns a delivery to a webhook, ErrNotFound where there is none or it is no longer kept.
func (q Queries) WebhookDelivery(ctx context.Context, workspace, webhook, id uuid.UUID) (WebhookDelivery, error) {
	var d WebhookDelivery
	err := sqlx.GetContext(ctx, q.q, &d, `
		SELECT `+deliveryColumns+` FROM webhook_deliveries
		WHERE workspace_id = $1 AND webhook_id = $2 AND delivery_id = $3`, workspace, webhook, id)
	return d, translate(err)
}

// WebhookDeliveries lists a page of what a webhook was told, or is to be, newest first; in one state only where state is
// given.
func (q Queries) WebhookDeliveries(ctx context.Context, workspace, webhook uuid.UUID, state DeliveryState, p Page) ([]WebhookDelivery, error) {
	query := `SELECT ` + deliveryColumns + ` FROM webhook_deliveries
		WHERE workspace_id = $1 AND webhook_id = $2 AND ($3::uuid IS NULL OR delivery_id < $3)`
	// Each state is written out, so that the planner takes the index that suits it.
	switch state {
	case DeliveryOwed:
		query += ` AND state = 'owed'`
	case DeliverySent:
		query += ` AND state = 'sent'`
	case DeliveryFailed:
		query += ` AND state = 'failed'`
	}
	var all []WebhookDelivery
	err := sqlx.SelectContext(ctx, q.q, &all, query+` ORDER BY delivery_id DESC LIMIT $4`, workspace, webhook, nullID(p.After), p.Limit)
	return all, translate(err)
}

// ErrWebhookDisabled means that a webhook is disabled, and told of nothing.
var ErrWebhookDisabled = errors.New("this webhook is disabled, and is told of nothing; enable it first")

// foremost is when a delivery is to be sent now, the given parameter, and before all that is owed to its webhook: who does not take what they are
// sent get one at a time, and whoever asks for a delivery waits to see what becomes of it.
const foremost = `least($%d, (SELECT min(send_at) - interval '1 millisecond' FROM webhook_deliveries
	WHERE workspace_id = $1 AND webhook_id = $2 AND state = 'owed'))`

// TryWebhook owes a webhook a test, which is about no lead, and goes before whatever else is owed to it. One that is left in peace is asked
// at once. It returns ErrWebhookDisabled where it would not be told.
func (t *Tx) TryWebhook(ctx context.Context, workspace, webhook uuid.UUID) (d WebhookDelivery, err error) {
	w, err := t.webhook(ctx, workspace, webhook, "FOR NO KEY UPDATE")
	if err != nil {
		return d, err
	}
	if !w.Enabled {
		return d, ErrWebhookDisabled
	}
	id, err := t.newID()
	if err != nil {
		return d, err
	}
	if err := sqlx.GetContext(ctx, t.q, &d, `
		INSERT INTO webhook_deliveries (workspace_id, webhook_id, delivery_id, event, lead_id, happened_at, send_at)
		VALUES ($1, $2, $3, $4, $5, $6, `+fmt.Sprintf(foremost, 6)+`) RETURNING `+deliveryColumns,
		workspace, webhook, id, string(lead.WebhookTest), uuid.Nil, t.now()); err != nil {
		return d, fmt.Errorf("owing webhook %s a test: %w", webhook, translate(err))
	}
	t.left.Webhooks = true
	return d, t.askAnew(ctx, workspace, webhook)
}

// Redeliver owes a webhook a delivery anew, also one that it has taken before, under the same id. It is tried at once, before whatever else
// is owed.
func (t *Tx) Redeliver(ctx context.Context, workspace, webhook, id uuid.UUID) error {
	result, err := t.q.ExecContext(ctx, `
		UPDATE webhook_deliveries SET state = 'owed', attempts = 0, refusals = 0, send_at = `+fmt.Sprintf(foremost, 4)+`, sent_at = NULL
		WHERE workspace_id = $1 AND webhook_id = $2 AND delivery_id = $3`, workspace, webhook, id, t.now())
	if err := oneRow(result, err); err != nil {
		return err
	}
	return t.askAnew(ctx, workspace, webhook)
}

// RedeliverFailed owes a webhook anew what was given up on of what happened since a time, and returns how many that are.
func (t *Tx) RedeliverFailed(ctx context.Context, workspace, webhook uuid.UUID, since time.Time) (int, error) {
	result, err := t.q.ExecContext(ctx, `
		UPDATE webhook_deliveries SET state = 'owed', attempts = 0, refusals = 0, send_at = $4
		WHERE workspace_id = $1 AND webhook_id = $2 AND state = 'failed' AND happened_at >= $3`, workspace, webhook, since, t.now())
	if err != nil {
		return 0, translate(err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, err
	}
	return int(n), t.askAnew(ctx, workspace, webhook)
}

// askAnew has a webhook that is left in peace asked at once.
func (t *Tx) askAnew(ctx context.Context, workspace, webhook uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE webhooks SET held_until = NULL WHERE workspace_id = $1 AND webhook_id = $2`, workspace, webhook)
	return translate(err)
}

// DeleteOldDeliveries deletes what webhooks were told of what happened before a time, limit of it at the most, and returns
// how many those were.
func (q Queries) DeleteOldDeliveries(ctx context.Context, before time.Time, limit int) (int64, error) {
	result, err := q.q.ExecContext(ctx, `
		DELETE FROM webhook_deliveries WHERE (workspace_id, webhook_id, delivery_id) IN (
			SELECT workspace_id, webhook_id, delivery_id FROM webhook_deliveries WHERE happened_at < $1 LIMIT $2)`, before, limit)
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}
