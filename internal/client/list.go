package client

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"strconv"

	"github.com/google/uuid"
)

// maxLimit is the largest page that the API gives.
const maxLimit = 500

// List walks the list at path, page by page, newest first, until the caller stops. An error ends it.
func List[T any](ctx context.Context, c *Client, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		values := url.Values{"limit": {strconv.Itoa(maxLimit)}}
		for name, v := range query {
			values[name] = v
		}
		for {
			var page struct {
				Items      []T     `json:"items"`
				NextCursor *string `json:"next_cursor"`
			}
			if err := c.Get(ctx, path+"?"+values.Encode(), &page); err != nil {
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.NextCursor == nil {
				return
			}
			values.Set("cursor", *page.NextCursor)
		}
	}
}

// First reads the first n items of the list at path, and the cursor with which it goes on, empty where these are all. query
// may have a cursor to begin at.
func First[T any](ctx context.Context, c *Client, path string, query url.Values, n int) (items []T, next string, err error) {
	values := maps.Clone(query)
	if values == nil {
		values = make(url.Values)
	}
	for items = []T{}; len(items) < n; values.Set("cursor", next) {
		var page struct {
			Items      []T     `json:"items"`
			NextCursor *string `json:"next_cursor"`
		}
		values.Set("limit", strconv.Itoa(min(n-len(items), maxLimit)))
		if err := c.Get(ctx, path+"?"+values.Encode(), &page); err != nil {
			return nil, "", err
		}
		items = append(items, page.Items...)
		if page.NextCursor == nil {
			return items, "", nil
		}
		next = *page.NextCursor
	}
	return items, next, nil
}

// A NameError means that a name does not lead to one thing.
type NameError struct {
	Kind, Name string
	// Several is set where more than one has the name.
	Several bool
}

func (e *NameError) Error() string {
	if e.Several {
		return fmt.Sprintf("more than one %s is called %q; give the id of the one that is meant", e.Kind, e.Name)
	}
	return fmt.Sprintf("there is no %s called %q; give an exact name or an id", e.Kind, e.Name)
}

// ExitCode is that of a command which ends with the error: refused, as the server would have.
func (e *NameError) ExitCode() int { return exitRefused }

// Find returns the id of what the collection at path calls by an exact name. An id is returned as it is. kind is the
// word for it in errors, a *NameError where no one thing has the name.
func (c *Client) Find(ctx context.Context, kind, path, idOrName string) (uuid.UUID, error) {
	if id, err := uuid.Parse(idOrName); err == nil {
		return id, nil
	}
	type named struct {
		ID   uuid.UUID `json:"id"`
		Name string    `json:"name"`
	}
	found := uuid.Nil
	for item, err := range List[named](ctx, c, path, nil) {
		switch {
		case err != nil:
			return uuid.Nil, fmt.Errorf("looking for the %s %q: %w", kind, idOrName, err)
		case item.Name != idOrName:
		case found != uuid.Nil:
			return uuid.Nil, &NameError{Kind: kind, Name: idOrName, Several: true}
		default:
			found = item.ID
		}
	}
	if found == uuid.Nil {
		return uuid.Nil, &NameError{Kind: kind, Name: idOrName}
	}
	return found, nil
}
