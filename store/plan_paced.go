package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// pacedLead is a pending lead that was planned at a pace.
type pacedLead struct {
	ID     uuid.UUID `db:"pending_id"`
	Member uuid.UUID `db:"member_id"`
	Pace   lead.Pace `db:"pace"`
	Due    time.Time `db:"due_at"`
	// Group is whose turn has chosen the member.
	Group uuid.NullUUID `db:"group_id"`
}

// A pacedDay is a member's distribution day under way: its date, and what they got on it at a pace so far.
type pacedDay struct {
	hours lead.Hours
	zone  *time.Location
	date  time.Time
	got   lead.Tally
}

// hold picks those of leads that are due, oldest first, which must not go out now: their day is over, or the member has
// as many today as the pace promises. All the others count for the days, which it returns by member. A member who is not
// active has no day, and nothing of theirs is held: it fails for its reason.
//
// Members are locked until the transaction ends, in the order of their ids, so that of two that have leads go out to the
// same member the second counts those of the first.
func (t *Tx) hold(ctx context.Context, workspace uuid.UUID, due []pacedLead) (held []pacedLead, days map[uuid.UUID]*pacedDay, err error) {
	members := make([]uuid.UUID, len(due))
	for i, l := range due {
		members[i] = l.Member
	}
	if days, err = t.pacedDays(ctx, workspace, members, t.now()); err != nil {
		return nil, nil, err
	}
	for _, l := range due {
		day := days[l.Member]
		switch {
		case day == nil:
		case day.hours.Day(l.Due, day.zone).Before(day.date) || !day.got.Room(l.Pace):
			held = append(held, l)
		default:
			day.got.Add(l.Pace)
		}
	}
	return held, days, nil
}

// pacedDays locks the members, those who are active, and reads what they got so far on the day to which the moment belongs.
func (t *Tx) pacedDays(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, at time.Time) (map[uuid.UUID]*pacedDay, error) {
	var members []struct {
		ID   uuid.UUID  `db:"member_id"`
		Zone string     `db:"timezone"`
		From lead.Clock `db:"distribution_from"`
		To   lead.Clock `db:"distribution_to"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &members, `
		SELECT m.member_id, coalesce(m.timezone, w.timezone) AS timezone, w.distribution_from, w.distribution_to
		FROM members m JOIN workspaces w USING (workspace_id)
		WHERE m.workspace_id = $1 AND m.member_id = ANY($2::uuid[]) AND m.active AND m.removed_at IS NULL
		ORDER BY m.member_id FOR NO KEY UPDATE OF m`, workspace, uuids(ids)); err != nil {
		return nil, fmt.Errorf("locking %d members: %w", len(ids), translate(err))
	}
	days := make(map[uuid.UUID]*pacedDay, len(members))
	for _, m := range members {
		zone, err := loadZone(m.Zone)
		if err != nil {
			return nil, fmt.Errorf("reading the time zone of member %s: %w", m.ID, err)
		}
		hours := lead.Hours{From: m.From, To: m.To}
		days[m.ID] = &pacedDay{hours: hours, zone: zone, date: hours.Day(at, zone)}
	}
	return days, t.tally(ctx, workspace, days, at.Add(-takenSince))
}

// tally counts what the members got at a pace on their days. What went out before their zone or the hours were changed
// counts where it fell on this day, and where it was counted for a day of this date.
func (t *Tx) tally(ctx context.Context, workspace uuid.UUID, days map[uuid.UUID]*pacedDay, since time.Time) error {
	members := slices.Collect(maps.Keys(days))
	var got []struct {
		Member uuid.UUID `db:"member_id"`
		Pace   lead.Pace `db:"pace"`
		Day    time.Time `db:"paced_day"`
		At     time.Time `db:"at"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &got, `
		SELECT member_id, pace, paced_day, at FROM history
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND trigger = 'scheduled' AND at >= $3
			AND paced_day IS NOT NULL AND outcome = $4 AND `+stands,
		workspace, uuids(members), since, lead.Succeeded); err != nil {
		return fmt.Errorf("reading what %d members got today: %w", len(members), translate(err))
	}
	for _, g := range got {
		if day := days[g.Member]; g.Day.Equal(day.date) || day.hours.Day(g.At, day.zone).Equal(day.date) {
			day.got.Add(g.Pace)
		}
	}
	return nil
}

// overPace names leads of a batch that must not go out now, and when they are due: at a pace as before, since the scheduler plans
// them anew.
type overPace struct {
	ids []uuid.UUID
	due []time.Time
}

