package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An owedMessage is one that is sent as soon as it can be. Person says that it is to somebody who is in charge and no member.
type owedMessage struct {
	to      uuid.UUID
	person  bool
	channel lead.Channel
	about   []uuid.UUID
}

// oweMessages writes messages of a kind.
func (t *Tx) oweMessages(ctx context.Context, workspace uuid.UUID, kind NotificationKind, all []owedMessage) error {
	if len(all) == 0 {
		return nil
	}
	ids, people := make([]uuid.UUID, len(all)), make([]uuid.UUID, len(all))
	for i, m := range all {
		var err error
		if ids[i], err = uuid.NewV7(); err != nil {
			return err
		}
		if m.person {
			people[i] = m.to
		}
	}
	from, args := unnest("m", []any{workspace, uuid.Nil, t.now(), string(kind)},
		column{"id", uuids(ids)},
		column{"member_id", uuids(pluck(all, func(m *owedMessage) uuid.UUID { return m.to }))},
		column{"person_id", uuids(people)},
		column{"channel", texts(pluck(all, func(m *owedMessage) lead.Channel { return m.channel }))},
		column{"about", texts(pluck(all, func(m *owedMessage) string { return IDs(m.about).text() }))})
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO notifications (workspace_id, notification_id, member_id, person_id, kind, channel, assigned_lead_ids, send_at, created_at)
		SELECT $1, m.id, m.member_id, nullif(m.person_id, $2), $4, m.channel, m.about::uuid[], $3, $3 FROM `+from, args...); err != nil {
		return fmt.Errorf("noting %d messages: %w", len(all), translate(err))
	}
	return nil
}

// inCharge is somebody who manages the workspace, with how they are reached: by the channels of the member whom they are, if they are one,
// else by the address by which they sign in.
type inCharge struct {
	Person uuid.UUID     `db:"person_id"`
	Member uuid.NullUUID `db:"member_id"`
	reachRow
}

// tellInCharge owes everybody who is in charge a message about copies or offers. Who has chosen to get no messages gets none.
func (t *Tx) tellInCharge(ctx context.Context, workspace uuid.UUID, kind NotificationKind, about []uuid.UUID) error {
	if len(t.channels) == 0 || len(about) == 0 {
		return nil
	}
	var all []inCharge
	if err := sqlx.SelectContext(ctx, t.q, &all, `
		SELECT p.person_id, m.member_id, m.telegram_chat_id IS NOT NULL AS has_chat, m.email IS NOT NULL AND m.email_off IS NULL AS has_mail, m.notify_by
		FROM people p LEFT JOIN members m ON m.workspace_id = p.workspace_id AND m.member_id = p.member_id AND m.active AND m.removed_at IS NULL
		WHERE p.workspace_id = $1 AND p.removed_at IS NULL AND p.role = ANY($2::text[]) ORDER BY p.person_id`,
		workspace, texts([]lead.PersonRole{lead.PersonAdmin, lead.PersonManager})); err != nil {
		return fmt.Errorf("finding who is in charge: %w", translate(err))
	}
	var owed []owedMessage
	for _, one := range all {
		wantsNone := one.Member.Valid && one.NotifyBy != nil && len(one.NotifyBy) == 0
		channels := one.channels(t.channels)
		for _, c := range channels {
			owed = append(owed, owedMessage{to: one.Member.UUID, channel: c, about: about})
		}
		mail := reachRow{Mail: true}.channels(t.channels)
		if len(channels) == 0 && !wantsNone && len(mail) > 0 {
			owed = append(owed, owedMessage{to: one.Person, person: true, channel: mail[0], about: about})
		}
	}
	return t.oweMessages(ctx, workspace, kind, owed)
}
