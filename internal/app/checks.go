package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// checks are what readiness asks.
func (a *App) checks() []web.Check {
	checks := []web.Check{
		{Name: "postgres", Ping: a.store.Ready},
		{Name: "redis", Ping: func(ctx context.Context) error { return tasks.Takes(ctx, a.redis, a.shards) }, Degrades: true},
		{Name: "clock", Ping: a.clockIsRight, Degrades: true},
		{Name: "process", Ping: a.goesOn},
	}
	if _, err := a.store.Replica(); errors.Is(err, store.ErrNoReplica) {
		return checks
	}
	return append(checks, web.Check{Name: "replica", Degrades: true, Ping: func(context.Context) error {
		_, err := a.store.Replica()
		return err
	}})
}

// mostAhead is by how much this machine's clock may differ from the database's.
const mostAhead = 2 * time.Second

func (a *App) clockIsRight(context.Context) error {
	if ahead := a.store.ClockAhead(); ahead.Abs() > mostAhead {
		return fmt.Errorf("this machine's clock is ahead of the database's by %s", ahead.Round(time.Millisecond))
	}
	return nil
}
