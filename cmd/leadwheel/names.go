package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
)

// names are what ids stand for. What was removed has an id and no name.
type names map[uuid.UUID]string

// namesAt reads the names of all that the collections at some paths list; no two things have one id.
func namesAt(ctx context.Context, api *client.Client, paths ...string) (names, error) {
	type named struct {
		ID   uuid.UUID `json:"id"`
		Name string    `json:"name"`
	}
	all := make(names)
	for _, path := range paths {
		for item, err := range client.List[named](ctx, api, path, nil) {
			if err != nil {
				return nil, fmt.Errorf("reading the names at %s: %w", path, err)
			}
			all[item.ID] = item.Name
		}
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
