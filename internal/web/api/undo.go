package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

const (
	// undoPatience is how long a request waits for its undo. One that takes longer goes on without it.
	undoPatience = 50 * time.Second
	// maxKept is how many copies that stay are listed.
	maxKept = 10_000
)

// Undoable is until when a run can be undone, and whether it was.
type Undoable struct {
	UndoUntil *time.Time `json:"undo_until" doc:"Until when it can be undone; null where it cannot, or not any more since it was."`
	UndoneAt  *time.Time `json:"undone_at" doc:"When somebody had it be undone."`
}

func undoableBody(until, undone *time.Time) Undoable {
	if undone != nil {
		until = nil
	}
	return Undoable{until, undone}
}

// Undone is what came of undoing a run.
type Undone struct {
	State     string     `json:"state" enum:"done,running" doc:"running: it goes on by itself. Ask again for what came of it."`
	Deleted   int        `json:"deleted" doc:"How many decisions were still pending."`
	Withdrawn int        `json:"withdrawn" doc:"How many copies were taken back."`
	Kept      []KeptCopy `json:"kept" doc:"The copies that stay, the first 10,000."`
	KeptCount int        `json:"kept_count"`
	// LeadsDeleted and LeadsKept are an import's.
	LeadsDeleted *int `json:"leads_deleted,omitempty" doc:"Of an import: how many of its leads were deleted."`
	LeadsKept    *int `json:"leads_kept,omitempty" doc:"Of an import: how many stay, since somebody has them or has done something with them."`
}

// KeptCopy is a copy that stays although its run was undone.
type KeptCopy struct {
	ID  uuid.UUID `json:"assigned_lead_id" format:"uuid"`
	Why string    `json:"why" enum:"answered,changed,converted,opportunity" doc:"What was done with it."`
}

type undoneOutput struct {
	Status int
	Body   Undone
}

func (a *API) registerUndo(id, path, summary string, kind store.RunKind, more string) {
	register(a, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Summary: summary,
		Description: "What of it is pending is deleted, and copies with which nobody has done anything are taken back. Their turns are " +
			"handed out first, caps get their places back, messages that were not sent are dropped, and who was told is told. Copies that were " +
			"answered, changed or converted stay. " + more + "It can be undone until undo_until, and once: again it has the same answer. " +
			"202 where it takes longer than a request: it then goes on by itself.",
		DefaultStatus: http.StatusOK,
		Errors:        []int{http.StatusConflict},
	}, func(ctx context.Context, c *call, in *itemInput) (*undoneOutput, error) {
		return a.undo(ctx, c, in.ID, kind)
	})
	register(a, huma.Operation{
		OperationID: "get-" + id, Method: http.MethodGet, Path: path, Summary: "See what came of undoing it",
		Description: "404 where it was not undone.",
	}, func(ctx context.Context, c *call, in *itemInput) (*undoneOutput, error) {
		u, err := a.Store.Undo(ctx, c.Workspace, in.ID)
		if err == nil && u.Kind != kind {
			err = store.ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		out, err := a.undone(ctx, c, u)
		out.Status = http.StatusOK
		return out, err
	})
}

// undo begins to undo a run, and answers when that is done. The answer is what the database says came of it, so that it is the same
// however often it is asked for.
func (a *API) undo(ctx context.Context, c *call, run uuid.UUID, kind store.RunKind) (*undoneOutput, error) {
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error {
		if kept, err := c.claim(ctx, tx); err != nil || kept != nil {
			return err
		}
		_, begun, err := tx.StartUndo(ctx, c.Workspace, run, kind)
		if err != nil {
			return err
		}
		c.void(!begun)
		return c.keep(ctx, tx, http.StatusOK, []byte(`{}`), false)
	})
	if err != nil {
		return nil, err
	}
	patient, cancel := context.WithTimeout(ctx, undoPatience)
	defer cancel()
	u, err := a.Store.WorkUndo(patient, c.Workspace, run)
	if err != nil && patient.Err() != nil && ctx.Err() == nil {
		u, err = a.Store.Undo(ctx, c.Workspace, run)
	}
	if err != nil {
		return nil, err
	}
	return a.undone(ctx, c, u)
}

func (a *API) undone(ctx context.Context, c *call, u store.Undo) (*undoneOutput, error) {
	kept, err := a.Store.UndoKept(ctx, c.Workspace, u.Run, maxKept)
	out := &undoneOutput{http.StatusOK, Undone{
		State: "done", Deleted: u.Deleted, Withdrawn: u.Withdrawn, KeptCount: u.Kept,
		Kept: each(kept, func(k store.KeptCopy) KeptCopy { return KeptCopy(k) }),
	}}
	if !u.Done() {
		out.Status, out.Body.State = http.StatusAccepted, "running"
	}
	if u.Kind == store.RunImport {
		out.Body.LeadsDeleted, out.Body.LeadsKept = &u.LeadsDeleted, &u.LeadsKept
	}
	return out, err
}
