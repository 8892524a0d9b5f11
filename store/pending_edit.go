package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// MaxSelected is how many pending leads are acted on at once.
const MaxSelected = 100_000

// A PendingSelection says which pending leads are meant: those with the IDs or, where there are none, the soonest
// MaxSelected that match the Filter. With Matched it is all that match, however many, and a *MatchedError where that is
// another number.
type PendingSelection struct {
	IDs     []uuid.UUID
	Filter  PendingFilter
	Matched *int
}

// A MatchedError means that a filter by which something was to be done to many matches another number than was said: what
// would be done is not what was looked at.
type MatchedError struct{ Matched int }

func (e *MatchedError) Error() string {
	return fmt.Sprintf("%d match by now, which is another number than the request says; look at them again", e.Matched)
}

// checkMatched returns a *MatchedError where the selection says that another number matches.
func (t *Tx) checkMatched(ctx context.Context, workspace uuid.UUID, s PendingSelection) error {
	if s.Matched == nil {
		return nil
	}
	var n int
	if err := sqlx.GetContext(ctx, t.q, &n, `SELECT count(*) FROM pending p WHERE `+s.Filter.matches(), s.Filter.args(workspace)...); err != nil {
		return translate(err)
	}
	return matched(n, s.Matched)
}

func matched(n int, said *int) error {
	if said != nil && n != *said {
		return &MatchedError{n}
	}
	return nil
}

// lockPending locks pending leads, unfolded, until the transaction ends, and returns them: whatever else would act on them
// waits, and then finds what became of them. Everybody who locks several does so in the order of their ids, or does not wait.
func (t *Tx) lockPending(ctx context.Context, workspace uuid.UUID, s PendingSelection) ([]lockedPending, error) {
	if err := t.unfoldSelected(ctx, workspace, s); err != nil {
		return nil, err
	}
	args := s.Filter.args(workspace)
	query := `SELECT p.pending_id, p.trigger, ` + parked + ` AS parked FROM pending_leads p WHERE ` + s.Filter.matches() + ` AND p.pending_id = ANY(`
	if s.IDs != nil {
		query, args = query+`$8::uuid[])`, append(args, uuids(s.IDs))
	} else {
		query += `ARRAY(SELECT p.pending_id FROM pending_leads p WHERE ` + s.Filter.matches() + ` ORDER BY p.due_at, p.pending_id LIMIT $8))`
		args = append(args, MaxSelected)
	}
	var rows []lockedPending
	err := sqlx.SelectContext(ctx, t.q, &rows, query+` ORDER BY p.pending_id FOR UPDATE OF p`, args...)
	return rows, translate(err)
}

type lockedPending struct {
	ID      uuid.UUID    `db:"pending_id"`
	Trigger lead.Trigger `db:"trigger"`
	Parked  bool         `db:"parked"`
}

// DistributeNow has pending leads go out at once, to the members planned. It returns how many were still pending.
// Those that are going out already count where they are named, or said to match, and are not
// among the soonest that match a filter.
func (t *Tx) DistributeNow(ctx context.Context, workspace uuid.UUID, s PendingSelection) (int, error) {
	planned := s
	if planned.IDs == nil && !planned.Filter.Waiting && !planned.Filter.Offered {
		planned.Filter.trigger = lead.Scheduled
	}
	if s.Matched == nil {
		return t.bringForward(ctx, workspace, planned)
	}
	if err := t.checkMatched(ctx, workspace, s); err != nil {
		return 0, err
	}
	for {
		n, err := t.bringForward(ctx, workspace, planned)
		if err != nil {
			return 0, err
		}
		if n == 0 { // none is left that was planned, and what others added meanwhile is counted
			return *s.Matched, t.checkMatched(ctx, workspace, s)
		}
	}
}

