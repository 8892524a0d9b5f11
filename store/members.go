package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A Member is a person who can receive leads. Empty text means that there is none.
type Member struct {
	ID             uuid.UUID `db:"member_id"`
	Name           string    `db:"name"`
	Email          string    `db:"email"`
	TelegramChatID string    `db:"telegram_chat_id"`
	// Timezone is an IANA name; empty means the workspace's.
	Timezone string `db:"timezone"`
	// Active is false for those who are deactivated and get no leads for now.
	Active    bool      `db:"active"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

const memberColumns = `member_id, name, coalesce(email, '') AS email, coalesce(telegram_chat_id, '') AS telegram_chat_id,
	coalesce(timezone, '') AS timezone, active, created_at, updated_at`

// CreateMember makes an active member; the id and the times are the store's to give.
func (q Queries) CreateMember(ctx context.Context, workspace uuid.UUID, m Member) (Member, error) {
	if m.Timezone != "" {
		if err := checkZone("timezone", m.Timezone); err != nil {
			return m, err
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return m, err
	}
	err = sqlx.GetContext(ctx, q.q, &m, `
		INSERT INTO members (workspace_id, member_id, name, email, telegram_chat_id, timezone, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
		RETURNING `+memberColumns,
		workspace, id, m.Name, nullText(m.Email), nullText(m.TelegramChatID), nullText(m.Timezone), q.now())
	return m, translate(err)
}

// Member returns a member, ErrNotFound where there is none or they were removed.
func (q Queries) Member(ctx context.Context, workspace, member uuid.UUID) (Member, error) {
	var m Member
	err := sqlx.GetContext(ctx, q.q, &m, `
		SELECT `+memberColumns+` FROM members
		WHERE workspace_id = $1 AND member_id = $2 AND removed_at IS NULL`, workspace, member)
	return m, translate(err)
}

// Members lists a page of members who are not removed, newest first.
func (q Queries) Members(ctx context.Context, workspace uuid.UUID, p Page) ([]Member, error) {
	var all []Member
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+memberColumns+` FROM members
		WHERE workspace_id = $1 AND removed_at IS NULL AND ($2::uuid IS NULL OR member_id < $2)
		ORDER BY member_id DESC LIMIT $3`, workspace, nullID(p.After), p.Limit)
	return all, translate(err)
}

// EditMember changes a member in place; edit sees the current state. It waits for distributions in progress, so that
// whoever is deactivated gets nothing more once it has committed.
func (t *Tx) EditMember(ctx context.Context, workspace, member uuid.UUID, edit func(*Member) error) (Member, error) {
	if err := t.closeForMember(ctx, workspace); err != nil {
		return Member{}, err
	}
	m, err := t.Member(ctx, workspace, member)
	if err != nil {
		return m, err
	}
	zone := m.Timezone
	if err := edit(&m); err != nil {
		return m, err
	}
	if m.Timezone != "" {
		if err := checkZone("timezone", m.Timezone); err != nil {
			return m, err
		}
	}
	m.UpdatedAt = t.now()
	_, err = t.q.ExecContext(ctx, `
		UPDATE members SET name = $3, email = $4, telegram_chat_id = $5, timezone = $6, active = $7, updated_at = $8
		WHERE workspace_id = $1 AND member_id = $2`,
		workspace, member, m.Name, nullText(m.Email), nullText(m.TelegramChatID), nullText(m.Timezone), m.Active, m.UpdatedAt)
	if err == nil && m.Timezone != zone {
		err = t.askToReplan(ctx, workspace, `m.member_id = $2`, member)
	}
	return m, translate(err)
}

// closeForMember closes the gate for a change of a member, who may have leads planned: whoever plans locks members after the
// plans, and so does whoever hands over what a member has pending in the same transaction.
func (t *Tx) closeForMember(ctx context.Context, workspace uuid.UUID) error {
	if err := t.closeGate(ctx, workspace); err != nil {
		return err
	}
	_, err := t.q.ExecContext(ctx, planLock, workspace)
	return translate(err)
}

// RemoveMember takes a member out of the workspace for good. Their copies, turns and history stay.
func (t *Tx) RemoveMember(ctx context.Context, workspace, member uuid.UUID) error {
	if err := t.closeForMember(ctx, workspace); err != nil {
		return err
	}
	result, err := t.q.ExecContext(ctx, `
		UPDATE members SET active = false, removed_at = $3, updated_at = $3
		WHERE workspace_id = $1 AND member_id = $2 AND removed_at IS NULL`, workspace, member, t.now())
	return oneRow(result, err)
}
