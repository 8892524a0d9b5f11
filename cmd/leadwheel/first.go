package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/leadwheel/leadwheel/internal/client"
)

// checkLimit refuses a --limit that means nothing.
func checkLimit(limit int) error {
	if limit < 1 {
		return fmt.Errorf("--limit %d: it is 1 or more", limit)
	}
	return nil
}

// first reads the first of a collection's items, limit at the most. query may be nil.
func first[T any](ctx context.Context, api *client.Client, path string, query url.Values, limit int) ([]T, error) {
	all := []T{}
	for item, err := range client.List[T](ctx, api, path, query) {
		if err != nil {
			return nil, err
		}
		if all = append(all, item); len(all) == limit {
			break
		}
	}
	return all, nil
}
