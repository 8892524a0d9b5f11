package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// integrationCmd is `leadwheel integration`.
type integrationCmd struct {
	Create integrationCreateCmd `cmd:"" help:"Open an address at which an ad platform or a form delivers leads."`
	List   integrationListCmd   `cmd:"" help:"List the integrations, and whether their leads come through."`
	Show   integrationShowCmd   `cmd:"" help:"Show an integration and its full address."`
	Edit   integrationEditCmd   `cmd:"" help:"Change or pause an integration."`
	Delete integrationDeleteCmd `cmd:"" help:"Close an integration's address; its leads stay."`
}

// integrationItem is what the tables show of an integration.
type integrationItem struct {
	ID       uuid.UUID  `json:"id"`
	URL      string     `json:"url"`
	Kind     string     `json:"kind"`
	Name     string     `json:"name"`
	Enabled  bool       `json:"enabled"`
	GroupID  *uuid.UUID `json:"group_id"`
	SourceID *uuid.UUID `json:"source_id"`
	Health   struct {
		State string `json:"state"`
		Held  int    `json:"held"`
	} `json:"health"`
	Warning *string `json:"warning"`
}

// secretText is a secret on the command line: itself, or @ and the file that holds it, where other users do not see it.
type secretText string

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *secretText) UnmarshalText(text []byte) error {
	*t = secretText(text)
	if name, isFile := strings.CutPrefix(string(text), "@"); isFile {
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading the secret: %w", err)
		}
		*t = secretText(strings.TrimSpace(string(data)))
	}
	return nil
}

// integrationFields are the flags that say what an integration is to be.
type integrationFields struct {
	Group         *string     `placeholder:"ID|NAME" help:"The distribution group that gets its leads. Empty: nobody."`
	Route         *bool       `negatable:"" help:"Whether the workspace's rules say which group gets each of its leads. An integration that has a group gives it up by --group \"\"."`
	Source        *string     `placeholder:"ID|NAME" help:"The source that its leads have. Empty: none."`
	Enabled       *bool       `negatable:"" help:"Whether deliveries become leads; else they are kept, to be replayed."`
	CreateSources *bool       `negatable:"" help:"Whether a source that a lead names and nobody knows is made."`
	RateLimit     *float64    `placeholder:"N" help:"Requests a second that it takes. Default: the server's setting."`
	Secret        *secretText `placeholder:"TEXT|@FILE" help:"What its platform signs or sends: google's key, the app secret of meta and tiktok, linkedin's client secret, typeform's secret, whsec_… of generic."`
	VerifyToken   *secretText `placeholder:"TEXT|@FILE" help:"What meta sends to check the address."`
	AccessToken   *secretText `placeholder:"TEXT|@FILE" help:"What opens the API of meta or linkedin. A new one fetches what is held."`
	FormID        []string    `sep:"none" placeholder:"ID" help:"A form on the platform that is looked through for what was missed, as often as needed."`
	RedirectURL   *string     `name:"redirect-url" placeholder:"URL" help:"Where the sender of a form goes next. Empty: to the form's own thanks."`
	Map           []string    `sep:"none" placeholder:"TARGET=QUESTION" help:"Where the name, email, phone or external_id is, as in --map phone=\"Contact No.\". Several of one target are joined. Without it the questions tell."`
}

func (f integrationFields) values(ctx context.Context, api *client.Client) (values, error) {
	v := make(values)
	if err := v.id(ctx, api, "group_id", groupNoun, f.Group); err != nil {
		return nil, err
	}
	if err := v.id(ctx, api, "source_id", sourceNoun, f.Source); err != nil {
		return nil, err
	}
	put(v, "route", f.Route)
	put(v, "enabled", f.Enabled)
	put(v, "create_sources", f.CreateSources)
	put(v, "rate_limit", f.RateLimit)
	v.text("secret", (*string)(f.Secret))
	v.text("verify_token", (*string)(f.VerifyToken))
	v.text("access_token", (*string)(f.AccessToken))
	v.text("redirect_url", f.RedirectURL)
	if len(f.FormID) > 0 {
		v["form_ids"] = f.FormID
	}
	mapping, err := parseMap(f.Map)
	if len(mapping) > 0 {
		v["mapping"] = mapping
	}
	return v, err
}

