package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/leadwheel/leadwheel/internal/language"
)

// settingsCmd is `leadwheel settings`.
type settingsCmd struct {
	Show settingsShowCmd `cmd:"" help:"Show how the workspace is set up."`
	Edit settingsEditCmd `cmd:"" help:"Change how the workspace is set up."`
}

// settingsNoun is the one thing of its kind, so it has no id.
var settingsNoun = noun{"workspace's settings", "/v1/workspace"}

type settingsShowCmd struct{ apiFlags }

// Help gives an example.
func (settingsShowCmd) Help() string {
	return `JSON has all of them.

Example:

  leadwheel settings show`
}

// Run prints the settings. JSON is printed as the API gives it.
func (c *settingsShowCmd) Run(ctx context.Context, s streams) error {
	api, err := call(c.Flags)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Get(ctx, settingsNoun.path, &answer); err != nil {
		return fmt.Errorf("reading the workspace's settings: %w", err)
	}
	if c.JSON {
		return printJSON(s.out, answer)
	}
	return printSettings(s)(answer)
}

// printSettings prints the settings that people change.
func printSettings(s streams) func(json.RawMessage) error {
	return func(answer json.RawMessage) error {
		var w struct {
			Name, Timezone, Region, Language string
			MessageLinks                     bool `json:"message_links"`
			UndoMinutes                      int  `json:"undo_minutes"`
		}
		if err := json.Unmarshal(answer, &w); err != nil {
			return fmt.Errorf("reading the workspace's settings: %w", err)
		}
		return printTable(s.out, "SETTING VALUE", [][]string{
			{"name", w.Name}, {"timezone", w.Timezone}, {"region", w.Region}, {"language", w.Language}, {"message_links", yesNo(w.MessageLinks)},
			{"undo_minutes", strconv.Itoa(w.UndoMinutes)},
		})
	}
}

type settingsEditCmd struct {
	Name         *string `help:"Another name."`
	Timezone     *string `placeholder:"ZONE" help:"The clock of everybody who has none of their own, as in Asia/Kuala_Lumpur."`
	Region       *string `placeholder:"CC" help:"The country whose phone numbers need no prefix, as in MY."`
	Language     *string `placeholder:"TAG" help:"What people read, and members are told in, who have not chosen: en, or ms for Bahasa Malaysia."`
	MessageLinks *bool   `negatable:"" help:"Whether messages to members link to the lead that they tell of."`
	UndoMinutes  *int    `placeholder:"N" help:"Within how many minutes an assignment or an import can be undone; 0: never."`
	apiFlags
}

// Help gives an example.
func (settingsEditCmd) Help() string {
	return `Example:

  leadwheel settings edit --language ms`
}

// Validate implements kong's check of a command's flags.
func (c *settingsEditCmd) Validate() error {
	if c.Language != nil && !language.Known(*c.Language) {
		return fmt.Errorf("--language %s: there are %v", *c.Language, language.Offered())
	}
	return nil
}

// Run changes the settings.
func (c *settingsEditCmd) Run(ctx context.Context, s streams) error {
	v := make(values)
	put(v, "name", c.Name)
	put(v, "timezone", c.Timezone)
	put(v, "region", c.Region)
	put(v, "language", c.Language)
	put(v, "message_links", c.MessageLinks)
	put(v, "undo_minutes", c.UndoMinutes)
	if len(v) == 0 {
		return usageError{fmt.Errorf("nothing of the %s would change; --help lists the flags that say what to change", settingsNoun.word)}
	}
	return settingsNoun.send(ctx, s, c.apiFlags, "PATCH", settingsNoun.path, v, printSettings(s))
}
