package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// pendingCmd is `leadwheel pending`.
type pendingCmd struct {
	List          pendingListCmd   `cmd:"" help:"List what is pending, soonest first."`
	Delete        pendingDeleteCmd `cmd:"" help:"Delete pending leads; the source leads stay."`
	DistributeNow pendingNowCmd    `cmd:"" help:"Distribute pending leads at once, to the members planned."`
	Move          pendingMoveCmd   `cmd:"" help:"Move pending leads to another time or member."`
}

// pendingFilter narrows what is meant of pending leads.
type pendingFilter struct {
	Member string  `placeholder:"ID|NAME" help:"Only of this member."`
	Group  string  `placeholder:"ID|NAME" help:"Only of this distribution group."`
	Before *moment `placeholder:"TIME" help:"Only due before: a time such as 2026-12-31T18:00:00+08:00, or 12h or 7d from now."`
}

// values are the filter as the API names it.
func (f pendingFilter) values(ctx context.Context, api *client.Client) (map[string]string, error) {
	values := make(map[string]string)
	member, err := find(ctx, api, "member", "/v1/members", f.Member)
	if err != nil {
		return nil, err
	}
	group, err := find(ctx, api, "distribution group", "/v1/groups", f.Group)
	if err != nil {
		return nil, err
	}
	for name, id := range map[string]uuid.UUID{"member_id": member, "group_id": group} {
		if id != uuid.Nil {
			values[name] = id.String()
		}
	}
	if f.Before.isSet() {
		values["due_before"] = f.Before.after(time.Now()).UTC().Format(time.RFC3339Nano)
	}
	return values, nil
}

// pendingListCmd is `leadwheel pending list`.
type pendingListCmd struct {
	pendingFilter
	listFlags `set:"most=50"`
}

// Help gives examples.
func (pendingListCmd) Help() string {
	return `Soonest first.

Example:
  leadwheel pending list --member Aisyah --before 24h`
}

// pendingLead is what the table shows of a pending lead.
type pendingLead struct {
	ID       uuid.UUID  `json:"id"`
	LeadID   uuid.UUID  `json:"lead_id"`
	MemberID *uuid.UUID `json:"member_id"`
	GroupID  *uuid.UUID `json:"group_id"`
	Pace     *string    `json:"pace"`
	DueAt    time.Time  `json:"due_at"`
}

// Run prints what is pending. JSON is printed as the API gives it.
func (c *pendingListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	values, err := c.values(ctx, api)
	if err != nil {
		return err
	}
	query := make(url.Values)
	for name, value := range values {
		query.Set(name, value)
	}
	return printFirst(ctx, api, c.listFlags, "/v1/pending-leads", query, s, func(all []json.RawMessage) error {
		return printPending(ctx, api, all, s)
	})
}

func printPending(ctx context.Context, api *client.Client, all []json.RawMessage, s streams) error {
	known, err := namesAt(ctx, api, memberNoun.path, groupNoun.path)
	if err != nil {
		return err
	}
	rows := make([][]string, len(all))
	for i, raw := range all {
		var p pendingLead
		if err := json.Unmarshal(raw, &p); err != nil {
			return fmt.Errorf("reading a pending lead: %w", err)
		}
		pace := ""
		if p.Pace != nil {
			pace = *p.Pace
		}
		rows[i] = []string{timeCell(&p.DueAt), p.ID.String(), p.LeadID.String(), known.of(p.MemberID), known.of(p.GroupID), pace}
	}
	return printTable(s.out, "DUE ID LEAD MEMBER GROUP PACE", rows)
}

// pendingSelection says which pending leads are meant: those named, or all that match.
type pendingSelection struct {
	IDs []uuid.UUID `arg:"" optional:"" name:"id" help:"Ids of pending leads."`
	All bool        `help:"All that match the flags, instead of ids."`
	pendingFilter
	client.Flags
	jsonFlag
}

// Validate implements kong's check of a command's flags.
func (c *pendingSelection) Validate() error {
	if (len(c.IDs) > 0) == c.All {
		return errors.New("give either ids or --all")
	}
	if !c.All && (c.Member != "" || c.Group != "" || c.Before.isSet()) {
		return errors.New("--member, --group and --before go with --all")
	}
	return nil
}

// change sends the selection to an address, as often as there is more, and prints how many were still pending.
func (c *pendingSelection) change(ctx context.Context, s streams, path, done string) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	body := map[string]any{"ids": c.IDs}
	if c.All {
		values, err := c.values(ctx, api)
		if err != nil {
			return err
		}
		body = map[string]any{"all": values}
	}
	var total struct {
		Count int `json:"count"`
	}
	for more := true; more; {
		var part struct{ Count int }
		if err := api.Call(ctx, http.MethodPost, path, body, &part); err != nil {
			return fmt.Errorf("%d %s so far: %w", total.Count, done, err)
		}
		total.Count += part.Count
		more = c.All && part.Count > 0
	}
	if c.JSON {
		return printJSON(s.out, total)
	}
	fmt.Fprintf(s.out, "%d %s\n", total.Count, done)
	return nil
}

// pendingDeleteCmd is `leadwheel pending delete`.
type pendingDeleteCmd struct {
	pendingSelection
	consentFlag
}

// Help gives examples.
func (pendingDeleteCmd) Help() string {
	return `Prints how many were still pending.

Example:
  leadwheel pending delete --all --member Aisyah`
}

// Run deletes pending leads.
func (c *pendingDeleteCmd) Run(ctx context.Context, s streams) error {
	which := "these pending leads"
	if c.All {
		which = "all pending leads that match"
	}
	if err := c.askPerson(s, "Delete "+which+"? The source leads stay."); err != nil {
		return err
	}
	return c.change(ctx, s, "/v1/pending-leads/delete", "deleted")
}

// pendingNowCmd is `leadwheel pending distribute-now`.
type pendingNowCmd struct{ pendingSelection }

// Help gives examples.
func (pendingNowCmd) Help() string {
	return `Prints how many were still pending.

Example:
  leadwheel pending distribute-now --all --group Sales --before 24h`
}

// Run distributes pending leads now.
func (c *pendingNowCmd) Run(ctx context.Context, s streams) error {
	return c.change(ctx, s, "/v1/pending-leads/distribute-now", "on their way")
}
