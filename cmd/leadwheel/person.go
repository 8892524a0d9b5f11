package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/store"
)

// personCmd is `leadwheel person`.
type personCmd struct {
	Invite personInviteCmd `cmd:"" help:"Add somebody who signs in to the console, and print a link that signs them in."`
	Link   personLinkCmd   `cmd:"" help:"Make a new link that signs somebody in."`
	List   personListCmd   `cmd:"" help:"List those who sign in to the console."`
	Remove personRemoveCmd `cmd:"" help:"Take somebody's access away."`
}

// peopleFlags lead to the people of a workspace.
type peopleFlags struct {
	Workspace string `required:"" placeholder:"ID|NAME" help:"The workspace."`
	databaseFlags
	jsonFlag
}

// linkFlags say where the console is.
type linkFlags struct {
	PublicURL string `env:"LEADWHEEL_PUBLIC_URL" placeholder:"ADDRESS" help:"Where the console is reached, as in https://leads.example.com. Default: the public address."`
	Listen    string `env:"LEADWHEEL_LISTEN" default:"127.0.0.1:8080" hidden:""`
}

// url is the address of a link with a token.
func (f linkFlags) url(token string) (string, error) {
	base := strings.TrimRight(f.PublicURL, "/")
	if base == "" {
		var err error
		if base, err = local("http://" + f.Listen); err != nil {
			return "", err
		}
	}
	return base + api.SignInPath + token, nil
}

// in does something with the workspace's store.
func (f peopleFlags) in(ctx context.Context, do func(*store.Store, store.Workspace) error) (err error) {
	st, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	w, err := findWorkspace(ctx, st, f.Workspace)
	if err != nil {
		return err
	}
	return do(st, w)
}

type personInviteCmd struct {
	Email  string          `arg:"" help:"The address by which they sign in."`
	Role   lead.PersonRole `required:"" enum:"${person_roles}" placeholder:"ROLE" help:"admin: everything. manager: everything but keys, webhooks' secrets, privacy, people and the workspace's settings. agent: one member's own copies."`
	Name   string          `placeholder:"TEXT" help:"What they are called. Default: the member's name."`
	Member string          `placeholder:"ID|NAME" help:"The member who they are; an agent needs one."`
	linkFlags
	peopleFlags
}

// Help gives examples.
func (personInviteCmd) Help() string {
	return `The link works once, within 15 minutes; see person link for another.

Examples:

  leadwheel person invite mira@example.com --role manager --workspace Acme

  leadwheel person invite siew@example.com --role agent --member "Siew Ling" --workspace Acme --json`
}

// Run adds the person and prints the link.
func (c *personInviteCmd) Run(ctx context.Context, s streams) error {
	return c.in(ctx, func(st *store.Store, w store.Workspace) error {
		members := func(p store.Page) ([]store.Member, error) { return st.Members(ctx, w.ID, store.MemberFilter{}, p) }
		member, err := findNamed("member", c.Member, members, func(m store.Member) (uuid.UUID, string) { return m.ID, m.Name })
		if err != nil {
			return err
		}
		p := store.Person{Name: c.Name, Email: c.Email, Role: c.Role, MemberID: member}
		var token string
		var expires time.Time
		act := &store.Act{Workspace: w.ID, Operation: "person invite"}
		err = st.Perform(ctx, act, func(t *store.Tx) (err error) {
			if p, err = t.CreatePerson(ctx, w.ID, p); err != nil {
				return err
			}
			act.IDs = []uuid.UUID{p.ID}
			token, expires, err = t.CreateSignInLink(ctx, p)
			return err
		})
		var field *store.FieldError
		var taken *store.Violation
		if errors.As(err, &field) || errors.As(err, &taken) {
			return refusedError{err}
		}
		if err != nil {
			return fmt.Errorf("inviting %s: %w", c.Email, err)
		}
		return c.show(s, c.linkFlags, p, token, expires)
	})
}

// show prints a person's link.
func (f peopleFlags) show(s streams, l linkFlags, p store.Person, token string, expires time.Time) error {
	url, err := l.url(token)
	if err != nil {
		return err
	}
	if f.JSON {
		return printJSON(s.out, struct {
			ID        uuid.UUID `json:"id"`
			URL       string    `json:"url"`
			ExpiresAt time.Time `json:"expires_at"`
		}{p.ID, url, expires})
	}
	_, err = fmt.Fprintf(s.out, "This link signs %s in, once, until %s:\n%s\n", printable(p.Email), timeCell(&expires), url)
	return err
}

type personLinkCmd struct {
	Person string `arg:"" placeholder:"ID|EMAIL" help:"Who it is for."`
	linkFlags
	peopleFlags
}

// Help gives an example.
func (personLinkCmd) Help() string {
	return `Example:

  leadwheel person link mira@example.com --workspace Acme`
}

