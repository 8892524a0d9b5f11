package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/client"
)

// apiFlags are for commands that call the API and print data.
type apiFlags struct {
	client.Flags
	jsonFlag
}

// listFlags are for commands that list what the API has. Whoever embeds them sets the variable most.
type listFlags struct {
	Limit  int    `default:"${most}" help:"How many at the most. Default ${default}."`
	Cursor string `placeholder:"CURSOR" help:"Go on where a list ended that said that there is more."`
	apiFlags
}

// Validate implements kong's check of a command's flags.
func (f *listFlags) Validate() error {
	if f.Limit < 1 {
		return fmt.Errorf("--limit %d: it is 1 or more", f.Limit)
	}
	return nil
}

// part is how commands print the first of several things as JSON, in the manner of the API.
type part[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

// printFirst prints the first items of the list at path, as JSON or by table, and says where there is more.
func printFirst[T any](ctx context.Context, api *client.Client, f listFlags, path string, query url.Values, s streams, table func([]T) error) error {
	if query == nil {
		query = make(url.Values)
	}
	if f.Cursor != "" {
		query.Set("cursor", f.Cursor)
	}
	items, next, err := client.First[T](ctx, api, path, query, f.Limit)
	if err != nil {
		return fmt.Errorf("reading the list at %s: %w", path, err)
	}
	if f.JSON {
		all := part[T]{Items: items}
		if next != "" {
			all.NextCursor = &next
		}
		return printJSON(s.out, all)
	}
	if err := table(items); err != nil {
		return err
	}
	if next != "" {
		fmt.Fprintf(s.err, "There is more: repeat the command with --cursor %s\n", next)
	}
	return nil
}