type integrationCreateCmd struct {
	Name string `arg:"" help:"What it is called."`
	Kind string `required:"" enum:"${kinds}" placeholder:"KIND" help:"google, meta, tiktok, linkedin, typeform, generic, form or snapchat."`
	integrationFields
	apiFlags
}

// Help gives examples.
func (integrationCreateCmd) Help() string {
	return `Prints the address to give to the platform. Secrets are stored sealed, and never shown again.

Examples:

  leadwheel integration create "Google form" --kind google --group Sales --secret @google.key

  leadwheel integration create "Contact page" --kind form --group Sales --source Website`
}

// Run adds the integration.
func (c *integrationCreateCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	v, err := c.values(ctx, api)
	if err != nil {
		return err
	}
	v["name"], v["kind"] = c.Name, c.Kind
	return integrationNoun.create(ctx, s, c.apiFlags, v, func(answer json.RawMessage) error {
		var i integrationItem
		if err := json.Unmarshal(answer, &i); err != nil {
			return fmt.Errorf("reading the integration: %w", err)
		}
		_, err := fmt.Fprintf(s.out, "The integration %s, %s, is added. Have leads delivered to:\n%s\n", printable(i.Name), i.ID, c.address(i))
		return err
	})
}

// address is where an integration's leads are delivered, on the server that was asked.
func (f apiFlags) address(i integrationItem) string { return strings.TrimRight(f.URL, "/") + i.URL }

type integrationListCmd struct {
	listFlags `set:"most=500"`
}

// Help gives an example.
func (integrationListCmd) Help() string {
	return `Newest first. HELD counts deliveries that are kept until they can be read.

Example:

  leadwheel integration list`
}

// Run prints the integrations.
func (c *integrationListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	var known names
	if !c.JSON {
		if known, err = namesAt(ctx, api, groupNoun.path, sourceNoun.path); err != nil {
			return err
		}
	}
	return integrationNoun.list(ctx, s, api, c.listFlags, nil, "ID NAME KIND ENABLED GROUP SOURCE HEALTH HELD", func(item json.RawMessage) ([]string, error) {
		var i integrationItem
		err := json.Unmarshal(item, &i)
		return []string{i.ID.String(), i.Name, i.Kind, yesNo(i.Enabled), known.of(i.GroupID), known.of(i.SourceID), i.Health.State, strconv.Itoa(i.Health.Held)}, err
	})
}

type integrationShowCmd struct {
	Integration string `arg:"" help:"Its id or exact name."`
	apiFlags
}

// Help gives an example.
func (integrationShowCmd) Help() string {
	return `Example:

  leadwheel integration show "Google form"`
}

// Run prints the integration.
func (c *integrationShowCmd) Run(ctx context.Context, s streams) error {
	return integrationNoun.show(ctx, s, c.apiFlags, c.Integration, func(api *client.Client, answer json.RawMessage) error {
		var i integrationItem
		if err := json.Unmarshal(answer, &i); err != nil {
			return fmt.Errorf("reading the integration: %w", err)
		}
		known, err := namesAt(ctx, api, groupNoun.path, sourceNoun.path)
		if err != nil {
			return err
		}
		return printTable(s.out, "FIELD IS", [][]string{
			{"id", i.ID.String()}, {"name", i.Name}, {"kind", i.Kind}, {"address", c.address(i)}, {"enabled", yesNo(i.Enabled)},
			{"group", known.of(i.GroupID)}, {"source", known.of(i.SourceID)}, {"health", i.Health.State},
			{"held", strconv.Itoa(i.Health.Held)}, {"warning", textCell(i.Warning)},
		})
	})
}
