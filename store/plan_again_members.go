package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// askToReplan notes that the leads planned for those members that match are to be planned anew, at a pace or because they were held
// back, which the scheduler does: there may be very many.
func (t *Tx) askToReplan(ctx context.Context, workspace uuid.UUID, match string, args ...any) error {
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO replans (workspace_id, member_id)
		SELECT m.workspace_id, m.member_id FROM members m
		WHERE m.workspace_id = $1 AND m.removed_at IS NULL AND `+match+` AND EXISTS (
			SELECT 1 FROM pending_leads p WHERE p.workspace_id = m.workspace_id AND p.member_id = m.member_id
				AND p.trigger = 'scheduled' AND (p.pace IS NOT NULL OR p.replanned_from IS NOT NULL))
		ON CONFLICT DO NOTHING`, append([]any{workspace}, args...)...)
	return translate(err)
}

// A MemberRef names a member.
type MemberRef struct {
	Workspace uuid.UUID `db:"workspace_id"`
	Member    uuid.UUID `db:"member_id"`
}

// ToReplan lists members whose zone, hours or availability were changed, limit at the most.
func (q Queries) ToReplan(ctx context.Context, limit int) ([]MemberRef, error) {
	var all []MemberRef
	err := sqlx.SelectContext(often(ctx), q.q, &all, `SELECT workspace_id, member_id FROM replans LIMIT $1`, limit)
	return all, translate(err)
}

// ReplanMember plans anew, at their pace and in their order, all leads that are planned for a member, and returns how many:
// their times were drawn by another clock, for other hours or another calendar.
func (s *Store) ReplanMember(ctx context.Context, m MemberRef) (n int, err error) {
	err = s.tryTx(ctx, func(t *Tx) error {
		if err := t.passGate(ctx, m.Workspace); err != nil {
			return err
		}
		if err := t.take(ctx, lockPlans, m.Workspace); err != nil {
			return err
		}
		// The note goes first: a change that is not seen here puts it back.
		if _, err := t.q.ExecContext(ctx, `DELETE FROM replans WHERE workspace_id = $1 AND member_id = $2`, m.Workspace, m.Member); err != nil {
			return translate(err)
		}
		w, err := t.Workspace(ctx, m.Workspace)
		if err != nil {
			return err
		}
		n, err = t.replanMember(ctx, w, m.Member, false)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("planning the leads of member %s anew: %w", m.Member, err)
	}
	return n, nil
}

// replanMember does not wait for leads that others hold locked: they go out or are deleted. What should have gone out by now stays as it
// is, unless that is late, too.
func (t *Tx) replanMember(ctx context.Context, w Workspace, member uuid.UUID, late bool) (int, error) {
	now := t.now()
	var all []pacedLead
	if err := sqlx.SelectContext(ctx, t.q, &all, `
		SELECT pending_id, member_id, pace, due_at, group_id FROM pending_leads
		WHERE workspace_id = $1 AND member_id = $2 AND trigger = $3 AND pace IS NOT NULL AND refused IS NULL AND (due_at > $4 OR $5)
		ORDER BY coalesce(replanned_from, due_at), pending_id FOR UPDATE SKIP LOCKED`, w.ID, member, lead.Scheduled, now, late); err != nil {
		return 0, translate(err)
	}
	left := idsOfPaced(all) // what has no new time yet
	parts, err := t.byCap(ctx, w.ID, member, all)
	if err != nil {
		return 0, err
	}
	for _, part := range parts {
		times, err := part.plan(ctx, t, w, part.pace, now, newSeed(now), left)
		if err != nil {
			return 0, err
		}
		if err := t.setDue(ctx, w.ID, part.of[0], times[0]); err != nil {
			return 0, err
		}
		planned := make(map[uuid.UUID]bool, len(part.of[0]))
		for _, id := range part.of[0] {
			planned[id] = true
		}
		left = slices.DeleteFunc(left, func(id uuid.UUID) bool { return planned[id] })
	}
	held, err := t.bringBack(ctx, w.ID, member)
	return len(all) + held, err
}

// A pacedShare is what is planned for a member at a pace.
type pacedShare struct {
	shares[uuid.UUID]
	pace lead.Pace
}

// byCap divides a member's leads into those that are planned as one, in order: the slowest first, and of a pace those of each group in
// which the member has a cap, since that may hold them up, and then all others.
func (t *Tx) byCap(ctx context.Context, workspace, member uuid.UUID, all []pacedLead) (parts []*pacedShare, err error) {
	var groups []uuid.UUID
	for _, l := range all {
		if !slices.Contains(groups, l.Group.UUID) {
			groups = append(groups, l.Group.UUID)
		}
	}
	caps, err := t.receiverCaps(ctx, workspace, groups)
	if err != nil {
		return nil, err
	}
	for _, pace := range lead.Paces {
		rest := &pacedShare{pace: pace}
		capped := make(map[uuid.UUID]*pacedShare)
		for _, l := range all {
			part, group := rest, l.Group.UUID
			if l.Pace != pace {
				continue
			}
			if !caps[capKey{member, group}].None() {
				if part = capped[group]; part == nil {
					part = &pacedShare{pace: pace}
					capped[group] = part
					parts = append(parts, part)
				}
			}
			part.addFrom(group, member, l.ID)
		}
		if len(rest.of) > 0 {
			parts = append(parts, rest)
		}
	}
	return parts, nil
}

// bringBack gives leads without a pace that were held back for a member the times at which the member can take them, by now: the ones
// for which they were planned, where those are still to come.
func (t *Tx) bringBack(ctx context.Context, workspace, member uuid.UUID) (int, error) {
	now := t.now()
	var held []struct {
		ID   uuid.UUID `db:"pending_id"`
		Due  time.Time `db:"due_at"`
		From time.Time `db:"replanned_from"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &held, `
		SELECT pending_id, due_at, replanned_from FROM pending_leads
		WHERE workspace_id = $1 AND member_id = $2 AND trigger = $3 AND pace IS NULL AND refused IS NULL AND due_at > $4
			AND replanned_from IS NOT NULL
		ORDER BY pending_id FOR UPDATE SKIP LOCKED`, workspace, member, lead.Scheduled, now); err != nil || len(held) == 0 {
		return 0, translate(err)
	}
	working, err := t.workingMembers(ctx, workspace, []uuid.UUID{member}, now)
	if err != nil {
		return 0, err
	}
	ids, due := make([]uuid.UUID, len(held)), make([]time.Time, len(held))
	for i, l := range held {
		from := l.From
		if from.Before(now) {
			from = now
		}
		if o, _ := working[member].obstacle(from); o != "" && o != lead.ObstacleInactive {
			from = working[member].again(o, from)
		}
		ids[i], due[i] = l.ID, wholeSecond(from)
	}
	return len(held), t.setDue(ctx, workspace, ids, due)
}

// setDue gives pending leads new times, and takes those that are armed out of their batches.
func (t *Tx) setDue(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, due []time.Time) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads p SET due_at = n.due_at, batch_id = NULL, replanned_from = coalesce(p.replanned_from, p.due_at)
		FROM unnest($2::uuid[], $3::timestamptz[]) AS n (pending_id, due_at)
		WHERE p.workspace_id = $1 AND p.pending_id = n.pending_id AND p.due_at <> n.due_at`,
		workspace, uuids(ids), timestamps(due))
	return translate(err)
}
