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

// An Assignment is one request to distribute leads that are there already.
type Assignment struct {
	ID        uuid.UUID  `db:"assignment_id"`
	GroupID   *uuid.UUID `db:"group_id"`
	MemberIDs IDs        `db:"member_ids"`
	// Pace or At say how it was scheduled, neither that it was distributed at once. Seed is what a pace's plan was drawn
	// from.
	Pace lead.Pace  `db:"pace"`
	At   *time.Time `db:"at"`
	Seed *lead.Seed `db:"seed"`
	// Count is the number of decisions it made: one for each member who gets a lead, and one for each lead that is yet to
	// be dealt by its group.
	Count     int       `db:"count"`
	CreatedAt time.Time `db:"created_at"`
	Undoable
	AssignmentCounts
}

// AssignmentCounts is what became of the decisions of an assignment. Given counts copies, of which a turn of a receivers
// group makes several.
type AssignmentCounts struct{ Given, Pending, Failed, Cancelled, Withdrawn, Undone int }

// Assign decides to distribute leads, in the order given. Deleted leads, groups and members are accepted and end as
// failed history; ids that the workspace never had are a *FieldError.
func (t *Tx) Assign(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID, d Distribution) (Assignment, error) {
	if err := t.checkAssigned(ctx, workspace, leads, d); err != nil {
		return Assignment{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Assignment{}, err
	}
	if d.Pace != "" && d.Seed == 0 {
		d.Seed = newSeed(t.now())
	}
	count, err := t.assign(ctx, workspace, leads, d, id)
	if err != nil {
		return Assignment{}, err
	}
	insert, args := row{
		{"workspace_id", workspace}, {"assignment_id", id}, {"group_id", nullID(d.GroupID)},
		{"member_ids", uuids(d.MemberIDs)}, {"pace", nullText(string(d.Pace))}, {"at", nullTime(d.At)},
		{"seed", expr{"nullif(?::bigint, 0)", int64(d.Seed)}}, {"count", count}, {"created_at", t.now()},
	}.insert("assignments")
	if _, err := t.q.ExecContext(ctx, insert, args...); err != nil {
		return Assignment{}, translate(err)
	}
	return t.Assignment(ctx, workspace, id)
}

// assign writes the decisions of an assignment, and returns their number.
func (t *Tx) assign(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID, d Distribution, assignment uuid.UUID) (int, error) {
	if len(leads) == 0 { // somebody has all of them
		return 0, nil
	}
	if d.Scheduled() {
		w, err := t.Workspace(ctx, workspace)
		if err != nil {
			return 0, err
		}
		return t.schedule(ctx, w, schedule{Distribution: d, leads: leads}, assignment)
	}
	f := folded{leads: leads, group: d.GroupID, assignment: assignment}
	if d.GroupID == uuid.Nil {
		f.leads, f.members = pairs(leads, d.MemberIDs)
	}
	return len(f.leads), t.insertFolded(ctx, workspace, lead.QueueBulk, t.now(), f)
}

// pairs gives each lead to each of the members.
func pairs(leads, members []uuid.UUID) (of, to []uuid.UUID) {
	n := len(leads) * len(members)
	of, to = make([]uuid.UUID, 0, n), make([]uuid.UUID, 0, n)
	for _, l := range leads {
		for _, m := range members {
			of, to = append(of, l), append(to, m)
		}
	}
	return of, to
}

var assignmentColumns = `assignment_id, group_id, member_ids, coalesce(pace, '') AS pace, at, seed, count, created_at, ` + undoableColumns("assignments", "assignment_id")

// Assignment returns one request, ErrNotFound where there is none.
func (q Queries) Assignment(ctx context.Context, workspace, id uuid.UUID) (Assignment, error) {
	var a Assignment
	if err := sqlx.GetContext(ctx, q.q, &a, `
		SELECT `+assignmentColumns+` FROM assignments
		WHERE workspace_id = $1 AND assignment_id = $2`, workspace, id); err != nil {
		return Assignment{}, translate(err)
	}
	all := []Assignment{a}
	err := q.count(ctx, workspace, all)
	return all[0], err
}

// Assignments lists a page of requests, newest first.
func (q Queries) Assignments(ctx context.Context, workspace uuid.UUID, p Page) ([]Assignment, error) {
	var all []Assignment
	if err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+assignmentColumns+` FROM assignments
		WHERE workspace_id = $1 AND ($2::uuid IS NULL OR assignment_id < $2)
		ORDER BY assignment_id DESC LIMIT $3`, workspace, nullID(p.After), p.Limit); err != nil {
		return nil, translate(err)
	}
	return all, q.count(ctx, workspace, all)
}

// CheckDistribution returns a *FieldError where the distribution names a group or a member that the workspace never
// had. Deleted groups and removed members pass: what is given to them ends as failed history.
func (q Queries) CheckDistribution(ctx context.Context, workspace uuid.UUID, d Distribution) error {
	if d.GroupID != uuid.Nil {
		var method lead.Method
		err := translate(sqlx.GetContext(often(ctx), q.q, &method, `
			SELECT method FROM groups WHERE workspace_id = $1 AND group_id = $2`, workspace, d.GroupID))
		switch {
		case errors.Is(err, ErrNotFound):
			return &FieldError{"group_id", "there is no such group in this workspace"}
		case err != nil:
			return err
		case method == lead.FirstToAccept && d.Pace != "":
			return &FieldError{"pace", "leads of this group are offered, to whoever accepts them first; give a time, or none"}
		}
	}
	if len(d.MemberIDs) == 0 {
		return nil
	}
	missing, err := q.missing(ctx, `
		SELECT n.place - 1 FROM unnest($2::uuid[]) WITH ORDINALITY AS n (id, place)
		WHERE NOT EXISTS (SELECT 1 FROM members m WHERE m.workspace_id = $1 AND m.member_id = n.id) LIMIT 1`,
		workspace, d.MemberIDs)
	if err != nil || missing < 0 {
		return err
	}
	return &FieldError{fmt.Sprintf("member_ids[%d]", missing), "there is no such member in this workspace"}
}

func (q Queries) checkLeads(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) error {
	// Counting those that are there takes half as long as looking for one that is not, which is seldom needed. The planner
	// is kept from looking at each of them itself.
	var there int
	if err := sqlx.GetContext(often(ctx), q.q, &there, `
		SELECT count(*) FROM leads WHERE workspace_id = $1 AND lead_id = ANY((SELECT $2::uuid[])::uuid[])`,
		workspace, uuids(leads)); err != nil || there == len(leads) {
		return translate(err)
	}
	missing, err := q.missing(ctx, `
		SELECT n.place - 1 FROM unnest($2::uuid[]) WITH ORDINALITY AS n (id, place)
		WHERE NOT EXISTS (SELECT 1 FROM leads l WHERE l.workspace_id = $1 AND l.lead_id = n.id) LIMIT 1`,
		workspace, leads)
	if err != nil || missing < 0 {
		return err
	}
	return &FieldError{fmt.Sprintf("lead_ids[%d]", missing), "there is no such lead in this workspace"}
}

// missing runs a query that gives the place of an id that is not there, and returns it, or -1 where all are.
func (q Queries) missing(ctx context.Context, query string, workspace uuid.UUID, ids []uuid.UUID) (int, error) {
	var places []int
	if err := sqlx.SelectContext(ctx, q.q, &places, query, workspace, uuids(ids)); err != nil {
		return -1, translate(err)
	}
	if len(places) == 0 {
		return -1, nil
	}
	return places[0], nil
}
