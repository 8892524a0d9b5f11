package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// maxOverlap is how long two keys may stand side by side.
const maxOverlap = 30 * 24 * time.Hour

type apiKeyRotateCmd struct {
	ID        uuid.UUID     `arg:"" help:"The key's id, as in apikey list."`
	Overlap   time.Duration `default:"24h" help:"For how long the old key works beside the new one, up to 720h. Default ${default}."`
	Workspace string        `placeholder:"ID|NAME" help:"The workspace that the key must be of."`
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (apiKeyRotateCmd) Help() string {
	return `The new key may what the old one may, and lasts as long as that was meant to. It is shown this once.

Example:

  leadwheel apikey rotate 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162 --overlap 24h`
}

// Validate implements kong's check of a command's flags.
func (c *apiKeyRotateCmd) Validate() error {
	if c.Overlap < 0 || c.Overlap > maxOverlap {
		return fmt.Errorf("--overlap %s: it is between 0 and %s", c.Overlap, maxOverlap)
	}
	return nil
}

// Run makes the new key and prints it.
func (c *apiKeyRotateCmd) Run(ctx context.Context, s streams) error {
	var made store.APIKey
	var text string
	var end time.Time
	if err := actOnKey(ctx, c.databaseFlags, c.Workspace, c.ID, "apikey rotate", func(t *store.Tx, act *store.Act) (err error) {
		end = t.Now().Add(c.Overlap)
		made, text, err = t.RotateAPIKey(ctx, act.Workspace, c.ID, end)
		act.IDs = []uuid.UUID{c.ID, made.ID}
		return err
	}); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, struct {
			ID     uuid.UUID `json:"id"`
			APIKey string    `json:"api_key"`
		}{made.ID, text})
	}
	_, err := fmt.Fprintf(s.out, "API key %s, shown this once: %s\nThe old one works until %s.\n", made.ID, text, timeCell(&end))
	return err
}
