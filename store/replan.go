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

// Overdue lists the workspaces in which leads that were planned at a pace did not go out in time.
func (q Queries) Overdue(ctx context.Context) ([]uuid.UUID, error) {
	var all []uuid.UUID
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT w.workspace_id FROM workspaces w
		WHERE EXISTS (SELECT 1 FROM pending_leads p WHERE p.workspace_id = w.workspace_id AND p.due_at < $1
			AND p.trigger = $2 AND p.pace IS NOT NULL)`, q.now().Add(-overdueAfter), lead.Scheduled)
	return all, translate(err)
}

// Replan plans anew, oldest first and at their pace, those leads of a workspace whose distribution day went by without
// them, limit at the most: going out at once, all together, they would be more than the pace promises for a day. Leads
// that are late on their own day are left to go out at once. It returns how many it planned.
func (s *Store) Replan(ctx context.Context, workspace uuid.UUID, limit int) (n int, err error) {
	err = s.tryTx(ctx, func(t *Tx) error {
		if err := t.passGate(ctx, workspace); err != nil {
			return err
		}
		if _, err := t.q.ExecContext(ctx, planLock, workspace); err != nil {
			return translate(err)
		}
		w, err := t.Workspace(ctx, workspace)
		if err != nil {
			return err
		}
		late, err := t.late(ctx, w, limit)
		if err != nil {
			return err
		}
		apart := make([]uuid.UUID, len(late))
		for i, l := range late {
			apart[i] = l.ID
		}
		for _, pace := range []lead.Pace{lead.Slow, lead.Normal, lead.Fast} {
			planned, err := t.replan(ctx, w, pace, late, apart[n:])
			if err != nil {
				return err
			}
			n += planned
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("planning overdue leads of workspace %s anew: %w", workspace, err)
	}
	return n, nil
}

// lateLead is a pending lead whose distribution day is over.
type lateLead struct {
	ID     uuid.UUID `db:"pending_id"`
	Member uuid.UUID `db:"member_id"`
	Pace   lead.Pace `db:"pace"`
	Due    time.Time `db:"due_at"`
	Zone   string    `db:"timezone"`
}

// late locks the leads whose day is over, oldest first, by pace. It waits for nobody: what is locked is going out.
func (t *Tx) late(ctx context.Context, w Workspace, limit int) ([]lateLead, error) {
	var rows []lateLead
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT p.pending_id, p.member_id, p.pace, p.due_at, coalesce(m.timezone, $4) AS timezone
		FROM pending_leads p JOIN members m ON m.workspace_id = p.workspace_id AND m.member_id = p.member_id
		WHERE p.workspace_id = $1 AND p.due_at < $2 AND p.trigger = $3 AND p.pace IS NOT NULL AND p.refused IS NULL
		ORDER BY p.due_at, p.pending_id LIMIT $5 FOR UPDATE OF p SKIP LOCKED`,
		w.ID, t.now().Add(-overdueAfter), lead.Scheduled, w.Timezone, limit); err != nil {
		return nil, translate(err)
	}
	byPace := make(map[lead.Pace][]lateLead)
	for _, r := range rows {
		zone, err := time.LoadLocation(r.Zone)
		if err != nil {
			return nil, fmt.Errorf("reading the time zone of member %s: %w", r.Member, err)
		}
		if w.Hours.Day(r.Due, zone).Before(w.Hours.Day(t.now(), zone)) {
			byPace[r.Pace] = append(byPace[r.Pace], r)
		}
	}
	return append(append(byPace[lead.Slow], byPace[lead.Normal]...), byPace[lead.Fast]...), nil
}

// replan gives the late leads of one pace new times, and takes them out of their batches; later ones move back behind
// them. apart are the late leads that have no new time yet.
func (t *Tx) replan(ctx context.Context, w Workspace, pace lead.Pace, late []lateLead, apart []uuid.UUID) (int, error) {
	now := t.now()
	seed := newSeed(now)
	plan := lead.Schedule{Now: now, Seed: seed, Pace: pace, Hours: w.Hours}
	places := make(map[uuid.UUID]int)
	var of [][]uuid.UUID // a member's late leads
	n := 0
	for _, l := range late {
		if l.Pace != pace {
			continue
		}
		place, known := places[l.Member]
		if !known {
			place = len(of)
			places[l.Member], of = place, append(of, nil)
			plan.Members = append(plan.Members, lead.Workload{MemberID: l.Member})
		}
		of[place] = append(of[place], l.ID)
		n++
	}
	if len(of) == 0 {
		return 0, nil
	}
	if err := t.workloads(ctx, w, now, plan.Members, apart); err != nil {
		return 0, err
	}
	for i := range plan.Members {
		plan.Members[i].Leads = len(of[i])
	}
	times, err := lead.Plan(plan)
	if err != nil {
		return 0, err
	}
	for i := range of {
		if err := t.keepOrder(ctx, w.ID, pace, plan.Members[i].MemberID, of[i], times[i]); err != nil {
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
	ids := make([]uuid.UUID, len(all))
	for i, one := range all {
		if ids[i] = one.ID; !slices.Contains(late, one.ID) {
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
