package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A lapsed offering is one that none of its receivers accepted.
type lapsed struct {
	claim
	offering
}

// lapse ends offerings: their receivers can accept them no more, and history has each, with whom they were offered to.
func (t *Tx) lapse(ctx context.Context, workspace uuid.UUID, all []lapsed) error {
	if len(all) == 0 {
		return nil
	}
	entries, pending := make([]uuid.UUID, len(all)), make([]uuid.UUID, len(all))
	for i := range all {
		for _, id := range []*uuid.UUID{&entries[i], &pending[i]} {
			var err error
			if *id, err = t.newID(); err != nil {
				return err
			}
		}
	}
	ids := func(of func(*lapsed) uuid.UUID) array { return uuids(pluck(all, of)) }
	times := func(of func(*lapsed) time.Time) array { return timestamps(pluck(all, of)) }
	from, args := unnest("n", []any{workspace, uuid.Nil, t.now(), string(lead.Lapsed), string(lead.ObstacleNotAnswered), string(OfferLapsed), string(OfferOpen)},
		column{"offered", ids(func(l *lapsed) uuid.UUID { return l.PendingID })},
		column{"history_id", uuids(entries)},
		column{"pending_id", uuids(pending)},
		column{"lead_id", ids(func(l *lapsed) uuid.UUID { return l.LeadID })},
		column{"group_id", ids(func(l *lapsed) uuid.UUID { return l.GroupID.UUID })},
		column{"assignment_id", ids(func(l *lapsed) uuid.UUID { return l.AssignmentID.UUID })},
		column{"version", ints(pluck(all, func(l *lapsed) int { return l.version }))},
		column{"turn", bigints(pluck(all, func(l *lapsed) int64 { return l.turn }))},
		column{"trigger", texts(pluck(all, func(l *lapsed) lead.Trigger { return l.Trigger }))},
		column{"skipped", jsonbs(pluck(all, func(l *lapsed) string { return textOfJSON(l.skipped) }))},
		column{"due_at", times(func(l *lapsed) time.Time { return l.DueAt })},
		column{"accepted_at", times(func(l *lapsed) time.Time { return l.AcceptedAt })})
	if _, err := t.q.ExecContext(ctx, `
		WITH n AS (SELECT * FROM `+from+`), o AS (
			UPDATE offers o SET state = CASE WHEN o.state = $7 THEN $6 ELSE o.state END, ended_at = coalesce(o.ended_at, $3) FROM n
			WHERE o.workspace_id = $1 AND o.pending_id = n.offered AND o.group_id = n.group_id AND o.ring_version = n.version AND o.turn = n.turn
			RETURNING o.pending_id, o.member_id
		)
		INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, lead_id, group_id, ring_version, turn, outcome, trigger,
			skipped, due_at, accepted_at, at)
		SELECT $1, n.history_id, n.pending_id, nullif(n.assignment_id, $2), n.lead_id, n.group_id, n.version, n.turn, $4, n.trigger,
			coalesce(n.skipped, '[]') || coalesce((SELECT jsonb_agg(jsonb_build_object('member_id', o.member_id, 'reason', $5::text))
				FROM o WHERE o.pending_id = n.offered), '[]'), n.due_at, n.accepted_at, $3
		FROM n`, args...); err != nil {
		return fmt.Errorf("ending %d offers: %w", len(all), translate(err))
	}
	t.left.Lapsed += len(all)
	return nil
}

