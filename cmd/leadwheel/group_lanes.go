package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// balanceFlag says by what a group keeps its mix even.
type balanceFlag struct {
	BalanceBy string `placeholder:"WHAT" help:"Give each receiver as many of each source, campaign, form or rule, or of each value of a field with field:NAME; nothing, to have all leads take the same turns."`
}

// set puts it into a group's body, where it was given.
func (f balanceFlag) set(body map[string]any) {
	switch f.BalanceBy {
	case "":
	case "nothing":
		body["balance_by"] = nil
	default:
		body["balance_by"] = f.BalanceBy
	}
}

// groupLane is what the tables show of a lane.
type groupLane struct {
	Value, Name *string
	Turns       int64
	Counted     int
	Members     []struct {
		MemberID uuid.UUID `json:"member_id"`
		Leads    int
	}
	Next []struct {
		MemberIDs []uuid.UUID `json:"member_ids"`
	}
}

// called is what people call a lane.
func (l groupLane) called() string {
	switch {
	case l.Name != nil:
		return printable(*l.Name)
	case l.Value == nil:
		return "everything else"
	case *l.Value == "":
		return "(none)"
	}
	return printable(*l.Value)
}

// shownLanes is how many lanes a group is shown with.
const shownLanes = 20

// printLanes shows the lanes of a group that were opened last, with what each receiver got of them and who is next.
func printLanes(ctx context.Context, out io.Writer, api *client.Client, id uuid.UUID, by string, members names) error {
	var list struct {
		Items      []groupLane
		NextCursor *string `json:"next_cursor"`
	}
	if err := api.Get(ctx, fmt.Sprintf("/v1/groups/%s/lanes?next=1&limit=%d", id, shownLanes), &list); err != nil {
		return fmt.Errorf("reading the lanes of distribution group %s: %w", id, err)
	}
	fmt.Fprintf(out, "\nThe mix is kept even by %s.\n", printable(by))
	if len(list.Items) == 0 {
		return nil
	}
	rows := make([][]string, len(list.Items))
	for i, l := range list.Items {
		var got, next []string
		for _, m := range l.Members {
			got = append(got, fmt.Sprintf("%s %d", members.of(&m.MemberID), m.Leads))
		}
		for _, t := range l.Next {
			for _, m := range t.MemberIDs {
				next = append(next, members.of(&m))
			}
		}
		rows[i] = []string{l.called(), strconv.FormatInt(l.Turns, 10), strings.Join(next, ", "), strings.Join(got, ", ")}
	}
	fmt.Fprintln(out)
	if err := printTable(out, "LANE TURNS NEXT GOT_OF_LATE", rows); err != nil || list.NextCursor == nil {
		return err
	}
	_, err := fmt.Fprintf(out, "These are the %d lanes that were opened last.\n", shownLanes)
	return err
}
