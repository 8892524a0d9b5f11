package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// leadCmd is `leadwheel lead`.
type leadCmd struct {
	Create leadCreateCmd `cmd:"" help:"Add a lead, and distribute it where it says to whom."`
	List   leadListCmd   `cmd:"" help:"List and search the source leads."`
	Show   leadShowCmd   `cmd:"" help:"Show a source lead, and who has it."`
	Edit   leadEditCmd   `cmd:"" help:"Change a source lead; copies given out keep what they have."`
	Delete leadDeleteCmd `cmd:"" help:"Delete source leads; copies given out stay."`
}

// leadItem is what the tables show of a lead.
type leadItem struct {
	ID         uuid.UUID         `json:"id"`
	Name       *string           `json:"name"`
	Email      *string           `json:"email"`
	Phone      *string           `json:"phone"`
	Fields     map[string]any    `json:"fields"`
	SourceID   *uuid.UUID        `json:"source_id"`
	Channel    string            `json:"channel"`
	ExternalID *string           `json:"external_id"`
	Attributed map[string]string `json:"attribution"`
	CreatedAt  time.Time         `json:"created_at"`
	GivenTo    []struct {
		MemberID uuid.UUID `json:"member_id"`
	} `json:"given_to"`
}

// owners are the names of those who have it.
func (l leadItem) owners(members names) string {
	all := make([]string, len(l.GivenTo))
	for i, g := range l.GivenTo {
		all[i] = members.of(&g.MemberID)
	}
	return strings.Join(all, ", ")
}

// leadFields are the flags that say what a lead is to be.
type leadFields struct {
	Name   *string  `help:"The person's name."`
	Email  *string  `placeholder:"ADDRESS" help:"Their e-mail address."`
	Phone  *string  `placeholder:"NUMBER" help:"Their number, in any spelling."`
	Field  []string `sep:"none" placeholder:"NAME=VALUE" help:"A field of the workspace's own, as often as needed. In an edit an empty value removes it."`
	Source *string  `placeholder:"ID|NAME" help:"Where it comes from."`
}

func (f leadFields) values(ctx context.Context, api *client.Client) (values, error) {
	v := make(values)
	v.text("name", f.Name)
	v.text("email", f.Email)
	v.text("phone", f.Phone)
	given, err := pairs("field", f.Field)
	if err != nil {
		return nil, err
	}
	if len(given) > 0 {
		fields := make(values)
		for name, value := range given {
			fields.text(name, &value)
		}
		v["fields"] = fields
	}
	return v, v.id(ctx, api, "source_id", sourceNoun, f.Source)
}

type leadCreateCmd struct {
	leadFields
	ExternalID *string `placeholder:"ID" help:"Your own id; the same one again is the same lead."`
	Route      bool    `help:"Let the workspace's rules say to which group it goes, instead of --group or --member."`
	receiverFlags
	apiFlags
}

// Help gives examples.
func (leadCreateCmd) Help() string {
	return `It needs a name, an e-mail address or a number. Without --group or --member it is stored only, or goes where the API key says.

Examples:

  leadwheel lead create --name "Nur Aina" --phone "+60 12-345 6789" --group Sales

  leadwheel lead create --email aina@example.com --field budget=500 --source Expo`
}

// Validate implements kong's check of a command's flags.
func (c *leadCreateCmd) Validate() error { return c.check() }

// Run adds the lead.
func (c *leadCreateCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	v, err := c.values(ctx, api)
	if err != nil {
		return err
	}
	v.text("external_id", c.ExternalID)
	if c.named() || c.Route {
		to := make(values)
		if c.Route {
			to["route"] = true
		}
		if err := c.into(ctx, api, to); err != nil {
			return err
		}
		v["distribute"] = to
	}
	return leadNoun.create(ctx, s, c.apiFlags, v, leadNoun.saved(s, "here"))
}

type leadListCmd struct {
	leadFilter
	listFlags `set:"most=50"`
}

// Help gives examples.
func (leadListCmd) Help() string {
	return `Newest first.

Examples:

  leadwheel lead list --unassigned --from 7d

  leadwheel lead list --search "012-345" --json`
}

