package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// lookAgain is how long at the most a group with waiting leads is not looked at, whatever its receivers' calendars say.
const lookAgain = time.Hour

// stuckAgain is how soon a group is looked at again whose receivers who can take a lead have all of those that were let go.
const stuckAgain = time.Minute

// putToWait writes the claims that nobody can take now as waiting leads of their groups, and when to look again.
func (t *Tx) putToWait(ctx context.Context, workspace uuid.UUID, d *distribution) error {
	if len(d.waits) == 0 {
		return nil
	}
	now := t.now()
	wake := make(map[uuid.UUID]time.Time)
	for i := range d.waits {
		w := &d.waits[i]
		if !w.WaitingSince.Valid {
			w.WaitingSince = sql.NullTime{Time: now, Valid: true}
		}
		w.Tried++
		group := w.GroupID.UUID
		if _, known := wake[group]; !known {
			wake[group] = d.nextChange(group, now)
		}
		if w.soon {
			wake[group] = now
		}
		if o := d.groups[group].Overflow; o.Then == OverflowGroup {
			wake[group] = earlier(wake[group], w.WaitingSince.Time.Add(o.after()), now)
		}
	}
	from, args := unnest("p", []any{workspace, uuid.Nil}, waitColumns(d.waits)...)
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO pending_leads (workspace_id, pending_id, lead_id, group_id, assignment_id, retry_of, trigger, skipped, due_at, accepted_at,
			waiting_since, overflowed, tried, reassigned)
		SELECT $1, p.pending_id, p.lead_id, p.group_id, nullif(p.assignment_id, $2), nullif(p.retry_of, $2), p.trigger, p.skipped, p.due_at,
			p.accepted_at, p.waiting_since, CASE WHEN p.overflowed <> '' THEN p.overflowed::uuid[] END, p.tried, p.reassigned
		FROM `+from, args...); err != nil {
		return fmt.Errorf("storing %d waiting leads: %w", len(d.waits), translate(err))
	}
	var groups []uuid.UUID
	var times []time.Time
	for group, at := range wake {
		groups, times = append(groups, group), append(times, at)
	}
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO waiting_groups AS w (workspace_id, group_id, wake_at)
		SELECT $1, group_id, wake_at FROM unnest($2::uuid[], $3::timestamptz[]) AS n (group_id, wake_at) ORDER BY group_id
		ON CONFLICT (workspace_id, group_id) DO UPDATE SET wake_at = CASE
			WHEN w.batch_id = $4 AND $5 THEN least(excluded.wake_at, $6) ELSE least(w.wake_at, excluded.wake_at) END`,
		workspace, uuids(groups), timestamps(times), d.batch, len(d.decisions)+len(d.offers) == 0, now.Add(stuckAgain))
	return translate(err)
}

func waitColumns(waits []wait) []column {
	ids := func(of func(*wait) uuid.UUID) array { return uuids(pluck(waits, of)) }
	times := func(of func(*wait) time.Time) array { return timestamps(pluck(waits, of)) }
	return []column{
		{"pending_id", ids(func(w *wait) uuid.UUID { return w.PendingID })},
		{"lead_id", ids(func(w *wait) uuid.UUID { return w.LeadID })},
		{"group_id", ids(func(w *wait) uuid.UUID { return w.GroupID.UUID })},
		{"assignment_id", ids(func(w *wait) uuid.UUID { return w.AssignmentID.UUID })},
		{"retry_of", ids(func(w *wait) uuid.UUID { return w.RetryOf.UUID })},
		{"trigger", texts(pluck(waits, func(w *wait) lead.Trigger { return w.Trigger }))},
		{"skipped", jsonbs(pluck(waits, func(w *wait) string { return textOfJSON(w.skipped) }))},
		{"due_at", times(func(w *wait) time.Time { return w.DueAt })},
		{"accepted_at", times(func(w *wait) time.Time { return w.AcceptedAt })},
		{"waiting_since", times(func(w *wait) time.Time { return w.WaitingSince.Time })},
		{"overflowed", texts(pluck(waits, func(w *wait) string { return w.Overflowed.text() }))},
		{"tried", ints(pluck(waits, func(w *wait) int { return w.Tried }))},
		{"reassigned", ints(pluck(waits, func(w *wait) int { return w.Reassigned }))},
	}
}

// earlier is the earlier of two moments, of those that lie ahead of now.
func earlier(a, b, now time.Time) time.Time {
	if b.After(now) && b.Before(a) {
		return b
	}
	return a
}

// nextChange is when the calendars and caps of a group's receivers next let somebody take a lead who cannot now, lookAgain from now at
// the latest.
func (d *distribution) nextChange(group uuid.UUID, now time.Time) time.Time {
	next := now.Add(lookAgain)
	who := groupRoster{roster: &d.roster, group: group}
	for _, id := range d.groups[group].Restricted {
		m := d.roster.members[id]
		if m == nil {
			continue
		}
		o, until := m.obstacle(now)
		if o == "" {
			if o = who.Unable(id); o == "" {
				continue
			}
			until = lead.WindowsAt(now, m.calendar.Zone).Next(o)
		}
		next = earlier(next, until, now)
	}
	return next
}

