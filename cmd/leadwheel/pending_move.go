package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// pendingMoveCmd is `leadwheel pending move`.
type pendingMoveCmd struct {
	pendingSelection
	At *moment `placeholder:"TIME" help:"When they are to go out: a time such as 2026-12-31T18:00:00+08:00, or 12h or 7d from now."`
	To string  `placeholder:"ID|NAME" help:"The member who is to get them."`
}

// Help gives examples.
func (pendingMoveCmd) Help() string {
	return `Moves all of them, or none where one is going out already or somebody would get more in a day than a pace promises.
Prints how many were still pending.

Example:
  leadwheel pending move --all --member Aisyah --to Badrul`
}

// Validate implements kong's check of a command's flags.
func (c *pendingMoveCmd) Validate() error {
	if !c.At.isSet() && c.To == "" {
		return errors.New("say where to move them: give --at, or --to, or both")
	}
	return c.pendingSelection.Validate()
}

// maxMoved is how many pending leads the API moves at once.
const maxMoved = 100_000

// matching are the ids of all that match.
func (c *pendingMoveCmd) matching(ctx context.Context, api *client.Client) ([]uuid.UUID, error) {
	values, err := c.values(ctx, api)
	if err != nil {
		return nil, err
	}
	query := make(url.Values)
	for name, value := range values {
		query.Set(name, value)
	}
	all, more, err := client.First[pendingLead](ctx, api, "/v1/pending-leads", query, maxMoved)
	if err != nil {
		return nil, fmt.Errorf("reading pending leads: %w", err)
	}
	if more != "" {
		return nil, fmt.Errorf("more than %d leads match; narrow them by --member, --group or --before", maxMoved)
	}
	ids := make([]uuid.UUID, len(all))
	for i, p := range all {
		ids[i] = p.ID
	}
	return ids, nil
}

// Run moves pending leads.
func (c *pendingMoveCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	to, err := find(ctx, api, "member", "/v1/members", c.To)
	if err != nil {
		return err
	}
	ids := c.IDs
	if c.All {
		if ids, err = c.matching(ctx, api); err != nil {
			return err
		}
	}
	body := map[string]any{"ids": ids}
	if to != uuid.Nil {
		body["member_id"] = to
	}
	if c.At.isSet() {
		body["at"] = c.At.after(time.Now()).UTC().Format(time.RFC3339Nano)
	}
	var moved struct {
		Count int `json:"count"`
	}
	if err := api.Call(ctx, http.MethodPost, "/v1/pending-leads/move", body, &moved); err != nil {
		return fmt.Errorf("none was moved: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, moved)
	}
	fmt.Fprintf(s.out, "%d moved\n", moved.Count)
	return nil
}
