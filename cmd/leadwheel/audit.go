package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// auditCmd is `leadwheel audit`.
type auditCmd struct {
	databaseFlags
	alwaysJSON
	RedisURL string `name:"redis-url" env:"REDIS_URL" placeholder:"ADDRESS" help:"Redis, to look for turns that its cursors have lost; without it that check is left out."`
}

// Help gives an example.
func (auditCmd) Help() string {
	return `Checks the promises on the live database, over all workspaces: nothing lost, nothing doubled, every turn used
once and by the right receiver. Prints a JSON report, and exits with 1 if a promise is broken. It reads whole tables,
and holds nobody up.

Example:

  leadwheel audit | jq '.checks[] | select(.ok | not)'`
}

// Run prints the report.
func (c *auditCmd) Run(ctx context.Context, s streams) (err error) {
	if err := store.CheckSchema(ctx, c.DatabaseURL); err != nil {
		return err
	}
	options := store.Options{DatabaseURL: c.DatabaseURL, MaxConns: 2}
	if c.RedisURL != "" {
		if options.Redis, err = tasks.OpenRedis(c.RedisURL); err != nil {
			return usageError{err}
		}
		defer func() { err = errors.Join(err, options.Redis.Close()) }()
	}
	st, err := store.Open(ctx, options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	report, err := st.Audit(ctx)
	if err != nil {
		return err
	}
	if err := printJSON(s.out, report); err != nil {
		return err
	}
	broken := 0
	for _, check := range report.Checks {
		if !check.OK {
			broken++
		}
	}
	if broken > 0 {
		return fmt.Errorf("the audit found %d promises broken; see the report", broken)
	}
	return nil
}
