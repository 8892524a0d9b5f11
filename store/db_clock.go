package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// clockEvery is how often a process compares its time with the database's, and clockTry how long it waits for an answer.
	clockEvery = 5 * time.Second
	clockTry   = 2 * time.Second
)

// A dbClock tells the database's time without asking for it: it counts on from when it was last asked. All processes on a database so
// have one time, as near as a round trip, whatever their own clocks say; and since it counts by the process' monotonic clock, it does not
// move when the machine's time is set. After a pause of the whole machine it is behind, until it asks again.
type dbClock struct {
	started time.Time
	base    atomic.Int64 // the database's time when this process' clock was at started, in nanoseconds since 1970
}

// newDBClock returns a clock that agrees with db's.
func newDBClock(ctx context.Context, db *sqlx.DB) (*dbClock, error) {
	c := &dbClock{started: time.Now()}
	c.base.Store(c.started.UnixNano())
	return c, c.ask(ctx, db)
}

func (c *dbClock) now() time.Time {
	return time.Unix(0, c.base.Load()+int64(time.Since(c.started)))
}

// ask compares with the database's clock. What it said lies between the question and the answer: as long as this clock does too, it is
// left alone, and else moved by as little as it takes, so that it does not jump to and fro with the length of a round trip.
func (c *dbClock) ask(ctx context.Context, db *sqlx.DB) error {
	ctx, cancel := context.WithTimeout(ctx, clockTry)
	defer cancel()
	conn, err := db.Connx(ctx) // so that connecting does not count as a slow answer
	if err != nil {
		return fmt.Errorf("asking the database for its time: %w", translate(err))
	}
	defer func() { _ = conn.Close() }() // which gives it back to the pool
	var said time.Time
	asked := time.Since(c.started)
	err = conn.GetContext(ctx, &said, `SELECT clock_timestamp()`)
	answered := time.Since(c.started)
	if err != nil {
		return fmt.Errorf("asking the database for its time: %w", translate(err))
	}
	c.base.Store(min(max(c.base.Load(), said.UnixNano()-int64(answered)), said.UnixNano()-int64(asked)))
	return nil
}

// keep asks again and again until ctx ends. Where the database does not answer, the clock goes on counting.
func (c *dbClock) keep(ctx context.Context, db *sqlx.DB) {
	every(ctx, clockEvery, func() { _ = c.ask(ctx, db) }) // whoever needs the database says that it is away
}

// after is now, or where another process wrote a time before whose clock is ahead, by a round trip at the most, a moment after that: what is
// changed was changed after it, and follows it in lists of what was changed last.
func (q Queries) after(before time.Time) time.Time {
	if now := q.now(); !now.Before(before) {
		return now
	}
	return before.Add(time.Microsecond)
}

// afterSQL is the same in a statement, of the time now, a parameter, and of a row that was changed last at its updated_at.
func afterSQL(now, row string) string {
	return fmt.Sprintf("CASE WHEN %[1]s < %[2]s.updated_at THEN %[2]s.updated_at + interval '1 microsecond' ELSE %[1]s END", now, row)
}

// every does something again and again until ctx ends, the first time after one interval.
func every(ctx context.Context, interval time.Duration, do func()) {
	again := time.NewTicker(interval)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			do()
		}
	}
}

// ClockAhead is how far the machine's own clock is ahead of the database's; below zero it is behind. No record's time
// comes from it, but those of logs do, and what asynq delays.
func (s *Store) ClockAhead() time.Duration { return time.Since(s.Now()) }
