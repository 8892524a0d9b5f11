package store

import (
	"context"
	"slices"
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
			AND (attempts = $4 OR cardinality(assigned_lead_ids) = $5)`,
		m.Workspace, m.ID, q.now(), m.Attempt, m.copies)
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
// that reaches them; where there is none, or they get it by that one anyway, it fails. It does nothing where the message is
// not in this worker's hand any more.
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
	return t.redirectInHand(ctx, m, to, said)
}

// MessageRejected records that a channel will never take a message, for what the provider said. The message goes by another
// channel that reaches the member; where there is none, where it came from one already, where they get it by that one
// anyway, and where it is a test of the channel, it fails. It does nothing where the message is not in this worker's hand any
// more.
func (t *Tx) MessageRejected(ctx context.Context, m *Message, said string) error {
	if m.FallbackFrom != "" || m.Kind == NotifyTest {
		return t.MessageFailed(ctx, m, said)
	}
	to, err := t.recipient(ctx, m.Workspace, m.Recipient.MemberID)
	if err != nil {
		return err
	}
	return t.redirectInHand(ctx, m, to, said)
}

// redirectInHand redirects a message where it is still in this worker's hand.
func (t *Tx) redirectInHand(ctx context.Context, m *Message, to recipientRow, said string) error {
	var inHand bool
	if err := sqlx.GetContext(ctx, t.q, &inHand, `
		SELECT EXISTS (SELECT 1 FROM notifications
			WHERE workspace_id = $1 AND notification_id = $2 AND state = 'owed' AND attempts = $3)`,
		m.Workspace, m.ID, m.Attempt); err != nil || !inHand {
		return translate(err)
	}
	_, err := t.redirect(ctx, m.Workspace, []uuid.UUID{m.ID}, m.Channel, to, said)
	return err
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

// redirect has messages go by the next channel that reaches the member, and returns how many fail: all where there is none,
// or they chose that channel beside this one and so have the message; and those whose leads they were told of by that
// channel already, as after they chose anew.
func (t *Tx) redirect(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, from lead.Channel, to recipientRow, said string) (failed int, err error) {
	reach := slices.DeleteFunc(to.reach(t.channels), func(c lead.Channel) bool { return c == from })
	chosen := channelsOf(to.NotifyBy)
	if len(reach) == 0 || slices.Contains(chosen, from) && slices.Contains(chosen, reach[0]) {
		return len(ids), t.failOwed(ctx, workspace, ids, said)
	}
	err = sqlx.GetContext(ctx, t.q, &failed, `
		WITH told AS (
			UPDATE notifications n SET state = 'failed', leased_until = NULL, error = $6
			WHERE n.workspace_id = $1 AND n.notification_id = ANY($2::uuid[]) AND n.state = 'owed' AND EXISTS (
				SELECT 1 FROM notifications o WHERE o.workspace_id = $1 AND o.member_id = n.member_id AND o.channel = $3
					AND o.assigned_lead_ids && n.assigned_lead_ids)
			RETURNING n.notification_id
		), moved AS (
			UPDATE notifications SET channel = $3, fallback_from = $4, error = $5, send_at = $7, leased_until = NULL
			WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[]) AND state = 'owed'
				AND notification_id NOT IN (SELECT notification_id FROM told)
		)
		SELECT count(*) FROM told`,
		workspace, uuids(ids), string(reach[0]), string(from), string(from)+": "+said+"; sent by "+string(reach[0])+" instead", said, t.now())
	return failed, translate(err)
}

func (t *Tx) failOwed(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, said string) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE notifications SET state = 'failed', leased_until = NULL, error = $3
		WHERE workspace_id = $1 AND notification_id = ANY($2::uuid[]) AND state = 'owed'`, workspace, uuids(ids), said)
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