// endOffers ends what is offered of pending leads, which are locked and stay pending: their turns are history then.
func (t *Tx) endOffers(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) error {
	var claims []claim
	if err := sqlx.SelectContext(ctx, t.q, &claims, `
		SELECT `+claimColumns+` FROM pending_leads p
		WHERE p.workspace_id = $1 AND p.pending_id = ANY($2::uuid[]) AND p.offered_at IS NOT NULL`, workspace, uuids(ids)); err != nil {
		return fmt.Errorf("reading what is offered: %w", translate(err))
	}
	if len(claims) == 0 {
		return nil
	}
	all := make([]lapsed, len(claims))
	for i := range claims {
		claims[i].goOn()
		all[i] = lapsed{claims[i], *claims[i].offering}
	}
	if err := t.lapse(ctx, workspace, all); err != nil {
		return err
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads SET offered_at = NULL, offer_by = NULL, offer_alarm_at = NULL, ring_version = NULL, turn = NULL,
			reassigned = reassigned + 1
		WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[]) AND offered_at IS NOT NULL`, workspace, uuids(ids))
	return translate(err)
}

// cancelOffers ends what is offered of pending leads that are deleted.
func (t *Tx) cancelOffers(ctx context.Context, workspace uuid.UUID, pending []uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE offers SET state = $3, ended_at = $4 WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[]) AND state = $5`,
		workspace, uuids(pending), string(OfferCancelled), t.now(), string(OfferOpen))
	return translate(err)
}

