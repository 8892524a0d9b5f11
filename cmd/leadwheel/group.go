package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// groupCmd is `leadwheel group`.
type groupCmd struct {
	Create       groupCreateCmd       `cmd:"" help:"Add a distribution group."`
	Show         groupShowCmd         `cmd:"" help:"Show a distribution group's receivers and whose turn is next."`
	List         groupListCmd         `cmd:"" help:"List the distribution groups."`
	Availability groupAvailabilityCmd `cmd:"" help:"Show which receivers of a distribution group can take a lead, and why others cannot."`
	Edit         groupEditCmd         `cmd:"" help:"Add and take out receivers, and choose what becomes of what is planned for those who leave."`
	Delete       groupDeleteCmd       `cmd:"" help:"Delete a distribution group, and choose what becomes of what is planned through it."`
}

// group is what the tables show of a distribution group.
type group struct {
	ID      uuid.UUID `json:"id"`
	Name    string    `json:"name"`
	Method  string    `json:"method"`
	Version int       `json:"version"`
	Slots   []struct {
		Weight  int `json:"weight"`
		Members []struct {
			MemberID uuid.UUID `json:"member_id"`
		} `json:"members"`
	} `json:"slots"`
	BalanceBy *string `json:"balance_by"`
	Next      []struct {
		Turn      int64       `json:"turn"`
		MemberIDs []uuid.UUID `json:"member_ids"`
	} `json:"next"`
}

type groupShowCmd struct {
	Group string `arg:"" help:"Its id or exact name."`
	Next  int    `default:"20" help:"How many turns to come to show; of a group that keeps its mix even those of leads of a new kind. Default ${default}."`
	client.Flags
	jsonFlag
}

// Help gives an example.
func (groupShowCmd) Help() string {
	return `Turns that would reach nobody are left out.

Example:

  leadwheel group show Sales --next 20`
}

// Validate implements kong's check of a command's flags.
func (c *groupShowCmd) Validate() error {
	if c.Next < 0 || c.Next > 1000 {
		return fmt.Errorf("--next %d: it is between 0 and 1000", c.Next)
	}
	return nil
}

// Run prints the group. JSON is printed as the API gives it.
func (c *groupShowCmd) Run(ctx context.Context, s streams) error {
	api, id, err := callForGroup(ctx, c.Flags, c.Group)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Get(ctx, fmt.Sprintf("/v1/groups/%s?next=%d", id, c.Next), &answer); err != nil {
		return fmt.Errorf("reading distribution group %s: %w", c.Group, err)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	var g group
	if err := json.Unmarshal(answer, &g); err != nil {
		return fmt.Errorf("reading distribution group %s: %w", c.Group, err)
	}
	members, err := namesAt(ctx, api, "/v1/members")
	if err != nil {
		return err
	}
	if err := g.print(s.out, members); err != nil || g.BalanceBy == nil {
		return err
	}
	return printLanes(ctx, s.out, api, id, *g.BalanceBy, members)
}

func (g group) print(out io.Writer, members names) error {
	fmt.Fprintf(out, "%s   %s, %s, version %d\n\n", printable(g.Name), g.ID, g.Method, g.Version)
	rows := make([][]string, len(g.Slots))
	for i, slot := range g.Slots {
		all := make([]string, len(slot.Members))
		for j, m := range slot.Members {
			all[j] = members.of(&m.MemberID)
		}
		rows[i] = []string{strconv.Itoa(i + 1), strconv.Itoa(slot.Weight), strings.Join(all, ", ")}
	}
	if err := printTable(out, "SLOT WEIGHT MEMBERS", rows); err != nil || len(g.Next) == 0 {
		return err
	}
	fmt.Fprintln(out)
	rows = make([][]string, len(g.Next))
	for i, turn := range g.Next {
		all := make([]string, len(turn.MemberIDs))
		for j, id := range turn.MemberIDs {
			all[j] = members.of(&id)
		}
		rows[i] = []string{strconv.FormatInt(turn.Turn, 10), strings.Join(all, ", ")}
	}
	return printTable(out, "TURN GOES_TO", rows)
}

type groupListCmd struct {
	byExternalID
	listFlags `set:"most=500"`
}

// Help gives an example.
func (groupListCmd) Help() string {
	return `Newest first.

Example:

  leadwheel group list`
}

// Run prints the groups. JSON is printed as the API gives it.
func (c *groupListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	return printFirst(ctx, api, c.listFlags, "/v1/groups", c.query(), s, func(all []json.RawMessage) error {
		rows := make([][]string, len(all))
		for i, item := range all {
			var g group
			if err := json.Unmarshal(item, &g); err != nil {
				return fmt.Errorf("reading a distribution group: %w", err)
			}
			rows[i] = []string{g.ID.String(), g.Name, g.Method, strconv.Itoa(g.Version), strconv.Itoa(len(g.Slots))}
		}
		return printTable(s.out, "ID NAME METHOD VERSION SLOTS", rows)
	})
}
