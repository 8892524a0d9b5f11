package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// assignmentCmd is `leadwheel assignment`.
type assignmentCmd struct {
	List assignmentListCmd `cmd:"" help:"List the assignments, newest first, with what became of them."`
	Show assignmentShowCmd `cmd:"" help:"Show what became of one."`
	Undo assignmentUndoCmd `cmd:"" help:"Undo one: delete what is pending and take back what nobody has touched."`
}

// assignment is what the tables show of an assignment.
type assignment struct {
	ID        uuid.UUID  `json:"id"`
	GroupID   *uuid.UUID `json:"group_id"`
	Pace      *string    `json:"pace"`
	Count     int        `json:"count"`
	Given     int        `json:"given"`
	Pending   int        `json:"pending"`
	Failed    int        `json:"failed"`
	Cancelled int        `json:"cancelled"`
	Undone    int        `json:"undone"`
	CreatedAt time.Time  `json:"created_at"`
}

func (a assignment) row(groups names) []string {
	to, pace := groups.of(a.GroupID), ""
	if a.GroupID == nil {
		to = "members"
	}
	if a.Pace != nil {
		pace = *a.Pace
	}
	row := []string{timeCell(&a.CreatedAt), a.ID.String(), to, pace}
	for _, n := range []int{a.Count, a.Given, a.Pending, a.Failed, a.Cancelled, a.Undone} {
		row = append(row, strconv.Itoa(n))
	}
	return row
}

const assignmentHeads = "AT ID TO PACE DECISIONS GIVEN PENDING FAILED CANCELLED UNDONE"

type assignmentListCmd struct {
	listFlags `set:"most=20"`
}

// Help gives an example.
func (assignmentListCmd) Help() string {
	return `Newest first.

Example:

  leadwheel assignment list --limit 5`
}

// Run prints the assignments. JSON is printed as the API gives it.
func (c *assignmentListCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	return printFirst(ctx, api, c.listFlags, "/v1/assignments", nil, s, func(all []json.RawMessage) error {
		return printAssignments(ctx, api, all, s)
	})
}

type assignmentShowCmd struct {
	ID uuid.UUID `arg:"" help:"Its id."`
	client.Flags
	jsonFlag
}

// Help gives an example.
func (assignmentShowCmd) Help() string {
	return `What was deleted while it was pending is cancelled. Of what was undone the copies are still counted as given.

Example:

  leadwheel assignment show 019ac5a1-6e7c-7f0a-8a35-3f0f2a8a5d11`
}

// Run prints the assignment. JSON is printed as the API gives it.
func (c *assignmentShowCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Get(ctx, "/v1/assignments/"+c.ID.String(), &answer); err != nil {
		return fmt.Errorf("reading assignment %s: %w", c.ID, err)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	return printAssignments(ctx, api, []json.RawMessage{answer}, s)
}

func printAssignments(ctx context.Context, api *client.Client, all []json.RawMessage, s streams) error {
	groups, err := namesAt(ctx, api, "/v1/groups")
	if err != nil {
		return err
	}
	rows := make([][]string, len(all))
	for i, raw := range all {
		var a assignment
		if err := json.Unmarshal(raw, &a); err != nil {
			return fmt.Errorf("reading an assignment: %w", err)
		}
		rows[i] = a.row(groups)
	}
	return printTable(s.out, assignmentHeads, rows)
}