// bringForward has pending leads go out at once, MaxSelected at the most, and returns how many it locked.
func (t *Tx) bringForward(ctx context.Context, workspace uuid.UUID, s PendingSelection) (int, error) {
	rows, err := t.lockPending(ctx, workspace, s)
	if err != nil {
		return 0, err
	}
	var ids, of []uuid.UUID
	for _, r := range rows {
		if r.Trigger == lead.Scheduled || r.Parked {
			ids = append(ids, r.ID)
		}
	}
	now := t.now()
	batches, err := t.insertBatches(ctx, workspace, lead.QueueDue, now, len(ids))
	if err != nil || len(batches) == 0 {
		return len(rows), err
	}
	for i := range ids {
		of = append(of, batches[i/lead.MaxBatch])
	}
	if _, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads p SET batch_id = n.batch_id, trigger = $4, accepted_at = $5, offer_alarm_at = NULL
		FROM unnest($2::uuid[], $3::uuid[]) AS n (pending_id, batch_id)
		WHERE p.workspace_id = $1 AND p.pending_id = n.pending_id`,
		workspace, uuids(ids), uuids(of), lead.DistributeNow, now); err != nil {
		return 0, fmt.Errorf("bringing %d pending leads forward: %w", len(ids), translate(err))
	}
	return len(rows), nil
}

// MovePending gives a planned pending lead another time or member; edit sees the current ones. One that is going out already, or would be more than its pace promises for
// the day, is a *Violation, a member whom the workspace never had a *FieldError.
func (t *Tx) MovePending(ctx context.Context, workspace, id uuid.UUID, edit func(*PendingLead) error) (PendingLead, error) {
	if err := t.take(ctx, lockPlans, workspace); err != nil {
		return PendingLead{}, err
	}
	if _, err := t.lockPending(ctx, workspace, PendingSelection{IDs: []uuid.UUID{id}}); err != nil {
		return PendingLead{}, err
	}
	p, err := t.PendingLead(ctx, workspace, id)
	if err != nil {
		return p, err
	}
	if p.WaitingSince != nil {
		return t.moveWaiting(ctx, workspace, p, edit)
	}
	if p.Trigger != lead.Scheduled || p.MemberID == nil || p.Refused != "" {
		return p, &Violation{Field: "id", Message: "this lead is going out now; it cannot be moved any more", Exists: true}
	}
	return t.movePlanned(ctx, workspace, p, edit)
}

// movePlanned is MovePending for a lead that has its member and time.
func (t *Tx) movePlanned(ctx context.Context, workspace uuid.UUID, p PendingLead, edit func(*PendingLead) error) (PendingLead, error) {
	due, member := p.DueAt, *p.MemberID
	if err := edit(&p); err != nil {
		return p, err
	}
	p.DueAt = wholeSecond(p.DueAt)
	if p.Pace != "" && (*p.MemberID != member || !p.DueAt.Equal(due)) {
		if err := t.checkRoom(ctx, workspace, p); err != nil {
			return p, err
		}
	}
	if *p.MemberID != member {
		if err := t.moveTo(ctx, workspace, &p, member); err != nil {
			return p, err
		}
	}
	if p.DueAt.Equal(due) {
		return p, nil
	}
	return p, t.moveTime(ctx, workspace, p)
}

// moveTime gives a pending lead the time that it names now.
func (t *Tx) moveTime(ctx context.Context, workspace uuid.UUID, p PendingLead) error {
	if _, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads SET due_at = $3, batch_id = NULL, replanned_from = CASE WHEN pace IS NOT NULL THEN replanned_from END
		WHERE workspace_id = $1 AND pending_id = $2`,
		workspace, p.ID, p.DueAt); err != nil {
		return translate(err)
	}
	if !p.DueAt.After(t.now().Add(armSoon)) {
		return t.armSoon(ctx, workspace)
	}
	return nil
}

// moveTo gives a pending lead that was a member's to the one whom it names now.
func (t *Tx) moveTo(ctx context.Context, workspace uuid.UUID, p *PendingLead, from uuid.UUID) error {
	if err := t.checkMember(ctx, workspace, *p.MemberID); err != nil {
		return err
	}
	switch {
	case p.MovedFrom == nil:
		p.MovedFrom = &from
	case *p.MovedFrom == *p.MemberID:
		p.MovedFrom = nil
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads SET member_id = $3, moved_from = $4 WHERE workspace_id = $1 AND pending_id = $2`,
		workspace, p.ID, p.MemberID, p.MovedFrom)
	return translate(err)
}

// CheckDue returns a *FieldError for a time for which no lead can be planned: it is over, or more than a year ahead.
func (q Queries) CheckDue(field string, at time.Time) error {
	now := q.now()
	if at.After(now) && !at.After(now.AddDate(1, 0, 0)) {
		return nil
	}
	return &FieldError{field, "give a time in the future, a year from now at the most"}
}
