package main

import (
	"context"
	"errors"

	"github.com/leadwheel/leadwheel/internal/standalone"
)

// upCmd is `leadwheel up`.
type upCmd struct {
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" placeholder:"ADDRESS" help:"Postgres. Default: a private one, started here."`
	RedisURL    string `name:"redis-url" env:"REDIS_URL" placeholder:"ADDRESS" help:"Redis. Default: a private one, started here."`
	DataDir     string `env:"LEADWHEEL_DATA_DIR" default:".leadwheel" placeholder:"DIR" help:"Folder for the private servers' data and the admin key, in a folder a port. Default ${default}."`
	serverFlags
	jsonFlag
}

// Help gives examples.
func (upCmd) Help() string {
	return `Starts private Postgres and Redis servers where no address is given, brings the database up to date, gives an empty one
a workspace with three members and a distribution group, and runs all roles. Data is kept between runs. Ctrl-C stops
everything that it started.

Examples:

  leadwheel up

  leadwheel up --listen 127.0.0.1:8081

  DATABASE_URL=postgres://me@localhost/leadwheel leadwheel up`
}

// Run serves until ctx ends.
func (c *upCmd) Run(ctx context.Context, s streams) error {
	log, level := c.logger(s, s.terminal)
	limitMemory()
	config := c.config(log, level)
	config.DatabaseURL, config.RedisURL = c.DatabaseURL, c.RedisURL
	all, err := standalone.Start(ctx, standalone.Options{
		App:     config,
		DataDir: c.DataDir,
		MoveOps: c.OpsListen == defaultOpsListen,
	})
	if ctx.Err() != nil && all == nil {
		return nil // interrupted while starting, and all is stopped
	}
	if err != nil {
		return err
	}
	if err := c.announce(all, s); err != nil {
		return errors.Join(err, all.Stop(context.WithoutCancel(ctx)))
	}
	select {
	case <-ctx.Done():
	case err = <-all.Failed():
	}
	return errors.Join(err, all.Stop(context.WithoutCancel(ctx)))
}
