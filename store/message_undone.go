package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// toTakeBack are those of the copies of which a member is still to be told that they were taken back.
func (q Queries) toTakeBack(ctx context.Context, m *Message, ids []uuid.UUID) ([]uuid.UUID, error) {
	var due []uuid.UUID
	err := sqlx.SelectContext(ctx, q.q, &due, `
		SELECT assigned_lead_id FROM assigned_leads
		WHERE workspace_id = $1 AND assigned_lead_id = ANY($2::uuid[]) AND member_id = $3 AND undone_lead_id IS NOT NULL AND erased_at IS NULL
		ORDER BY assigned_lead_id`, m.Workspace, uuids(ids), m.Recipient.MemberID)
	return due, translate(err)
}

// takenBack reads copies that were undone as messages tell of them: by name alone, since they are their member's no more.
func (q Queries) takenBack(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) ([]MessageLead, error) {
	var leads []MessageLead
	if err := sqlx.SelectContext(ctx, q.q, &leads, `
		SELECT assigned_lead_id, coalesce(name, '') AS name, '' AS email, '' AS phone, '' AS phone_e164, '{}'::jsonb AS fields,
			'' AS source_name, assigned_at AS at
		FROM assigned_leads WHERE workspace_id = $1 AND assigned_lead_id = ANY($2::uuid[]) ORDER BY assigned_lead_id`,
		workspace, uuids(ids)); err != nil {
		return nil, fmt.Errorf("reading what was taken back: %w", translate(err))
	}
	return leads, nil
}
