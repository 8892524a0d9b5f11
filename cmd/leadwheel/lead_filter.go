package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// leadFilter narrows what is meant of the source leads.
type leadFilter struct {
	Search      string  `short:"q" placeholder:"TEXT" help:"Only with this in a name, an address, or a number in any spelling."`
	Email       string  `placeholder:"ADDRESS" help:"Only with this address as a whole."`
	Source      string  `placeholder:"ID|NAME" help:"Only of this source."`
	Integration string  `placeholder:"ID|NAME" help:"Only what this integration delivered."`
	Channel     string  `help:"Only what came in by this way, as in api, import or form."`
	PushChannel string  `name:"push-channel" placeholder:"NAME" help:"Only what a program pushed through the queue that calls itself so."`
	Campaign    string  `placeholder:"ID" help:"Only of this campaign of an ad platform."`
	From        *moment `placeholder:"TIME" help:"Not older: a time such as 2026-12-31T18:00:00+08:00, or 12h or 7d ago."`
	To          *moment `placeholder:"TIME" help:"Older than this time."`
	Assigned    bool    `help:"Only leads that somebody has."`
	Unassigned  bool    `help:"Only leads that nobody has."`
	Test        *bool   `negatable:"" help:"Only the platforms' tests, or all but those."`
}

// check refuses what nothing can match.
func (f *leadFilter) check() error {
	if f.Assigned && f.Unassigned {
		return errors.New("give either --assigned or --unassigned")
	}
	return nil
}

// values are the filter as the API names it.
func (f *leadFilter) values(ctx context.Context, api *client.Client) (values, error) {
	v := make(values)
	for field, text := range map[string]string{"q": f.Search, "email": f.Email, "channel": f.Channel, "push_channel": f.PushChannel, "campaign_id": f.Campaign} {
		if text != "" {
			v[field] = text
		}
	}
	for field, at := range map[string]*moment{"from": f.From, "to": f.To} {
		if at.isSet() {
			v[field] = at.before(time.Now()).UTC().Format(time.RFC3339Nano)
		}
	}
	if f.Assigned || f.Unassigned {
		v["assigned"] = f.Assigned
	}
	put(v, "test", f.Test)
	if f.Source != "" {
		if err := v.id(ctx, api, "source_id", sourceNoun, &f.Source); err != nil {
			return nil, err
		}
	}
	if f.Integration != "" {
		if err := v.id(ctx, api, "integration_id", integrationNoun, &f.Integration); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// query is the values in the address of a request.
func (v values) query() url.Values {
	query := make(url.Values)
	for field, value := range v {
		query.Set(field, fmt.Sprint(value))
	}
	return query
}

// leadSelection says which leads are meant: those named, or all that match.
type leadSelection struct {
	IDs []uuid.UUID `arg:"" optional:"" name:"id" help:"Ids of leads, in the order in which they are meant."`
	All bool        `help:"All that match the flags, up to 100,000, instead of ids."`
	leadFilter
}

// check refuses what selects nothing, or two ways.
func (c *leadSelection) check() error {
	none := c.leadFilter == leadFilter{}
	switch {
	case (len(c.IDs) > 0) == c.All:
		return errors.New("give either ids or --all")
	case !c.All && !none:
		return errors.New("flags that say which leads match go with --all")
	}
	return c.leadFilter.check()
}

// into puts the leads into a request, where field has those that are named, and returns how many they are. Of all that match it
// puts that number in too: the server refuses when it is another by then.
func (c *leadSelection) into(ctx context.Context, api *client.Client, v values, field string) (int, error) {
	if !c.All {
		v[field] = c.IDs
		return len(c.IDs), nil
	}
	filter, err := c.values(ctx, api)
	if err != nil {
		return 0, err
	}
	var found struct {
		Count int  `json:"count"`
		More  bool `json:"more"`
	}
	if err := api.Get(ctx, leadNoun.path+"/count?"+filter.query().Encode(), &found); err != nil {
		return 0, fmt.Errorf("counting the leads that match: %w", err)
	}
	if found.More {
		return 0, refusedError{fmt.Errorf("more than %d leads match; narrow them, as by --from and --to", found.Count)}
	}
	filter["matched"] = found.Count
	v["filter"] = filter
	return found.Count, nil
}

// noneMatch says that there was nothing to do, which is no failure: what runs every hour may find nothing.
func noneMatch(s streams, asJSON bool) error {
	if asJSON {
		return printJSON(s.out, map[string]int{"count": 0})
	}
	_, err := fmt.Fprintln(s.out, "No lead matches; nothing was done.")
	return err
}

// firstError is the first that is one.
func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// sortedRows are a row for each entry, by its name.
func sortedRows[T any](before string, all map[string]T) (rows [][]string) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		rows = append(rows, []string{before + name, fmt.Sprint(all[name])})
	}
	return rows
}

// pairs reads flags such as --field budget=500.
func pairs(flag string, given []string) (map[string]string, error) {
	all := make(map[string]string)
	for _, pair := range given {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return nil, usageError{fmt.Errorf("--%s %s: write it as NAME=VALUE", flag, pair)}
		}
		if _, twice := all[name]; twice {
			return nil, usageError{fmt.Errorf("--%s names %s twice", flag, name)}
		}
		all[name] = value
	}
	return all, nil
}
