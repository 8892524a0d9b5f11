package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// followUpRow is what an edit says of when a copy is followed up. A new time has its member reminded when it comes, once; one that is
// past already has nobody reminded.
func (q Queries) followUpRow(before, now AssignedLead) row {
	if sameMoment(before.FollowUpAt, now.FollowUpAt) {
		return nil
	}
	remind := now.FollowUpAt
	if remind != nil && !remind.After(q.now()) {
		remind = nil
	}
	return row{{"follow_up_at", now.FollowUpAt}, {"remind_at", remind}}
}

// maxFollowUp is how far off a time to follow up may be: a year with a digit too many is no plan.
const maxFollowUp = 10 * 365 * 24 * time.Hour

// checkFollowUp returns a *FieldError for a new time that cannot be meant, and keeps of others what the database does.
func (a *AssignedLead) checkFollowUp(before AssignedLead) error {
	if a.FollowUpAt == nil || sameMoment(a.FollowUpAt, before.FollowUpAt) {
		return nil
	}
	at := a.FollowUpAt.Truncate(time.Microsecond)
	if a.FollowUpAt = &at; at.Before(a.AssignedAt.Add(-maxFollowUp)) || at.After(a.AssignedAt.Add(2*maxFollowUp)) {
		return &FieldError{"follow_up_at", "this time is many years off; give the one that is meant"}
	}
	return nil
}

// sameMoment reports whether both are the same moment, or none.
func sameMoment(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

// A reminder is a copy whose time to be followed up has come, with how its member can be told.
type reminder struct {
	Workspace uuid.UUID `db:"workspace_id"`
	ID        uuid.UUID `db:"assigned_lead_id"`
	Member    uuid.UUID `db:"member_id"`
	reachRow
}

// RemindersDue reports whether OweReminders finds any: a transaction each second that finds none is not worth its round trips.
func (q Queries) RemindersDue(ctx context.Context) (due bool, err error) {
	err = sqlx.GetContext(often(ctx), q.q, &due, `SELECT EXISTS (SELECT 1 FROM assigned_leads WHERE remind_at <= $1)`, q.now())
	return due, translate(err)
}

// OweReminders owes members what reminds them of copies whose time to be followed up has come, of the limit's number that have waited
// longest, and returns how many those are. Taking note that they were and owing it are one transaction: each is owed once. Who is
// deactivated is not reminded, nor who chose not to be told; what becomes of the time until it is sent, the claim looks at.
func (t *Tx) OweReminders(ctx context.Context, limit int) (int, error) {
	var due []reminder
	if err := sqlx.SelectContext(often(ctx), t.q, &due, `
		WITH due AS (
			SELECT workspace_id, assigned_lead_id FROM assigned_leads
			WHERE remind_at <= $1 ORDER BY remind_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
		)
		UPDATE assigned_leads a SET remind_at = NULL FROM due d, members m
		WHERE a.workspace_id = d.workspace_id AND a.assigned_lead_id = d.assigned_lead_id
			AND m.workspace_id = a.workspace_id AND m.member_id = a.member_id
		RETURNING a.workspace_id, a.assigned_lead_id, a.member_id, telegram_chat_id IS NOT NULL AS has_chat,
			m.email IS NOT NULL AND email_off IS NULL AS has_mail,
			CASE WHEN m.active AND m.removed_at IS NULL AND a.erased_at IS NULL THEN notify_by ELSE '{}' END AS notify_by`,
		t.now(), limit); err != nil {
		return 0, fmt.Errorf("finding who is to be reminded: %w", translate(err))
	}
	var workspaces, ids, members, copies []uuid.UUID
	var channels []string
	for _, r := range due {
		for _, c := range r.channels(t.channels) {
			id, err := uuid.NewV7()
			if err != nil {
				return 0, err
			}
			workspaces, ids, members = append(workspaces, r.Workspace), append(ids, id), append(members, r.Member)
			copies, channels = append(copies, r.ID), append(channels, string(c))
		}
	}
	if len(ids) == 0 {
		return len(due), nil
	}
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO notifications (workspace_id, notification_id, member_id, kind, channel, assigned_lead_ids, send_at, created_at)
		SELECT workspace, id, member, $1, channel, ARRAY[copy], $2, $2
		FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[]) AS m (workspace, id, member, channel, copy)`,
		string(NotifyReminder), t.now(), uuids(workspaces), uuids(ids), uuids(members), texts(channels), uuids(copies))
	if err != nil {
		return 0, fmt.Errorf("noting who is to be reminded: %w", translate(err))
	}
	return len(due), nil
}

// toFollowUp are those of the copies that a member is still to be reminded of: each once, without those that were moved to a later time,
// cleared or erased since.
func (q Queries) toFollowUp(ctx context.Context, m *Message, ids []uuid.UUID) ([]uuid.UUID, error) {
	var due []uuid.UUID
	err := sqlx.SelectContext(ctx, q.q, &due, `
		SELECT assigned_lead_id FROM assigned_leads
		WHERE workspace_id = $1 AND assigned_lead_id = ANY($2::uuid[]) AND member_id = $3 AND follow_up_at <= $4 AND erased_at IS NULL
			AND withdrawn_at IS NULL
		ORDER BY follow_up_at, assigned_lead_id`, m.Workspace, uuids(ids), m.Recipient.MemberID, q.now())
	return due, translate(err)
}

// forgetMessages takes back messages that there is nothing to say in any more.
func (t *Tx) forgetMessages(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		DELETE FROM notifications WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[])`, workspace, uuids(ids))
	return translate(err)
}