func (e *overPace) Error() string {
	return fmt.Sprintf("%d leads would be more than their pace promises for the day, or than their members can take now", len(e.ids))
}

// keepPace notes for which day the claims at a pace count. It returns an *overPace where some must not go out now: their
// plan was overtaken, as by an outage. Every batch passes here, since one that was armed before an outage comes as soon
// as a worker runs again, whatever the scheduler has planned by then.
func (t *Tx) keepPace(ctx context.Context, workspace uuid.UUID, claims []claim) error {
	var due []pacedLead
	var leads []uuid.UUID
	for _, c := range claims {
		if c.Pace != "" && c.Trigger == lead.Scheduled && c.Refused == "" {
			due = append(due, pacedLead{ID: c.PendingID, Member: c.MemberID.UUID, Pace: c.Pace, Due: c.DueAt})
			leads = append(leads, c.LeadID)
		}
	}
	if len(due) == 0 {
		return nil
	}
	barred, err := t.barredLeads(ctx, workspace, leads)
	if err != nil {
		return err
	}
	for i := range slices.Backward(leads) { // they take no place in the day
		if barred[leads[i]] != "" {
			due = slices.Delete(due, i, i+1)
		}
	}
	slices.SortStableFunc(due, func(a, b pacedLead) int { return a.Due.Compare(b.Due) })
	held, days, err := t.hold(ctx, workspace, due)
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return &overPace{idsOfPaced(held), pluck(held, func(l *pacedLead) time.Time { return l.Due })}
	}
	for i, c := range claims {
		if day := days[c.MemberID.UUID]; day != nil && c.Pace != "" && c.Trigger == lead.Scheduled {
			claims[i].day = sql.NullTime{Time: day.date, Valid: true}
		}
	}
	return nil
}

func idsOfPaced(leads []pacedLead) []uuid.UUID {
	ids := make([]uuid.UUID, len(leads))
	for i, l := range leads {
		ids[i] = l.ID
	}
	return ids
}

// putBack takes leads out of a batch, so that the scheduler plans them anew, or arms them when they are due. Those that the batch has
// no more are somebody else's doing.
func (s *Store) putBack(ctx context.Context, workspace, batch uuid.UUID, back *overPace) error {
	_, err := s.q.ExecContext(ctx, `
		WITH locked AS (
			SELECT pending_id FROM pending_leads
			WHERE workspace_id = $1 AND batch_id = $2 AND pending_id = ANY($3::uuid[]) ORDER BY pending_id FOR UPDATE)
		UPDATE pending_leads p SET batch_id = NULL, due_at = n.due_at,
			replanned_from = CASE WHEN p.due_at = n.due_at THEN p.replanned_from ELSE coalesce(p.replanned_from, p.due_at) END
		FROM locked JOIN unnest($3::uuid[], $4::timestamptz[]) AS n (pending_id, due_at) USING (pending_id)
		WHERE p.workspace_id = $1 AND p.pending_id = locked.pending_id`,
		workspace, batch, uuids(back.ids), timestamps(back.due))
	return translate(err)
}

// checkRoom returns a *Violation where a lead that is moved would be more than its pace promises its member for the day.
// It needs the plans' lock.
func (t *Tx) checkRoom(ctx context.Context, workspace uuid.UUID, p PendingLead) error {
	days, err := t.pacedDays(ctx, workspace, []uuid.UUID{*p.MemberID}, p.DueAt)
	day := days[*p.MemberID]
	if err != nil || day == nil {
		return err
	}
	var others []pacedLead
	if err := sqlx.SelectContext(ctx, t.q, &others, `
		SELECT pending_id, member_id, pace, due_at FROM pending_leads
		WHERE workspace_id = $1 AND member_id = $2 AND due_at BETWEEN $3 AND $4 AND trigger = 'scheduled' AND pace IS NOT NULL
			AND refused IS NULL AND pending_id <> $5`,
		workspace, p.MemberID, p.DueAt.Add(-takenSince), p.DueAt.Add(takenSince), p.ID); err != nil {
		return translate(err)
	}
	for _, o := range others {
		if day.hours.Day(o.Due, day.zone).Equal(day.date) {
			day.got.Add(o.Pace)
		}
	}
	if day.got.Room(p.Pace) {
		return nil
	}
	return &Violation{Field: "due_at", Exists: true, Message: fmt.Sprintf(
		"on %s the member gets as many leads as pace %s allows; choose another day or member, or distribute the lead now",
		day.date.Format(time.DateOnly), p.Pace)}
}