// Run makes the link and prints it.
func (c *personLinkCmd) Run(ctx context.Context, s streams) error {
	return c.in(ctx, func(st *store.Store, w store.Workspace) error {
		p, err := findPerson(ctx, st, w, c.Person)
		if err != nil {
			return err
		}
		var token string
		var expires time.Time
		act := &store.Act{Workspace: w.ID, Operation: "person link", IDs: []uuid.UUID{p.ID}}
		if err = st.Perform(ctx, act, func(t *store.Tx) (err error) {
			token, expires, err = t.CreateSignInLink(ctx, p)
			return err
		}); err != nil {
			return fmt.Errorf("making a link for %s: %w", c.Person, err)
		}
		return c.show(s, c.linkFlags, p, token, expires)
	})
}

type personListCmd struct{ peopleFlags }

// Help gives an example.
func (personListCmd) Help() string {
	return `Example:

  leadwheel person list --workspace Acme`
}

type personItem struct {
	ID        uuid.UUID       `json:"id"`
	Name      string          `json:"name"`
	Email     string          `json:"email"`
	Role      lead.PersonRole `json:"role"`
	MemberID  *uuid.UUID      `json:"member_id"`
	SeenAt    *time.Time      `json:"seen_at"`
	CreatedAt time.Time       `json:"created_at"`
}

// Run prints the people.
func (c *personListCmd) Run(ctx context.Context, s streams) error {
	return c.in(ctx, func(st *store.Store, w store.Workspace) error {
		all, err := peopleOf(ctx, st, w)
		if err != nil {
			return err
		}
		items, rows := make([]personItem, len(all)), make([][]string, len(all))
		for i, p := range all {
			items[i] = personItem{p.ID, p.Name, p.Email, p.Role, p.MemberID, p.SeenAt, p.CreatedAt}
			rows[i] = []string{p.ID.String(), p.Name, p.Email, string(p.Role), idCell(p.MemberID), timeCell(p.SeenAt), timeCell(&p.CreatedAt)}
		}
		if c.JSON {
			return printJSON(s.out, list[personItem]{items})
		}
		return printTable(s.out, "ID NAME EMAIL ROLE MEMBER SEEN CREATED", rows)
	})
}

type personRemoveCmd struct {
	Person string `arg:"" placeholder:"ID|EMAIL" help:"Who is to sign in no more."`
	consentFlag
	peopleFlags
}

// Help gives an example.
func (personRemoveCmd) Help() string {
	return `Their sessions and links end at once. What they did stays in the audit log under their name.

Example:

  leadwheel person remove mira@example.com --workspace Acme`
}

// Run removes the person.
func (c *personRemoveCmd) Run(ctx context.Context, s streams) error {
	return c.in(ctx, func(st *store.Store, w store.Workspace) error {
		p, err := findPerson(ctx, st, w, c.Person)
		if err != nil {
			return err
		}
		if err := c.askPerson(s, fmt.Sprintf("Remove %s? They are signed out at once.", printable(p.Email))); err != nil {
			return err
		}
		act := &store.Act{Workspace: w.ID, Operation: "person remove", IDs: []uuid.UUID{p.ID}}
		if err := st.Perform(ctx, act, func(t *store.Tx) error { return t.RemovePerson(ctx, w.ID, p.ID) }); err != nil {
			return fmt.Errorf("removing %s: %w", c.Person, err)
		}
		if c.JSON {
			return printJSON(s.out, map[string]any{"id": p.ID, "removed": true})
		}
		_, err = fmt.Fprintf(s.out, "%s signs in no more.\n", printable(p.Email))
		return err
	})
}

// peopleOf are all who sign in to a workspace's console.
func peopleOf(ctx context.Context, st *store.Store, w store.Workspace) (all []store.Person, err error) {
	for p := (store.Page{Limit: 500}); ; p.After = all[len(all)-1].ID {
		page, err := st.People(ctx, w.ID, "", p)
		if err != nil {
			return nil, fmt.Errorf("listing people: %w", err)
		}
		if all = append(all, page...); len(page) < p.Limit {
			return all, nil
		}
	}
}

// findPerson finds one of them by id or address.
func findPerson(ctx context.Context, st *store.Store, w store.Workspace, idOrEmail string) (store.Person, error) {
	all, err := peopleOf(ctx, st, w)
	if err != nil {
		return store.Person{}, err
	}
	email := contact.Email(idOrEmail)
	i := slices.IndexFunc(all, func(p store.Person) bool {
		return p.ID.String() == idOrEmail || email != "" && contact.Email(p.Email) == email
	})
	if i < 0 {
		return store.Person{}, &client.NameError{Kind: "person", Name: idOrEmail}
	}
	return all[i], nil
}
