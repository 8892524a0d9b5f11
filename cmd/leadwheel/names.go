package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// names are what ids stand for. What was removed has an id and no name.
type names map[uuid.UUID]string

// receiverNames reads the names of all members and all distribution groups.
func receiverNames(ctx context.Context, api *client.Client) (members, groups names, err error) {
	if members, err = namesAt(ctx, api, "/v1/members"); err != nil {
		return nil, nil, err
	}
	groups, err = namesAt(ctx, api, "/v1/groups")
	return members, groups, err
}

// namesAt reads the names of all that the collection at path lists.
func namesAt(ctx context.Context, api *client.Client, path string) (names, error) {
	type named struct {
		ID   uuid.UUID `json:"id"`
		Name string    `json:"name"`
	}
	all := make(names)
	for item, err := range client.List[named](ctx, api, path, nil) {
		if err != nil {
			return nil, fmt.Errorf("reading the names at %s: %w", path, err)
		}
		all[item.ID] = item.Name
	}
	return all, nil
}

// of is an id's name, or the id where it has none.
func (n names) of(id *uuid.UUID) string {
	if id == nil {
		return ""
	}
	if name, known := n[*id]; known {
		return name
	}
	return id.String()
}
