package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A Workspace is one company's data and its settings.
type Workspace struct {
	ID   uuid.UUID `db:"workspace_id"`
	Name string    `db:"name"`
	// Timezone is an IANA name, Region a two-letter country code.
	Timezone string `db:"timezone"`
	Region   string `db:"region"`
	// LeadsDistribution allows new distributions; what is pending runs all the same.
	LeadsDistribution bool      `db:"leads_distribution"`
	CreatedAt         time.Time `db:"created_at"`
	UpdatedAt         time.Time `db:"updated_at"`
}

// A WorkspaceSpec is what a new workspace needs.
type WorkspaceSpec struct {
	Name, Timezone, Region string
}

const workspaceColumns = `workspace_id, name, timezone, region, leads_distribution, created_at, updated_at`

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
	var all []Workspace
	err := sqlx.SelectContext(ctx, q.q, &all, `SELECT `+workspaceColumns+` FROM workspaces ORDER BY workspace_id`)
	return all, translate(err)
}

// FindWorkspace returns the workspace with this id or name. A name that several have is an error that says so.
func (q Queries) FindWorkspace(ctx context.Context, idOrName string) (Workspace, error) {
	if id, err := uuid.Parse(idOrName); err == nil {
		return q.Workspace(ctx, id)
	}
	var named []Workspace
	if err := sqlx.SelectContext(ctx, q.q, &named, `
		SELECT `+workspaceColumns+` FROM workspaces WHERE name = $1 ORDER BY workspace_id LIMIT 2`, idOrName); err != nil {
		return Workspace{}, translate(err)
	}
	switch len(named) {
	case 0:
		return Workspace{}, fmt.Errorf("a workspace named %q: %w", idOrName, ErrNotFound)
	case 1:
		return named[0], nil
	}
	return Workspace{}, fmt.Errorf("more than one workspace is named %q; use its id, for example %s", idOrName, named[0].ID)
}

// EditWorkspace changes a workspace's settings in place; edit sees the current ones.
func (t *Tx) EditWorkspace(ctx context.Context, workspace uuid.UUID, edit func(*Workspace) error) (Workspace, error) {
	var w Workspace
	if err := sqlx.GetContext(ctx, t.q, &w, `
		SELECT `+workspaceColumns+` FROM workspaces WHERE workspace_id = $1 FOR NO KEY UPDATE`, workspace); err != nil {
		return w, translate(err)
	}
	if err := edit(&w); err != nil {
		return w, err
	}
	if err := checkZone("timezone", w.Timezone); err != nil {
		return w, err
	}
	w.UpdatedAt = t.now()
	_, err := t.q.ExecContext(ctx, `
		UPDATE workspaces SET name = $2, timezone = $3, region = $4, leads_distribution = $5, updated_at = $6
		WHERE workspace_id = $1`, workspace, w.Name, w.Timezone, w.Region, w.LeadsDistribution, w.UpdatedAt)
	return w, translate(err)
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
