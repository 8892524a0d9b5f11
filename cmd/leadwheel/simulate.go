package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// simulateCmd is `leadwheel simulate`.
type simulateCmd struct {
	File string  `arg:"" optional:"" help:"What to try: JSON with groups, rules and members, each as the API takes it; - for standard input. Default: the settings as they are."`
	Last *int    `placeholder:"N" help:"Replay the last N leads that came in, up to 100,000; 10,000 unless --from is given."`
	From *moment `placeholder:"TIME" help:"Replay the leads that came in since a time such as 2026-12-31T18:00:00+08:00, or 12h or 30d ago."`
	To   *moment `placeholder:"TIME" help:"With --from: until before when; now unless given."`
	client.Flags
	jsonFlag
}

// Help gives examples.
func (simulateCmd) Help() string {
	return `Replays leads that came in, in their order and at their times, through groups, rules and members as they might be, without any
effect, and shows what each member got and would have got. Without a file it tells whether the settings as they are
reproduce what happened, or from which lead on they do not, and why.

Examples:

  leadwheel simulate --from 30d

  leadwheel simulate --last 1000 drafts.json

  echo '{"members":[{"id":"019ac5a1-6e7c-7f0a-8a35-3f0f2a8a5d11","caps":{"per_day":5}}]}' | leadwheel simulate --from 7d -`
}

// simulated is what the tables show of a simulation.
type simulated struct {
	ID      uuid.UUID `json:"id"`
	State   string    `json:"state"`
	Error   *string   `json:"error"`
	Leads   int       `json:"leads"`
	Moved   int       `json:"moved"`
	Waiting int       `json:"waiting"`
	Failed  int       `json:"failed"`
	Members []struct {
		ID    uuid.UUID `json:"member_id"`
		Was   int       `json:"was"`
		Would int       `json:"would"`
	} `json:"per_member"`
	Groups []struct {
		ID    uuid.UUID `json:"group_id"`
		Was   int       `json:"was"`
		Would int       `json:"would"`
	} `json:"per_group"`
	Differs *struct {
		LeadID    uuid.UUID  `json:"lead_id"`
		At        time.Time  `json:"at"`
		Why       string     `json:"why"`
		GroupID   *uuid.UUID `json:"group_id"`
		MemberID  *uuid.UUID `json:"member_id"`
		ChangedAt *time.Time `json:"changed_at"`
	} `json:"differs"`
}

// Run replays and prints what came of it. JSON is printed as the API gives it.
func (c *simulateCmd) Run(ctx context.Context, s streams) error {
	body, err := c.body(s)
	if err != nil {
		return err
	}
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	var made simulated
	if err := api.Call(ctx, http.MethodPost, "/v1/simulations", body, &made); err != nil {
		return fmt.Errorf("asking for a simulation: %w", err)
	}
	var answer json.RawMessage
	for made.State == "" || made.State == "running" {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for simulation %s: %w", made.ID, ctx.Err())
		case <-time.After(askInterval):
		}
		if err := api.Get(ctx, "/v1/simulations/"+made.ID.String(), &answer); err != nil {
			return fmt.Errorf("reading simulation %s: %w", made.ID, err)
		}
		made.State = ""
		if err := json.Unmarshal(answer, &made); err != nil {
			return fmt.Errorf("reading simulation %s: %w", made.ID, err)
		}
	}
	if made.Error != nil {
		return fmt.Errorf("simulation %s failed: %s", made.ID, *made.Error)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	return made.print(ctx, api, s.out)
}

// body is what to ask for: the file's drafts and which leads.
func (c *simulateCmd) body(s streams) (map[string]any, error) {
	if c.Last != nil && (c.From.isSet() || c.To.isSet()) || c.To.isSet() && !c.From.isSet() {
		return nil, usageError{errors.New("give either --last, or --from and, with it, --to")}
	}
	body := make(map[string]any)
	if c.File != "" {
		data, err := s.read(c.File)
		if err != nil {
			return nil, fmt.Errorf("reading what to try: %w", err)
		}
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		if err := d.Decode(&body); err != nil {
			return nil, usageError{fmt.Errorf("reading what to try of %s: %w; write an object with groups, rules and members", c.File, err)}
		}
	}
	switch now := time.Now(); {
	case c.From.isSet():
		to := now
		if c.To.isSet() {
			to = c.To.before(now)
		}
		body["from"], body["to"] = c.From.before(now).UTC(), to.UTC()
	case c.Last != nil:
		body["last"] = *c.Last
	case body["from"] == nil && body["last"] == nil:
		body["last"] = 10_000
	}
	return body, nil
}

func (r simulated) print(ctx context.Context, api *client.Client, w io.Writer) error {
	members, err := namesAt(ctx, api, "/v1/members")
	if err != nil {
		return err
	}
	groups, err := namesAt(ctx, api, "/v1/groups")
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%d leads, %d would have ended otherwise; %d would wait, %d would have failed.\n\n", r.Leads, r.Moved, r.Waiting, r.Failed)
	var rows [][]string
	for _, m := range r.Members {
		rows = append(rows, simulatedRow(members.of(&m.ID), m.Was, m.Would))
	}
	if err := printTable(w, "MEMBER WAS WOULD CHANGE", rows); err != nil {
		return err
	}
	rows = nil
	for _, g := range r.Groups {
		rows = append(rows, simulatedRow(groups.of(&g.ID), g.Was, g.Would))
	}
	fmt.Fprintln(w)
	if err := printTable(w, "GROUP WAS WOULD CHANGE", rows); err != nil {
		return err
	}
	if d := r.Differs; d != nil {
		fmt.Fprintf(w, "\nFrom lead %s of %s on the settings as they are do not reproduce what happened: %s", d.LeadID, d.At.UTC().Format(time.RFC3339), d.Why)
		switch {
		case d.MemberID != nil:
			fmt.Fprintf(w, " (%s)", members.of(d.MemberID))
		case d.GroupID != nil:
			fmt.Fprintf(w, " (%s)", groups.of(d.GroupID))
		}
		fmt.Fprintln(w, ".")
		return nil
	}
	fmt.Fprintln(w, "\nThe settings as they are reproduce all that happened.")
	return nil
}

func simulatedRow(name string, was, would int) []string {
	return []string{name, strconv.Itoa(was), strconv.Itoa(would), fmt.Sprintf("%+d", would-was)}
}
