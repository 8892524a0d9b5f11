package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
)

// A Member is a person who can receive leads. Empty text means that there is none.
type Member struct {
	ID uuid.UUID `db:"member_id"`
	Reference
	Name           string `db:"name"`
	Email          string `db:"email"`
	TelegramChatID string `db:"telegram_chat_id"`
	// Timezone is an IANA name; empty means the workspace's.
	Timezone string `db:"timezone"`
	// Language is what they read, and are told of their leads in; empty means the workspace's.
	Language string `db:"language"`
	// NotifyBy are the channels by which they want to be told of their leads; nil is the default, empty is none.
	NotifyBy textArray[lead.Channel] `db:"notify_by"`
	// QuietHours are when they want no messages, by their clock.
	QuietHours *lead.Hours `db:"-"`
	// EmailOff is why nothing is sent to their e-mail address: EmailUnsubscribed, EmailUndeliverable or empty.
	EmailOff string `db:"email_off"`
	// Active is false for those who are deactivated and get no leads for now.
	Active bool `db:"active"`
	// OffDuty is the switch by which they take no leads by turn for now.
	OffDuty bool `db:"off_duty"`
	// WorkingHours are when they take leads, by their clock; nil is always.
	WorkingHours *lead.Week `db:"-"`
	// Caps bound what they get over all groups.
	Caps      lead.Caps `db:"-"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

// Why nothing is sent to an e-mail address.
const (
	EmailUnsubscribed  = "unsubscribed"
	EmailUndeliverable = "undeliverable"
)

// memberRow is a Member as its table has it.
type memberRow struct {
	Member
	QuietFrom *lead.Clock `db:"quiet_from"`
	QuietTo   *lead.Clock `db:"quiet_to"`
	Week      weekColumn  `db:"working_hours"`
	Capped    capsColumn  `db:"caps"`
}

func (r memberRow) member() Member {
	if r.QuietFrom != nil && r.QuietTo != nil {
		r.QuietHours = &lead.Hours{From: *r.QuietFrom, To: *r.QuietTo}
	}
	r.WorkingHours, r.Caps = r.Week.week, r.Capped.Caps
	return r.Member
}

const memberColumns = `member_id, name, coalesce(email, '') AS email, coalesce(telegram_chat_id, '') AS telegram_chat_id,
	coalesce(timezone, '') AS timezone, coalesce(language, '') AS language, notify_by, quiet_from, quiet_to, coalesce(email_off, '') AS email_off, active,
	NOT on_duty AS off_duty, working_hours, caps, ` + referenceColumns + `,
	created_at, updated_at`

// row is what can be said of a member when they are made.
func (m Member) row() row {
	quietFrom, quietTo := quietColumns(m.QuietHours)
	return append(append(m.availabilityRow(), m.reference()...), row{
		{"name", m.Name}, {"email", nullText(m.Email)}, {"telegram_chat_id", nullText(m.TelegramChatID)},
		{"timezone", nullText(m.Timezone)}, {"language", nullText(m.Language)}, {"notify_by", channelArray(m.NotifyBy)}, {"quiet_from", quietFrom},
		{"quiet_to", quietTo},
	}...)
}

// CreateMember makes an active member; the id and the times are the store's to give.
func (t *Tx) CreateMember(ctx context.Context, workspace uuid.UUID, m Member) (Member, error) {
	made, err := t.Queries.CreateMember(ctx, workspace, m)
	if err == nil && !m.Caps.None() {
		err = t.countAnew(ctx, workspace, `m.member_id = $2`, made.ID)
	}
	return made, err
}

// CreateMember makes an active member; one with caps is made by a transaction's CreateMember, which counts what they get.
func (q Queries) CreateMember(ctx context.Context, workspace uuid.UUID, m Member) (Member, error) {
	if err := m.check(Member{}); err != nil {
		return m, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return m, err
	}
	now := q.now()
	insert, args := append(m.row(), row{
		{"workspace_id", workspace}, {"member_id", id}, {"created_at", now}, {"updated_at", now},
	}...).insert("members")
	var made memberRow
	err = sqlx.GetContext(ctx, q.q, &made, insert+` RETURNING `+memberColumns, args...)
	return made.member(), translate(err)
}

// Member returns a member, ErrNotFound where there is none or they were removed.
func (q Queries) Member(ctx context.Context, workspace, member uuid.UUID) (Member, error) {
	var row memberRow
	err := sqlx.GetContext(ctx, q.q, &row, `
		SELECT `+memberColumns+` FROM members
		WHERE workspace_id = $1 AND member_id = $2 AND removed_at IS NULL`, workspace, member)
	return row.member(), translate(err)
}

// Clock is the time zone by which a member's time is told, or where there is none or they have none, the workspace's.
func (q Queries) Clock(ctx context.Context, workspace, member uuid.UUID) (zone string, err error) {
	err = sqlx.GetContext(ctx, q.q, &zone, `
		SELECT coalesce((SELECT timezone FROM members WHERE workspace_id = $1 AND member_id = $2), timezone) FROM workspaces WHERE workspace_id = $1`,
		workspace, member)
	return zone, translate(err)
}

// A MemberFilter narrows a list of members; zero fields don't. Email is one in any spelling of its letters.
type MemberFilter struct{ Email, ExternalID string }

// Members lists a page of members who are not removed, newest first.
func (q Queries) Members(ctx context.Context, workspace uuid.UUID, f MemberFilter, p Page) ([]Member, error) {
	var rows []memberRow
	l := listOf("members", "member_id", workspace, p, uuid.Nil, uuid.Nil)
	l.withReference(f.ExternalID)
	if f.Email != "" {
		l.others = append(l.others, "lower(email) = lower("+l.arg(f.Email)+")")
	}
	l.others = append(l.others, "removed_at IS NULL")
	err := l.read(ctx, q, &rows, "SELECT "+memberColumns+" FROM", "members", "")
	all := make([]Member, len(rows))
	for i, r := range rows {
		all[i] = r.member()
	}
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
	before := m
	if err := edit(&m); err != nil {
		return m, err
	}
	if err := m.check(before); err != nil {
		return m, err
	}
	m.UpdatedAt = t.after(before.UpdatedAt)
	update, args := append(m.row(), row{
		{"active", m.Active}, {"email_off", nullText(m.EmailOff)}, {"updated_at", m.UpdatedAt},
	}...).update("members", "workspace_id = $1 AND member_id = $2", workspace, member)
	_, err = t.q.ExecContext(ctx, update, args...)
	if err == nil && (m.Timezone != before.Timezone || !sameHours(m.QuietHours, before.QuietHours)) {
		err = t.wakeMessages(ctx, workspace, `m.member_id = $3`, member)
	}
	if err == nil {
		err = t.changedAvailability(ctx, workspace, before, m)
	}
	if err == nil && m.Active != before.Active {
		err = t.switched(ctx, workspace, m)
	}
	return m, translate(err)
}

// switched does what goes with a member's being deactivated, or being back.
func (t *Tx) switched(ctx context.Context, workspace uuid.UUID, m Member) error {
	if m.Active {
		return t.oweSkipped(ctx, workspace, m.ID)
	}
	return t.leaves(ctx, workspace, m.ID)
}

// leaves ends what a member had who is deactivated or removed.
func (t *Tx) leaves(ctx context.Context, workspace, member uuid.UUID) error {
	if err := t.forgetDebtsTo(ctx, workspace, member); err != nil {
		return err
	}
	if err := t.wakeGroupsOf(ctx, workspace, member); err != nil {
		return err
	}
	if err := t.cancelOffersTo(ctx, workspace, member); err != nil {
		return err
	}
	return t.endMessageLinks(ctx, workspace, member)
}

// closeForMember closes the gate for a change of a member, who may have leads planned: whoever plans locks members after the
// plans, and so does whoever hands over what a member has pending in the same transaction.
func (t *Tx) closeForMember(ctx context.Context, workspace uuid.UUID) error {
	if err := t.closeGate(ctx, workspace); err != nil {
		return err
	}
	return t.take(ctx, lockPlans, workspace)
}

// maxChatID is above every chat's id: those have at most 52 bits.
const maxChatID = 1 << 52

// check returns a *FieldError where a member cannot be stored as it is. Addresses that they had before may stay.
func (m Member) check(before Member) error {
	if err := m.checkReference(); err != nil {
		return err
	}
	if m.Email != "" && m.Email != before.Email && (!contact.Writable(m.Email) || strings.Contains(m.Email, "?")) {
		return &FieldError{"email", "this is no address that can be written to; write it as aina@example.com, without a name or anything else"}
	}
	if m.TelegramChatID != "" && m.TelegramChatID != before.TelegramChatID && !isChatID(m.TelegramChatID) {
		return &FieldError{"telegram_chat_id", "this is no id of a chat, which is a number as in 123456789, or -1001234567890 for a group; " +
			"better give the member the link of their telegram-link"}
	}
	if m.Timezone != "" {
		if err := checkZone("timezone", m.Timezone); err != nil {
			return err
		}
	}
	if err := checkLanguage(m.Language); err != nil {
		return err
	}
	if m.QuietHours != nil && m.QuietHours.From == m.QuietHours.To {
		return &FieldError{"quiet_hours", "quiet hours need two different times of day; null is none"}
	}
	return m.checkAvailability()
}

func isChatID(text string) bool {
	id, err := strconv.ParseInt(text, 10, 64)
	return err == nil && id != 0 && -maxChatID < id && id < maxChatID && strconv.FormatInt(id, 10) == text
}

// RemoveMember takes a member out of the workspace for good. Their copies, turns and history stay.
func (t *Tx) RemoveMember(ctx context.Context, workspace, member uuid.UUID) error {
	if err := t.closeForMember(ctx, workspace); err != nil {
		return err
	}
	result, err := t.q.ExecContext(ctx, `
		UPDATE members SET active = false, removed_at = $3, updated_at = $3
		WHERE workspace_id = $1 AND member_id = $2 AND removed_at IS NULL`, workspace, member, t.now())
	if err := oneRow(result, err); err != nil {
		return err
	}
	return t.leaves(ctx, workspace, member)
}
