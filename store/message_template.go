package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// MessageTemplate returns what a workspace has messages about a lead say, empty where it has not written its own.
func (q Queries) MessageTemplate(ctx context.Context, workspace uuid.UUID) (string, error) {
	var text string
	err := translate(sqlx.GetContext(ctx, q.q, &text, `
		SELECT template FROM message_templates WHERE workspace_id = $1`, workspace))
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return text, err
}

// SetMessageTemplate sets it; empty is the program's own.
func (t *Tx) SetMessageTemplate(ctx context.Context, workspace uuid.UUID, text string) error {
	if err := t.holdItem(ctx, workspace, ItemMessageTemplate, workspace); err != nil {
		return err
	}
	if text == "" {
		_, err := t.q.ExecContext(ctx, `DELETE FROM message_templates WHERE workspace_id = $1`, workspace)
		return translate(err)
	}
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO message_templates (workspace_id, template, updated_at) VALUES ($1, $2, $3)
		ON CONFLICT (workspace_id) DO UPDATE SET template = excluded.template, updated_at = excluded.updated_at
		WHERE message_templates.template <> excluded.template`,
		workspace, text, t.now())
	return translate(err)
}
