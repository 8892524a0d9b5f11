package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// availabilityItem is what the table shows of a receiver of a group.
type availabilityItem struct {
	MemberID  uuid.UUID `json:"member_id"`
	Available bool      `json:"available"`
	Reason    *string   `json:"reason"`
	Until     *string   `json:"until"`
}

type groupAvailabilityCmd struct {
	Group string `arg:"" help:"Its id or exact name."`
	At    string `placeholder:"TIME" help:"At this time rather than now, as in 2026-12-31T18:00:00+08:00."`
	client.Flags
	jsonFlag
}

// Help gives an example.
func (groupAvailabilityCmd) Help() string {
	return `Which receivers can take a lead by turn, why others cannot, and until when.

Example:

  leadwheel group availability Sales`
}

// Run prints the receivers. JSON is printed as the API gives it.
func (c *groupAvailabilityCmd) Run(ctx context.Context, s streams) error {
	api, id, err := callForGroup(ctx, c.Flags, c.Group)
	if err != nil {
		return err
	}
	query := make(url.Values)
	if c.At != "" {
		query.Set("at", c.At)
	}
	var answer json.RawMessage
	if err := api.Get(ctx, "/v1/groups/"+id.String()+"/availability?"+query.Encode(), &answer); err != nil {
		return fmt.Errorf("reading who is available of group %s: %w", c.Group, err)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	var list struct{ Items []availabilityItem }
	if err := json.Unmarshal(answer, &list); err != nil {
		return fmt.Errorf("reading who is available of group %s: %w", c.Group, err)
	}
	members, err := namesAt(ctx, api, "/v1/members")
	if err != nil {
		return err
	}
	rows := make([][]string, len(list.Items))
	for i, one := range list.Items {
		rows[i] = []string{members.of(&one.MemberID), yesNo(one.Available), strings.ReplaceAll(textCell(one.Reason), "_", " "), textCell(one.Until)}
	}
	return printTable(s.out, "MEMBER AVAILABLE WHY UNTIL", rows)
}
