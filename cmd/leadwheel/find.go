package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/store"
)

// findWorkspace returns the workspace with this id or name.
func findWorkspace(ctx context.Context, st *store.Store, idOrName string) (store.Workspace, error) {
	w, err := st.FindWorkspace(ctx, idOrName)
	if errors.Is(err, store.ErrNotFound) {
		return w, &client.NameError{Kind: "workspace", Name: idOrName}
	}
	if err != nil {
		return w, fmt.Errorf("looking for the workspace: %w", err)
	}
	return w, nil
}

// findNamed returns the id of the one thing in a list that has this id or exact name; nil where none is asked for.
func findNamed[T any](kind, idOrName string, page func(store.Page) ([]T, error), identify func(T) (uuid.UUID, string)) (*uuid.UUID, error) {
	if idOrName == "" {
		return nil, nil
	}
	var found *uuid.UUID
	for p := (store.Page{Limit: 500}); ; {
		items, err := page(p)
		if err != nil {
			return nil, fmt.Errorf("looking for the %s %q: %w", kind, idOrName, err)
		}
		for _, item := range items {
			id, name := identify(item)
			p.After = id
			switch {
			case id.String() == idOrName:
				return &id, nil
			case name != idOrName:
			case found != nil:
				return nil, &client.NameError{Kind: kind, Name: idOrName, Several: true}
			default:
				found = &id
			}
		}
		if len(items) < p.Limit {
			break
		}
	}
	if found == nil {
		return nil, &client.NameError{Kind: kind, Name: idOrName}
	}
	return found, nil
}
