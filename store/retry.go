package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// RetryHistory decides anew a distribution that failed, for the group or member it was meant for. Each failure can be
// driven again once; what comes of it is a history row of its own. A row that succeeded, or was driven again already,
// is a *Violation.
func (t *Tx) RetryHistory(ctx context.Context, workspace, history uuid.UUID) ([]Batch, error) {
	var row struct {
		Lead    uuid.UUID     `db:"lead_id"`
		Member  uuid.NullUUID `db:"member_id"`
		Group   uuid.NullUUID `db:"group_id"`
		Outcome lead.Outcome  `db:"outcome"`
		SameAs  uuid.NullUUID `db:"same_as"` // where it came in, rather than being assigned
	}
	if err := sqlx.GetContext(ctx, t.q, &row, `
		SELECT h.lead_id, h.member_id, h.group_id, h.outcome, CASE WHEN h.assignment_id IS NULL THEN l.duplicate_of END AS same_as
		FROM history h LEFT JOIN leads l ON l.workspace_id = h.workspace_id AND l.lead_id = h.lead_id
		WHERE h.workspace_id = $1 AND h.history_id = $2`,
		workspace, history); err != nil {
		return nil, translate(err)
	}
	if row.Outcome != lead.Failed {
		return nil, &Violation{Field: "id", Message: "this distribution succeeded; only failed ones can be retried", Exists: true}
	}
	result, err := t.q.ExecContext(ctx, `
		INSERT INTO history_retries (workspace_id, history_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		workspace, history, t.now())
	if err := oneRow(result, err); err != nil {
		if errors.Is(err, ErrNotFound) {
			return nil, &Violation{Field: "id", Message: "this distribution was retried already; look for its later outcome", Exists: true}
		}
		return nil, err
	}
	w, err := t.Workspace(ctx, workspace)
	if err != nil {
		return nil, err
	}
	if !w.LeadsDistribution {
		return nil, lead.FeatureDisabled
	}
	again := pendingLead{lead: row.Lead, group: row.Group.UUID, retryOf: history}
	switch {
	case !row.Group.Valid:
		again.member = row.Member.UUID
	case w.Policy == SameMember:
		again.sameAs = row.SameAs.UUID
	}
	return t.addPending(ctx, workspace, lead.QueueFresh, []pendingLead{again})
}
