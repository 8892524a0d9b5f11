package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// recordStatement writes, in one round trip, the ledger, the copies and the history of a batch, and counts the copies.
// A copy takes over what the source lead says at this moment. A copy of a lead that is deleted or a test,
// or that the member got from elsewhere, is not written, which the count shows.
const recordStatement = `
	WITH t AS (
		INSERT INTO turns (workspace_id, group_id, version, turn, lead_id)
		SELECT $1, group_id, version, turn, nullif(lead_id, $2)
		FROM unnest($4::uuid[], $5::int[], $6::bigint[], $7::uuid[]) AS t (group_id, version, turn, lead_id)
	), d AS (
		SELECT * FROM unnest($8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[], $12::uuid[], $13::uuid[], $14::uuid[],
			$15::uuid[], $16::int[], $17::bigint[], $18::text[], $19::text[], $20::jsonb[], $21::text[],
			$22::timestamptz[], $23::timestamptz[], $24::uuid[], $25::timestamptz[], $26::text[], $27::text[], $28::int[])
			AS d (history_id, copy_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id, version, turn,
				reason, trigger, skipped, detail, due_at, accepted_at, moved_from,
				replanned_from, pace, paced_day, messages)
	), c AS (
		INSERT INTO assigned_leads (workspace_id, assigned_lead_id, member_id, source_lead_id, group_id, name, email, phone,
			phone_e164, words, fields, source_id, status, assigned_at, updated_at, messages)
		SELECT $1, d.copy_id, d.member_id, d.lead_id, nullif(d.group_id, $2), l.name, l.email, l.phone,
			l.phone_e164, l.words, l.fields, l.source_id,
			(SELECT statuses[1] FROM workspaces WHERE workspace_id = $1), $3, $3, d.messages
		FROM d JOIN leads l ON l.workspace_id = $1 AND l.lead_id = d.lead_id AND l.deleted_at IS NULL AND NOT l.test
		WHERE d.reason = ''
		ON CONFLICT (workspace_id, source_lead_id, member_id) DO NOTHING
		RETURNING 1
	), h AS (
		INSERT INTO history (workspace_id, history_id, pending_id, assignment_id, retry_of, lead_id, member_id, group_id,
			ring_version, turn, moved_from, replanned_from, pace, paced_day, outcome, reason, trigger, skipped, detail, due_at,
			accepted_at, at)
		SELECT $1, d.history_id, d.pending_id, nullif(d.assignment_id, $2), nullif(d.retry_of, $2), d.lead_id,
			nullif(d.member_id, $2), nullif(d.group_id, $2), nullif(d.version, 0),
			CASE WHEN d.version > 0 THEN d.turn END,
			nullif(d.moved_from, $2), nullif(d.replanned_from, '2000-01-01 00:00:00+00'),
			nullif(d.pace, ''), nullif(d.paced_day, '')::date, CASE WHEN d.reason = '' THEN 'succeeded' ELSE 'failed' END,
			nullif(d.reason, ''), d.trigger, d.skipped, nullif(d.detail, ''), d.due_at, d.accepted_at, $3
		FROM d
	)
	SELECT count(*) FROM c`

// record writes decisions and turns. It returns errUnseen or errTurnTaken where others were first; the transaction is
// then to be rolled back and the batch decided anew.
func (t *Tx) record(ctx context.Context, workspace uuid.UUID, decisions []decision, turns []spentTurn) ([]Outcome, error) {
	now := t.now()
	args := []any{workspace, uuid.Nil, now}
	args = append(args, turnColumns(turns)...)
	columns, copies, err := t.decisionColumns(decisions)
	if err != nil {
		return nil, err
	}
	args = append(args, columns...)
	var written int
	if err := sqlx.GetContext(ctx, t.q, &written, recordStatement, args...); err != nil {
		err = translate(err)
		var broken *Violation
		if errors.As(err, &broken) && broken.Constraint == "turns_pkey" {
			return nil, errTurnTaken
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

func turnColumns(turns []spentTurn) []any {
	groups, leads := make([]uuid.UUID, len(turns)), make([]uuid.UUID, len(turns))
	versions, numbers := make([]int, len(turns)), make([]int64, len(turns))
	for i, t := range turns {
		groups[i], versions[i], numbers[i], leads[i] = t.group, t.version, t.turn, t.lead
	}
	return []any{uuids(groups), ints(versions), bigints(numbers), uuids(leads)}
}

// decisionColumns gives decisions, a slice a column, and the number of copies among them. Those get their ids.
func (t *Tx) decisionColumns(decisions []decision) (columns []any, copies int, err error) {
	n := len(decisions)
	var ids [9][]uuid.UUID // history, copy, pending, assignment, retried history, lead, member, group, moved from
	for i := range ids {
		ids[i] = make([]uuid.UUID, n)
	}
	versions, turns, messages := make([]int, n), make([]int64, n), make([]int, n)
	reasons, triggers, details, skipped := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	due, accepted, replanned := make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
	paces, days := make([]string, n), make([]string, n)
	for i, d := range decisions {
		if ids[0][i], err = t.newID(); err != nil {
			return nil, 0, err
		}
		decisions[i].history = ids[0][i]
		if d.reason == "" {
			copies++
			if ids[1][i], err = t.newID(); err != nil {
				return nil, 0, err
			}
			decisions[i].copy = ids[1][i]
		}
		ids[2][i], ids[3][i], ids[4][i] = d.PendingID, d.AssignmentID.UUID, d.RetryOf.UUID
		ids[5][i], ids[6][i], ids[7][i], ids[8][i] = d.LeadID, d.member, d.GroupID.UUID, d.MovedFrom.UUID
		versions[i], turns[i], messages[i] = d.version, d.turn, len(d.tell)
		reasons[i], triggers[i], details[i] = string(d.reason), string(d.Trigger), d.detail
		due[i], accepted[i], replanned[i] = d.DueAt, d.AcceptedAt, epoch // which stands for none
		if d.ReplannedFrom.Valid {
			replanned[i] = d.ReplannedFrom.Time
		}
		if paces[i] = string(d.Pace); d.day.Valid {
			days[i] = d.day.Time.Format(time.DateOnly)
		}
		if len(d.skipped) > 0 {
			text, err := json.Marshal(d.skipped)
			if err != nil {
				return nil, 0, err
			}
			skipped[i] = string(text)
		}
	}
	for _, column := range ids[:8] {
		columns = append(columns, uuids(column))
	}
	return append(columns, ints(versions), bigints(turns), texts(reasons), texts(triggers), jsonbs(skipped), texts(details),
		timestamps(due), timestamps(accepted), uuids(ids[8]), timestamps(replanned), texts(unlessEmpty(paces)),
		texts(unlessEmpty(days)), ints(messages)), copies, nil
}