// wakeGroupsOf has the groups look again that wait for somebody and list the member.
func (t *Tx) wakeGroupsOf(ctx context.Context, workspace, member uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE waiting_groups w SET wake_at = $3 FROM (
			SELECT w.group_id FROM waiting_groups w
			WHERE w.workspace_id = $1 AND EXISTS (SELECT 1 FROM groups g WHERE g.workspace_id = $1 AND g.group_id = w.group_id
				AND jsonb_path_exists(g.listed, '$[*].members[*] ? (@.member_id == $m)', jsonb_build_object('m', $2::uuid)))
			ORDER BY w.group_id FOR UPDATE) found
		WHERE w.workspace_id = $1 AND w.group_id = found.group_id`, workspace, member, t.now())
	return translate(err)
}

// wakeGroup has a group look again if leads wait for it, and all groups of the workspace where it is the nil UUID.
func (t *Tx) wakeGroup(ctx context.Context, workspace, group uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE waiting_groups SET wake_at = $3 WHERE workspace_id = $1 AND ($2::uuid IS NULL OR group_id = $2)`,
		workspace, nullID(group), t.now())
	return translate(err)
}

// ToRelease lists groups for which leads wait and somebody may be able to take some by now, limit at the most.
func (q Queries) ToRelease(ctx context.Context, limit int) ([]GroupRef, error) {
	var all []GroupRef
	err := sqlx.SelectContext(often(ctx), q.q, &all, `
		SELECT workspace_id, group_id FROM waiting_groups WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2`, q.now(), limit)
	return all, translate(err)
}

// Release puts the oldest waiting leads of a group into a batch, as many as can be taken now, and returns how many. The next ones follow
// when those have gone out. Where nobody can take any it notes when to look again.
func (s *Store) Release(ctx context.Context, g GroupRef) (n int, err error) {
	err = s.tryTx(ctx, func(t *Tx) error {
		n, err = t.release(ctx, g)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("letting the waiting leads of group %s go: %w", g.Group, err)
	}
	return n, nil
}

func (t *Tx) release(ctx context.Context, g GroupRef) (int, error) {
	if err := t.passGate(ctx, g.Workspace); err != nil {
		return 0, err
	}
	now := t.now()
	var busy bool
	err := translate(sqlx.GetContext(ctx, t.q, &busy, `
		SELECT EXISTS (SELECT 1 FROM batches b WHERE b.workspace_id = $1 AND b.batch_id = w.batch_id) FROM waiting_groups w
		WHERE w.workspace_id = $1 AND w.group_id = $2 AND w.wake_at <= $3 FOR UPDATE SKIP LOCKED`, g.Workspace, g.Group, now))
	if errors.Is(err, ErrNotFound) {
		return 0, nil // somebody else is at it, or was
	}
	if err != nil || busy {
		return 0, err // it is due until the last ones have gone out
	}
	// Whoever deals locks counts first and then waiting groups, so nothing more is locked here.
	d := distribution{workspace: g.Workspace, estimate: true}
	if err := d.readGroups(ctx, t, []uuid.UUID{g.Group}, nil); err != nil {
		return 0, err
	}
	ids, err := t.releasable(ctx, g, d.room(g.Group), time.Time{})
	if o := d.groups[g.Group].Overflow; err == nil && o.Then == OverflowGroup {
		var late []uuid.UUID
		if late, err = t.releasable(ctx, g, lead.MaxBatch, now.Add(-o.after())); err == nil {
			ids = append(ids, without(late, ids)...)
		}
	}
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		return 0, t.rest(ctx, g, &d)
	}
	ids = ids[:min(len(ids), lead.MaxBatch)]
	return len(ids), t.letGo(ctx, g, ids)
}

// room is for how many leads a group has receivers who can take some now, a batch's at the most. A group that is gone, or has nobody who
// is active, takes all, and they end or go on elsewhere.
func (d *distribution) room(group uuid.UUID) int {
	g := d.groups[group]
	if g.Deleted || len(g.Active) == 0 {
		return lead.MaxBatch
	}
	room := 0
	who := groupRoster{roster: &d.roster, group: group}
	for _, id := range g.Active {
		if who.Unable(id) != "" {
			continue
		}
		most := lead.MaxBatch
		for _, key := range [2]capKey{{id, uuid.Nil}, {id, group}} {
			if c := d.roster.counts[key]; c != nil {
				most = d.roster.caps[key].Room(c.count(), most)
			}
		}
		room += most
	}
	return min(room, lead.MaxBatch)
}

