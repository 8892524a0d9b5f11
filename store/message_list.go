package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// NotificationState is how far a message is.
type NotificationState string

// The states of messages.
const (
	NotificationOwed   NotificationState = "owed"
	NotificationSent   NotificationState = "sent"
	NotificationFailed NotificationState = "failed"
)

// NotificationStates lists every state.
func NotificationStates() []NotificationState {
	return []NotificationState{NotificationOwed, NotificationSent, NotificationFailed}
}

// NotificationKind is what a message is about.
type NotificationKind string

// The kinds of messages.
const (
	// NotifyLeads tells of copies.
	NotifyLeads NotificationKind = "leads"
	// NotifyReminder reminds of copies that are to be followed up.
	NotifyReminder NotificationKind = "reminder"
	// NotifyAnswer reminds of copies that are to be answered.
	NotifyAnswer NotificationKind = "answer"
	// NotifyUndone tells that copies were taken back, since what gave them was undone.
	NotifyUndone NotificationKind = "undone"
	// NotifyOffer tells of leads that are offered.
	NotifyOffer NotificationKind = "offer"
	// NotifyUnanswered tells who is in charge of copies that were not answered in time, and stay where they are.
	NotifyUnanswered NotificationKind = "unanswered"
	// NotifyNotAccepted tells who is in charge of leads that were offered and that nobody accepted in time.
	NotifyNotAccepted NotificationKind = "not_accepted"
	// NotifyTest shows an example, and that messages arrive.
	NotifyTest NotificationKind = "test"
)

// NotificationKinds lists every kind.
func NotificationKinds() []NotificationKind {
	return []NotificationKind{NotifyLeads, NotifyReminder, NotifyAnswer, NotifyUndone, NotifyOffer, NotifyUnanswered, NotifyNotAccepted, NotifyTest}
}

// OfOffers reports whether messages of the kind tell of offers, and not of copies.
func (k NotificationKind) OfOffers() bool { return k == NotifyOffer || k == NotifyNotAccepted }

// A Notification is a message to a member: owed, sent, or given up on.
type Notification struct {
	ID       uuid.UUID         `db:"notification_id"`
	MemberID uuid.UUID         `db:"member_id"`
	Kind     NotificationKind  `db:"kind"`
	Channel  lead.Channel      `db:"channel"`
	State    NotificationState `db:"state"`
	// Leads is how many copies or offers it tells of, and About the first hundred of them.
	Leads int `db:"leads"`
	About IDs `db:"about"`
	// PersonID is to whom it goes, where they are no member: MemberID is the same then.
	PersonID *uuid.UUID `db:"person_id"`
	// Attempts counts the times that a provider was asked to take it. Error is what one said last.
	Attempts int    `db:"attempts"`
	Error    string `db:"error"`
	// FallbackFrom is the channel that it was to go by first, empty where it is the one it has.
	FallbackFrom lead.Channel `db:"fallback_from"`
	CreatedAt    time.Time    `db:"created_at"`
	// SendAt is when it is looked at next, while it is owed.
	SendAt time.Time  `db:"send_at"`
	SentAt *time.Time `db:"sent_at"`
}

const notificationColumns = `notification_id, member_id, kind, channel, state, cardinality(assigned_lead_ids) AS leads,
	assigned_lead_ids[1:100] AS about, person_id, attempts, coalesce(error, '') AS error, coalesce(fallback_from, '') AS fallback_from,
	created_at, send_at, sent_at`

// A NotificationFilter narrows a list of messages; zero fields don't.
type NotificationFilter struct {
	MemberID uuid.UUID
	State    NotificationState
}

// Notifications lists a page of messages, newest first.
func (q Queries) Notifications(ctx context.Context, workspace uuid.UUID, f NotificationFilter, p Page) ([]Notification, error) {
	query, args := `SELECT `+notificationColumns+` FROM notifications
		WHERE workspace_id = $1 AND ($2::uuid IS NULL OR notification_id < $2)`, []any{workspace, nullID(p.After), p.Limit}
	// Each filter is written out only where it is asked for, so that the planner takes the index that suits it.
	if f.MemberID != uuid.Nil {
		query, args = query+` AND member_id = $4`, append(args, f.MemberID)
	}
	switch f.State {
	case NotificationOwed:
		query += ` AND state = 'owed'`
	case NotificationFailed:
		query += ` AND state = 'failed'`
	case NotificationSent:
		query += ` AND state = 'sent'`
	}
	var all []Notification
	err := sqlx.SelectContext(ctx, q.q, &all, query+` ORDER BY notification_id DESC LIMIT $3`, args...)
	return all, translate(err)
}

// OweTest owes a member an example by each of their channels. It returns the messages' ids, none where no channel
// reaches them, and ErrNotFound where there is no such member.
func (t *Tx) OweTest(ctx context.Context, workspace, member uuid.UUID) ([]uuid.UUID, error) {
	var reach reachRow
	if err := sqlx.GetContext(ctx, t.q, &reach, `
		SELECT `+reachColumns+` FROM members
		WHERE workspace_id = $1 AND member_id = $2 AND removed_at IS NULL`, workspace, member); err != nil {
		return nil, translate(err)
	}
	ids := []uuid.UUID{}
	for _, channel := range reach.channels(lead.Channels()) {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		if _, err := t.q.ExecContext(ctx, `
			INSERT INTO notifications (workspace_id, notification_id, member_id, kind, channel, assigned_lead_ids, send_at, created_at)
			VALUES ($1, $2, $3, $4, $5, '{}', $6, $6)`,
			workspace, id, member, string(NotifyTest), string(channel), t.now()); err != nil {
			return nil, translate(err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// ResendNotification has a message that was given up on sent after all. It returns ErrNotFound where there is none, or
// it is owed or sent already.
func (q Queries) ResendNotification(ctx context.Context, workspace, id uuid.UUID) error {
	result, err := q.q.ExecContext(ctx, `
		UPDATE notifications SET state = 'owed', send_at = $3, owed_at = $3, attempts = 0, skipped = false
		WHERE workspace_id = $1 AND notification_id = $2 AND state = 'failed'`, workspace, id, q.now())
	return oneRow(result, err)
}
