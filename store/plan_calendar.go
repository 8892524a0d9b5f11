package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// calendars fills in when members work, from when on they can take leads, and what caps bound. groups are those whose receivers the
// members are, where all that is planned for them comes from one; pending leads in except are planned anew and count for no cap.
func (t *Tx) calendars(ctx context.Context, w Workspace, now time.Time, members []lead.Workload, groups map[uuid.UUID]uuid.UUID, except []uuid.UUID) error {
	working, err := t.workingMembers(ctx, w.ID, idsOfWorkloads(members), now)
	if err != nil {
		return err
	}
	capped, err := t.capped(ctx, w.ID, now, working, groups, except)
	if err != nil {
		return err
	}
	for i := range members {
		one := &members[i]
		m := working[one.MemberID]
		if m == nil {
			return fmt.Errorf("reading when member %s works: %w", one.MemberID, ErrNotFound)
		}
		one.Zone, one.Works = m.calendar.Zone, m.calendar
		o, until := m.obstacle(now)
		for _, group := range [2]uuid.UUID{uuid.Nil, groups[m.ID]} {
			if c := capped[capKey{m.ID, group}]; c != nil && (group != uuid.Nil || len(one.Caps) == 0) {
				if one.Caps = append(one.Caps, *c); o == "" && c.Caps.Full(c.Got) == lead.ObstacleCapOpen {
					o = lead.ObstacleCapOpen
				}
			}
		}
		switch {
		case o == "" || o == lead.ObstacleInactive:
		case until.IsZero(): // nobody knows when they are back: it is looked again on each of their days
			one.From = w.Hours.NextDay(now, one.Zone)
		default:
			one.From = until
		}
	}
	return nil
}

func idsOfWorkloads(members []lead.Workload) []uuid.UUID {
	return pluck(members, func(m *lead.Workload) uuid.UUID { return m.MemberID })
}

