package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// historyCmd is `leadwheel history`.
type historyCmd struct {
	Outcome   string    `enum:",${outcomes}" default:"" placeholder:"OUTCOME" help:"Only succeeded, only failed, or only what was deleted while it was pending (cancelled)."`
	Reason    string    `help:"Only with this reason, as in no_active_receiver."`
	Trigger   string    `enum:",${triggers}" default:"" placeholder:"TRIGGER" help:"Only what was immediate, scheduled, or brought forward (distribute_now)."`
	Lead      uuid.UUID `placeholder:"ID" help:"Only of this source lead."`
	Member    string    `placeholder:"ID|NAME" help:"Only of this member."`
	Group     string    `placeholder:"ID|NAME" help:"Only of this distribution group."`
	From      *moment   `placeholder:"TIME" help:"Not older: a time such as 2026-12-31T18:00:00+08:00, or 12h or 7d ago."`
	To        *moment   `placeholder:"TIME" help:"Older than this time."`
	listFlags `set:"most=50"`
}

// Help gives examples.
func (historyCmd) Help() string {
	return `Newest first.

Examples:

  leadwheel history --outcome failed --from 24h

  leadwheel history --group Sales --limit 1000 --json`
}

// historyEntry is what the table shows of an entry.
type historyEntry struct {
	LeadID   uuid.UUID  `json:"lead_id"`
	MemberID *uuid.UUID `json:"member_id"`
	GroupID  *uuid.UUID `json:"group_id"`
	Turn     *int64     `json:"turn"`
	Outcome  string     `json:"outcome"`
	Reason   *string    `json:"reason"`
	Trigger  string     `json:"trigger"`
	At       time.Time  `json:"at"`
}

// Run prints history. JSON is printed as the API gives it.
func (c *historyCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	query, err := c.query(ctx, api)
	if err != nil {
		return err
	}
	return printFirst(ctx, api, c.listFlags, "/v1/history", query, s, func(all []json.RawMessage) error {
		return printHistory(ctx, api, all, s)
	})
}

func (c *historyCmd) query(ctx context.Context, api *client.Client) (url.Values, error) {
	query := make(url.Values)
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("outcome", c.Outcome)
	set("reason", c.Reason)
	set("trigger", c.Trigger)
	for name, at := range map[string]*moment{"from": c.From, "to": c.To} {
		if at.isSet() {
			set(name, at.before(time.Now()).UTC().Format(time.RFC3339Nano))
		}
	}
	member, err := find(ctx, api, "member", "/v1/members", c.Member)
	if err != nil {
		return nil, err
	}
	group, err := find(ctx, api, "distribution group", "/v1/groups", c.Group)
	if err != nil {
		return nil, err
	}
	for name, id := range map[string]uuid.UUID{"lead_id": c.Lead, "member_id": member, "group_id": group} {
		if id != uuid.Nil {
			set(name, id.String())
		}
	}
	return query, nil
}

func printHistory(ctx context.Context, api *client.Client, all []json.RawMessage, s streams) error {
	known, err := namesAt(ctx, api, memberNoun.path, groupNoun.path)
	if err != nil {
		return err
	}
	rows := make([][]string, len(all))
	for i, raw := range all {
		var h historyEntry
		if err := json.Unmarshal(raw, &h); err != nil {
			return fmt.Errorf("reading a history entry: %w", err)
		}
		turn, reason := "", ""
		if h.Turn != nil {
			turn = strconv.FormatInt(*h.Turn, 10)
		}
		if h.Reason != nil {
			reason = *h.Reason
		}
		rows[i] = []string{
			timeCell(&h.At), h.Outcome, reason, h.LeadID.String(), known.of(h.MemberID), known.of(h.GroupID), turn, h.Trigger,
		}
	}
	return printTable(s.out, "AT OUTCOME REASON LEAD MEMBER GROUP TURN TRIGGER", rows)
}
