package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// tryLeadLock takes the session lock that the leading scheduler holds.
	tryLeadLock = `SELECT pg_try_advisory_lock(hashtextextended('leadwheel scheduler', 0))`
	// leadTry is how often a standby tries to take the lead, and leadCheck how often the leader makes sure that it still
	// has it.
	leadTry   = 2 * time.Second
	leadCheck = time.Second
)

// RunAsLeader waits until no other program leads, and then runs do as the only one that does, until ctx ends. The lead is
// a session lock of Postgres, on a connection of its own: it is free as soon as its holder's connection is gone. When
// that is lost, the context given to do ends, and RunAsLeader returns an error.
func (s *Store) RunAsLeader(ctx context.Context, do func(context.Context)) (err error) {
	session, err := openDB(s.url, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }() // which frees the lock
	session.SetConnMaxIdleTime(0)
	conn, err := session.Connx(ctx)
	if err != nil {
		return fmt.Errorf("connecting for the scheduler's lock: %w", translate(err))
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := takeLead(ctx, conn); err != nil {
		return fmt.Errorf("taking the scheduler's lock: %w", translate(err))
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
	return keepLead(ctx, conn)
}

// takeLead returns nil once this session holds the lock.
func takeLead(ctx context.Context, conn *sqlx.Conn) error {
	for {
		var won bool
		if err := conn.GetContext(ctx, &won, tryLeadLock); err != nil || won {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(leadTry):
		}
	}
}

// keepLead returns nil when ctx ends, and an error when the session is lost before.
func keepLead(ctx context.Context, conn *sqlx.Conn) error {
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
