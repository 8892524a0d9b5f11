package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

type importListCmd struct {
	listFlags `set:"most=20"`
}

// Help gives an example.
func (importListCmd) Help() string {
	return `Newest first. What waits is read when its turn comes.

Example:

  leadwheel import list --limit 5`
}

// Run prints the imports.
func (c *importListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	return printFirst(ctx, api, c.listFlags, "/v1/imports", nil, s, func(all []client.Import) error {
		rows := make([][]string, len(all))
		for i, imp := range all {
			rows[i] = []string{timeCell(&imp.CreatedAt), imp.ID.String(), imp.Status}
			for _, n := range []int64{imp.Rows, imp.Imported, imp.Duplicates, imp.Rejected} {
				rows[i] = append(rows[i], strconv.FormatInt(n, 10))
			}
		}
		return printTable(s.out, "AT ID STATUS ROWS IMPORTED DUPLICATES REJECTED", rows)
	})
}

type importCancelCmd struct {
	ID uuid.UUID `arg:"" help:"The import's id, as in import list."`
	consentFlag
	client.Flags
	jsonFlag
}

// Help gives an example.
func (importCancelCmd) Help() string {
	return `No more rows of its file come in. Leads that have come in stay and are distributed.

Example:

  leadwheel import cancel 019ac5a1-6e7c-7f0a-8a35-3f0f2a8a5d11`
}

// Run cancels the import and prints what it had done.
func (c *importCancelCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	if err := c.askPerson(s, fmt.Sprintf("Cancel import %s? What has come in stays.", c.ID)); err != nil {
		return err
	}
	imp, err := api.CancelImport(ctx, c.ID)
	if err != nil {
		return fmt.Errorf("cancelling import %s: %w", c.ID, err)
	}
	if c.JSON {
		return printJSON(s.out, imp)
	}
	_, err = fmt.Fprintf(s.out, "Cancelled after %d rows: %d imported, %d here already, %d rejected.\n", imp.Rows, imp.Imported, imp.Duplicates, imp.Rejected)
	return err
}
