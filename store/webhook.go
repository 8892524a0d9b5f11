package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A Webhook is an address of somebody else's program, which is told of what happens to leads.
type Webhook struct {
	ID     uuid.UUID                    `db:"webhook_id"`
	URL    string                       `db:"url"`
	Events textArray[lead.WebhookEvent] `db:"events"`
	// Enabled is unset while it is told of nothing. What is owed to it then waits, and what happens then it never learns.
	Enabled bool `db:"enabled"`
	// DisabledFor is why it was disabled without anybody asking, empty where it was not.
	DisabledFor string `db:"disabled_for"`
	// Sealed are the secrets that sign what it is sent, encrypted.
	Sealed []byte `db:"sealed"`
	// FailingSince is since when it has taken nothing that it was sent, nil where it took the last.
	FailingSince *time.Time `db:"failing_since"`
	// Setbacks counts the times in a row that it took nothing.
	Setbacks  int       `db:"setbacks"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

// WebhookPlace is what a webhook's secrets are bound to.
func WebhookPlace(webhook uuid.UUID) string { return "webhook:" + webhook.String() }

const webhookColumns = `webhook_id, url, events, enabled, coalesce(disabled_for, '') AS disabled_for, sealed, failing_since,
	setbacks, created_at, updated_at`

// CreateWebhook makes a webhook with the id, address, events, state and secrets given.
func (q Queries) CreateWebhook(ctx context.Context, workspace uuid.UUID, w Webhook) (Webhook, error) {
	err := sqlx.GetContext(ctx, q.q, &w, `
		INSERT INTO webhooks (workspace_id, webhook_id, url, events, enabled, sealed, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING `+webhookColumns, workspace, w.ID, w.URL, texts(w.Events), w.Enabled, w.Sealed, q.now())
	return w, translate(err)
}

// Webhook returns a webhook, ErrNotFound where there is none or it was deleted.
func (q Queries) Webhook(ctx context.Context, workspace, webhook uuid.UUID) (Webhook, error) {
	return q.webhook(ctx, workspace, webhook, "")
}

func (q Queries) webhook(ctx context.Context, workspace, webhook uuid.UUID, lock string) (Webhook, error) {
	var w Webhook
	err := sqlx.GetContext(ctx, q.q, &w, `
		SELECT `+webhookColumns+` FROM webhooks
		WHERE workspace_id = $1 AND webhook_id = $2 AND deleted_at IS NULL `+lock, workspace, webhook)
	return w, translate(err)
}

// Webhooks lists a page of webhooks, newest first.
func (q Queries) Webhooks(ctx context.Context, workspace uuid.UUID, p Page) ([]Webhook, error) {
	var all []Webhook
	l := listOf("webhooks", "webhook_id", workspace, p, uuid.Nil, uuid.Nil)
	l.others = append(l.others, "deleted_at IS NULL")
	err := l.read(ctx, q, &all, "SELECT "+webhookColumns+" FROM", "webhooks", "")
	return all, translate(err)
}

// EditWebhook changes a webhook in place; edit sees the current state. Where its address changes or it is enabled, what
// it did before is forgotten, and what is owed to it is tried at once.
func (t *Tx) EditWebhook(ctx context.Context, workspace, webhook uuid.UUID, edit func(*Webhook) error) (Webhook, error) {
	w, err := t.webhook(ctx, workspace, webhook, "FOR NO KEY UPDATE")
	if err != nil {
		return w, err
	}
	before := w
	if err := edit(&w); err != nil {
		return w, err
	}
	w.UpdatedAt = t.after(w.UpdatedAt)
	fresh := w.URL != before.URL || w.Enabled && !before.Enabled
	if fresh {
		w.DisabledFor, w.FailingSince, w.Setbacks = "", nil, 0
	}
	update, args := row{
		{"url", w.URL}, {"events", texts(w.Events)}, {"enabled", w.Enabled}, {"sealed", w.Sealed},
		{"disabled_for", nullText(w.DisabledFor)}, {"failing_since", w.FailingSince}, {"setbacks", w.Setbacks},
		{"held_until", expr{"CASE WHEN ? THEN NULL ELSE held_until END", fresh}}, {"updated_at", w.UpdatedAt},
	}.update("webhooks", "workspace_id = $1 AND webhook_id = $2", workspace, webhook)
	_, err = t.q.ExecContext(ctx, update, args...)
	if err != nil || !fresh {
		return w, translate(err)
	}
	_, err = t.q.ExecContext(ctx, `
		UPDATE webhook_deliveries SET send_at = $3
		WHERE workspace_id = $1 AND webhook_id = $2 AND state = 'owed' AND send_at > $3`, workspace, webhook, t.now())
	return w, translate(err)
}

// DeleteWebhook has a webhook told of nothing any more, also of what is owed to it.
func (q Queries) DeleteWebhook(ctx context.Context, workspace, webhook uuid.UUID) error {
	result, err := q.q.ExecContext(ctx, `
		UPDATE webhooks SET deleted_at = $3, updated_at = $3, sealed = NULL
		WHERE workspace_id = $1 AND webhook_id = $2 AND deleted_at IS NULL`, workspace, webhook, q.now())
	return oneRow(result, err)
}

// WebhookHealth is how the webhooks of an installation are doing.
type WebhookHealth struct {
	// Owed counts what is owed to enabled webhooks, a hundred thousand at the most.
	Owed int `db:"owed"`
	// Late is when the longest overdue of it was to be tried, nil where none is: those that a webhook does not take wait
	// for their next attempt and are not overdue.
	Late *time.Time `db:"late"`
	// Failing is since when the longest failing of the enabled webhooks has taken nothing, nil where each took the last.
	Failing *time.Time `db:"failing"`
	// Disabled counts webhooks that were disabled without anybody asking.
	Disabled int `db:"disabled"`
}

// WebhookHealth looks at all webhooks of the installation.
func (q Queries) WebhookHealth(ctx context.Context) (WebhookHealth, error) {
	var h WebhookHealth
	err := sqlx.GetContext(ctx, q.q, &h, `
		WITH told AS (
			SELECT workspace_id, webhook_id, failing_since, held_until FROM webhooks WHERE enabled AND deleted_at IS NULL
		), owed AS (
			SELECT 1 FROM told JOIN webhook_deliveries d USING (workspace_id, webhook_id) WHERE d.state = 'owed' LIMIT 100000
		)
		SELECT (SELECT count(*) FROM owed) AS owed,
			(SELECT min(first.send_at) FROM told CROSS JOIN LATERAL (
				SELECT d.send_at FROM webhook_deliveries d
				WHERE d.workspace_id = told.workspace_id AND d.webhook_id = told.webhook_id AND d.state = 'owed'
				ORDER BY d.send_at LIMIT 1) first
			WHERE first.send_at <= $1 AND (told.held_until IS NULL OR told.held_until <= $1)) AS late,
			(SELECT min(failing_since) FROM told) AS failing,
			(SELECT count(*) FROM webhooks WHERE NOT enabled AND disabled_for IS NOT NULL AND deleted_at IS NULL) AS disabled`, q.now())
	return h, translate(err)
}
