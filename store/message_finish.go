package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// MessageSent records that the provider has taken a message. Where it is in another worker's hand by now, and tells of more
// there, that one sends it again: what was added would not be told otherwise.
func (q Queries) MessageSent(ctx context.Context, m *Message) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE notifications SET state = 'sent', sent_at = $3, leased_until = NULL,
			error = CASE WHEN fallback_from IS NOT NULL THEN error END
		WHERE workspace_id = $1 AND notification_id = $2 AND state = 'owed'
			AND (attempts = $4 AND channel = $6 OR cardinality(assigned_lead_ids) = $5)`,
		m.Workspace, m.ID, q.now(), m.Attempt, m.copies, string(m.Channel))
	return translate(err)
}

// MessageLater puts a message off until a time, because of what the provider said; empty where it was not asked, which
// then does not count as an attempt. It does nothing where the message is not in this worker's hand any more.
func (q Queries) MessageLater(ctx context.Context, m *Message, at time.Time, said string) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE notifications SET send_at = $4, leased_until = NULL, error = coalesce($5, error),
			attempts = CASE WHEN $5::text IS NULL THEN attempts - 1 ELSE attempts END
		WHERE workspace_id = $1 AND notification_id = $2 AND state = 'owed' AND attempts = $3 AND channel = $6`,
		m.Workspace, m.ID, m.Attempt, at, nullText(said), string(m.Channel))
	return translate(err)
}

// MessageFailed gives up on a message by its channel, after as many attempts as are worth making. It goes on as one that was
// rejected does.
func (s *Store) MessageFailed(ctx context.Context, m *Message, said string) error {
	return s.WithTx(ctx, func(t *Tx) error { return t.giveUp(ctx, m, said) })
}

// AddressDead records that a member is not to be reached at a message's address, for what the provider said: a Telegram
// chat is unlinked, an e-mail address is not written to again until it is changed. The message goes by another channel
// that reaches them; where there is none, or they get it by that one anyway, it fails. It does nothing where the message is
// not in this worker's hand any more.
func (t *Tx) AddressDead(ctx context.Context, m *Message, said string) error {
	statement, args := `
		UPDATE members SET email_off = $4, updated_at = `+afterSQL("$5", "members")+` WHERE workspace_id = $1 AND member_id = $2 AND email = $3`,
		[]any{m.Workspace, m.Recipient.MemberID, m.Recipient.Address(m.Channel), EmailUndeliverable, t.now()}
	if m.Channel == lead.Telegram {
		statement, args = `
			UPDATE members SET telegram_chat_id = NULL, updated_at = `+afterSQL("$4", "members")+`
			WHERE workspace_id = $1 AND member_id = $2 AND telegram_chat_id = $3`,
			[]any{m.Workspace, m.Recipient.MemberID, m.Recipient.ChatID, t.now()}
	}
	if _, err := t.q.ExecContext(ctx, statement, args...); err != nil {
		return translate(err)
	}
	return t.giveUp(ctx, m, said)
}

// MessageRejected records that a channel will never take a message, for what the provider said. The message goes by another
// channel that reaches the member; where there is none, where it came from one already, where they get it by that one
// anyway, and where it is a test of the channel, it fails. It does nothing where the message is not in this worker's hand any
// more.
func (t *Tx) MessageRejected(ctx context.Context, m *Message, said string) error {
	return t.giveUp(ctx, m, said)
}

// MessageElsewhere has a message go by another channel that reaches the member, and reports whether it does: it then need
// not wait for this one to be put right. It leaves alone what the other channel tells them anyway, or gave up on.
func (t *Tx) MessageElsewhere(ctx context.Context, m *Message, said string) (gone bool, err error) {
	owed, err := t.inHand(ctx, m)
	if err != nil || len(owed) == 0 || m.FallbackFrom != "" {
		return false, err
	}
	to, err := t.recipient(ctx, m.Workspace, m.Recipient.MemberID)
	if err != nil {
		return false, err
	}
	reach := to.reachBeside(m.Channel, t.channels)
	if len(reach) == 0 {
		return false, nil
	}
	known, err := t.toldBy(ctx, m.Workspace, to.MemberID, reach[0], owed)
	if err != nil {
		return false, err
	}
	if _, rest := split(owed[0].Copies, known); len(rest) == 0 {
		return false, nil
	}
	_, err = t.redirect(ctx, m.Workspace, owed, m.Channel, to, said)
	return true, err
}

