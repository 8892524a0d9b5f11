package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// takenSince is how far back what went out on schedule is read: further than any distribution day under way began.
const takenSince = 48 * time.Hour

// spread gives decisions their due times at the schedule's pace, each member's in the order in which they stand. What a
// member has from other schedules counts. Refused ones are due now.
func (t *Tx) spread(ctx context.Context, w Workspace, s schedule, pending []pendingLead) error {
	if err := t.take(ctx, lockPlans, w.ID); err != nil {
		return err
	}
	now := t.now()
	if s.Seed == 0 {
		s.Seed = newSeed(now)
	}
	var share shares[*pendingLead]
	for i := range pending {
		if p := &pending[i]; p.refused == "" {
			share.addFrom(p.group, p.member, p)
		} else {
			p.due = now
		}
	}
	times, err := share.plan(ctx, t, w, s.Pace, s.Seed.Time(), s.Seed, nil)
	if err != nil {
		return err
	}
	for i, due := range times {
		for k, at := range due {
			share.of[i][k].due = at
		}
	}
	return nil
}

// workloads reads when the members work, and what they have on schedule already, except the pending leads in except. What is overdue
// will go out as soon as can be, and counts as of now. groups are as for calendars.
func (t *Tx) workloads(ctx context.Context, w Workspace, now time.Time, members []lead.Workload, groups map[uuid.UUID]uuid.UUID, except []uuid.UUID) error {
	if err := t.calendars(ctx, w, now, members, groups, except); err != nil {
		return err
	}
	ids := idsOfWorkloads(members)
	places := make(map[uuid.UUID]int, len(members))
	for i, m := range members {
		places[m.MemberID] = i
	}
	var taken []struct {
		Member uuid.UUID     `db:"member_id"`
		At     pq.Int64Array `db:"at"`  // seconds since 1970
		Day    pq.Int64Array `db:"day"` // for which it counted, since 1970; -1 where it did for none
	}
	// One row a member: there may be hundreds of thousands of times, and a row each costs many times as much.
	if err := sqlx.SelectContext(ctx, t.q, &taken, `
		SELECT member_id, array_agg(floor(date_part('epoch', at))::bigint) AS at, array_agg(coalesce(day - '1970-01-01', -1)) AS day FROM (
			SELECT member_id, greatest(due_at, $6) AS at, NULL::date AS day FROM pending_leads
			WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND trigger = $3 AND refused IS NULL
				AND NOT EXISTS (
					SELECT 1 FROM unnest($7::uuid[]) AS a (pending_id) WHERE a.pending_id = pending_leads.pending_id)
			UNION ALL
			SELECT member_id, at, paced_day FROM history
			WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND trigger = 'scheduled' AND at >= $4 AND outcome = $5 AND `+stands+`
		) taken GROUP BY 1`,
		w.ID, uuids(ids), lead.Scheduled, now.Add(-takenSince), lead.Succeeded, now, uuids(except)); err != nil {
		return fmt.Errorf("reading what the members have on schedule: %w", translate(err))
	}
	for _, one := range taken {
		m := &members[places[one.Member]]
		m.Taken = make([]time.Time, len(one.At))
		for i, at := range one.At {
			m.Taken[i] = time.Unix(at, 0)
			if one.Day[i] < 0 {
				continue
			}
			if date := time.Unix(one.Day[i]*24*60*60, 0).UTC(); !date.Equal(w.Hours.Day(m.Taken[i], m.Zone)) {
				m.Counted = append(m.Counted, date) // their zone or the hours were changed since: see tally
			}
		}
	}
	return nil
}
