package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// leaseTime is for how long a scheduler leads without renewing, leaseRenew how often it renews, and leaseTry how often one that
	// stands by looks whether nobody leads any more, and how long any of them waits for an answer.
	leaseTime  = 8 * time.Second
	leaseRenew = 2 * time.Second
	leaseTry   = 2 * time.Second
)

const (
	takeLease = `UPDATE scheduler_lease SET term = term + 1, until = clock_timestamp() + make_interval(secs => $1)
		WHERE until < clock_timestamp() RETURNING term`
	renewLease = `UPDATE scheduler_lease SET until = clock_timestamp() + make_interval(secs => $1) WHERE term = $2`
	endLease   = `UPDATE scheduler_lease SET until = '-infinity' WHERE term = $1`
	// fence keeps the next term from beginning until the transaction is over.
	fence = `SELECT true FROM scheduler_lease WHERE term = $1 FOR SHARE`
)

// ErrNotLeading is for what a scheduler does after its lead is over. It has no effect.
var ErrNotLeading = errors.New("another scheduler leads by now")

// A lease is the right to lead, until it has not been renewed for leaseTime. Another takes it by making the next term, however alive
// its holder may be: a process that was stopped, or cut off, has lost it when it comes back.
type lease struct {
	term    int64
	started time.Time
	renewed atomic.Int64 // nanoseconds after started; the process' monotonic clock may stand still, but does not go back
}

type leaseKey struct{}

// leaseOf is the lease by which something is done, nil where it needs none.
func leaseOf(ctx context.Context) *lease {
	l, _ := ctx.Value(leaseKey{}).(*lease)
	return l
}

// over reports whether the lease has run out, as far as this process can tell by itself.
func (l *lease) over() bool {
	return l != nil && time.Since(l.started)-time.Duration(l.renewed.Load()) > leaseTime
}

// hold makes sure, at the end of a transaction, that the lease by which it was done is not another's by now, nor becomes so before it is
// committed.
func (l *lease) hold(ctx context.Context, t *Tx) error {
	if l == nil {
		return nil
	}
	var held bool
	err := sqlx.GetContext(ctx, t.q, &held, fence, l.term)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotLeading
	}
	return err
}

// RunAsLeader waits until no other program leads, and then runs do as the only one that does, until ctx ends. The lead is
// a lease in Postgres, by its clock, and renewed on a connection of its own. When it is lost, the context given to do ends, what is done
// with that has no effect any more, and RunAsLeader returns an error.
func (s *Store) RunAsLeader(ctx context.Context, do func(context.Context)) (err error) {
	db := s.servers.pool(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	held, err := takeLead(ctx, db)
	if err != nil || held == nil {
		return err
	}
	leading, cancel := context.WithCancel(context.WithValue(ctx, leaseKey{}, held))
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		do(leading)
	}()
	err = held.keep(ctx, db)
	cancel()
	<-finished
	return errors.Join(err, held.end(ctx, db))
}

// takeLead returns once this process leads, nil where ctx ended before.
func takeLead(ctx context.Context, db *sqlx.DB) (*lease, error) {
	for {
		taken, err := tryLead(ctx, db)
		if err == nil {
			return taken, nil
		}
		if ctx.Err() == nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("taking the scheduler's lease: %w", translate(err))
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-time.After(leaseTry):
		}
	}
}

// tryLead returns sql.ErrNoRows where somebody leads.
func tryLead(ctx context.Context, db *sqlx.DB) (*lease, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseTry)
	defer cancel()
	l := &lease{started: time.Now()}
	return l, db.GetContext(ctx, &l.term, takeLease, leaseTime.Seconds())
}

// keep renews the lease. It returns nil when ctx ends, and an error when the lease is lost before.
func (l *lease) keep(ctx context.Context, db *sqlx.DB) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(leaseRenew):
		}
		if err := l.renew(ctx, db); err != nil && ctx.Err() == nil && (errors.Is(err, ErrNotLeading) || l.over()) {
			return fmt.Errorf("the scheduler's lease could not be renewed: %w", translate(err))
		}
	}
}

func (l *lease) renew(ctx context.Context, db *sqlx.DB) error {
	ctx, cancel := context.WithTimeout(ctx, leaseTry)
	defer cancel()
	asked := time.Since(l.started) // the database's time runs from later on
	renewed, err := db.ExecContext(ctx, renewLease, leaseTime.Seconds(), l.term)
	if err != nil {
		return err
	}
	if n, err := renewed.RowsAffected(); err != nil || n == 0 {
		return errors.Join(ErrNotLeading, err)
	}
	l.renewed.Store(int64(asked))
	return nil
}

// end lets another lead at once, once nothing is done any more. Where the database is away, the lease runs out by itself.
func (l *lease) end(ctx context.Context, db *sqlx.DB) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseTry)
	defer cancel()
	_, err := db.ExecContext(ctx, endLease, l.term)
	return translate(err)
}
