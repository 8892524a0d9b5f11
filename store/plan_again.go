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

// overdueAfter is how late a planned lead is before it is looked at whether its day is over.
const overdueAfter = time.Minute

// awayAtOnce bounds the unavailable members for whom all that is planned is planned anew in one transaction.
const awayAtOnce = 50

// overdue is what to look at: leads that should have gone out by $1, and were put back, never armed, or should have by $2.
const overdue = `p.due_at <= $1 AND (p.batch_id IS NULL OR p.due_at < $2) AND p.trigger = 'scheduled' AND p.pace IS NOT NULL
	AND p.refused IS NULL`

// Overdue lists the workspaces in which leads that were planned at a pace did not go out in time.
func (q Queries) Overdue(ctx context.Context) ([]uuid.UUID, error) {
	var all []uuid.UUID
	now := q.now()
	err := sqlx.SelectContext(often(ctx), q.q, &all, workspacesWith(`p.trigger <> 'immediate'`, overdue),
		now, now.Add(-overdueAfter))
	return all, translate(err)
}

// Replan plans anew, oldest first and at their pace, those leads of a workspace whose distribution day went by without
// them, and those for which there is no room today, limit at the most: going out at once, all together, they would be
// more than the pace promises for a day. Where the member cannot take one now, all that is planned for them moves to when they can.
// Others that are late are left to go out at once. It returns how many it planned.
func (s *Store) Replan(ctx context.Context, workspace uuid.UUID, limit int) (n int, err error) {
	err = s.tryTx(ctx, func(t *Tx) error {
		if err := t.passGate(ctx, workspace); err != nil {
			return err
		}
		if err := t.take(ctx, lockPlans, workspace); err != nil {
			return err
		}
		w, err := t.Workspace(ctx, workspace)
		if err != nil {
			return err
		}
		late, away, err := t.late(ctx, w, limit)
		if err != nil {
			return err
		}
		for _, member := range away[:min(len(away), awayAtOnce)] {
			planned, err := t.replanMember(ctx, w, member, true)
			if err != nil {
				return err
			}
			n += planned
		}
		except := idsOfPaced(late)
		for _, pace := range lead.Paces {
			planned, err := t.replan(ctx, w, pace, late, except)
			if err != nil {
				return err
			}
			except = except[planned:]
			n += planned
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("planning overdue leads of workspace %s anew: %w", workspace, err)
	}
	return n, nil
}

// late locks the leads that cannot go out any more as planned, by pace, and oldest first, and finds the members who can take none of
// theirs now, which are not among these. It waits for nobody: what is locked is going out.
func (t *Tx) late(ctx context.Context, w Workspace, limit int) (late []pacedLead, away []uuid.UUID, err error) {
	now := t.now()
	var due []pacedLead
	if err := sqlx.SelectContext(ctx, t.q, &due, `
		SELECT p.pending_id, p.member_id, p.pace, p.due_at, p.group_id FROM pending_leads p
		WHERE p.workspace_id = $3 AND `+overdue+`
		ORDER BY p.due_at, p.pending_id LIMIT $4 FOR UPDATE SKIP LOCKED`, now, now.Add(-overdueAfter), w.ID, limit); err != nil {
		return nil, nil, translate(err)
	}
	if away, err = t.cannotTake(ctx, w.ID, due); err != nil {
		return nil, nil, err
	}
	due = slices.DeleteFunc(due, func(l pacedLead) bool { return slices.Contains(away, l.Member) })
	if len(due) == 0 {
		return nil, away, nil
	}
	late, _, err = t.hold(ctx, w.ID, due)
	slices.SortStableFunc(late, func(a, b pacedLead) int { return a.Pace.Max() - b.Pace.Max() })
	return late, away, err
}

// replan gives the late leads of one pace new times, and takes them out of their batches; later ones move back behind
// them. except are the late leads that have no new time yet.
func (t *Tx) replan(ctx context.Context, w Workspace, pace lead.Pace, late []pacedLead, except []uuid.UUID) (int, error) {
	var share shares[uuid.UUID]
	n := 0
	for _, l := range late {
		if l.Pace == pace {
			share.addFrom(l.Group.UUID, l.Member, l.ID)
			n++
		}
	}
	if n == 0 {
		return 0, nil
	}
	now := t.now()
	times, err := share.plan(ctx, t, w, pace, now, newSeed(now), except)
	if err != nil {
		return 0, err
	}
	for i, m := range share.members {
		if err := t.keepOrder(ctx, w.ID, pace, m.MemberID, share.of[i], times[i]); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// keepOrder gives a member's late leads new times such that they still go out before those that were planned, at the same
// pace, for later: all of them share the times of both, those of leads that are late on their own day too, in the order in
// which they were to go out first.
func (t *Tx) keepOrder(ctx context.Context, workspace uuid.UUID, pace lead.Pace, member uuid.UUID, late []uuid.UUID, times []time.Time) error {
	var all []struct {
		ID  uuid.UUID `db:"pending_id"`
		Due time.Time `db:"due_at"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &all, `
		SELECT pending_id, due_at FROM pending_leads
		WHERE workspace_id = $1 AND member_id = $2 AND trigger = $3 AND pace = $4 AND refused IS NULL
		ORDER BY coalesce(replanned_from, due_at), pending_id FOR UPDATE SKIP LOCKED`,
		workspace, member, lead.Scheduled, pace); err != nil {
		return translate(err)
	}
	anew := make(map[uuid.UUID]bool, len(late))
	for _, id := range late {
		anew[id] = true
	}
	ids := make([]uuid.UUID, len(all))
	for i, one := range all {
		if ids[i] = one.ID; !anew[one.ID] {
			times = append(times, one.Due)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	_, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads p SET due_at = n.due_at, batch_id = NULL, replanned_from = coalesce(p.replanned_from, p.due_at)
		FROM unnest($2::uuid[], $3::timestamptz[]) AS n (pending_id, due_at)
		WHERE p.workspace_id = $1 AND p.pending_id = n.pending_id AND p.due_at <> n.due_at`,
		workspace, uuids(ids), timestamps(times))
	return translate(err)
}