// capped reads, of members with caps, what these bound.
func (t *Tx) capped(ctx context.Context, workspace uuid.UUID, now time.Time, members map[uuid.UUID]*workingMember, groups map[uuid.UUID]uuid.UUID, except []uuid.UUID) (map[capKey]*lead.Capped, error) {
	counts, err := t.countsAt(ctx, workspace, members, now)
	if err != nil || len(counts) == 0 {
		return nil, err
	}
	caps, err := t.receiverCaps(ctx, workspace, slices.Collect(maps.Values(groups)))
	if err != nil {
		return nil, err
	}
	capped := make(map[capKey]*lead.Capped)
	var ids []uuid.UUID
	for key, c := range counts {
		bound := caps[key]
		if key.Group == uuid.Nil {
			bound = members[key.Member].Caps.Caps
		}
		if !bound.None() && (key.Group == uuid.Nil || groups[key.Member] == key.Group) {
			capped[key] = &lead.Capped{Caps: bound, Got: c.count()}
			ids = append(ids, key.Member)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return capped, t.countScheduled(ctx, workspace, now, capped, ids, except)
}

// countScheduled adds to what caps bound what the members have on schedule, except some of it.
func (t *Tx) countScheduled(ctx context.Context, workspace uuid.UUID, now time.Time, capped map[capKey]*lead.Capped, ids, except []uuid.UUID) error {
	var pending []struct {
		Member uuid.UUID     `db:"member_id"`
		Group  uuid.NullUUID `db:"group_id"`
		Due    time.Time     `db:"due_at"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &pending, `
		SELECT member_id, group_id, due_at FROM pending_leads
		WHERE workspace_id = $1 AND member_id = ANY($2::uuid[]) AND trigger = $3 AND refused IS NULL
			AND NOT EXISTS (SELECT 1 FROM unnest($4::uuid[]) AS a (pending_id) WHERE a.pending_id = pending_leads.pending_id)`,
		workspace, uuids(ids), lead.Scheduled, uuids(except)); err != nil {
		return fmt.Errorf("reading what %d members with caps have on schedule: %w", len(ids), translate(err))
	}
	for _, p := range pending {
		for _, key := range [2]capKey{{p.Member, uuid.Nil}, {p.Member, p.Group.UUID}} {
			if c := capped[key]; c != nil && (key.Group != uuid.Nil || key == capKey{p.Member, uuid.Nil}) {
				if p.Due.After(now) {
					c.Taken = append(c.Taken, p.Due)
				} else {
					c.Got.Add(1)
				}
			}
			if !p.Group.Valid {
				break
			}
		}
	}
	return nil
}

// receiverCaps are the caps that groups' receivers have in them.
func (t *Tx) receiverCaps(ctx context.Context, workspace uuid.UUID, groups []uuid.UUID) (map[capKey]lead.Caps, error) {
	rings, err := t.groupRings(ctx, workspace, slices.DeleteFunc(groups, func(id uuid.UUID) bool { return id == uuid.Nil }))
	caps := make(map[capKey]lead.Caps)
	for group, r := range rings {
		for member, of := range r.ring().Caps() {
			caps[capKey{member, group}] = of
		}
	}
	return caps, err
}

// cannotTake are those of the members of paced leads who can take some of them at no time now, though they are active.
func (t *Tx) cannotTake(ctx context.Context, workspace uuid.UUID, due []pacedLead) ([]uuid.UUID, error) {
	if len(due) == 0 {
		return nil, nil
	}
	caps, err := t.receiverCaps(ctx, workspace, pluck(due, func(l *pacedLead) uuid.UUID { return l.Group.UUID }))
	if err != nil {
		return nil, err
	}
	rings := make(map[uuid.UUID]lead.Ring)
	for _, l := range due {
		one := lead.Receiver{MemberID: l.Member}
		if c, has := caps[capKey{l.Member, l.Group.UUID}]; has {
			one.Caps = &c
		}
		rings[l.Group.UUID] = lead.Ring{Slots: append(rings[l.Group.UUID].Slots, lead.Slot{one})}
	}
	found, err := t.obstacles(ctx, workspace, rings, t.now())
	if err != nil {
		return nil, err
	}
	var all []uuid.UUID
	for key, a := range found {
		if a.Obstacle != "" && a.Obstacle != lead.ObstacleInactive {
			all = append(all, key.Member)
		}
	}
	slices.SortFunc(all, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(all), nil
}

// keepsCalendar reports whether the claim's lead is held while its member cannot take one: it was planned at a pace, or by a turn that
// nobody has overruled since. Who was named gets a lead at its time, whatever their calendar says.
func (c claim) keepsCalendar() bool {
	return c.Trigger == lead.Scheduled && c.Refused == "" && (c.Pace != "" || c.Turn.Valid && !c.MovedFrom.Valid)
}

// holdBack reports whether the claim's lead must not go out now, since its member cannot take it, and notes until when.
func (d *distribution) holdBack(c claim) bool {
	member := c.MemberID.UUID
	o := groupRoster{roster: &d.roster, group: c.GroupID.UUID}.Unable(member)
	if o == "" || !c.keepsCalendar() {
		return false
	}
	until := c.DueAt // the scheduler plans it anew
	if m := d.roster.members[member]; c.Pace == "" {
		until = m.again(o, d.now)
	}
	d.back.ids, d.back.due = append(d.back.ids, c.PendingID), append(d.back.due, until)
	return true
}

// again is when to look again whether the member can take a lead, which an obstacle keeps them from now.
func (m *workingMember) again(o lead.Obstacle, now time.Time) time.Time {
	windows := lead.WindowsAt(now, m.calendar.Zone)
	until := windows.Next(o)
	if !o.IsCap() {
		_, until = m.obstacle(now)
	}
	if until.IsZero() {
		until = windows.NextDay
	}
	return wholeSecond(until)
}

// readPlannedGroups reads the caps of members in the groups whose turns have chosen them, and returns these groups.
func (d *distribution) readPlannedGroups(ctx context.Context, t *Tx) (groups []uuid.UUID, caps map[capKey]lead.Caps, err error) {
	keep := false
	for _, c := range d.claims {
		if c.MemberID.Valid && c.GroupID.Valid && !slices.Contains(groups, c.GroupID.UUID) {
			groups = append(groups, c.GroupID.UUID)
		}
		keep = keep || c.keepsCalendar()
	}
	if keep {
		caps, err = t.receiverCaps(ctx, d.workspace, slices.Clone(groups))
	}
	return groups, caps, err
}
