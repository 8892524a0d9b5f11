package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An Availability says whether a receiver of a group can take a lead by turn at an instant.
type Availability struct {
	MemberID uuid.UUID
	// Obstacle is what keeps them, empty where nothing does.
	Obstacle lead.Obstacle
	// Until is when that changes, as calendars and windows have it; nil where only somebody's act changes it.
	Until *time.Time
	// Caps are those over all groups, and Count what they count; GroupCaps and GroupCount those in this group. Counts are nil
	// where there is no cap.
	Caps, GroupCaps   lead.Caps
	Count, GroupCount *lead.Count
}

// Availability tells of each receiver of a group, in turn order, whether and why not they can take a lead at a moment. What they
// got is counted as of now.
func (q Queries) Availability(ctx context.Context, workspace, group uuid.UUID, at time.Time) ([]Availability, error) {
	g, err := q.Group(ctx, workspace, group)
	if err != nil {
		return nil, err
	}
	ring := lead.Ring{Slots: lead.Spread(g.Listed)}
	found, err := q.obstacles(ctx, workspace, map[uuid.UUID]lead.Ring{group: ring}, at)
	if err != nil {
		return nil, err
	}
	var all []Availability
	for _, id := range members(g.Listed) {
		all = append(all, found[capKey{id, group}])
	}
	return all, nil
}

// obstacles are what keeps the receivers of groups from taking a lead, by member and group.
type obstacles map[capKey]Availability

// able tells who of a group can take a lead.
func (o obstacles) able(group uuid.UUID) func(uuid.UUID) bool {
	return func(member uuid.UUID) bool { a, known := o[capKey{member, group}]; return known && a.Obstacle == "" }
}

// obstacles reads what keeps the receivers of rings, by their groups, from taking a lead at a moment.
func (q Queries) obstacles(ctx context.Context, workspace uuid.UUID, rings map[uuid.UUID]lead.Ring, at time.Time) (obstacles, error) {
	caps := make(map[capKey]lead.Caps)
	var ids []uuid.UUID
	for group, r := range rings {
		for _, s := range r.Slots {
			for _, m := range s {
				key := capKey{m.MemberID, group}
				if _, known := caps[key]; !known {
					ids = append(ids, m.MemberID)
				}
				of := caps[key]
				if m.Caps != nil {
					of = of.Stricter(*m.Caps)
				}
				caps[key] = of
			}
		}
	}
	members, err := q.workingMembers(ctx, workspace, ids, at)
	if err != nil {
		return nil, err
	}
	counts, err := q.countsAt(ctx, workspace, members, at)
	if err != nil {
		return nil, err
	}
	found := make(obstacles, len(caps))
	for key := range caps {
		a := Availability{MemberID: key.Member, GroupCaps: caps[key], Obstacle: lead.ObstacleInactive}
		if m := members[key.Member]; m != nil {
			a = m.availability(a, counts[capKey{key.Member, uuid.Nil}], counts[key], at)
		}
		found[key] = a
	}
	return found, nil
}

// availability completes what is said of the member in a group, of whose caps these are the counts.
func (m *workingMember) availability(a Availability, over, in *capCount, at time.Time) Availability {
	a.Caps = m.Caps.Caps
	var until time.Time
	a.Obstacle, until = m.obstacle(at)
	for _, one := range []struct {
		*capCount
		lead.Caps
		told **lead.Count
	}{{over, a.Caps, &a.Count}, {in, a.GroupCaps, &a.GroupCount}} {
		if one.capCount == nil || one.None() {
			continue
		}
		n := one.count()
		*one.told = &n
		if full := one.Full(n); full != "" && a.Obstacle == "" {
			a.Obstacle, until = full, lead.WindowsAt(at, m.calendar.Zone).Next(full)
		}
	}
	if !until.IsZero() {
		a.Until = &until
	}
	return a
}

// countsAt reads what is counted of members, in the windows of a moment.
func (q Queries) countsAt(ctx context.Context, workspace uuid.UUID, members map[uuid.UUID]*workingMember, at time.Time) (map[capKey]*capCount, error) {
	counted := countedOf(members)
	if len(counted) == 0 {
		return nil, nil
	}
	var rows []capCount
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT `+capCountColumns+` FROM cap_counts WHERE workspace_id = $1 AND member_id = ANY($2::uuid[])`,
		workspace, uuids(counted)); err != nil {
		return nil, fmt.Errorf("reading what %d members got: %w", len(counted), translate(err))
	}
	counts := make(map[capKey]*capCount, len(rows))
	for i := range rows {
		rows[i].roll(lead.WindowsAt(at, members[rows[i].Member].calendar.Zone))
		counts[rows[i].capKey] = &rows[i]
	}
	return counts, nil
}

// AvailabilityOf tells whether a member can take leads now, in whatever group.
func (q Queries) AvailabilityOf(ctx context.Context, workspace, member uuid.UUID) (Availability, error) {
	alone := lead.Ring{Slots: []lead.Slot{{{MemberID: member}}}}
	found, err := q.obstacles(ctx, workspace, map[uuid.UUID]lead.Ring{uuid.Nil: alone}, q.now())
	return found[capKey{member, uuid.Nil}], err
}
