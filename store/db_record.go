package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// recordStatement writes, in one round trip, the ledger, the copies and the history of a batch, and counts the copies.
// A copy takes over what the source lead says at this moment, and is found by the lead's words: see copyWords. A copy of a lead that
// is deleted or a test is not written, which the count shows; one that the member got from elsewhere breaks a constraint, since
// to look for that beforehand (ON CONFLICT) has Postgres write each copy twice to its log. Turns and decisions are yet to be put in.
const recordStatement = `
	WITH t AS (
		INSERT INTO turns (workspace_id, group_id, version, turn, lead_id, passed_for)
		SELECT $1, group_id, version, turn, nullif(lead_id, $2), nullif(passed_for, $2)
		FROM %s
	), d AS (
		SELECT * FROM %s
	), c AS (
		INSERT INTO assigned_leads (workspace_id, assigned_lead_id, member_id, source_lead_id, group_id, name, email, phone,
			phone_e164, fields, source_id, status, assigned_at, updated_at, messages, answer_by, alarm_at, reassigned)
		SELECT $1, d.history_id, d.member_id, d.lead_id, nullif(d.group_id, $2), l.name, l.email, l.phone,
			l.phone_e164, l.fields, l.source_id,
			(SELECT statuses[1] FROM workspaces WHERE workspace_id = $1), $3, $3, d.messages,
			nullif(d.answer_by, '')::timestamptz, nullif(d.alarm_at, '')::timestamptz, coalesce(d.reassigned, 0)
		FROM d JOIN leads l ON l.workspace_id = $1 AND l.lead_id = d.lead_id AND l.deleted_at IS NULL AND NOT l.test
		WHERE d.reason = ''
		RETURNING 1
	), h AS (
		INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id,
			ring_version, turn, moved_from, replanned_from, pace, paced_day, outcome, reason, trigger, skipped, detail, due_at,
			accepted_at, at, overflowed, copied)
		SELECT $1, d.history_id, d.pending_id, nullif(d.assignment_id, $2), nullif(d.retry_of, $2), d.lead_id,
			nullif(d.member_id, $2), nullif(d.group_id, $2), nullif(d.version, 0),
			CASE WHEN d.version > 0 THEN d.turn END,
			nullif(d.moved_from, $2), nullif(d.replanned_from, '2000-01-01 00:00:00+00'),
			nullif(d.pace, ''), nullif(d.paced_day, '')::date, CASE WHEN d.reason = '' THEN 'succeeded' ELSE 'failed' END,
			nullif(d.reason, ''), d.trigger, d.skipped, nullif(d.detail, ''), d.due_at, d.accepted_at, $3,
			CASE WHEN d.overflowed <> '' THEN d.overflowed::uuid[] END, CASE WHEN d.reason = '' THEN true END
		FROM d
	)
	SELECT count(*) FROM c`

// record writes decisions and turns. It returns errUnseen or errTurnTaken where others were first; the transaction is
// then to be rolled back and the batch decided anew.
func (t *Tx) record(ctx context.Context, workspace uuid.UUID, decisions []decision, turns []spentTurn) ([]Outcome, error) {
	now := t.now()
	copies, err := t.identify(decisions)
	if err != nil {
		return nil, err
	}
	ledger, args := unnest("t", []any{workspace, uuid.Nil, now}, turnColumns(turns)...)
	decided, args := unnest("d", args, decisionColumns(decisions)...)
	var written int
	if err := sqlx.GetContext(ctx, t.q, &written, fmt.Sprintf(recordStatement, ledger, decided), args...); err != nil {
		err = translate(err)
		var broken *Violation
		if errors.As(err, &broken) {
			switch broken.Constraint {
			case "turns_pkey":
				return nil, errTurnTaken
			case "assigned_leads_given_once_key":
				return nil, errUnseen
			}
		}
		return nil, fmt.Errorf("recording %d decisions: %w", len(decisions), err)
	}
	if written != copies {
		return nil, errUnseen
	}
	outcomes := make([]Outcome, len(decisions))
	for i, d := range decisions {
		outcomes[i] = Outcome{Outcome: lead.Succeeded, Reason: d.reason, AcceptedAt: d.AcceptedAt, DueAt: d.DueAt, At: now}
		if d.reason != "" {
			outcomes[i].Outcome = lead.Failed
		}
	}
	return outcomes, nil
}

