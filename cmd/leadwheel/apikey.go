package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// apiKeyCmd is `leadwheel apikey`.
type apiKeyCmd struct {
	Create apiKeyCreateCmd `cmd:"" help:"Create a key."`
	List   apiKeyListCmd   `cmd:"" help:"List keys, and when each was last used."`
	Rotate apiKeyRotateCmd `cmd:"" help:"Make a key that takes the place of another, which ends after an overlap."`
	Revoke apiKeyRevokeCmd `cmd:"" help:"End a key."`
}

type apiKeyListCmd struct {
	Workspace string `placeholder:"ID|NAME" help:"Only this workspace's."`
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (apiKeyListCmd) Help() string {
	return `Example:

  leadwheel apikey list --workspace Acme`
}

type apiKeyItem struct {
	ID            uuid.UUID  `json:"id"`
	WorkspaceID   uuid.UUID  `json:"workspace_id"`
	Role          lead.Role  `json:"role"`
	Name          string     `json:"name"`
	MemberID      *uuid.UUID `json:"member_id"`
	GroupID       *uuid.UUID `json:"group_id"`
	SourceID      *uuid.UUID `json:"source_id"`
	IntegrationID *uuid.UUID `json:"integration_id"`
	CreatedAt     time.Time  `json:"created_at"`
	ExpiresAt     *time.Time `json:"expires_at"`
	RevokedAt     *time.Time `json:"revoked_at"`
	LastUsedAt    *time.Time `json:"last_used_at"`
}

// Run prints the keys, those that are no longer valid too.
func (c *apiKeyListCmd) Run(ctx context.Context, s streams) (err error) {
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := apiKeys(ctx, st, c.Workspace)
	if err != nil {
		return err
	}
	items, rows := make([]apiKeyItem, len(all)), make([][]string, len(all))
	for i, k := range all {
		items[i] = apiKeyItem{
			k.ID, k.Workspace, k.Role, k.Name, k.MemberID, k.GroupID, k.SourceID, k.IntegrationID, k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.LastUsedAt,
		}
		rows[i] = []string{
			k.ID.String(), string(k.Role), k.Name, timeCell(&k.CreatedAt), timeCell(k.LastUsedAt), timeCell(k.ExpiresAt),
			timeCell(k.RevokedAt), idCell(k.MemberID), k.Workspace.String(),
		}
	}
	if c.JSON {
		return printJSON(s.out, list[apiKeyItem]{items})
	}
	return printTable(s.out, "ID ROLE NAME CREATED LAST_USED EXPIRES REVOKED MEMBER WORKSPACE", rows)
}

type apiKeyRevokeCmd struct {
	ID        uuid.UUID `arg:"" help:"The key's id, as in apikey list."`
	Workspace string    `placeholder:"ID|NAME" help:"The workspace that the key must be of."`
	consentFlag
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (apiKeyRevokeCmd) Help() string {
	return `Whoever holds the key is refused from their next request on.

Example:

  leadwheel apikey revoke 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162`
}

// Run ends the key.
func (c *apiKeyRevokeCmd) Run(ctx context.Context, s streams) error {
	if err := c.askPerson(s, fmt.Sprintf("End the API key %s? Whoever holds it is refused at once.", c.ID)); err != nil {
		return err
	}
	if err := actOnKey(ctx, c.databaseFlags, c.Workspace, c.ID, "apikey revoke", func(t *store.Tx, act *store.Act) error {
		return t.RevokeAPIKey(ctx, act.Workspace, c.ID)
	}); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, map[string]any{"id": c.ID, "revoked": true})
	}
	_, err := fmt.Fprintf(s.out, "API key %s is revoked.\n", c.ID)
	return err
}

// actOnKey does something to one of the keys of a workspace, or of all, with its entry in the audit log.
func actOnKey(ctx context.Context, database databaseFlags, workspace string, id uuid.UUID, operation string, do func(*store.Tx, *store.Act) error) (err error) {
	st, err := database.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	all, err := apiKeys(ctx, st, workspace)
	if err != nil {
		return err
	}
	gone := refusedError{fmt.Errorf("there is no API key %s, or it is over; see `leadwheel apikey list`", id)}
	at := slices.IndexFunc(all, func(k store.APIKey) bool { return k.ID == id })
	if at < 0 {
		return gone
	}
	act := &store.Act{Workspace: all[at].Workspace, Operation: operation, IDs: []uuid.UUID{id}}
	err = st.Perform(ctx, act, func(t *store.Tx) error { return do(t, act) })
	switch {
	case errors.Is(err, store.ErrNotFound):
		return gone
	case err != nil:
		return fmt.Errorf("%s of %s: %w", operation, id, err)
	}
	return nil
}

// apiKeys lists the keys of a workspace, or of all where the name is empty.
func apiKeys(ctx context.Context, st *store.Store, idOrName string) ([]store.APIKey, error) {
	workspaces, err := st.Workspaces(ctx)
	if idOrName != "" {
		var one store.Workspace
		one, err = findWorkspace(ctx, st, idOrName)
		workspaces = []store.Workspace{one}
	}
	if err != nil {
		return nil, err
	}
	var all []store.APIKey
	for _, w := range workspaces {
		for p, more := (store.Page{Limit: 500}), true; more; {
			keys, err := st.APIKeys(ctx, w.ID, p)
			if err != nil {
				return nil, fmt.Errorf("listing the API keys of workspace %s: %w", w.ID, err)
			}
			all = append(all, keys...)
			if more = len(keys) == p.Limit; more {
				p.After = keys[len(keys)-1].ID
			}
		}
	}
	return all, nil
}
