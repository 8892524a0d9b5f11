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

// A Workspace is one company's data and its settings.
type Workspace struct {
	ID   uuid.UUID `db:"workspace_id"`
	Name string    `db:"name"`
	// Timezone is an IANA name, Region a two-letter country code.
	Timezone string `db:"timezone"`
	Region   string `db:"region"`
	// Language is what people read whose own it is not to choose, or who have not chosen.
	Language string `db:"language"`
	// LeadsDistribution allows new distributions; what is pending runs all the same.
	LeadsDistribution bool `db:"leads_distribution"`
	// ScheduledDistribution allows new schedules; what is pending runs all the same.
	ScheduledDistribution bool `db:"scheduled_distribution"`
	// Hours are when scheduled leads go out, by each member's own clock.
	Hours lead.Hours `db:"hours"`
	// Statuses are what an assigned lead can have, the first of them from the beginning. WonStatus is the one that counts
	// as won, empty where none does.
	Statuses  textArray[string] `db:"statuses"`
	WonStatus string            `db:"won_status"`
	// ClosedStatuses are those whose copies are open no more.
	ClosedStatuses textArray[string] `db:"closed_statuses"`
	Duplicates
	// MessageLinks has messages to members link to the lead that they tell of, signed in by the link.
	MessageLinks bool `db:"message_links"`
	// UndoMinutes is within how many minutes a run can be undone, 0 for never.
	UndoMinutes int `db:"undo_minutes"`
	// APIKeyMaxDays is how many days a new key may last, nil where it may last for good.
	APIKeyMaxDays *int      `db:"api_key_max_days"`
	CreatedAt     time.Time `db:"created_at"`
	UpdatedAt     time.Time `db:"updated_at"`

	// renamed is a status that the leads which have it are about to lose to another name.
	renamed string
}

// A WorkspaceSpec is what a new workspace needs.
type WorkspaceSpec struct {
	Name, Timezone, Region string
}

const workspaceColumns = `workspace_id, name, timezone, region, language, leads_distribution, scheduled_distribution,
	distribution_from AS "hours.from", distribution_to AS "hours.to", statuses, won_status, closed_statuses, duplicates_policy, duplicates_days, message_links, undo_minutes, api_key_max_days, created_at, updated_at`

