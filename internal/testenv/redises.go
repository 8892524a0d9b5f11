package testenv

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// logicalDBs is how many tests of one process can use Redis at the same moment; localservices offers as many.
const logicalDBs = 512

// redises hands out the logical databases of one Redis.
type redises struct {
	url     string
	options *redis.Options
	free    chan int
}

func newRedises(url string, options *redis.Options) *redises {
	r := &redises{url: url, options: options, free: make(chan int, logicalDBs)}
	for n := range logicalDBs {
		r.free <- n
	}
	return r
}

// lease waits for a database that no test uses, and returns its number and a client for it.
func (r *redises) lease(ctx context.Context) (int, *redis.Client, error) {
	select {
	case n := <-r.free:
		options := *r.options
		options.DB = n
		return n, redis.NewClient(&options), nil
	case <-ctx.Done():
		return 0, nil, fmt.Errorf("waiting for one of %d Redis databases: %w", logicalDBs, ctx.Err())
	}
}

// giveBack empties the database and lets another test have it.
func (r *redises) giveBack(ctx context.Context, n int, client *redis.Client) error {
	err := errors.Join(client.FlushDB(ctx).Err(), client.Close())
	if err != nil {
		return fmt.Errorf("emptying the test's Redis database: %w", err)
	}
	r.free <- n
	return nil
}

func (r *redises) address(n int) string { return fmt.Sprintf("%s?db=%d", r.url, n) }
