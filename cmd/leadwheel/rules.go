package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// rulesCmd is `leadwheel rules`.
type rulesCmd struct {
	Show  rulesShowCmd  `cmd:"" help:"Show by which rules leads go to groups."`
	Set   rulesSetCmd   `cmd:"" help:"Save all rules."`
	Check rulesCheckCmd `cmd:"" help:"Check rules, and see what they say of leads, without effect."`
}

const rulesPath = "/v1/rules"

// rules are a workspace's as the API has them.
type rules struct {
	Version *int `json:"version,omitempty"`
	Rules   []struct {
		Name    string   `json:"name"`
		When    string   `json:"when"`
		Then    ruleThen `json:"then"`
		Enabled *bool    `json:"enabled,omitempty"`
	} `json:"rules"`
}

type ruleThen struct {
	GroupID *uuid.UUID `json:"group_id,omitempty"`
	None    bool       `json:"none,omitempty"`
}

type rulesShowCmd struct {
	client.Flags
	jsonFlag
}

// Help gives an example.
func (rulesShowCmd) Help() string {
	return `The first rule whose condition holds decides.

Examples:

  leadwheel rules show

  leadwheel rules show --json > rules.json`
}

// Run prints the rules. JSON is printed as the API gives it.
func (c *rulesShowCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Get(ctx, rulesPath, &answer); err != nil {
		return fmt.Errorf("reading the rules: %w", err)
	}
	return printRules(ctx, api, s, c.JSON, answer)
}

// printRules prints rules as the API gives them, or as a table.
func printRules(ctx context.Context, api *client.Client, s streams, asJSON bool, answer json.RawMessage) error {
	if asJSON {
		return printJSON(s.out, answer)
	}
	var r rules
	if err := json.Unmarshal(answer, &r); err != nil {
		return fmt.Errorf("reading the rules: %w", err)
	}
	groups, err := namesAt(ctx, api, "/v1/groups")
	if err != nil {
		return err
	}
	if r.Version != nil {
		fmt.Fprintf(s.out, "version %d\n\n", *r.Version)
	}
	rows := make([][]string, len(r.Rules))
	for i, one := range r.Rules {
		rows[i] = []string{strconv.Itoa(i + 1), one.Name, yesNo(one.Enabled == nil || *one.Enabled), goesTo(one.Then.GroupID, groups), one.When}
	}
	return printTable(s.out, "RULE NAME ENABLED GOES_TO WHEN", rows)
}

// goesTo is where a rule sends leads.
func goesTo(group *uuid.UUID, groups names) string {
	if group == nil {
		return "nobody"
	}
	return groups.of(group)
}

type rulesSetCmd struct {
	File string `arg:"" help:"Rules as rules show --json prints them, with the version at which they were read; - for standard input."`
	client.Flags
	jsonFlag
}

// Help gives an example.
func (rulesSetCmd) Help() string {
	return `Rules are saved over the version that the file has, and over no other: where somebody else saved theirs
meanwhile nothing is done.

Examples:

  leadwheel rules set rules.json`
}

// Run saves the rules and prints them.
func (c *rulesSetCmd) Run(ctx context.Context, s streams) error {
	r, err := readRules(c.File, s)
	if err != nil {
		return err
	}
	if r.Version == nil {
		return usageError{errors.New("the file has no version; begin with what `leadwheel rules show --json` prints")}
	}
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Call(ctx, http.MethodPut, rulesPath, r, &answer); err != nil {
		return fmt.Errorf("saving the rules: %w", err)
	}
	return printRules(ctx, api, s, c.JSON, answer)
}

// readRules reads a file of rules.
func readRules(path string, s streams) (r rules, err error) {
	data, err := s.read(path)
	if err != nil {
		return r, fmt.Errorf("reading the rules: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, usageError{fmt.Errorf("reading the rules of %s: %w; write them as `leadwheel rules show --json` prints them", path, err)}
	}
	return r, nil
}

type rulesCheckCmd struct {
	File string      `arg:"" optional:"" help:"Rules that are not saved yet, as rules show --json prints them; - for standard input. Default: those that are saved."`
	Lead []uuid.UUID `sep:"none" placeholder:"ID" help:"A lead that is here, as often as needed: which rule would take it."`
	client.Flags
	jsonFlag
}

// Help gives an example.
func (rulesCheckCmd) Help() string {
	return `Says what is wrong with rules, with its place, or which of them takes each lead.

Examples:

  leadwheel rules check rules.json

  leadwheel rules check rules.json --lead 019ac5a1-6e7c-7f0a-8a35-3f0f2a8a5d11`
}

// rulesAnswer is what rules say of leads.
type rulesAnswer struct {
	Items []struct {
		LeadID  *uuid.UUID `json:"lead_id"`
		Rule    *string    `json:"rule"`
		GroupID *uuid.UUID `json:"group_id"`
		Broken  []struct {
			Rule string `json:"rule"`
			Why  string `json:"why"`
		} `json:"broken"`
	} `json:"items"`
}

// Run asks the rules.
func (c *rulesCheckCmd) Run(ctx context.Context, s streams) error {
	trial := map[string]any{"lead_ids": append([]uuid.UUID{}, c.Lead...)}
	if c.File != "" {
		r, err := readRules(c.File, s)
		if err != nil {
			return err
		}
		trial["rules"] = r.Rules
	}
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Call(ctx, http.MethodPost, rulesPath+"/check", trial, &answer); err != nil {
		return fmt.Errorf("checking the rules: %w", err)
	}
	var said rulesAnswer
	if err := json.Unmarshal(answer, &said); err != nil {
		return fmt.Errorf("reading what the rules say: %w", err)
	}
	switch {
	case c.JSON:
		return printJSON(s.out, answer)
	case len(said.Items) == 0:
		fmt.Fprintln(s.out, "The rules are right.")
		return nil
	}
	groups, err := namesAt(ctx, api, "/v1/groups")
	if err != nil {
		return err
	}
	var rows [][]string
	for _, one := range said.Items {
		row := []string{one.LeadID.String(), "no rule takes it", ""}
		if one.Rule != nil {
			row[1], row[2] = *one.Rule, goesTo(one.GroupID, groups)
		}
		rows = append(rows, row)
		for _, b := range one.Broken {
			rows = append(rows, []string{"", b.Rule + " broke: " + b.Why, ""})
		}
	}
	return printTable(s.out, "LEAD RULE GOES_TO", rows)
}