// CreateWorkspace makes a workspace with every feature on.
func (q Queries) CreateWorkspace(ctx context.Context, spec WorkspaceSpec) (Workspace, error) {
	if err := checkZone("timezone", spec.Timezone); err != nil {
		return Workspace{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Workspace{}, err
	}
	var w Workspace
	err = sqlx.GetContext(ctx, q.q, &w, `
		INSERT INTO workspaces (workspace_id, name, timezone, region, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $5)
		RETURNING `+workspaceColumns, id, spec.Name, spec.Timezone, spec.Region, q.now())
	return w, translate(err)
}

// Workspace returns a workspace, ErrNotFound where there is none.
func (q Queries) Workspace(ctx context.Context, workspace uuid.UUID) (Workspace, error) {
	var w Workspace
	err := sqlx.GetContext(ctx, q.q, &w, `
		SELECT `+workspaceColumns+` FROM workspaces WHERE workspace_id = $1`, workspace)
	return w, translate(err)
}

// Workspaces lists all workspaces, oldest first. It is for operators: no API key sees more than its own.
func (q Queries) Workspaces(ctx context.Context) ([]Workspace, error) {
	return q.workspaces(ctx, `SELECT `+workspaceColumns+` FROM workspaces ORDER BY workspace_id`)
}

func (q Queries) workspaces(ctx context.Context, query string, args ...any) ([]Workspace, error) {
	var all []Workspace
	err := sqlx.SelectContext(ctx, q.q, &all, query, args...)
	return all, translate(err)
}

// FindWorkspace returns the workspace with this id or name. A name that several have is an error that says so.
func (q Queries) FindWorkspace(ctx context.Context, idOrName string) (Workspace, error) {
	if id, err := uuid.Parse(idOrName); err == nil {
		return q.Workspace(ctx, id)
	}
	named, err := q.workspaces(ctx, `
		SELECT `+workspaceColumns+` FROM workspaces WHERE name = $1 ORDER BY workspace_id LIMIT 2`, idOrName)
	if err != nil {
		return Workspace{}, err
	}
	switch len(named) {
	case 0:
		return Workspace{}, fmt.Errorf("a workspace named %q: %w", idOrName, ErrNotFound)
	case 1:
		return named[0], nil
	}
	return Workspace{}, fmt.Errorf("more than one workspace is named %q; use its id, for example %s", idOrName, named[0].ID)
}

// EditWorkspace changes a workspace's settings in place; edit sees the current ones. It waits for distributions in
// progress, so that no copy begins with a status that the workspace has no more.
func (t *Tx) EditWorkspace(ctx context.Context, workspace uuid.UUID, edit func(*Workspace) error) (Workspace, error) {
	if err := t.closeGate(ctx, workspace); err != nil {
		return Workspace{}, err
	}
	var w Workspace
	if err := sqlx.GetContext(ctx, t.q, &w, `
		SELECT `+workspaceColumns+` FROM workspaces WHERE workspace_id = $1 FOR NO KEY UPDATE`, workspace); err != nil {
		return Workspace{}, translate(err)
	}
	before := w
	before.Statuses, before.ClosedStatuses = slices.Clone(w.Statuses), slices.Clone(w.ClosedStatuses)
	if err := edit(&w); err != nil {
		return w, err
	}
	if err := w.check(); err != nil {
		return w, err
	}
	if err := w.checkStatuses(before.Statuses); err != nil {
		return w, err
	}
	if err := t.checkRemoved(ctx, workspace, before.Statuses, append(w.Statuses, w.renamed)); err != nil {
		return w, err
	}
	w.UpdatedAt = t.after(w.UpdatedAt)
	update, args := row{
		{"name", w.Name}, {"timezone", w.Timezone}, {"region", w.Region}, {"language", w.Language}, {"leads_distribution", w.LeadsDistribution},
		{"scheduled_distribution", w.ScheduledDistribution}, {"distribution_from", int(w.Hours.From)},
		{"distribution_to", int(w.Hours.To)}, {"statuses", texts(w.Statuses)}, {"won_status", w.WonStatus}, {"closed_statuses", texts(w.ClosedStatuses)},
		{"duplicates_policy", string(w.Policy)}, {"duplicates_days", w.Days}, {"message_links", w.MessageLinks}, {"undo_minutes", w.UndoMinutes}, {"api_key_max_days", w.APIKeyMaxDays},
		{"updated_at", w.UpdatedAt},
	}.update("workspaces", "workspace_id = $1", workspace)
	_, err := t.q.ExecContext(ctx, update, args...)
	if err == nil {
		err = t.changedWorkspace(ctx, before, w)
	}
	return w, translate(err)
}

// changedWorkspace does what goes with a change of a workspace's settings. The gate is closed.
func (t *Tx) changedWorkspace(ctx context.Context, before, w Workspace) error {
	ofZone, zone := `m.timezone IS NULL`, w.Timezone != before.Timezone
	var err error
	switch {
	case w.Hours != before.Hours:
		err = t.askToReplan(ctx, w.ID, `true`)
	case zone:
		err = t.askToReplan(ctx, w.ID, ofZone)
	}
	if err == nil && zone {
		err = t.wakeMessages(ctx, w.ID, ofZone)
	}
	closed := !slices.Equal(before.ClosedStatuses, w.ClosedStatuses)
	if err == nil && closed {
		err = t.countAnew(ctx, w.ID, `m.counted`)
	}
	if err == nil && zone {
		err = t.countAnew(ctx, w.ID, ofZone)
	}
	if err == nil && (zone || closed) {
		err = t.wakeGroup(ctx, w.ID, uuid.Nil)
	}
	if err == nil && !w.MessageLinks {
		err = t.endMessageLinks(ctx, w.ID, uuid.Nil)
	}
	return err
}

// check returns a *FieldError for settings that cannot be.
func (w *Workspace) check() error {
	if err := checkZone("timezone", w.Timezone); err != nil {
		return err
	}
	if err := checkLanguage(w.Language); err != nil {
		return err
	}
	if err := w.Hours.Validate(); err != nil {
		return &FieldError{"distribution_hours", err.Error()}
	}
	return w.Duplicates.check()
}

// checkZone returns a *FieldError where the name is not an IANA time zone's. Go's own "" and "Local" are not names.
func checkZone(field, name string) error {
	if name != "" && name != "Local" {
		if _, err := time.LoadLocation(name); err == nil {
			return nil
		}
	}
	return &FieldError{field, "this is not a time zone; use an IANA name such as Asia/Kuala_Lumpur"}
}
