package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/contact"
)

const (
	maxStatuses = 50
	maxStatus   = 100 // characters
)

// checkStatuses returns a *FieldError where a workspace's list of statuses cannot be. A won status that is not in the
// list any more is none. A list that stays as it was may be from before names were compared as they are now.
func (w *Workspace) checkStatuses(before []string) error {
	if w.WonStatus != "" && !slices.Contains(w.Statuses, w.WonStatus) {
		w.WonStatus = ""
	}
	w.ClosedStatuses = slices.DeleteFunc(slices.Clone(w.ClosedStatuses), func(s string) bool { return !slices.Contains(w.Statuses, s) })
	if slices.Equal(before, w.Statuses) {
		return nil
	}
	if n := len(w.Statuses); n == 0 || n > maxStatuses {
		return &FieldError{"statuses", fmt.Sprintf("a workspace has 1 to %d statuses", maxStatuses)}
	}
	seen := make(map[string]bool)
	for i, s := range w.Statuses {
		at := fmt.Sprintf("statuses[%d]", i)
		switch {
		case contact.NameKey(s) == "" || len([]rune(s)) > maxStatus:
			return &FieldError{at, fmt.Sprintf("a status is 1 to %d characters, and one at least can be seen", maxStatus)}
		case seen[contact.NameKey(s)]:
			return &FieldError{at, "this status is listed before; list each once"}
		}
		seen[contact.NameKey(s)] = true
	}
	return nil
}

// checkRemoved returns a *FieldError where a status that the list has no more is still some assigned lead's. The gate is
// closed, so nobody gives or takes one meanwhile.
func (t *Tx) checkRemoved(ctx context.Context, workspace uuid.UUID, before, after []string) error {
	for _, s := range before {
		if slices.Contains(after, s) {
			continue
		}
		var used bool
		if err := sqlx.GetContext(ctx, t.q, &used, `
			SELECT EXISTS (SELECT 1 FROM assigned_leads WHERE workspace_id = $1 AND status = $2)`, workspace, s); err != nil {
			return translate(err)
		}
		if used {
			return &FieldError{"statuses", fmt.Sprintf("%q is the status of assigned leads; give them another one first, or rename it", s)}
		}
	}
	return nil
}

// RenameStatus gives a status another name, on the list and on the assigned leads that have it. Their timelines tell
// what it was called then.
func (t *Tx) RenameStatus(ctx context.Context, workspace uuid.UUID, from, to string) (Workspace, error) {
	w, err := t.EditWorkspace(ctx, workspace, func(w *Workspace) error {
		place := slices.Index(w.Statuses, from)
		if place < 0 {
			return &FieldError{"from", "the workspace has no such status"}
		}
		to = strings.TrimSpace(to)
		for i, s := range w.Statuses {
			if i != place && contact.NameKey(s) == contact.NameKey(to) {
				return &FieldError{"to", "the workspace has this status already"}
			}
		}
		w.Statuses[place] = to
		if w.WonStatus == from {
			w.WonStatus = to
		}
		if at := slices.Index(w.ClosedStatuses, from); at >= 0 {
			w.ClosedStatuses[at] = to
		}
		w.renamed = from
		return nil
	})
	if err != nil {
		return w, err
	}
	_, err = t.q.ExecContext(ctx, `
		UPDATE assigned_leads SET status = $3 WHERE workspace_id = $1 AND status = $2`, workspace, from, to)
	if err == nil && slices.Contains(w.ClosedStatuses, to) { // the change of the list has counted those as open
		err = t.countAnew(ctx, workspace, `m.counted`)
	}
	return w, translate(err)
}

// An Actor is who makes a change: a key or a person, by its id and, where that is a member's, that member, who sees and changes
// only their own.
type Actor struct {
	ID       uuid.UUID
	Person   bool
	MemberID uuid.UUID
}

// A StatusChange is one step of an assigned lead's progress.
type StatusChange struct {
	ID   uuid.UUID `db:"change_id"`
	From string    `db:"from_status"`
	To   string    `db:"to_status"`
	// By is who did it, a key or the person PersonID, and MemberID the member whose that was, where it was a member's.
	By       uuid.UUID  `db:"api_key_id"`
	PersonID *uuid.UUID `db:"person_id"`
	MemberID *uuid.UUID `db:"member_id"`
	At       time.Time  `db:"at"`
}

// StatusChanges lists a page of an assigned lead's status changes, newest first. With a member it returns ErrNotFound for
// someone else's.
func (q Queries) StatusChanges(ctx context.Context, workspace, member, id uuid.UUID, p Page) ([]StatusChange, error) {
	if _, err := q.AssignedLead(ctx, workspace, member, id); err != nil {
		return nil, err
	}
	var all []StatusChange
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT change_id, from_status, to_status, api_key_id, person_id, member_id, at FROM status_changes
		WHERE workspace_id = $1 AND assigned_lead_id = $2 AND ($3::uuid IS NULL OR change_id < $3)
		ORDER BY change_id DESC LIMIT $4`, workspace, id, nullID(p.After), p.Limit)
	return all, translate(err)
}

// changeStatus checks and records that an assigned lead gets another status, by which it may be open no more, or again. The gate was
// passed.
func (t *Tx) changeStatus(ctx context.Context, workspace uuid.UUID, who Actor, a AssignedLead, to string) error {
	from := a.Status
	w, err := t.Workspace(ctx, workspace)
	if err != nil {
		return err
	}
	if !slices.Contains(w.Statuses, to) {
		return &FieldError{"status", "the workspace has no such status; use one of " + strings.Join(w.Statuses, ", ")}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	insert, args := row{
		{"workspace_id", workspace}, {"assigned_lead_id", a.ID}, {"change_id", id}, {"from_status", from},
		{"to_status", to}, {"api_key_id", who.ID}, {"member_id", nullID(who.MemberID)}, {"at", t.now()},
		{"person_id", uuid.NullUUID{UUID: who.ID, Valid: who.Person}},
	}.insert("status_changes")
	if _, err = t.q.ExecContext(ctx, insert, args...); err != nil {
		return translate(err)
	}
	back := givenBack{Member: a.MemberID, AssignedAt: a.AssignedAt}
	if a.GroupID != nil {
		back.Group = *a.GroupID
	}
	switch was, is := slices.Contains(w.ClosedStatuses, from), slices.Contains(w.ClosedStatuses, to); {
	case was == is || a.WithdrawnAt != nil:
		return nil
	case is:
		back.Open = -1
	default:
		back.Open = 1
	}
	return t.recount(ctx, workspace, back)
}
