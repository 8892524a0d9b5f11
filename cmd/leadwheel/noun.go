package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// A noun is a kind of thing that commands create, list, edit and delete through the API.
type noun struct{ word, path string }

var (
	memberNoun      = noun{"member", "/v1/members"}
	groupNoun       = noun{"distribution group", "/v1/groups"}
	leadNoun        = noun{"lead", "/v1/leads"}
	assignedNoun    = noun{"assigned lead", "/v1/assigned-leads"}
	sourceNoun      = noun{"source", "/v1/sources"}
	integrationNoun = noun{"integration", "/v1/integrations"}
)

// find is the id of the one that is named by its id or exact name, none where nothing is given.
func (n noun) find(ctx context.Context, api *client.Client, idOrName string) (uuid.UUID, error) {
	return find(ctx, api, n.word, n.path, idOrName)
}

// one is the id of the one that a command's argument names.
func (n noun) one(ctx context.Context, api *client.Client, idOrName string) (uuid.UUID, error) {
	if idOrName == "" {
		return uuid.Nil, usageError{fmt.Errorf("say which %s: give its id or exact name", n.word)}
	}
	return n.find(ctx, api, idOrName)
}

// title is what people know a thing by, beside its id.
func (n noun) title(ctx context.Context, api *client.Client, id uuid.UUID) (string, error) {
	var one struct{ Name *string }
	if err := api.Get(ctx, n.path+"/"+id.String(), &one); err != nil {
		return "", fmt.Errorf("reading the %s %s: %w", n.word, id, err)
	}
	return fmt.Sprintf("%s %s, %s", n.word, printable(textCell(one.Name)), id), nil
}

// values are the fields of a request as the API names them. In an edit null clears.
type values map[string]any

// put sets a field to what a flag says, where it was given.
func put[T any](v values, field string, flag *T) {
	if flag != nil {
		v[field] = *flag
	}
}

// dropCleared takes out what is cleared, at any depth.
func (v values) dropCleared() {
	maps.DeleteFunc(v, func(_ string, value any) bool {
		if within, is := value.(values); is {
			within.dropCleared()
		}
		return value == nil
	})
}

// text sets a field to a flag's text; an empty one clears the field.
func (v values) text(field string, flag *string) {
	if flag != nil && *flag == "" {
		v[field] = nil
		return
	}
	put(v, field, flag)
}

// id sets a field to the id of what a flag names; an empty one clears the field.
func (v values) id(ctx context.Context, api *client.Client, field string, n noun, flag *string) error {
	if flag == nil || *flag == "" {
		v.text(field, flag)
		return nil
	}
	id, err := n.find(ctx, api, *flag)
	v[field] = id
	return err
}

// create makes one of the things and prints it. What is cleared is left out: there is nothing to clear yet.
func (n noun) create(ctx context.Context, s streams, f apiFlags, body values, say func(json.RawMessage) error) error {
	body.dropCleared()
	return n.send(ctx, s, f, http.MethodPost, n.path, body, say)
}

// edit changes the one that is named by its id or exact name, and prints it.
func (n noun) edit(ctx context.Context, s streams, f apiFlags, idOrName string, body values, say func(json.RawMessage) error) error {
	if len(body) == 0 {
		return usageError{fmt.Errorf("nothing of the %s would change; --help lists the flags that say what to change", n.word)}
	}
	api, err := call(f.Flags)
	if err != nil {
		return err
	}
	id, err := n.one(ctx, api, idOrName)
	if err != nil {
		return err
	}
	return n.send(ctx, s, f, http.MethodPatch, n.path+"/"+id.String(), body, say)
}

// send makes a request that changes something, and prints the answer as it is or as say does.
func (n noun) send(ctx context.Context, s streams, f apiFlags, method, path string, body any, say func(json.RawMessage) error) error {
	api, err := call(f.Flags)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Call(ctx, method, path, body, &answer); err != nil {
		return fmt.Errorf("saving the %s: %w", n.word, err)
	}
	if f.JSON {
		return printJSON(s.out, answer)
	}
	return say(answer)
}

// saved says which one was changed, and how.
func (n noun) saved(s streams, how string) func(json.RawMessage) error {
	return func(answer json.RawMessage) error {
		var one struct {
			ID       uuid.UUID
			Name     *string
			Warnings []string
		}
		if err := json.Unmarshal(answer, &one); err != nil {
			return fmt.Errorf("reading the %s: %w", n.word, err)
		}
		for _, warning := range one.Warnings {
			fmt.Fprintln(s.err, "warning:", printable(warning))
		}
		_, err := fmt.Fprintf(s.out, "The %s %s, %s, is %s.\n", n.word, printable(textCell(one.Name)), one.ID, how)
		return err
	}
}

// show prints one of the things as the API gives it, or as a table of its fields.
func (n noun) show(ctx context.Context, s streams, f apiFlags, idOrName string, table func(*client.Client, json.RawMessage) error) error {
	api, err := call(f.Flags)
	if err != nil {
		return err
	}
	id, err := n.one(ctx, api, idOrName)
	if err != nil {
		return err
	}
	var answer json.RawMessage
	if err := api.Get(ctx, n.path+"/"+id.String(), &answer); err != nil {
		return fmt.Errorf("reading the %s %s: %w", n.word, idOrName, err)
	}
	if f.JSON {
		return printJSON(s.out, answer)
	}
	return table(api, answer)
}

// list prints the first of the things, each a row.
func (n noun) list(ctx context.Context, s streams, api *client.Client, f listFlags, query url.Values, heads string, row func(json.RawMessage) ([]string, error)) error {
	return printFirst(ctx, api, f, n.path, query, s, func(all []json.RawMessage) error {
		rows := make([][]string, len(all))
		for i, item := range all {
			var err error
			if rows[i], err = row(item); err != nil {
				return fmt.Errorf("reading a %s: %w", n.word, err)
			}
		}
		return printTable(s.out, heads, rows)
	})
}

// remove asks, deletes one of the things, and says so. what tells what becomes of what hangs on it.
func (n noun) remove(ctx context.Context, s streams, f apiFlags, c consentFlag, idOrName, what string, query url.Values) error {
	api, err := call(f.Flags)
	if err != nil {
		return err
	}
	id, err := n.one(ctx, api, idOrName)
	if err != nil {
		return err
	}
	title, err := n.title(ctx, api, id)
	if err != nil {
		return err
	}
	if err := c.ask(s, fmt.Sprintf("Delete the %s? %s", title, what)); err != nil {
		return err
	}
	path := n.path + "/" + id.String()
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if err := api.Call(ctx, http.MethodDelete, path, nil, nil); err != nil {
		return fmt.Errorf("deleting the %s %s: %w", n.word, idOrName, err)
	}
	if f.JSON {
		return printJSON(s.out, map[string]any{"id": id, "deleted": true})
	}
	_, err = fmt.Fprintf(s.out, "The %s, is deleted.\n", title)
	return err
}
