package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// maxName is the longest name of anything, in characters.
const maxName = 200

// workspaceCmd is `leadwheel workspace`.
type workspaceCmd struct {
	Create workspaceCreateCmd `cmd:"" help:"Create a workspace and an admin's API key to it."`
	List   workspaceListCmd   `cmd:"" help:"List the workspaces."`
}

type workspaceCreateCmd struct {
	Name     string `arg:"" help:"What to call it."`
	Timezone string `required:"" placeholder:"ZONE" help:"IANA time zone, as in Asia/Kuala_Lumpur."`
	Region   string `required:"" placeholder:"CC" help:"Two-letter country code, as in MY."`
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (workspaceCreateCmd) Help() string {
	return `The key is shown this once: the database has only a hash of it.

Example:

  leadwheel workspace create Acme --timezone Asia/Kuala_Lumpur --region MY --json`
}

// Validate implements kong's check of a command's flags.
func (c *workspaceCreateCmd) Validate() error {
	c.Name, c.Region = strings.TrimSpace(c.Name), strings.ToUpper(c.Region)
	if n := utf8.RuneCountInString(c.Name); n == 0 || n > maxName || !utf8.ValidString(c.Name) {
		return fmt.Errorf("a name has 1 to %d characters", maxName)
	}
	if len(c.Region) != 2 || strings.Trim(c.Region, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return fmt.Errorf("--region %q is not a two-letter country code; give one such as MY", c.Region)
	}
	return nil
}

// Run creates the workspace and the key.
func (c *workspaceCreateCmd) Run(ctx context.Context, s streams) (err error) {
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	var made struct {
		ID     uuid.UUID `json:"id"`
		Name   string    `json:"name"`
		APIKey string    `json:"api_key"`
	}
	act := &store.Act{Operation: "workspace create"}
	err = st.Perform(ctx, act, func(t *store.Tx) error {
		w, err := t.CreateWorkspace(ctx, store.WorkspaceSpec{Name: c.Name, Timezone: c.Timezone, Region: c.Region})
		if err != nil {
			return err
		}
		made.ID, made.Name = w.ID, w.Name
		k, text, err := t.CreateAPIKey(ctx, w.ID, store.APIKey{Role: lead.RoleAdmin})
		made.APIKey, act.Workspace, act.IDs = text, w.ID, []uuid.UUID{w.ID, k.ID}
		return err
	})
	if err != nil {
		return fmt.Errorf("creating the workspace: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, made)
	}
	_, err = fmt.Fprintf(s.out, "Workspace %s has id %s.\nIts admin key, shown this once: %s\n", printable(made.Name), made.ID, made.APIKey)
	return err
}

type workspaceListCmd struct {
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (workspaceListCmd) Help() string {
	return `Example:

  leadwheel workspace list`
}

type workspaceItem struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name"`
	Timezone  string    `json:"timezone"`
	Region    string    `json:"region"`
	CreatedAt time.Time `json:"created_at"`
}

// Run prints the workspaces, oldest first.
func (c *workspaceListCmd) Run(ctx context.Context, s streams) (err error) {
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := st.Workspaces(ctx)
	if err != nil {
		return fmt.Errorf("listing the workspaces: %w", err)
	}
	items, rows := make([]workspaceItem, len(all)), make([][]string, len(all))
	for i, w := range all {
		items[i] = workspaceItem{w.ID, w.Name, w.Timezone, w.Region, w.CreatedAt}
		rows[i] = []string{w.ID.String(), w.Name, w.Timezone, w.Region, timeCell(&w.CreatedAt)}
	}
	if c.JSON {
		return printJSON(s.out, list[workspaceItem]{items})
	}
	return printTable(s.out, "ID NAME TIMEZONE REGION CREATED", rows)
}
