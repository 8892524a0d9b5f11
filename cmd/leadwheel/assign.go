package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// assignCmd is `leadwheel assign`.
type assignCmd struct {
	leadSelection
	To             receiverFlags `embed:""`
	OnlyUnassigned bool          `help:"Leave out the leads that somebody has, or is to get."`
	Preview        bool          `help:"Show who would get what, and when; change nothing. Repeat the command with the seed that it prints for that very plan."`
	Seed           uint64        `placeholder:"N" help:"That of a preview from the last hour: this makes its plan."`
	consentFlag
	apiFlags
}

// Help gives examples.
func (assignCmd) Help() string {
	return `Leads go out in the order of their ids, or the oldest first. A group deals one turn a lead; of several members each gets a
copy of each.

Examples:

  leadwheel assign 0198c5d2-9a41-7c1e-8f0a-1d2e3f405162 --member Aisyah

  leadwheel assign --all --source Expo --only-unassigned --group Inbound --pace slow --preview

  leadwheel assign --all --unassigned --from 30d --group Inbound --at 12h --yes`
}

// Validate implements kong's check of a command's flags.
func (c *assignCmd) Validate() error {
	if !c.To.named() {
		return errors.New("say who gets the leads: give --group, or --member as often as needed")
	}
	return firstError(c.check(), c.To.check())
}

// Run assigns the leads, or shows the plan. JSON is printed as the API gives it.
func (c *assignCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	v := make(values)
	n, err := c.into(ctx, api, v, "lead_ids")
	if err != nil {
		return err
	}
	if n == 0 {
		return noneMatch(s, c.JSON)
	}
	if err := c.To.into(ctx, api, v); err != nil {
		return err
	}
	if c.OnlyUnassigned {
		v["only_unassigned"] = true
	}
	if c.Seed > 0 {
		v["seed"] = c.Seed
	}
	if c.Preview {
		return c.preview(ctx, api, v, s)
	}
	if c.All {
		if err := c.askPerson(s, fmt.Sprintf("Assign the %d leads that match?", n)); err != nil {
			return err
		}
	}
	var answer json.RawMessage
	if err := api.Call(ctx, http.MethodPost, "/v1/assignments", v, &answer); err != nil {
		return fmt.Errorf("assigning the leads: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	var made struct {
		ID      uuid.UUID `json:"id"`
		Count   int       `json:"count"`
		Already int       `json:"already_assigned"`
	}
	if err := json.Unmarshal(answer, &made); err != nil {
		return fmt.Errorf("reading the assignment: %w", err)
	}
	had := "are among them"
	if c.OnlyUnassigned {
		had = "were left out"
	}
	_, err = fmt.Fprintf(s.out, "Assignment %s: %d to go out; %d that somebody had already %s. `leadwheel assignment show` tells what becomes of it.\n",
		made.ID, made.Count, made.Already, had)
	return err
}

// preview prints what an assignment would plan.
func (c *assignCmd) preview(ctx context.Context, api *client.Client, v values, s streams) error {
	var answer json.RawMessage
	if err := api.Call(ctx, http.MethodPost, "/v1/assignments/preview", v, &answer); err != nil {
		return fmt.Errorf("planning the assignment: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	var plan struct {
		Seed  json.Number
		Items []struct {
			LeadID   uuid.UUID  `json:"lead_id"`
			MemberID *uuid.UUID `json:"member_id"`
			DueAt    time.Time  `json:"due_at"`
			Reason   string     `json:"reason"`
		}
	}
	if err := json.Unmarshal(answer, &plan); err != nil {
		return fmt.Errorf("reading the plan: %w", err)
	}
	members, err := namesAt(ctx, api, memberNoun.path)
	if err != nil {
		return err
	}
	rows := make([][]string, len(plan.Items))
	for i, p := range plan.Items {
		rows[i] = []string{timeCell(&p.DueAt), p.LeadID.String(), members.of(p.MemberID), p.Reason}
	}
	if err := printTable(s.out, "DUE LEAD MEMBER WHY_NOBODY", rows); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.err, "Nothing was changed. --seed %s makes this plan within the hour.\n", plan.Seed)
	return err
}
