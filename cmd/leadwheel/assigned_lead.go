package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// assignedCmd is `leadwheel assigned-lead`.
type assignedCmd struct {
	List assignedLeadListCmd `cmd:"" help:"List and search what members have."`
	Show assignedLeadShowCmd `cmd:"" help:"Show a member's copy of a lead."`
	Edit assignedLeadEditCmd `cmd:"" help:"Change a member's copy; the source lead and others' copies stay as they are."`
}

// assignedLeadItem is what the tables show of a member's copy of a lead.
type assignedLeadItem struct {
	ID           uuid.UUID      `json:"id"`
	MemberID     *uuid.UUID     `json:"member_id"`
	SourceLeadID *uuid.UUID     `json:"source_lead_id"`
	GroupID      *uuid.UUID     `json:"group_id"`
	Name         *string        `json:"name"`
	Email        *string        `json:"email"`
	Phone        *string        `json:"phone"`
	Fields       map[string]any `json:"fields"`
	Source       *string        `json:"source"`
	Status       string         `json:"status"`
	Notes        string         `json:"notes"`
	FollowUpAt   *time.Time     `json:"follow_up_at"`
	AssignedAt   time.Time      `json:"assigned_at"`
}

type assignedLeadListCmd struct {
	Search    string    `short:"q" placeholder:"TEXT" help:"Only with this in a name, an address, or a number in any spelling."`
	Member    string    `placeholder:"ID|NAME" help:"Only of this member."`
	Group     string    `placeholder:"ID|NAME" help:"Only what came by this distribution group."`
	Source    string    `placeholder:"ID|NAME" help:"Only of this source."`
	Lead      uuid.UUID `placeholder:"ID" help:"Only the copies of this source lead."`
	Status    string    `help:"Only with this status."`
	From      *moment   `placeholder:"TIME" help:"Not assigned before: a time such as 2026-12-31T18:00:00+08:00, or 12h or 7d ago."`
	To        *moment   `placeholder:"TIME" help:"Assigned before this time."`
	listFlags `set:"most=50"`
}

// Help gives examples.
func (assignedLeadListCmd) Help() string {
	return `Newest first.

Examples:

  leadwheel assigned-lead list --member Aisyah --status new

  leadwheel assigned-lead list --search "012-345" --json`
}

// Run prints the copies.
func (c *assignedLeadListCmd) Run(ctx context.Context, s streams) error {
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
		if known, err = namesAt(ctx, api, memberNoun.path); err != nil {
			return err
		}
	}
	return assignedNoun.list(ctx, s, api, c.listFlags, v.query(), "ASSIGNED ID MEMBER NAME PHONE EMAIL STATUS FOLLOW_UP", func(item json.RawMessage) ([]string, error) {
		var l assignedLeadItem
		err := json.Unmarshal(item, &l)
		return []string{timeCell(&l.AssignedAt), l.ID.String(), known.of(l.MemberID), textCell(l.Name), textCell(l.Phone), textCell(l.Email), l.Status, timeCell(l.FollowUpAt)}, err
	})
}

// values are the filter as the API names it.
func (c *assignedLeadListCmd) values(ctx context.Context, api *client.Client) (values, error) {
	v := make(values)
	for field, text := range map[string]string{"q": c.Search, "status": c.Status} {
		if text != "" {
			v[field] = text
		}
	}
	for field, at := range map[string]*moment{"from": c.From, "to": c.To} {
		if at.isSet() {
			v[field] = at.before(time.Now()).UTC().Format(time.RFC3339Nano)
		}
	}
	if c.Lead != uuid.Nil {
		v["source_lead_id"] = c.Lead
	}
	for _, of := range []struct {
		field string
		noun  noun
		named string
	}{{"member_id", memberNoun, c.Member}, {"group_id", groupNoun, c.Group}, {"source_id", sourceNoun, c.Source}} {
		if of.named == "" {
			continue
		}
		if err := v.id(ctx, api, of.field, of.noun, &of.named); err != nil {
			return nil, err
		}
	}
	return v, nil
}

type assignedLeadShowCmd struct {
	ID uuid.UUID `arg:"" help:"The copy's id, as in assigned-lead list."`
	apiFlags
}

// Help gives an example.
func (assignedLeadShowCmd) Help() string {
	return `Example:

  leadwheel assigned-lead show 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162`
}

// Run prints the copy.
func (c *assignedLeadShowCmd) Run(ctx context.Context, s streams) error {
	return assignedNoun.show(ctx, s, c.apiFlags, c.ID.String(), func(api *client.Client, answer json.RawMessage) error {
		var l assignedLeadItem
		if err := json.Unmarshal(answer, &l); err != nil {
			return fmt.Errorf("reading the assigned lead: %w", err)
		}
		known, err := namesAt(ctx, api, memberNoun.path, groupNoun.path)
		if err != nil {
			return err
		}
		lead := ""
		if l.SourceLeadID != nil {
			lead = l.SourceLeadID.String()
		}
		rows := [][]string{
			{"id", l.ID.String()}, {"member", known.of(l.MemberID)}, {"source lead", lead}, {"group", known.of(l.GroupID)},
			{"name", textCell(l.Name)}, {"phone", textCell(l.Phone)}, {"e-mail", textCell(l.Email)}, {"source", textCell(l.Source)},
			{"status", l.Status}, {"notes", l.Notes}, {"follow-up", timeCell(l.FollowUpAt)}, {"assigned", timeCell(&l.AssignedAt)},
		}
		return printTable(s.out, "FIELD IS", append(rows, sortedRows("field ", l.Fields)...))
	})
}

type assignedLeadEditCmd struct {
	ID       uuid.UUID  `arg:"" help:"The copy's id, as in assigned-lead list."`
	Status   *string    `help:"One of the workspace's statuses."`
	Notes    *string    `placeholder:"TEXT" help:"What the member notes."`
	FollowUp *laterText `placeholder:"TIME" help:"When its member is reminded of it: a time such as 2026-12-31T18:00:00+08:00, or 12h or 7d from now. Empty: not at all."`
	leadFields
	apiFlags
}

// A laterText is a moment counted from now, or empty to clear one.
type laterText struct{ *moment }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *laterText) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	l.moment = new(moment)
	return l.moment.UnmarshalText(text)
}

// Help gives examples.
func (assignedLeadEditCmd) Help() string {
	return `What no flag names stays as it is; an empty text clears.

Examples:

  leadwheel assigned-lead edit 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162 --status contacted --follow-up 2d

  leadwheel assigned-lead edit 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162 --follow-up ""`
}

// Run changes the copy.
func (c *assignedLeadEditCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	v, err := c.values(ctx, api)
	if err != nil {
		return err
	}
	put(v, "status", c.Status)
	put(v, "notes", c.Notes)
	if c.FollowUp != nil {
		v["follow_up_at"] = nil
		if c.FollowUp.isSet() {
			v["follow_up_at"] = c.FollowUp.after(time.Now()).UTC().Format(time.RFC3339)
		}
	}
	return assignedNoun.edit(ctx, s, c.apiFlags, c.ID.String(), v, assignedNoun.saved(s, "saved"))
}
