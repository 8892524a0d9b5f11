package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// handOverFlags say what becomes of what is planned for a member who leaves.
type handOverFlags struct {
	Pending  string   `enum:",${pending_actions}" default:"" placeholder:"ACTION" help:"What becomes of leads planned for them: leave (they fail when they are due, unless the member is active by then; as without the flag), spread (others get them), or delete."`
	ToGroup  string   `placeholder:"ID|NAME" help:"For --pending=spread: the members of this distribution group. Default: those of the group by which each was dealt."`
	ToMember []string `sep:"none" placeholder:"ID|NAME" help:"For --pending=spread: these members, as often as needed."`
}

// Validate implements kong's check of a command's flags.
func (f *handOverFlags) Validate() error {
	choice := plannedChoice(*f)
	return choice.Validate()
}

type memberDeactivateCmd struct {
	Member string `arg:"" help:"Their id or exact name."`
	handOverFlags
	apiFlags
}

// Help gives an example.
func (memberDeactivateCmd) Help() string {
	return `Their turns pass to whoever is next, and their key and sessions are refused. member activate takes it back.

Example:

  leadwheel member deactivate Ben --pending spread`
}

// Run deactivates the member.
func (c *memberDeactivateCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	choice := plannedChoice(c.handOverFlags)
	pending, err := choice.values(ctx, api)
	if err != nil {
		return err
	}
	v := values{"active": false}
	if pending != nil {
		v["pending"] = pending
	}
	return memberNoun.edit(ctx, s, c.apiFlags, c.Member, v, func(answer json.RawMessage) error {
		var m struct {
			Name    string
			Pending struct{ Count, Spread, Deleted int }
		}
		if err := json.Unmarshal(answer, &m); err != nil {
			return fmt.Errorf("reading the member: %w", err)
		}
		_, err := fmt.Fprintf(s.out, "The member %s gets no more leads. Of those planned for them, %d went to others, %d were deleted and %d are left.\n",
			printable(m.Name), m.Pending.Spread, m.Pending.Deleted, m.Pending.Count)
		return err
	})
}

type memberActivateCmd struct {
	Member string `arg:"" help:"Their id or exact name."`
	apiFlags
}

// Help gives an example.
func (memberActivateCmd) Help() string {
	return `Example:

  leadwheel member activate Ben`
}

// Run activates the member.
func (c *memberActivateCmd) Run(ctx context.Context, s streams) error {
	return memberNoun.edit(ctx, s, c.apiFlags, c.Member, values{"active": true}, memberNoun.saved(s, "active"))
}

type memberDeleteCmd struct {
	Member string `arg:"" help:"Their id or exact name."`
	handOverFlags
	consentFlag
	apiFlags
}

// Help gives an example.
func (memberDeleteCmd) Help() string {
	return `What they were given and their history stay. member deactivate can be taken back, this cannot.

Example:

  leadwheel member delete Ben --pending spread --to-group Sales --yes`
}

// Run removes the member.
func (c *memberDeleteCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	choice := plannedChoice(c.handOverFlags)
	pending, err := choice.values(ctx, api)
	if err != nil {
		return err
	}
	return memberNoun.remove(ctx, s, c.apiFlags, c.consentFlag, c.Member, "Their history stays, and they get no more leads.", inQuery(pending))
}

// inQuery is a choice of what becomes of what is planned, as the API takes it in the address of a deletion.
func inQuery(choice map[string]any) url.Values {
	query := make(url.Values)
	for name, value := range choice {
		if name == "action" {
			name = "pending"
		}
		switch v := value.(type) {
		case []uuid.UUID:
			all := make([]string, len(v))
			for i, m := range v {
				all[i] = m.String()
			}
			query.Set(name, strings.Join(all, ","))
		default:
			query.Set(name, fmt.Sprint(v))
		}
	}
	return query
}
