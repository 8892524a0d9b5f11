package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

type cleanup struct {
	name string
	do   func(context.Context) error
}

func (a *App) onStop(name string, do func(context.Context) error) {
	a.cleanups = append(a.cleanups, cleanup{name, do})
}

// stopTimeout bounds what stopping takes, whatever has died before.
const stopTimeout = 8 * time.Second

// Stop stops what was started, last first: no new requests, then no new work, then the connections. What cannot stop in
// time, as without Redis, is left behind: its work is begun anew by others, and its connections are closed under it.
func (a *App) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	var err error
	for i, c := range slices.Backward(a.cleanups) {
		done := make(chan error, 1)
		go func() { done <- c.do(ctx) }()
		select {
		case failed := <-done:
			if failed != nil {
				err = errors.Join(err, fmt.Errorf("stopping %s: %w", c.name, failed))
			}
		case <-ctx.Done():
			go func(rest []cleanup) {
				// What it stands on stays until it has ended: asynq panics where its Redis is closed under it.
				if err := <-done; err != nil {
					a.log.Warn("a part ended late", "part", c.name, "error", err)
				}
				stopAll(ctx, rest)
			}(a.cleanups[:i])
			a.cleanups = nil
			return errors.Join(err, fmt.Errorf("stopping %s took too long; what it had in hand is begun anew: %w", c.name, ctx.Err()))
		}
	}
	a.cleanups = nil
	return err
}

// stopAll stops what nobody waits for any more.
func stopAll(ctx context.Context, cleanups []cleanup) {
	for _, c := range slices.Backward(cleanups) {
		_ = c.do(ctx) // that the time is over was said
	}
}

// goesOn returns an error once the process is about to end.
func (a *App) goesOn(context.Context) error {
	if a.stopping.Load() {
		return errors.New("this process is about to end")
	}
	return nil
}

// Drain has /readyz say from now on that this process is about to end, so that whoever hands requests out gives it none. It serves those that
// come all the same, and returns after the time that the configuration says, or when ctx ends. A process that takes no requests
// does not wait. Call Stop then.
func (a *App) Drain(ctx context.Context) {
	a.stopping.Store(true)
	if a.public == nil || a.drain <= 0 {
		return
	}
	a.log.Info("draining", "for", a.drain)
	select {
	case <-time.After(a.drain):
	case <-ctx.Done():
	}
}