// giveUp ends a message by its channel where it is still in this worker's hand.
func (t *Tx) giveUp(ctx context.Context, m *Message, said string) error {
	owed, err := t.inHand(ctx, m)
	if err != nil || len(owed) == 0 {
		return err
	}
	to, err := t.recipient(ctx, m.Workspace, m.Recipient.MemberID)
	if err != nil {
		return err
	}
	_, err = t.redirect(ctx, m.Workspace, owed, m.Channel, to, said)
	return err
}

// inHand locks a message that is still in this worker's hand, and finds none where it is not.
func (t *Tx) inHand(ctx context.Context, m *Message) (owed []owedRow, err error) {
	err = sqlx.SelectContext(ctx, t.q, &owed, `
		SELECT `+owedColumns+` FROM notifications
		WHERE workspace_id = $1 AND notification_id = $2 AND state = 'owed' AND attempts = $3 AND channel = $4 FOR UPDATE`,
		m.Workspace, m.ID, m.Attempt, string(m.Channel))
	return owed, translate(err)
}

// ChatMoved has a member's messages go to another chat from now on: a Telegram group became a supergroup.
func (t *Tx) ChatMoved(ctx context.Context, m *Message, chat string) error {
	if _, err := t.q.ExecContext(ctx, `
		UPDATE members SET telegram_chat_id = $4, updated_at = `+afterSQL("$5", "members")+`
		WHERE workspace_id = $1 AND member_id = $2 AND telegram_chat_id = $3`,
		m.Workspace, m.Recipient.MemberID, m.Recipient.ChatID, chat, t.now()); err != nil {
		return translate(err)
	}
	return t.MessageLater(ctx, m, t.now(), "the Telegram group became a supergroup; sent again to its new id")
}

func (t *Tx) failOwed(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, said string) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET state = 'failed', leased_until = NULL, error = $3
		WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[]) AND state = 'owed'`, workspace, uuids(ids), said)
	return translate(err)
}

// skipOwed gives up on messages because their member is inactive. They are told when they are back; see oweSkipped.
func (t *Tx) skipOwed(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET state = 'failed', leased_until = NULL, skipped = kind = 'leads',
			error = 'the member was deactivated or removed before they were told'
		WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[]) AND state = 'owed'`, workspace, uuids(ids))
	return translate(err)
}

// skippedFor is how old what was given meanwhile may be for whoever is back to be told of it.
const skippedFor = 7 * 24 * time.Hour

// oweSkipped owes a member who is back what they were not told while they were inactive, which becomes one message.
func (t *Tx) oweSkipped(ctx context.Context, workspace, member uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET skipped = false,
			state = CASE WHEN created_at >= $4 THEN 'owed' ELSE state END, attempts = 0, send_at = $3, owed_at = $3
		WHERE workspace_id = $1 AND member_id = $2 AND skipped`, workspace, member, t.now(), t.now().Add(-skippedFor))
	return translate(err)
}

// wakeMessages has those messages looked at again that wait for the quiet hours of members that match, which changed.
func (t *Tx) wakeMessages(ctx context.Context, workspace uuid.UUID, match string, args ...any) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications n SET send_at = $2 FROM members m
		WHERE n.workspace_id = $1 AND n.state = 'owed' AND n.attempts = 0 AND n.send_at > $2
			AND m.workspace_id = n.workspace_id AND m.member_id = n.member_id AND `+match,
		append([]any{workspace, t.now()}, args...)...)
	return translate(err)
}

func (t *Tx) postpone(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, until time.Time) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET send_at = $3 WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[])`,
		workspace, uuids(ids), until)
	return translate(err)
}