// cancelOffersTo ends what is offered to a member who can take no leads any more. Leads that nobody else can accept go on at once.
func (t *Tx) cancelOffersTo(ctx context.Context, workspace, member uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		WITH ended AS (
			UPDATE offers SET state = $3, ended_at = $4 WHERE workspace_id = $1 AND member_id = $2 AND state = $5 RETURNING pending_id
		), alone AS (
			SELECT p.pending_id FROM pending_leads p WHERE p.workspace_id = $1 AND p.pending_id IN (SELECT pending_id FROM ended)
				AND NOT EXISTS (SELECT 1 FROM offers o WHERE o.workspace_id = $1 AND o.pending_id = p.pending_id AND o.state = $5 AND o.member_id <> $2)
			ORDER BY p.pending_id FOR UPDATE
		)
		UPDATE pending_leads p SET offer_alarm_at = $4 FROM alone WHERE p.workspace_id = $1 AND p.pending_id = alone.pending_id`,
		workspace, member, string(OfferCancelled), t.now(), string(OfferOpen))
	if err != nil {
		return fmt.Errorf("ending what is offered to member %s: %w", member, translate(err))
	}
	return nil
}

// hurryOffers has offers of leads that match a condition on pending leads p, whose argument is $3, be looked at now.
func (t *Tx) hurryOffers(ctx context.Context, workspace uuid.UUID, condition string, arg any) error {
	_, err := t.q.ExecContext(ctx, `
		WITH found AS (
			SELECT p.pending_id FROM pending_leads p
			WHERE p.workspace_id = $1 AND p.waiting_since IS NOT NULL AND p.offered_at IS NOT NULL AND p.batch_id IS NULL AND `+condition+` ORDER BY p.pending_id FOR UPDATE
		)
		UPDATE pending_leads p SET offer_alarm_at = $2 FROM found WHERE p.workspace_id = $1 AND p.pending_id = found.pending_id`,
		workspace, t.now(), arg)
	return translate(err)
}

// An offerAlarm is an offered lead about which something is to be done, since nobody has accepted it.
type offerAlarm struct {
	Pending    uuid.UUID    `db:"pending_id"`
	Lead       uuid.UUID    `db:"lead_id"`
	By         sql.NullTime `db:"offer_by"`
	Reassigned int          `db:"reassigned"`
	Wants      answerColumn `db:"answer_within"`
	// Gone says that nobody can accept it: its group or lead was deleted, or whoever it was offered to.
	Gone bool `db:"gone"`
}

// passOfferAlarms is passAlarms for offered leads: at half of their time their receivers are reminded, and when it is over they take the
// next turn, in the transaction in which they lapse, or stay on offer and that is told.
func (t *Tx) passOfferAlarms(ctx context.Context, workspace uuid.UUID, limit int) (int, error) {
	now := t.now()
	var due []offerAlarm
	if err := sqlx.SelectContext(often(ctx), t.q, &due, `
		WITH due AS (
			SELECT pending_id FROM pending_leads WHERE workspace_id = $1 AND offer_alarm_at <= $2
			ORDER BY offer_alarm_at LIMIT $3 FOR UPDATE SKIP LOCKED
		)
		UPDATE pending_leads p SET offer_alarm_at = CASE WHEN p.offer_by > $2 THEN p.offer_by END
		FROM due d, groups g, leads l
		WHERE p.workspace_id = $1 AND p.pending_id = d.pending_id AND g.workspace_id = $1 AND g.group_id = p.group_id
			AND l.workspace_id = $1 AND l.lead_id = p.lead_id
		RETURNING p.pending_id, p.lead_id, p.offer_by, p.reassigned, g.answer_within, g.deleted_at IS NOT NULL OR l.deleted_at IS NOT NULL
			OR NOT EXISTS (SELECT 1 FROM offers o WHERE o.workspace_id = $1 AND o.pending_id = p.pending_id AND o.state = $4) AS gone`,
		workspace, now, limit, string(OfferOpen)); err != nil {
		return 0, fmt.Errorf("finding what was not accepted: %w", translate(err))
	}
	var remind, on, stays []uuid.UUID
	for _, a := range due {
		switch w := a.Wants; {
		case a.Gone:
			on = append(on, a.Pending)
		case a.By.Time.After(now):
			remind = append(remind, a.Pending)
		case w.None():
		case w.Then == lead.ThenReassign && a.Reassigned < w.AtMost:
			on = append(on, a.Pending)
		default:
			stays = append(stays, a.Lead)
		}
	}
	if err := t.remindOfOffers(ctx, workspace, remind); err != nil {
		return 0, err
	}
	if err := t.offerElsewhere(ctx, workspace, on); err != nil {
		return 0, err
	}
	return len(due), t.tellNotAccepted(ctx, workspace, stays)
}

// offerElsewhere puts offered leads into batches. They can be accepted until those go out.
func (t *Tx) offerElsewhere(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID) error {
	batches, err := t.insertBatches(ctx, workspace, lead.QueueFresh, t.now(), len(ids))
	if err != nil || len(ids) == 0 {
		return err
	}
	of := make([]uuid.UUID, len(ids))
	for i := range ids {
		of[i] = batches[i/lead.MaxBatch]
	}
	_, err = t.q.ExecContext(ctx, `
		UPDATE pending_leads p SET batch_id = n.batch_id, offer_alarm_at = NULL FROM unnest($2::uuid[], $3::uuid[]) AS n (pending_id, batch_id)
		WHERE p.workspace_id = $1 AND p.pending_id = n.pending_id`, workspace, uuids(ids), uuids(of))
	if err != nil {
		return fmt.Errorf("having %d offered leads take the next turn: %w", len(ids), translate(err))
	}
	return t.followTraces(ctx, workspace, batches)
}

// tellNotAccepted tells that nobody accepted leads in time that stay on offer.
func (t *Tx) tellNotAccepted(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) error {
	told := make([]happening, len(leads))
	for i, id := range leads {
		event, err := t.newID()
		if err != nil {
			return err
		}
		told[i] = happening{id: event, event: lead.WebhookUnanswered, lead: id}
	}
	t.left.Overdue += len(leads)
	if err := t.tell(ctx, workspace, told); err != nil || len(leads) == 0 {
		return err
	}
	var offers []uuid.UUID // one of each lead's, which names it
	if err := sqlx.SelectContext(ctx, t.q, &offers, `
		SELECT DISTINCT ON (lead_id) offer_id FROM offers WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[]) AND state = $3
		ORDER BY lead_id, offer_id DESC`, workspace, uuids(leads), string(OfferOpen)); err != nil {
		return translate(err)
	}
	return t.tellInCharge(ctx, workspace, NotifyNotAccepted, offers)
}
