package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/systemd"
)

// serveStop bounds an orderly end, once it has drained, within the half minute that orchestrators give.
const serveStop = 20 * time.Second

// serveCmd is `leadwheel serve`.
type serveCmd struct {
	Roles []app.Role    `env:"LEADWHEEL_ROLES" default:"api,worker,scheduler" enum:"api,worker,scheduler" placeholder:"ROLE,…" help:"What this process does. Default ${default}."`
	Drain time.Duration `env:"LEADWHEEL_DRAIN" default:"3s" placeholder:"DURATION" help:"How long a process of the role api goes on serving after SIGTERM, while /readyz says 503: longer than balancers take to notice. Default ${default}."`
	databaseFlags
	redisFlags
	serverFlags
}

// Validate refuses what would mean nothing.
func (c *serveCmd) Validate() error {
	if c.Drain < 0 {
		return errors.New("LEADWHEEL_DRAIN is 0 or more")
	}
	return c.serverFlags.Validate()
}

// Help gives examples.
func (serveCmd) Help() string {
	return `Refuses a database whose schema is older than this program's: run leadwheel migrate up first. A deployment needs each role at
least once; of several schedulers one works and the others stand by. SIGTERM ends it in good order: it is not ready any more, serves
on for LEADWHEEL_DRAIN, and then finishes what it has in hand. A second one ends it at once.

Examples:

  DATABASE_URL=postgres://leadwheel@db/leadwheel REDIS_URL=redis://queue:6379/0 leadwheel serve

  leadwheel serve --roles=api --listen 0.0.0.0:8080

  leadwheel serve --roles=worker,scheduler`
}

// Run serves until ctx ends.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	manager, err := systemd.Started(os.Getenv("NOTIFY_SOCKET"), os.Getenv("WATCHDOG_USEC"), os.Getenv("WATCHDOG_PID"))
	if err != nil {
		return err
	}
	log, level := c.logger(s, false)
	limitMemory()
	config := c.config(log, level)
	config.DatabaseURL, config.RedisURL, config.Roles, config.Drain = c.DatabaseURL, c.RedisURL, c.Roles, c.Drain
	a, err := app.Start(ctx, config)
	if err != nil {
		return err
	}
	log.Info("serving", "roles", c.Roles, "address", a.URL(), "ops_address", a.OpsURL())
	if err := manager.Ready(ctx); err != nil {
		log.Warn("the service manager does not know that this process serves", "error", err)
	}
	watched, unwatch := context.WithCancel(ctx)
	defer unwatch()
	go manager.Watch(watched, func(ctx context.Context) error { return answers(ctx, a) }, func(err error) {
		log.Error("this process does not work", "error", err)
	})
	orderly := false
	select {
	case <-ctx.Done():
		log.Info("stopping")
		orderly = true
	case err = <-a.Failed():
		log.Error("stopping because of a failure", "error", err)
	}
	unwatch()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.Drain+serveStop)
	defer cancel()
	if err := manager.Stopping(stop); err != nil {
		log.Warn("the service manager does not know that this process is stopping", "error", err)
	}
	if orderly {
		a.Drain(stop)
	}
	if err = errors.Join(err, a.Stop(stop)); err == nil {
		log.Info("stopped")
	}
	return err
}

// asking makes a connection each time, without proxies, so that what accepts connections is tried too.
var asking = http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// answers tells whether the process's listeners answer. That Postgres or Redis do not is no reason to start it anew.
func answers(ctx context.Context, a *app.App) error {
	for _, address := range []string{a.OpsURL(), a.URL()} {
		if address == "" {
			continue
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/healthz", nil)
		if err != nil {
			return err
		}
		response, err := asking.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close() // its status is all that is asked for
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", request.URL, response.Status)
		}
	}
	return nil
}
