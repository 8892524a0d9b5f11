package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A MemberCount is how many leads are planned for a member.
type MemberCount struct {
	MemberID uuid.UUID `db:"member_id"`
	Count    int       `db:"count"`
}

// A PlannedError means that leads are planned through a group for receivers who are to leave it, and that nobody said what
// becomes of them.
type PlannedError struct{ Pending []MemberCount }

func (e *PlannedError) Error() string {
	n := 0
	for _, one := range e.Pending {
		n += one.Count
	}
	return fmt.Sprintf("%d leads are planned through this group for %d receivers who would leave it; say with pending whether to leave, spread or delete them",
		n, len(e.Pending))
}

// GroupHandOver is what became of the leads planned through a group for receivers who left it: how many are still planned
// for them, and how many went to others or were deleted.
type GroupHandOver struct{ Left, Spread, Deleted int }

// EditGroup is UpdateGroup for an operator, who chooses what becomes of what is planned through the group for receivers who
// leave it. Without a choice it returns a *PlannedError where there is something.
func (t *Tx) EditGroup(ctx context.Context, workspace, group uuid.UUID, spec GroupSpec, choice *PendingChoice) (g Group, done GroupHandOver, err error) {
	if err := t.closeGate(ctx, workspace); err != nil {
		return g, done, err
	}
	old, err := t.Group(ctx, workspace, group)
	if err != nil {
		return g, done, err
	}
	if spec.Read != nil && *spec.Read != old.Version {
		return g, done, &VersionError{"the group", old.Version}
	}
	if g, err = t.UpdateGroup(ctx, workspace, group, spec); err != nil {
		return g, done, err
	}
	leave := without(members(old.Listed), members(spec.Listed))
	if len(leave) == 0 {
		return g, done, nil
	}
	done, err = t.handOverGroup(ctx, workspace, plannedFor{of: leave, group: group}, choice)
	var field *FieldError
	if errors.As(err, &field) {
		err = &FieldError{"pending." + field.Field, field.Message}
	}
	return g, done, err
}

// EndGroup is DeleteGroup for an operator, who chooses what becomes of all that is planned through the group; see EditGroup.
// What is left goes out as planned.
func (t *Tx) EndGroup(ctx context.Context, workspace, group uuid.UUID, choice *PendingChoice) (done GroupHandOver, err error) {
	if err := t.DeleteGroup(ctx, workspace, group); err != nil {
		return done, err
	}
	if choice != nil && choice.Action == SpreadPending && choice.GroupID == uuid.Nil && len(choice.MemberIDs) == 0 {
		return done, &FieldError{"group_id", "say to whom: another group, or members; this one ends"}
	}
	return t.handOverGroup(ctx, workspace, plannedFor{group: group}, choice)
}

func (t *Tx) handOverGroup(ctx context.Context, workspace uuid.UUID, p plannedFor, choice *PendingChoice) (done GroupHandOver, err error) {
	if choice == nil {
		there, err := t.countPlanned(ctx, workspace, p)
		if err == nil && len(there) > 0 {
			err = &PlannedError{there}
		}
		return done, err
	}
	n, err := t.handOver(ctx, workspace, p, *choice)
	if err != nil {
		return done, err
	}
	switch choice.Action {
	case SpreadPending:
		done.Spread = n
	case DropPending:
		done.Deleted = n
	}
	if p.of == nil && choice.Action == SpreadPending {
		return done, nil // what was spread is still planned through the group
	}
	left, err := t.countPlanned(ctx, workspace, p)
	for _, one := range left {
		done.Left += one.Count
	}
	return done, err
}

// countPlanned counts planned leads by member.
func (q Queries) countPlanned(ctx context.Context, workspace uuid.UUID, p plannedFor) ([]MemberCount, error) {
	condition, args := p.where()
	counts := []MemberCount{}
	err := sqlx.SelectContext(ctx, q.q, &counts, `
		SELECT p.member_id, count(*) FROM pending_leads p WHERE `+condition+` GROUP BY 1 ORDER BY 2 DESC, 1`,
		append([]any{workspace}, args...)...)
	return counts, translate(err)
}

// A GroupPreview is what an edit of a group, or a new one, would change.
type GroupPreview struct {
	Next []UpcomingTurn
	// Pending is what is planned through the group for those who leave.
	Pending       []MemberCount
	Joins, Leaves []uuid.UUID
}

// PreviewGroup tells what a new group, or for one that is there an edit of it, would do, as the ledger stands now: turns that
// are being dealt may be missing. It has no effect.
func (q Queries) PreviewGroup(ctx context.Context, workspace, group uuid.UUID, spec GroupSpec, n int) (p GroupPreview, err error) {
	ring := lead.Ring{Version: 1, Slots: lead.Spread(spec.Listed)}
	var old Group
	var position lead.Position
	if group != uuid.Nil {
		if old, err = q.Group(ctx, workspace, group); err != nil {
			return p, err
		}
	}
	if err := q.checkSpec(ctx, workspace, spec, old.Listed); err != nil {
		return p, err
	}
	spec.GroupPolicy = spec.or(old)
	if err := q.checkPolicy(ctx, workspace, group, spec.GroupPolicy); err != nil {
		return p, err
	}
	if group != uuid.Nil {
		if ring, position, err = q.ringAfter(ctx, workspace, old, spec); err != nil {
			return p, err
		}
	}
	p.Joins, p.Leaves = without(members(spec.Listed), members(old.Listed)), without(members(old.Listed), members(spec.Listed))
	if len(p.Leaves) > 0 {
		if p.Pending, err = q.countPlanned(ctx, workspace, plannedFor{of: p.Leaves, group: group}); err != nil {
			return p, err
		}
	}
	p.Next, err = q.upcoming(ctx, workspace, group, ring, position, n)
	return p, err
}

// ringAfter is the ring that a group would have after an edit, and where it would stand: see nextOf.
func (q Queries) ringAfter(ctx context.Context, workspace uuid.UUID, old Group, spec GroupSpec) (lead.Ring, lead.Position, error) {
	row, err := q.ring(ctx, workspace, old.ID, old.Version)
	if err != nil {
		return lead.Ring{}, lead.Position{}, err
	}
	stands, err := q.stands(ctx, workspace, row)
	if err != nil {
		return lead.Ring{}, lead.Position{}, err
	}
	if !old.differs(spec) {
		ring, position := nextOf(stands, row.LanesSince > 0)
		return ring, position, nil
	}
	rings := lanesAfter(row, stands, lead.Spread(spec.Listed), *spec.BalanceBy, nil)
	for i, r := range rings {
		stands[i] = lead.Stand{Ring: r, Position: lead.Position{Next: r.First, Free: r.Owed}}
	}
	ring, position := nextOf(stands[:len(rings)], *spec.BalanceBy != lead.BalanceNothing)
	return ring, position, nil
}

// without are the ids that are not among others.
func without(ids, others []uuid.UUID) []uuid.UUID {
	return slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return slices.Contains(others, id) })
}
