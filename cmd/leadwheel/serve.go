package main

import (
	"context"
	"errors"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
)

// serveStop bounds an orderly end, within the half minute that orchestrators give.
const serveStop = 20 * time.Second

// serveCmd is `leadwheel serve`.
type serveCmd struct {
	Roles []app.Role `env:"LEADWHEEL_ROLES" default:"api,worker,scheduler" enum:"api,worker,scheduler" placeholder:"ROLE,…" help:"What this process does. Default ${default}."`
	databaseFlags
	redisFlags
	serverFlags
}

// Help gives examples.
func (serveCmd) Help() string {
	return `Refuses a database whose schema is not this program's: run leadwheel migrate up first. A deployment needs each role at
least once; of several schedulers one works and the others stand by. SIGTERM ends it in good order.

Examples:

  DATABASE_URL=postgres://leadwheel@db/leadwheel REDIS_URL=redis://queue:6379/0 leadwheel serve

  leadwheel serve --roles=api --listen 0.0.0.0:8080

  leadwheel serve --roles=worker,scheduler`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	log, level := c.logger(s, false)
	limitMemory(ctx, log)
	config := c.config(log, level)
	config.DatabaseURL, config.RedisURL, config.Roles = c.DatabaseURL, c.RedisURL, c.Roles
	a, err := app.Start(ctx, config)
	if err != nil {
		return err
	}
	log.Info("serving", "roles", c.Roles, "address", a.URL(), "ops_address", a.OpsURL())
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case err = <-a.Failed():
		log.Error("stopping because of a failure", "error", err)
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), serveStop)
	defer cancel()
	if err = errors.Join(err, a.Stop(stop)); err == nil {
		log.Info("stopped")
	}
	return err
}