func turnColumns(turns []spentTurn) []column {
	return []column{
		{"group_id", uuids(pluck(turns, func(t *spentTurn) uuid.UUID { return t.group }))},
		{"version", ints(pluck(turns, func(t *spentTurn) int { return t.version }))},
		{"turn", bigints(pluck(turns, func(t *spentTurn) int64 { return t.turn }))},
		{"lead_id", uuids(pluck(turns, func(t *spentTurn) uuid.UUID { return t.lead }))},
		{"passed_for", uuids(unlessEmpty(pluck(turns, func(t *spentTurn) uuid.UUID { return t.passedFor })))},
	}
}

// identify gives decisions their ids, which their copies share, and returns the number of copies.
func (t *Tx) identify(decisions []decision) (copies int, err error) {
	for i := range decisions {
		d := &decisions[i]
		if d.history, err = t.newID(); err != nil {
			return 0, err
		}
		if d.reason == "" {
			copies++
			d.copy = d.history
		}
	}
	return copies, nil
}

func decisionColumns(decisions []decision) []column {
	ids := func(of func(*decision) uuid.UUID) array { return uuids(pluck(decisions, of)) }
	texted := func(of func(*decision) string) array { return texts(pluck(decisions, of)) }
	times := func(of func(*decision) time.Time) array { return timestamps(pluck(decisions, of)) }
	return []column{
		{"history_id", ids(func(d *decision) uuid.UUID { return d.history })},
		{"pending_id", ids(func(d *decision) uuid.UUID { return d.PendingID })},
		{"assignment_id", ids(func(d *decision) uuid.UUID { return d.AssignmentID.UUID })},
		{"retry_of", ids(func(d *decision) uuid.UUID { return d.RetryOf.UUID })},
		{"lead_id", ids(func(d *decision) uuid.UUID { return d.LeadID })},
		{"member_id", ids(func(d *decision) uuid.UUID { return d.member })},
		{"group_id", ids(func(d *decision) uuid.UUID { return d.GroupID.UUID })},
		{"version", ints(pluck(decisions, func(d *decision) int { return d.version }))},
		{"turn", bigints(pluck(decisions, func(d *decision) int64 { return d.turn }))},
		{"reason", texted(func(d *decision) string { return string(d.reason) })},
		{"trigger", texted(func(d *decision) string { return string(d.Trigger) })},
		{"skipped", jsonbs(pluck(decisions, func(d *decision) string { return textOfJSON(d.skipped) }))},
		{"detail", texted(func(d *decision) string { return d.detail })},
		{"due_at", times(func(d *decision) time.Time { return d.DueAt })},
		{"accepted_at", times(func(d *decision) time.Time { return d.AcceptedAt })},
		{"moved_from", ids(func(d *decision) uuid.UUID { return d.MovedFrom.UUID })},
		{"replanned_from", times(func(d *decision) time.Time {
			if d.ReplannedFrom.Valid {
				return d.ReplannedFrom.Time
			}
			return epoch // which stands for none
		})},
		{"pace", texts(unlessEmpty(pluck(decisions, func(d *decision) lead.Pace { return d.Pace })))},
		{"paced_day", texts(unlessEmpty(pluck(decisions, func(d *decision) string {
			if d.day.Valid {
				return d.day.Time.Format(time.DateOnly)
			}
			return ""
		})))},
		{"overflowed", texts(unlessEmpty(pluck(decisions, func(d *decision) string { return d.Overflowed.text() })))},
		{"answer_by", texts(unlessEmpty(pluck(decisions, func(d *decision) string { return momentText(d.answerBy) })))},
		{"alarm_at", texts(unlessEmpty(pluck(decisions, func(d *decision) string { return momentText(d.alarmAt) })))},
		{"reassigned", ints(unlessEmpty(pluck(decisions, func(d *decision) int { return d.Reassigned })))},
		{"messages", ints(pluck(decisions, func(d *decision) int { return len(d.tell) }))},
	}
}
