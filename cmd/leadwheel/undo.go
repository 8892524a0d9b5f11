package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// undoAgain is how long to wait before asking how far an undo is that takes longer than a request.
const undoAgain = 2 * time.Second

// An undone is what came of undoing a run.
type undone struct {
	State        string `json:"state"`
	Deleted      int    `json:"deleted"`
	Withdrawn    int    `json:"withdrawn"`
	LeadsDeleted *int   `json:"leads_deleted"`
	LeadsKept    *int   `json:"leads_kept"`
	KeptCount    int    `json:"kept_count"`
	Kept         []struct {
		ID  uuid.UUID `json:"assigned_lead_id"`
		Why string    `json:"why"`
	} `json:"kept"`
}

// undoFlags are those of the commands that undo a run.
type undoFlags struct {
	consentFlag
	client.Flags
	jsonFlag
}

// run asks, undoes the run at a path of the API, and prints what came of it.
func (f undoFlags) run(ctx context.Context, s streams, question, path string) error {
	api, err := call(f.Flags)
	if err != nil {
		return err
	}
	if err := f.ask(s, question); err != nil {
		return err
	}
	var answer json.RawMessage
	var u undone
	for {
		if err := api.Call(ctx, http.MethodPost, path+"/undo", nil, &answer); err != nil {
			return fmt.Errorf("undoing %s: %w", path, err)
		}
		if err := json.Unmarshal(answer, &u); err != nil {
			return fmt.Errorf("reading what came of undoing %s: %w", path, err)
		}
		if u.State == "done" {
			break
		}
		fmt.Fprintf(s.err, "%d taken back and %d deleted so far; it goes on\n", u.Withdrawn, u.Deleted)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(undoAgain):
		}
	}
	if f.JSON {
		return printJSON(s.out, answer)
	}
	return u.print(s)
}

func (u undone) print(s streams) error {
	fmt.Fprintf(s.out, "Undone: %d copies taken back, %d pending leads deleted, %d copies stay.\n", u.Withdrawn, u.Deleted, u.KeptCount)
	if u.LeadsDeleted != nil && u.LeadsKept != nil {
		fmt.Fprintf(s.out, "Of its leads %d were deleted and %d stay.\n", *u.LeadsDeleted, *u.LeadsKept)
	}
	if len(u.Kept) == 0 {
		return nil
	}
	rows := make([][]string, len(u.Kept))
	for i, k := range u.Kept {
		rows[i] = []string{k.ID.String(), k.Why}
	}
	return printTable(s.out, "COPY STAYS_SINCE_IT_WAS", rows)
}

type assignmentUndoCmd struct {
	ID        uuid.UUID `arg:"" help:"Its id."`
	undoFlags `embed:""`
}

// Help gives an example.
func (assignmentUndoCmd) Help() string {
	return `What is pending of it is deleted, and copies that nobody has touched are taken back; the others are listed. Their turns are handed
out first. It can be done for as long as the workspace's undo_minutes say.

Example:

  leadwheel assignment undo 019ac5a1-6e7c-7f0a-8a35-3f0f2a8a5d11`
}

// Run undoes the assignment.
func (c *assignmentUndoCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, fmt.Sprintf("Undo assignment %s? Copies that nobody has touched are taken back.", c.ID), "/v1/assignments/"+c.ID.String())
}

type importUndoCmd struct {
	ID        uuid.UUID `arg:"" help:"The import's id, as in import list."`
	undoFlags `embed:""`
}

// Help gives an example.
func (importUndoCmd) Help() string {
	return `As assignment undo does with what was distributed of it. Its leads are deleted that nobody else has or has done anything with; sent
again, the file brings them in anew.

Example:

  leadwheel import undo 019ac5a1-6e7c-7f0a-8a35-3f0f2a8a5d11`
}

// Run undoes the import.
func (c *importUndoCmd) Run(ctx context.Context, s streams) error {
	return c.run(ctx, s, fmt.Sprintf("Undo import %s? Its leads are deleted, and copies that nobody has touched taken back.", c.ID), "/v1/imports/"+c.ID.String())
}
