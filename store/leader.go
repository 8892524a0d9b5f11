package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// leadLock is the session lock that the leading scheduler holds.
const (
	tryLeadLock = `SELECT pg_try_advisory_lock(hashtextextended('leadwheel scheduler', 0))`
	leadCheck   = time.Second
)

// RunAsLeader runs do while this program is the only one that does, and returns at once where another one is. The lead is a
// session lock of Postgres: it is free as soon as its holder's connection is gone. When the connection is lost, the
// context given to do ends.
func (s *Store) RunAsLeader(ctx context.Context, do func(context.Context)) (err error) {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connecting for the scheduler's lock: %w", translate(err))
	}
	// Closing the session, not just returning it to the pool, is what frees the lock whatever happened.
	defer func() {
		if dropped := conn.Raw(func(any) error { return errDrop }); dropped != nil && !errors.Is(dropped, errDrop) {
			err = errors.Join(err, dropped)
		}
	}()
	var won bool
	if err := conn.GetContext(ctx, &won, tryLeadLock); err != nil {
		return fmt.Errorf("taking the scheduler's lock: %w", translate(err))
	}
	if !won {
		return nil
	}
	leading, cancel := context.WithCancel(ctx)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		do(leading)
	}()
	defer func() {
		cancel()
		<-finished
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(leadCheck):
		}
		check, done := context.WithTimeout(ctx, 5*leadCheck)
		_, err := conn.ExecContext(check, `SELECT 1`)
		done()
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("the connection that held the scheduler's lock was lost: %w", translate(err))
		}
	}
}

// errDrop has database/sql throw a connection away.
var errDrop = fmt.Errorf("done with this connection: %w", driver.ErrBadConn)