// releasable locks leads that wait for a group, limit at the most, oldest first, those that found only receivers who have them behind the
// others. With a time it locks only those that have waited since then or longer.
func (t *Tx) releasable(ctx context.Context, g GroupRef, limit int, since time.Time) (ids []uuid.UUID, err error) {
	err = sqlx.SelectContext(ctx, t.q, &ids, `
		SELECT pending_id FROM pending_leads
		WHERE workspace_id = $1 AND group_id = $2 AND waiting_since IS NOT NULL AND batch_id IS NULL AND offered_at IS NULL
			AND ($4::timestamptz IS NULL OR waiting_since <= $4)
		ORDER BY tried, accepted_at, pending_id LIMIT $3 FOR UPDATE SKIP LOCKED`, g.Workspace, g.Group, limit, nullTime(since))
	return ids, translate(err)
}

// letGo puts waiting leads into a batch. The group is looked at again when it has gone out.
func (t *Tx) letGo(ctx context.Context, g GroupRef, ids []uuid.UUID) error {
	batches, err := t.insertBatches(ctx, g.Workspace, lead.QueueFresh, t.now(), len(ids))
	if err != nil {
		return err
	}
	batch := batches[0]
	if _, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads SET batch_id = $3 WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[])`,
		g.Workspace, uuids(ids), batch); err != nil {
		return translate(err)
	}
	if err := t.followTraces(ctx, g.Workspace, batches); err != nil {
		return err
	}
	_, err = t.q.ExecContext(ctx, `
		UPDATE waiting_groups SET batch_id = $3, wake_at = $4 WHERE workspace_id = $1 AND group_id = $2`,
		g.Workspace, g.Group, batch, t.now())
	return translate(err)
}

// rest notes when a group whose waiting leads nobody can take now is to be looked at again, or that none wait for it any more.
func (t *Tx) rest(ctx context.Context, g GroupRef, d *distribution) error {
	now := t.now()
	var oldest sql.NullTime
	if err := sqlx.GetContext(ctx, t.q, &oldest, `
		SELECT min(waiting_since) FROM pending_leads
		WHERE workspace_id = $1 AND group_id = $2 AND waiting_since IS NOT NULL AND batch_id IS NULL AND offered_at IS NULL`, g.Workspace, g.Group); err != nil {
		return translate(err)
	}
	if !oldest.Valid {
		_, err := t.q.ExecContext(ctx, `DELETE FROM waiting_groups WHERE workspace_id = $1 AND group_id = $2`, g.Workspace, g.Group)
		return translate(err)
	}
	next := d.nextChange(g.Group, now)
	if o := d.groups[g.Group].Overflow; o.Then == OverflowGroup {
		next = earlier(next, oldest.Time.Add(o.after()), now)
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE waiting_groups SET batch_id = NULL, wake_at = $3 WHERE workspace_id = $1 AND group_id = $2`, g.Workspace, g.Group, next)
	return translate(err)
}

// errMoveWaiting refuses to move to a time what nobody has.
var errMoveWaiting = &Violation{Field: "member_id", Exists: true, Message: "a lead that waits for somebody who can take it has no time; choose the member who is to get it"}

// moveWaiting is MovePending for a lead that waits: it goes to the member whom edit names, at the time that it names or at once.
func (t *Tx) moveWaiting(ctx context.Context, workspace uuid.UUID, p PendingLead, edit func(*PendingLead) error) (PendingLead, error) {
	due := p.DueAt
	p.MemberID = new(uuid.UUID)
	if err := edit(&p); err != nil {
		return p, err
	}
	if *p.MemberID == uuid.Nil {
		return p, errMoveWaiting
	}
	to := PendingMove{Member: *p.MemberID}
	if !p.DueAt.Equal(due) {
		to.At = wholeSecond(p.DueAt)
	}
	if err := t.checkMember(ctx, workspace, to.Member); err != nil {
		return p, err
	}
	if err := t.giveWaiting(ctx, workspace, []uuid.UUID{p.ID}, to); err != nil {
		return p, err
	}
	return t.PendingLead(ctx, workspace, p.ID)
}

// giveWaiting has leads that wait go to a member by name, at a time or at once.
func (t *Tx) giveWaiting(ctx context.Context, workspace uuid.UUID, ids []uuid.UUID, to PendingMove) error {
	if len(ids) == 0 {
		return nil
	}
	at := to.At
	if at.IsZero() {
		at = t.now()
	}
	if err := t.endOffers(ctx, workspace, ids); err != nil {
		return err
	}
	if _, err := t.q.ExecContext(ctx, `
		UPDATE pending_leads SET member_id = $3, due_at = $4, trigger = $5, waiting_since = NULL, skipped = NULL
		WHERE workspace_id = $1 AND pending_id = ANY($2::uuid[])`, workspace, uuids(ids), to.Member, at, lead.Scheduled); err != nil {
		return fmt.Errorf("giving %d waiting leads to a member: %w", len(ids), translate(err))
	}
	if !at.After(t.now().Add(armSoon)) {
		return t.armSoon(ctx, workspace)
	}
	return nil
}