// Validate implements kong's check of a command's flags.
func (c *leadListCmd) Validate() error { return firstError(c.listFlags.Validate(), c.check()) }

// Run prints the leads.
func (c *leadListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	v, err := c.values(ctx, api)
	if err != nil {
		return err
	}
	var known names
	if !c.JSON {
		if known, err = namesAt(ctx, api, memberNoun.path, sourceNoun.path); err != nil {
			return err
		}
	}
	return leadNoun.list(ctx, s, api, c.listFlags, v.query(), "CREATED ID NAME PHONE EMAIL SOURCE CHANNEL GIVEN_TO", func(item json.RawMessage) ([]string, error) {
		var l leadItem
		err := json.Unmarshal(item, &l)
		return []string{timeCell(&l.CreatedAt), l.ID.String(), textCell(l.Name), textCell(l.Phone), textCell(l.Email), known.of(l.SourceID), l.Channel, l.owners(known)}, err
	})
}

type leadShowCmd struct {
	ID uuid.UUID `arg:"" help:"The lead's id, as in lead list."`
	apiFlags
}

// Help gives an example.
func (leadShowCmd) Help() string {
	return `Example:

  leadwheel lead show 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162`
}

// Run prints the lead.
func (c *leadShowCmd) Run(ctx context.Context, s streams) error {
	return leadNoun.show(ctx, s, c.apiFlags, c.ID.String(), func(api *client.Client, answer json.RawMessage) error {
		var l leadItem
		if err := json.Unmarshal(answer, &l); err != nil {
			return fmt.Errorf("reading the lead: %w", err)
		}
		known, err := namesAt(ctx, api, memberNoun.path, sourceNoun.path)
		if err != nil {
			return err
		}
		rows := [][]string{
			{"id", l.ID.String()}, {"name", textCell(l.Name)}, {"phone", textCell(l.Phone)}, {"e-mail", textCell(l.Email)},
			{"source", known.of(l.SourceID)}, {"channel", l.Channel}, {"external id", textCell(l.ExternalID)},
			{"created", timeCell(&l.CreatedAt)}, {"given to", l.owners(known)},
		}
		rows = append(rows, sortedRows("field ", l.Fields)...)
		return printTable(s.out, "FIELD IS", append(rows, sortedRows("", l.Attributed)...))
	})
}

type leadEditCmd struct {
	ID uuid.UUID `arg:"" help:"The lead's id, as in lead list."`
	leadFields
	apiFlags
}

// Help gives an example.
func (leadEditCmd) Help() string {
	return `What no flag names stays as it is; an empty text clears.

Example:

  leadwheel lead edit 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162 --phone "+60 12-345 6789" --field budget=800`
}

// Run changes the lead.
func (c *leadEditCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	v, err := c.values(ctx, api)
	if err != nil {
		return err
	}
	return leadNoun.edit(ctx, s, c.apiFlags, c.ID.String(), v, leadNoun.saved(s, "saved"))
}

type leadDeleteCmd struct {
	leadSelection
	consentFlag
	apiFlags
}

// Help gives examples.
func (leadDeleteCmd) Help() string {
	return `Copies that members have stay. Prints how many were still there.

Examples:

  leadwheel lead delete 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162 --yes

  leadwheel lead delete --all --source Expo --unassigned`
}

// Validate implements kong's check of a command's flags.
func (c *leadDeleteCmd) Validate() error { return c.check() }

// Run deletes the leads.
func (c *leadDeleteCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	v := make(values)
	n, err := c.into(ctx, api, v, "ids")
	if err != nil {
		return err
	}
	if n == 0 {
		return noneMatch(s, c.JSON)
	}
	if err := c.ask(s, fmt.Sprintf("Delete %d source leads? Copies that members have stay.", n)); err != nil {
		return err
	}
	return leadNoun.send(ctx, s, c.apiFlags, http.MethodPost, leadNoun.path+"/delete", v, func(answer json.RawMessage) error {
		var deleted struct{ Count int }
		if err := json.Unmarshal(answer, &deleted); err != nil {
			return fmt.Errorf("reading how many leads were deleted: %w", err)
		}
		_, err := fmt.Fprintf(s.out, "%d deleted\n", deleted.Count)
		return err
	})
}
