package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

type apiKeyCreateCmd struct {
	Workspace   string    `required:"" placeholder:"ID|NAME" help:"The workspace that it opens."`
	Role        lead.Role `required:"" enum:"${roles}" placeholder:"ROLE" help:"admin: everything. integration: push leads and imports. member: one member's own copies."`
	Member      string    `placeholder:"ID|NAME" help:"The member whose key it is, for --role member."`
	Group       string    `placeholder:"ID|NAME" help:"Where an integration's leads go."`
	Source      string    `placeholder:"ID|NAME" help:"Which source an integration's leads come from."`
	Integration string    `placeholder:"ID|NAME" help:"The integration whose external ids its imports may share."`
	Name        string    `placeholder:"TEXT" help:"What it is for."`
	Expires     *moment   `placeholder:"TIME" help:"When it ends: a time such as 2026-12-31T18:00:00+08:00, or in 720h or 30d. Default: never."`
	databaseFlags
	jsonFlag
}

// Help gives examples.
func (apiKeyCreateCmd) Help() string {
	return `The key is shown this once: the database has only a hash of it.

Examples:

  leadwheel apikey create --workspace Acme --role integration --group Sales --source Expo

  leadwheel apikey create --workspace Acme --role member --member Aisyah --expires 30d --json`
}

// Validate implements kong's check of a command's flags.
func (c *apiKeyCreateCmd) Validate() error {
	switch {
	case (c.Role == lead.RoleMember) != (c.Member != ""):
		return errors.New("--member goes with --role member, and only with it")
	case c.Role != lead.RoleIntegration && (c.Group != "" || c.Source != "" || c.Integration != ""):
		return errors.New("--group, --source and --integration go with --role integration only")
	case utf8.RuneCountInString(c.Name) > maxName || !utf8.ValidString(c.Name):
		return fmt.Errorf("a name has %d characters at the most", maxName)
	}
	return nil
}

// Run creates the key and prints it.
func (c *apiKeyCreateCmd) Run(ctx context.Context, s streams) (err error) {
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	w, err := findWorkspace(ctx, st, c.Workspace)
	if err != nil {
		return err
	}
	k, err := c.key(ctx, st, w.ID)
	if err != nil {
		return err
	}
	var text string
	act := &store.Act{Workspace: w.ID, Operation: "apikey create"}
	err = st.Perform(ctx, act, func(t *store.Tx) error {
		k, text, err = t.CreateAPIKey(ctx, w.ID, k)
		act.IDs = []uuid.UUID{k.ID}
		return err
	})
	if err != nil {
		return fmt.Errorf("creating an API key: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, struct {
			ID     uuid.UUID `json:"id"`
			APIKey string    `json:"api_key"`
		}{k.ID, text})
	}
	_, err = fmt.Fprintf(s.out, "API key %s, shown this once: %s\n", k.ID, text)
	return err
}

// key is what the flags say of the key.
func (c *apiKeyCreateCmd) key(ctx context.Context, st *store.Store, workspace uuid.UUID) (k store.APIKey, err error) {
	k.Role, k.Name = c.Role, strings.TrimSpace(c.Name)
	if c.Expires.isSet() {
		now := st.Now()
		at := c.Expires.after(now)
		if !at.After(now) {
			return k, usageError{fmt.Errorf("--expires %s is past", at)}
		}
		k.ExpiresAt = &at
	}
	members := func(p store.Page) ([]store.Member, error) { return st.Members(ctx, workspace, store.MemberFilter{}, p) }
	k.MemberID, err = findNamed("member", c.Member, members, func(m store.Member) (uuid.UUID, string) { return m.ID, m.Name })
	if err != nil {
		return k, err
	}
	groups := func(p store.Page) ([]store.Group, error) { return st.Groups(ctx, workspace, "", p) }
	k.GroupID, err = findNamed("distribution group", c.Group, groups, func(g store.Group) (uuid.UUID, string) { return g.ID, g.Name })
	if err != nil {
		return k, err
	}
	sources := func(p store.Page) ([]store.Source, error) { return st.Sources(ctx, workspace, store.SourceFilter{}, p) }
	k.SourceID, err = findNamed("source", c.Source, sources, func(s store.Source) (uuid.UUID, string) { return s.ID, s.Name })
	if err != nil {
		return k, err
	}
	integrations := func(p store.Page) ([]store.Integration, error) { return st.Integrations(ctx, workspace, p) }
	k.IntegrationID, err = findNamed("integration", c.Integration, integrations, func(i store.Integration) (uuid.UUID, string) { return i.ID, i.Name })
	return k, err
}
