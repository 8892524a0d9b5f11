package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// ask writes offers to receivers that are made at a time, and owes them, and webhooks, the news.
func (t *Tx) ask(ctx context.Context, workspace uuid.UUID, offers []offer, at time.Time) (err error) {
	type row struct {
		id, pending, lead, group, member uuid.UUID
		version, reassigned              int
		turn                             int64
		end                              time.Time
	}
	var rows []row
	var told []happening
	var loud []uuid.UUID
	for _, o := range offers {
		for _, r := range o.receivers {
			one := row{uuid.Nil, o.PendingID, o.LeadID, o.GroupID.UUID, r.MemberID, o.version, o.Reassigned, o.turn, timeOrEpoch(o.end)}
			if one.id, err = t.newID(); err != nil {
				return err
			}
			rows, told = append(rows, one), append(told, happening{id: one.id, event: lead.WebhookOffered, lead: o.LeadID})
			if r.Notify {
				loud = append(loud, one.id)
			}
		}
	}
	ids := func(of func(*row) uuid.UUID) array { return uuids(pluck(rows, of)) }
	from, args := unnest("o", []any{workspace, at, epoch},
		column{"offer_id", ids(func(r *row) uuid.UUID { return r.id })},
		column{"pending_id", ids(func(r *row) uuid.UUID { return r.pending })},
		column{"lead_id", ids(func(r *row) uuid.UUID { return r.lead })},
		column{"group_id", ids(func(r *row) uuid.UUID { return r.group })},
		column{"member_id", ids(func(r *row) uuid.UUID { return r.member })},
		column{"version", ints(pluck(rows, func(r *row) int { return r.version }))},
		column{"reassigned", ints(pluck(rows, func(r *row) int { return r.reassigned }))},
		column{"turn", bigints(pluck(rows, func(r *row) int64 { return r.turn }))},
		column{"answer_by", timestamps(pluck(rows, func(r *row) time.Time { return r.end }))})
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO offers (workspace_id, offer_id, pending_id, lead_id, group_id, ring_version, turn, reassigned, member_id, offered_at, answer_by)
		SELECT $1, o.offer_id, o.pending_id, o.lead_id, o.group_id, o.version, o.turn, o.reassigned, o.member_id, $2, nullif(o.answer_by, $3)
		FROM `+from, args...); err != nil {
		return fmt.Errorf("offering %d leads: %w", len(offers), translate(err))
	}
	t.left.Offered += len(rows)
	if err := t.tell(ctx, workspace, told); err != nil {
		return err
	}
	return t.oweOffers(ctx, workspace, loud)
}

// remindOfOffers owes the receivers of leads that are offered a reminder.
func (t *Tx) remindOfOffers(ctx context.Context, workspace uuid.UUID, pending []uuid.UUID) error {
	if len(pending) == 0 {
		return nil
	}
	t.left.Reminded += len(pending)
	var ids []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &ids, `
		SELECT offer_id FROM offers WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[]) AND state = $3 ORDER BY offer_id`,
		workspace, uuids(pending), string(OfferOpen)); err != nil {
		return translate(err)
	}
	return t.oweOffers(ctx, workspace, ids)
}

// oweOffers owes members messages of what is offered to them. They are sent without waiting for more to say: others may be faster.
func (t *Tx) oweOffers(ctx context.Context, workspace uuid.UUID, offers []uuid.UUID) error {
	if len(t.channels) == 0 || len(offers) == 0 {
		return nil
	}
	var rows []struct {
		Offer  uuid.UUID `db:"offer_id"`
		Member uuid.UUID `db:"member_id"`
		reachRow
	}
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT o.offer_id, o.member_id, `+reachColumns+` FROM offers o JOIN members m USING (workspace_id, member_id)
		WHERE o.workspace_id = $1 AND o.offer_id = ANY($2::uuid[]) AND (telegram_chat_id IS NOT NULL OR email IS NOT NULL)
		ORDER BY o.offer_id`, workspace, uuids(offers)); err != nil {
		return fmt.Errorf("reading who is to be told of offers: %w", translate(err))
	}
	var owed []owedMessage
	for _, r := range rows {
		for _, c := range r.channels(t.channels) {
			owed = append(owed, owedMessage{to: r.Member, channel: c, about: []uuid.UUID{r.Offer}})
		}
	}
	return t.oweMessages(ctx, workspace, NotifyOffer, owed)
}

// toAccept are those of the offers that a member can still accept.
func (q Queries) toAccept(ctx context.Context, m *Message, ids []uuid.UUID) ([]uuid.UUID, error) {
	var open []uuid.UUID
	err := sqlx.SelectContext(ctx, q.q, &open, `
		SELECT o.offer_id FROM offers o JOIN leads l USING (workspace_id, lead_id)
		WHERE o.workspace_id = $1 AND o.offer_id = ANY($2::uuid[]) AND o.member_id = $3 AND o.state = $4 AND l.deleted_at IS NULL
		ORDER BY o.answer_by, o.offer_id`, m.Workspace, uuids(ids), m.Recipient.MemberID, string(OfferOpen))
	return open, translate(err)
}

// messageOffers reads what is offered as messages tell of it, in the order of the offers' ids: a name and a place.
func (q Queries) messageOffers(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) ([]MessageLead, error) {
	var rows []offerRow
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT `+offerColumns+` WHERE o.workspace_id = $1 AND o.offer_id = ANY($2::uuid[]) AND l.deleted_at IS NULL
		ORDER BY array_position($2::uuid[], o.offer_id)`, workspace, uuids(ids)); err != nil {
		return nil, fmt.Errorf("reading what is offered: %w", translate(err))
	}
	leads := make([]MessageLead, len(rows))
	for i, r := range rows {
		o := r.offer()
		leads[i] = MessageLead{ID: o.ID, Name: o.Name, Place: o.Place, At: o.OfferedAt, By: o.AnswerBy}
	}
	return leads, nil
}
