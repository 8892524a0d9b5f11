package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// memberAbsenceCmd is `leadwheel member absence`.
type memberAbsenceCmd struct {
	List   absenceListCmd   `cmd:"" help:"List when a member is away."`
	Add    absenceAddCmd    `cmd:"" help:"Say when a member is away."`
	Remove absenceRemoveCmd `cmd:"" help:"Take an absence back."`
}

// absences are those of a member, whom its path names.
func absences(member uuid.UUID) noun {
	return noun{"absence", memberNoun.path + "/" + member.String() + "/absences"}
}

// absencesOf are the absences of the member whom an argument names.
func absencesOf(ctx context.Context, f client.Flags, idOrName string) (api *client.Client, n noun, err error) {
	if api, err = call(f); err != nil {
		return nil, n, err
	}
	id, err := memberNoun.one(ctx, api, idOrName)
	return api, absences(id), err
}

// absenceItem is what the table shows of an absence.
type absenceItem struct {
	ID   uuid.UUID `json:"id"`
	From string    `json:"from"`
	To   string    `json:"to"`
	Note string    `json:"note"`
}

type absenceListCmd struct {
	Member    string `arg:"" help:"Their id or exact name."`
	listFlags `set:"most=500"`
}

// Help gives an example.
func (absenceListCmd) Help() string {
	return `Those that overlap are one.

Example:

  leadwheel member absence list Aisyah`
}

// Run prints the absences.
func (c *absenceListCmd) Run(ctx context.Context, s streams) error {
	api, n, err := absencesOf(ctx, c.Flags, c.Member)
	if err != nil {
		return err
	}
	return n.list(ctx, s, api, c.listFlags, nil, "ID FROM TO NOTE", func(item json.RawMessage) ([]string, error) {
		var a absenceItem
		err := json.Unmarshal(item, &a)
		return []string{a.ID.String(), a.From, a.To, a.Note}, err
	})
}

type absenceAddCmd struct {
	Member string `arg:"" help:"Their id or exact name."`
	From   string `arg:"" help:"The first date of it by their own clock, as in 2026-12-24, or a time, as in 2026-12-24T12:00:00+08:00."`
	To     string `arg:"" help:"The last date of it, or the time at which they are back."`
	Note   string `help:"What it is for."`
	apiFlags
}

// Help gives examples.
func (absenceAddCmd) Help() string {
	return `Their turns pass to whoever is next, and what is planned for them is held back until they are there again.

Examples:

  leadwheel member absence add Aisyah 2026-12-24 2027-01-02 --note "year's end"

  leadwheel member absence add Ben 2026-12-24T12:00:00+08:00 2026-12-24T15:00:00+08:00`
}

// Run adds the absence.
func (c *absenceAddCmd) Run(ctx context.Context, s streams) error {
	_, n, err := absencesOf(ctx, c.Flags, c.Member)
	if err != nil {
		return err
	}
	v := values{"from": c.From, "to": c.To}
	if c.Note != "" {
		v["note"] = c.Note
	}
	return n.create(ctx, s, c.apiFlags, v, func(answer json.RawMessage) error {
		var a absenceItem
		if err := json.Unmarshal(answer, &a); err != nil {
			return fmt.Errorf("reading the absence: %w", err)
		}
		_, err := fmt.Fprintf(s.out, "The absence %s, from %s to %s, is noted.\n", a.ID, printable(a.From), printable(a.To))
		return err
	})
}

type absenceRemoveCmd struct {
	Member  string    `arg:"" help:"Their id or exact name."`
	Absence uuid.UUID `arg:"" help:"The absence's id, as in leadwheel member absence list."`
	apiFlags
}

// Help gives an example.
func (absenceRemoveCmd) Help() string {
	return `Example:

  leadwheel member absence remove Aisyah 01914f6c-0000-7000-8000-000000000000`
}

// Run takes the absence back.
func (c *absenceRemoveCmd) Run(ctx context.Context, s streams) error {
	api, n, err := absencesOf(ctx, c.Flags, c.Member)
	if err != nil {
		return err
	}
	if err := api.Call(ctx, http.MethodDelete, n.path+"/"+c.Absence.String(), nil, nil); err != nil {
		return fmt.Errorf("taking absence %s back: %w", c.Absence, err)
	}
	if c.JSON {
		return printJSON(s.out, map[string]any{"id": c.Absence, "deleted": true})
	}
	_, err = fmt.Fprintf(s.out, "The absence %s is taken back.\n", c.Absence)
	return err
}
