package main

import (
	"context"
	"fmt"

	"github.com/leadwheel/leadwheel/store"
)

// migrateCmd is `leadwheel migrate`.
type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Bring the database to this program's schema."`
	Status migrateStatusCmd `cmd:"" help:"List the schema's steps, and which of them the database has."`
}

type migrateUpCmd struct {
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (migrateUpCmd) Help() string {
	return `Steps only go forward. Programs that migrate at once wait for one another.

Example:

  DATABASE_URL=postgres://leadwheel@db/leadwheel leadwheel migrate up`
}

// Run migrates.
func (c *migrateUpCmd) Run(ctx context.Context, s streams) error {
	if err := store.Migrate(ctx, c.DatabaseURL); err != nil {
		return err
	}
	return printSchema(ctx, c.DatabaseURL, c.JSON, s)
}

type migrateStatusCmd struct {
	databaseFlags
	jsonFlag
}

// Help gives an example.
func (migrateStatusCmd) Help() string {
	return `Example:

  DATABASE_URL=postgres://leadwheel@db/leadwheel leadwheel migrate status --json`
}

// Run prints the schema's steps.
func (c *migrateStatusCmd) Run(ctx context.Context, s streams) error {
	return printSchema(ctx, c.DatabaseURL, c.JSON, s)
}

func printSchema(ctx context.Context, databaseURL string, asJSON bool, s streams) error {
	all, err := store.Migrations(ctx, databaseURL)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(s.out, list[store.Migration]{all})
	}
	rows := make([][]string, len(all))
	for i, m := range all {
		state := "pending"
		if m.Applied {
			state = "applied"
		}
		rows[i] = []string{fmt.Sprint(m.Version), state, m.Name}
	}
	return printTable(s.out, "VERSION STATE NAME", rows)
}
