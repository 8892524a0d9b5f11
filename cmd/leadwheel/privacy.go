package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/leadwheel/leadwheel/internal/client"
)

// privacyCmd is `leadwheel privacy`.
type privacyCmd struct {
	Export privacyExportCmd `cmd:"" help:"Print all that is known of a person."`
	Erase  privacyEraseCmd  `cmd:"" help:"Erase a person; there is no way back."`
}

// personFlags say whom it is about.
type personFlags struct {
	Email string `json:"email,omitempty" placeholder:"ADDRESS" help:"Their e-mail, in any spelling."`
	Phone string `json:"phone,omitempty" placeholder:"NUMBER" help:"Their phone, in any spelling. With both, what has either is theirs."`
}

// Validate implements kong's check of a command's flags.
func (p *personFlags) Validate() error {
	if p.Email == "" && p.Phone == "" {
		return errors.New("give --email, --phone, or both")
	}
	return nil
}

// ask sends the person to the server, which may take its time to search.
func (p personFlags) ask(ctx context.Context, f client.Flags, path string, answer any) error {
	c, err := call(f)
	if err != nil {
		return err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.Upload(ctx, path, "application/json", bytes.NewReader(body), int64(len(body)), answer)
}

type privacyExportCmd struct {
	personFlags
	client.Flags
	alwaysJSON
}

// Help gives an example.
func (privacyExportCmd) Help() string {
	return `It prints JSON: the rows that are about the person, by the table in which they are.

Example:

  leadwheel privacy export --email aina@example.com > aina.json`
}

// Run prints what is known.
func (c *privacyExportCmd) Run(ctx context.Context, s streams) error {
	var found json.RawMessage
	if err := c.ask(ctx, c.Flags, "/v1/privacy/export", &found); err != nil {
		return err
	}
	return printRaw(s.out, found)
}

func printRaw(out io.Writer, data json.RawMessage) error {
	var text bytes.Buffer
	if err := json.Indent(&text, data, "", "  "); err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	_, err := fmt.Fprintln(out, text.String())
	return err
}

type privacyEraseCmd struct {
	personFlags
	consentFlag
	client.Flags
	jsonFlag
}

// Help gives an example.
func (privacyEraseCmd) Help() string {
	return `Source leads are deleted, copies and customers emptied, and what is pending for them is ended. Turns and counts stay. Where
it fails it can be run again.

Example:

  leadwheel privacy erase --email aina@example.com --phone "+60 12-345 6789" --yes`
}

// Run erases the person and prints how many rows it was.
func (c *privacyEraseCmd) Run(ctx context.Context, s streams) error {
	if err := c.consentFlag.ask(s, "Erase all that is known of this person? There is no way back; `leadwheel privacy export` shows what it is."); err != nil {
		return err
	}
	var erased struct {
		Records map[string]int `json:"records"`
		Waiting int            `json:"waiting"`
	}
	if err := c.personFlags.ask(ctx, c.Flags, "/v1/privacy/erase", &erased); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, erased)
	}
	if erased.Waiting > 0 {
		erased.Records["queue"] = erased.Waiting
	}
	var rows [][]string
	for _, table := range slices.Sorted(maps.Keys(erased.Records)) {
		rows = append(rows, []string{table, strconv.Itoa(erased.Records[table])})
	}
	return printTable(s.out, "FROM ERASED", rows)
}
