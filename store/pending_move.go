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

// A PendingMove is where pending leads are to go: to a time, to a member, or both. What is zero stays as it is.
type PendingMove struct {
	At     time.Time
	Member uuid.UUID
}

// movedLead is a pending lead that is to be moved, and what of it has to be known.
type movedLead struct {
	pacedLead
	Planned bool `db:"planned"`
	Parked  bool `db:"parked"`
}

// MovePendingLeads is MovePending for many: all of the selection that are still pending, or none. It returns how many those
// are. A selection without IDs must say how many it is Matched by.
func (t *Tx) MovePendingLeads(ctx context.Context, workspace uuid.UUID, s PendingSelection, to PendingMove) (int, error) {
	if err := t.take(ctx, lockPlans, workspace); err != nil {
		return 0, err
	}
	to.At = wholeSecond(to.At)
	leads, err := t.lockMoved(ctx, workspace, s)
	if err != nil {
		return 0, err
	}
	if err := t.checkMember(ctx, workspace, to.Member); err != nil {
		return 0, err
	}
	var paced []pacedLead
	var planned []movedLead
	var stuck []uuid.UUID
	for _, l := range leads {
		if l.Parked && to.Member == uuid.Nil {
			return 0, errMoveWaiting
		}
		if l.Parked {
			stuck = append(stuck, l.ID)
			continue
		}
		planned = append(planned, l)
		if !l.Planned {
			return 0, &Violation{Field: "ids", Exists: true, Message: "some of these leads are going out now and cannot be moved any more; nothing was moved; leave them out"}
		}
		if moved := to.of(l.pacedLead); moved != l.pacedLead && moved.Pace != "" {
			paced = append(paced, moved)
		}
	}
	if err := t.checkRoomFor(ctx, workspace, paced, to); err != nil {
		return 0, err
	}
	if err := t.giveWaiting(ctx, workspace, stuck, to); err != nil {
		return 0, err
	}
	return len(leads), t.moveAll(ctx, workspace, planned, to)
}

// of is what a pending lead is after the move.
func (m PendingMove) of(l pacedLead) pacedLead {
	if !m.At.IsZero() {
		l.Due = m.At
	}
	if m.Member != uuid.Nil {
		l.Member = m.Member
	}
	return l
}

// lockMoved locks what is to be moved.
func (t *Tx) lockMoved(ctx context.Context, workspace uuid.UUID, s PendingSelection) (leads []movedLead, err error) {
	if s.Matched != nil && *s.Matched > MaxSelected {
		return nil, &FieldError{"filter.matched", fmt.Sprintf("%d pending leads at the most are moved at once; narrow the filter", MaxSelected)}
	}
	if err := t.checkMatched(ctx, workspace, s); err != nil {
		return nil, err
	}
	rows, err := t.lockPending(ctx, workspace, s)
	if err != nil {
		return nil, err
	}
	if err := matched(len(rows), s.Matched); err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	err = sqlx.SelectContext(ctx, t.q, &leads, `
		SELECT pending_id, coalesce(member_id, pending_id) AS member_id, coalesce(pace, '') AS pace, due_at,
			trigger = $3 AND member_id IS NOT NULL AND refused IS NULL AS planned, `+parked+` AS parked
		FROM pending_leads p WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[]) ORDER BY due_at, pending_id`,
		workspace, uuids(ids), lead.Scheduled)
	for i := range leads {
		leads[i].Due = leads[i].Due.UTC()
	}
	return leads, translate(err)
}

// checkMember returns a *FieldError for a member whom the workspace never had, unless that is nil.
func (q Queries) checkMember(ctx context.Context, workspace, member uuid.UUID) error {
	if member == uuid.Nil {
		return nil
	}
	var unknown *FieldError
	err := q.CheckDistribution(ctx, workspace, Distribution{MemberIDs: []uuid.UUID{member}})
	if errors.As(err, &unknown) {
		return &FieldError{"member_id", unknown.Message}
	}
	return err
}

