package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An alarm is a copy about which something is to be done since nobody has answered it.
type alarm struct {
	unanswered
	AnswerBy   time.Time    `db:"answer_by"`
	Reassigned int          `db:"reassigned"`
	Wants      answerColumn `db:"answer_within"`
	Deleted    bool         `db:"deleted"`
	reachRow
}

// AlarmsDue lists workspaces with copies and offers about which something is to be done, as far as the limit's number that have waited longest says.
func (q Queries) AlarmsDue(ctx context.Context, limit int) ([]uuid.UUID, error) {
	var all []uuid.UUID
	err := sqlx.SelectContext(often(ctx), q.q, &all, `
		SELECT DISTINCT workspace_id FROM (
			(SELECT workspace_id FROM assigned_leads WHERE alarm_at <= $1 ORDER BY alarm_at LIMIT $2)
			UNION ALL
			(SELECT workspace_id FROM pending_leads WHERE offer_alarm_at <= $1 ORDER BY offer_alarm_at LIMIT $2)) due`, q.now(), limit)
	return all, translate(err)
}

// PassAlarms does what is to be done about copies of a workspace that nobody has answered, and offers that nobody has accepted, limit of each at the most, and returns how many those
// are: at half of their time their members are owed a reminder; when it is over the lead becomes a pending lead for the next receiver,
// who gets it in the transaction that takes the copy back, or it stays and that is told. Taking note and doing are one transaction.
func (s *Store) PassAlarms(ctx context.Context, workspace uuid.UUID, limit int) (n int, err error) {
	err = s.tryTx(ctx, func(t *Tx) error {
		n, err = t.passAlarms(ctx, workspace, limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("seeing to what workspace %s has not answered: %w", workspace, err)
	}
	return n, nil
}

func (t *Tx) passAlarms(ctx context.Context, workspace uuid.UUID, limit int) (int, error) {
	if err := t.passGate(ctx, workspace); err != nil {
		return 0, err
	}
	now := t.now()
	var due []alarm
	if err := sqlx.SelectContext(often(ctx), t.q, &due, `
		WITH due AS (
			SELECT assigned_lead_id FROM assigned_leads WHERE workspace_id = $1 AND alarm_at <= $2
			ORDER BY alarm_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
		)
		UPDATE assigned_leads a SET alarm_at = CASE WHEN a.answer_by > $2 THEN a.answer_by END
		FROM due d, members m, groups g
		WHERE a.workspace_id = $1 AND a.assigned_lead_id = d.assigned_lead_id
			AND m.workspace_id = $1 AND m.member_id = a.member_id AND g.workspace_id = $1 AND g.group_id = a.group_id
		RETURNING a.assigned_lead_id, a.source_lead_id, a.member_id, a.group_id, a.assigned_at, a.answer_by, a.reassigned,
			g.answer_within, g.deleted_at IS NOT NULL AS deleted, telegram_chat_id IS NOT NULL AS has_chat,
			m.email IS NOT NULL AND email_off IS NULL AS has_mail,
			CASE WHEN m.active AND m.removed_at IS NULL AND a.erased_at IS NULL THEN notify_by ELSE '{}' END AS notify_by`,
		workspace, now, limit); err != nil {
		return 0, fmt.Errorf("finding what was not answered: %w", translate(err))
	}
	var remind, again []alarm
	var stays []unanswered
	for _, a := range due {
		switch w := a.Wants; {
		case a.AnswerBy.After(now):
			remind = append(remind, a)
		case w.None():
		case w.Then == lead.ThenReassign && a.Reassigned < w.AtMost && !a.Deleted:
			again = append(again, a)
		default:
			stays = append(stays, a.unanswered)
		}
	}
	if err := t.remindToAnswer(ctx, workspace, remind); err != nil {
		return 0, err
	}
	if err := t.reassign(ctx, workspace, again); err != nil {
		return 0, err
	}
	if err := t.tellOverdue(ctx, workspace, stays); err != nil {
		return 0, err
	}
	n, err := t.passOfferAlarms(ctx, workspace, limit)
	return len(due) + n, err
}

// remindToAnswer owes members a reminder of copies that they have not answered.
func (t *Tx) remindToAnswer(ctx context.Context, workspace uuid.UUID, all []alarm) error {
	var owed []owedMessage
	for _, a := range all {
		for _, c := range a.channels(t.channels) {
			owed = append(owed, owedMessage{to: a.Member, channel: c, about: []uuid.UUID{a.ID}})
		}
	}
	t.left.Reminded += len(all)
	return t.oweMessages(ctx, workspace, NotifyAnswer, owed)
}

// reassign has leads take the next turns of their groups, one for all copies that a turn gave. They stay of the assignment that these are of.
func (t *Tx) reassign(ctx context.Context, workspace uuid.UUID, all []alarm) error {
	type turn struct {
		lead, group uuid.UUID
		at          time.Time
	}
	places := make(map[turn]int)
	var leads, groups []uuid.UUID
	var withdraws []IDs
	var times []int
	for _, a := range all {
		key := turn{a.Lead, a.Group.UUID, a.AssignedAt.UTC()}
		place, known := places[key]
		if !known {
			place, places[key] = len(leads), len(leads)
			leads, groups = append(leads, a.Lead), append(groups, a.Group.UUID)
			withdraws, times = append(withdraws, nil), append(times, a.Reassigned+1)
		}
		withdraws[place] = append(withdraws[place], a.ID)
	}
	batches, err := t.insertBatches(ctx, workspace, lead.QueueFresh, t.now(), len(leads))
	if err != nil || len(leads) == 0 {
		return err
	}
	ids, of, taken := make([]uuid.UUID, len(leads)), make([]uuid.UUID, len(leads)), make([]string, len(leads))
	for i := range leads {
		if ids[i], err = uuid.NewV7(); err != nil {
			return err
		}
		of[i], taken[i] = batches[i/lead.MaxBatch], withdraws[i].text()
	}
	_, err = t.q.ExecContext(ctx, `
		INSERT INTO pending_leads (workspace_id, pending_id, batch_id, lead_id, group_id, assignment_id, trigger, due_at, accepted_at, withdraws,
			reassigned)
		SELECT $1, p.pending_id, p.batch_id, p.lead_id, p.group_id, (
				SELECT h.assignment_id FROM assigned_leads a JOIN LATERAL `+historyOf("$1", "lead_id", "a.source_lead_id")+` h
					ON h.member_id = a.member_id AND h.at = a.assigned_at AND h.outcome = 'succeeded'
				WHERE a.workspace_id = $1 AND a.assigned_lead_id = (p.withdraws::uuid[])[1] LIMIT 1),
			$2, $3, $3, p.withdraws::uuid[], p.reassigned
		FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::int[])
			AS p (pending_id, batch_id, lead_id, group_id, withdraws, reassigned)`,
		workspace, string(lead.Reassigned), t.now(), uuids(ids), uuids(of), uuids(leads), uuids(groups), texts(taken), ints(times))
	if err != nil {
		return fmt.Errorf("having %d leads take the next turn: %w", len(leads), translate(err))
	}
	return nil
}

// toAnswer are those of the copies that a member is still to be reminded to answer: each once, in time.
func (q Queries) toAnswer(ctx context.Context, m *Message, ids []uuid.UUID) ([]uuid.UUID, error) {
	var due []uuid.UUID
	err := sqlx.SelectContext(ctx, q.q, &due, `
		SELECT assigned_lead_id FROM assigned_leads
		WHERE workspace_id = $1 AND assigned_lead_id = ANY($2::uuid[]) AND member_id = $3 AND answer_by > $4 AND answered_at IS NULL
			AND withdrawn_at IS NULL AND erased_at IS NULL
		ORDER BY answer_by, assigned_lead_id`, m.Workspace, uuids(ids), m.Recipient.MemberID, q.now())
	return due, translate(err)
}
