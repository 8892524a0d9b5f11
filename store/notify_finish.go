package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// MessageSent records that the provider has taken a message.
func (q Queries) MessageSent(ctx context.Context, m *Message) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE notifications SET state = 'sent', sent_at = $3, leased_until = NULL,
			error = CASE WHEN fallback_from IS NOT NULL THEN error END
		WHERE workspace_id = $1 AND notification_id = $2 AND state = 'owed'`, m.Workspace, m.ID, q.now())
	return translate(err)
}

// MessageLater puts a message off until a time, because of what the provider said; empty where it was not asked, which
// then does not count as an attempt. It does nothing where the message is not in this worker's hand any more.
func (q Queries) MessageLater(ctx context.Context, m *Message, at time.Time, said string) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE notifications SET send_at = $4, leased_until = NULL, error = coalesce($5, error),
			attempts = CASE WHEN $5::text IS NULL THEN attempts - 1 ELSE attempts END
		WHERE workspace_id = $1 AND notification_id = $2 AND state = 'owed' AND attempts = $3`,
		m.Workspace, m.ID, m.Attempt, at, nullText(said))
	return translate(err)
}

// MessageFailed gives up on a message.
func (q Queries) MessageFailed(ctx context.Context, m *Message, said string) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE notifications SET state = 'failed', leased_until = NULL, error = $4
		WHERE workspace_id = $1 AND notification_id = $2 AND state = 'owed' AND attempts = $3`,
		m.Workspace, m.ID, m.Attempt, said)
	return translate(err)
}

// AddressDead records that a member is not to be reached at a message's address, for what the provider said: a Telegram
// chat is unlinked, an e-mail address is not written to again until it is changed. The message goes by another channel
// that reaches them; where there is none, or they get it by that one anyway, it fails.
func (t *Tx) AddressDead(ctx context.Context, m *Message, said string) error {
	statement, args := `
		UPDATE members SET email_off = $4, updated_at = $5 WHERE workspace_id = $1 AND member_id = $2 AND email = $3`,
		[]any{m.Workspace, m.Recipient.MemberID, m.Recipient.Address(m.Channel), EmailUndeliverable, t.now()}
	if m.Channel == lead.Telegram {
		statement, args = `
			UPDATE members SET telegram_chat_id = NULL, updated_at = $4
			WHERE workspace_id = $1 AND member_id = $2 AND telegram_chat_id = $3`,
			[]any{m.Workspace, m.Recipient.MemberID, m.Recipient.ChatID, t.now()}
	}
	if _, err := t.q.ExecContext(ctx, statement, args...); err != nil {
		return translate(err)
	}
	to, err := t.recipient(ctx, m.Workspace, m.Recipient.MemberID)
	if err != nil {
		return err
	}
	return t.redirect(ctx, m.Workspace, []uuid.UUID{m.ID}, m.Channel, to, said)
}

// ChatMoved has a member's messages go to another chat from now on: a Telegram group became a supergroup.
func (t *Tx) ChatMoved(ctx context.Context, m *Message, chat string) error {
	if _, err := t.q.ExecContext(ctx, `
		UPDATE members SET telegram_chat_id = $4, updated_at = $5
		WHERE workspace_id = $1 AND member_id = $2 AND telegram_chat_id = $3`,
		m.Workspace, m.Recipient.MemberID, m.Recipient.ChatID, chat, t.now()); err != nil {
		return translate(err)
	}
	return t.MessageLater(ctx, m, t.now(), "the Telegram group became a supergroup; sent again to its new id")
}

// redirect has messages go by the next channel that reaches the member. Where there is none, or they chose that channel
// beside this one and so have the message, they fail.
func (t *Tx) redirect(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, from lead.Channel, to recipientRow, said string) error {
	reach := slices.DeleteFunc(to.reach(t.channels), func(c lead.Channel) bool { return c == from })
	chosen := channelsOf(to.NotifyBy)
	if len(reach) == 0 || slices.Contains(chosen, from) && slices.Contains(chosen, reach[0]) {
		return t.failOwed(ctx, workspace, ids, said)
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET channel = $3, fallback_from = $4, error = $5, send_at = $6, leased_until = NULL
		WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[]) AND state = 'owed'`,
		workspace, uuids(ids), string(reach[0]), string(from), string(from)+": "+said+"; sent by "+string(reach[0])+" instead", t.now())
	return translate(err)
}

func (t *Tx) failOwed(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, said string) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET state = 'failed', leased_until = NULL, error = $3
		WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[])`, workspace, uuids(ids), said)
	return translate(err)
}

func (t *Tx) postpone(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, until time.Time) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET send_at = $3 WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[])`,
		workspace, uuids(ids), until)
	return translate(err)
}
