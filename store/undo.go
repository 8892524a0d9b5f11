package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// RunKind is what can be undone.
type RunKind string

const (
	// RunAssignment is a request to distribute leads that are there already.
	RunAssignment RunKind = "assignment"
	// RunImport is a file of leads, with what was distributed of it.
	RunImport RunKind = "import"
)

// undoState is how far an undo is.
type undoState string

const (
	// undoStopping deletes what is still to go out at once.
	undoStopping undoState = "stopping"
	// undoTaking goes through the leads: deletes what is planned, takes copies back, and gives turns back.
	undoTaking undoState = "taking"
	undoDone   undoState = "done"
)

// Why a copy stays that is of a run that was undone: its member, or somebody else, has done something with it.
const (
	KeptAnswered    = "answered"
	KeptChanged     = "changed"
	KeptConverted   = "converted"
	KeptOpportunity = "opportunity"
)

// KeptReasons lists why copies stay.
func KeptReasons() []string {
	return []string{KeptAnswered, KeptChanged, KeptConverted, KeptOpportunity}
}

// An Undo is how far a run was undone, and what came of it.
type Undo struct {
	// Run is the assignment or the import.
	Run   uuid.UUID `db:"run_id"`
	Kind  RunKind   `db:"kind"`
	State undoState `db:"state"`
	// Deleted counts what was pending, Withdrawn copies that were taken back, and Kept those that stay.
	Deleted   int `db:"deleted"`
	Withdrawn int `db:"withdrawn"`
	Kept      int `db:"kept"`
	// LeadsDeleted and LeadsKept count an import's source leads.
	LeadsDeleted int           `db:"leads_deleted"`
	LeadsKept    int           `db:"leads_kept"`
	AfterLead    uuid.NullUUID `db:"after_lead"`
	Act          uuid.NullUUID `db:"act_id"`
	CreatedAt    time.Time     `db:"created_at"`
	DoneAt       *time.Time    `db:"done_at"`
}

// Done reports whether all of it is undone.
func (u Undo) Done() bool { return u.State == undoDone }

const undoColumns = `run_id, kind, state, deleted, withdrawn, kept, leads_deleted, leads_kept, after_lead, act_id, created_at, done_at`

// A KeptCopy is a copy that stays, and why.
type KeptCopy struct {
	ID  uuid.UUID `db:"assigned_lead_id"`
	Why string    `db:"why"`
}

// Undo returns how far a run was undone, ErrNotFound where nobody asked for it.
func (q Queries) Undo(ctx context.Context, workspace, run uuid.UUID) (Undo, error) {
	var u Undo
	err := sqlx.GetContext(ctx, q.q, &u, `SELECT `+undoColumns+` FROM undos WHERE workspace_id = $1 AND run_id = $2`, workspace, run)
	return u, translate(err)
}

// UndoKept lists the first copies of a run that stay although it was undone.
func (q Queries) UndoKept(ctx context.Context, workspace, run uuid.UUID, limit int) ([]KeptCopy, error) {
	all := []KeptCopy{}
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT assigned_lead_id, why FROM undo_kept WHERE workspace_id = $1 AND run_id = $2 ORDER BY assigned_lead_id LIMIT $3`,
		workspace, run, limit)
	return all, translate(err)
}

// Undoable says of a run within how many minutes it can be undone, 0 for never, and since when it is.
type Undoable struct {
	UndoMinutes int        `db:"undo_minutes"`
	UndoneAt    *time.Time `db:"undone_at"`
}

// until is until when a run can be undone whose time counts from a moment, nil for never.
func (u Undoable) until(from time.Time) *time.Time {
	if u.UndoMinutes == 0 {
		return nil
	}
	until := from.Add(time.Duration(u.UndoMinutes) * time.Minute)
	return &until
}

// UndoUntil is until when it can be undone, nil for never.
func (a Assignment) UndoUntil() *time.Time { return a.until(a.CreatedAt) }

// UndoUntil is until when it can be undone, nil for never: its time counts from its end.
func (i Import) UndoUntil() *time.Time {
	if i.FinishedAt != nil {
		return i.until(*i.FinishedAt)
	}
	return i.until(i.CreatedAt)
}

// undoableColumns are those of Undoable, of a table of runs with this id.
func undoableColumns(table, id string) string {
	return `(SELECT w.undo_minutes FROM workspaces w WHERE w.workspace_id = ` + table + `.workspace_id) AS undo_minutes,
		(SELECT u.created_at FROM undos u WHERE u.workspace_id = ` + table + `.workspace_id AND u.run_id = ` + table + `.` + id + `) AS undone_at`
}

// StartUndo decides that a run is undone, once: begun is unset where somebody did before, whatever the time. What follows is done in
// parts, see Store.WorkUndo. An import that is still read is cancelled. A *Violation says that it is too late.
func (t *Tx) StartUndo(ctx context.Context, workspace, run uuid.UUID, kind RunKind) (u Undo, begun bool, err error) {
	if kind == RunImport {
		if _, _, err := t.CancelImport(ctx, workspace, run); err != nil && !errors.Is(err, ErrImportOver) {
			return u, false, err
		}
	}
	until, err := t.undoUntil(ctx, workspace, run, kind)
	if err != nil {
		return u, false, err
	}
	if u, err = t.Undo(ctx, workspace, run); !errors.Is(err, ErrNotFound) {
		return u, false, err
	}
	if until == nil {
		return u, false, &Violation{Field: "id", Message: "undoing is switched off in this workspace; see undo_minutes of its settings", Exists: true}
	}
	if t.now().After(*until) {
		return u, false, &Violation{Field: "id", Exists: true,
			Message: "it is too late to undo this: it could be until " + until.UTC().Format(time.RFC3339) + ", as undo_minutes of the workspace's settings says"}
	}
	act, err := t.actID(ctx)
	if err != nil {
		return u, false, err
	}
	result, err := t.q.ExecContext(ctx, `
		INSERT INTO undos (workspace_id, run_id, kind, state, act_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT DO NOTHING`, workspace, run, string(kind), string(undoStopping), act, t.now())
	if err != nil {
		return u, false, fmt.Errorf("beginning to undo %s %s: %w", kind, run, translate(err))
	}
	n, err := result.RowsAffected()
	if err != nil {
		return u, false, err
	}
	u, err = t.Undo(ctx, workspace, run)
	return u, n == 1, err
}

// undoUntil is until when a run can be undone, ErrNotFound where there is no such run.
func (t *Tx) undoUntil(ctx context.Context, workspace, run uuid.UUID, kind RunKind) (*time.Time, error) {
	if kind == RunAssignment {
		a, err := t.Assignment(ctx, workspace, run)
		return a.UndoUntil(), err
	}
	i, err := t.Import(ctx, workspace, uuid.Nil, run)
	return i.UndoUntil(), err
}

// An UndoRef names an undo.
type UndoRef struct {
	Workspace uuid.UUID `db:"workspace_id"`
	Run       uuid.UUID `db:"run_id"`
}

// OpenUndos lists undos that nobody has worked at since a time: whoever did has died.
func (q Queries) OpenUndos(ctx context.Context, before time.Time, limit int) ([]UndoRef, error) {
	var all []UndoRef
	err := sqlx.SelectContext(often(ctx), q.q, &all, `
		SELECT workspace_id, run_id FROM undos WHERE done_at IS NULL AND updated_at < $1 ORDER BY updated_at LIMIT $2`, before, limit)
	return all, translate(err)
}