// checkRoomFor returns a *Violation where leads that are moved together, to one time or to one member, would be more than
// their pace promises somebody for a day. It needs the plans' lock.
func (t *Tx) checkRoomFor(ctx context.Context, workspace uuid.UUID, moved []pacedLead, to PendingMove) error {
	if len(moved) == 0 {
		return nil
	}
	if !to.At.IsZero() {
		return t.checkDay(ctx, workspace, moved, moved)
	}
	days, err := t.pacedDays(ctx, workspace, []uuid.UUID{to.Member}, moved[0].Due)
	day := days[to.Member]
	if err != nil || day == nil {
		return err
	}
	all := moved
	for len(moved) > 0 { // they are in the order of their times, and so of their days
		n := 1
		for date := day.hours.Day(moved[0].Due, day.zone); n < len(moved) && day.hours.Day(moved[n].Due, day.zone).Equal(date); {
			n++
		}
		if err := t.checkDay(ctx, workspace, moved[:n], all); err != nil {
			return err
		}
		moved = moved[n:]
	}
	return nil
}

// checkDay is checkRoom for leads that are all moved to the day of the first. Of what else is pending none of all counts.
func (t *Tx) checkDay(ctx context.Context, workspace uuid.UUID, moved, all []pacedLead) error {
	at := moved[0].Due
	members := make([]uuid.UUID, len(moved))
	for i, l := range moved {
		members[i] = l.Member
	}
	left := make(map[uuid.UUID]bool, len(all))
	for _, l := range all {
		left[l.ID] = true
	}
	days, err := t.pacedDays(ctx, workspace, members, at)
	if err != nil {
		return err
	}
	var others []pacedLead
	if err := sqlx.SelectContext(ctx, t.q, &others, `
		SELECT pending_id, member_id, pace, due_at FROM pending_leads
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND due_at BETWEEN $3 AND $4 AND trigger = 'scheduled'
			AND pace IS NOT NULL AND refused IS NULL`,
		workspace, uuids(members), at.Add(-takenSince), at.Add(takenSince)); err != nil {
		return translate(err)
	}
	for _, o := range others {
		if day := days[o.Member]; day != nil && !left[o.ID] && day.hours.Day(o.Due, day.zone).Equal(day.date) {
			day.got.Add(o.Pace)
		}
	}
	for _, l := range moved {
		day := days[l.Member]
		if day == nil {
			continue
		}
		if !day.got.Room(l.Pace) {
			return &Violation{Field: "at", Exists: true, Message: fmt.Sprintf(
				"on %s a member would get more leads than pace %s allows; nothing was moved; choose another day or member, or fewer leads",
				day.date.Format(time.DateOnly), l.Pace)}
		}
		day.got.Add(l.Pace)
	}
	return nil
}

// moveAll gives pending leads their new time and member.
func (t *Tx) moveAll(ctx context.Context, workspace uuid.UUID, leads []movedLead, to PendingMove) error {
	ids := make([]uuid.UUID, len(leads))
	for i, l := range leads {
		ids[i] = l.ID
	}
	if to.Member != uuid.Nil {
		if _, err := t.q.ExecContext(ctx, `
			UPDATE pending_leads SET member_id = $3,
				moved_from = CASE WHEN moved_from IS NULL THEN member_id WHEN moved_from <> $3 THEN moved_from END
			WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[]) AND member_id <> $3`, workspace, uuids(ids), to.Member); err != nil {
			return fmt.Errorf("moving %d pending leads to a member: %w", len(ids), translate(err))
		}
	}
	if to.At.IsZero() || len(ids) == 0 {
		return nil
	}
	if _, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads SET due_at = $3, batch_id = NULL, replanned_from = CASE WHEN pace IS NOT NULL THEN replanned_from END
		WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[]) AND due_at <> $3`, workspace, uuids(ids), to.At); err != nil {
		return fmt.Errorf("moving %d pending leads to a time: %w", len(ids), translate(err))
	}
	if !to.At.After(t.now().Add(armSoon)) {
		return t.armSoon(ctx, workspace)
	}
	return nil
}
