package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// ErrTooLong is for what Postgres was stopped reading because it took longer than it may.
var ErrTooLong = errors.New("reading took longer than it may, and was stopped")

// Bounded runs what reads, where that may take Postgres long. All that is read with the context that it is given goes over one
// connection, and Postgres itself stops each statement that takes longer than limit, whatever has become of this program by then.
// It returns ErrTooLong for those. A statement is not spread over several of Postgres' processes either, so that who bounds what is
// read at once bounds how much of the machine it takes. A limit of 0 is none.
func (s *Store) Bounded(ctx context.Context, limit time.Duration, read func(context.Context) error) error {
	if limit <= 0 {
		return read(ctx)
	}
	return s.stopped(ctx, s.inBounds(ctx, s.db, limit, read))
}

// BoundedNearby is Bounded for what may be read from the replica: see nearby. It may call read twice.
func (s *Store) BoundedNearby(ctx context.Context, limit time.Duration, read func(context.Context) error) error {
	if s.replica == nil {
		return s.Bounded(ctx, limit, read)
	}
	return s.stopped(ctx, s.nearby(ctx, replicaWait, func(db *sqlx.DB) error { return s.inBounds(ctx, db, limit, read) }))
}

// stopped says ErrTooLong of a statement that Postgres stopped.
func (s *Store) stopped(ctx context.Context, err error) error {
	var stopped *pq.Error
	if errors.As(err, &stopped) && stopped.Code == pqerror.QueryCanceled && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", ErrTooLong, err)
	}
	return err
}

func (s *Store) inBounds(ctx context.Context, db *sqlx.DB, limit time.Duration, read func(context.Context) error) (err error) {
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("starting to read: %w", translate(err))
	}
	defer func() { // nothing was written
		if ended := tx.Rollback(); ended != nil && !errors.Is(ended, sql.ErrTxDone) && err == nil {
			err = fmt.Errorf("ending to read: %w", translate(ended))
		}
	}()
	if limit <= 0 {
		return read(context.WithValue(ctx, boundedKey{}, tx))
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(
		`SET LOCAL statement_timeout = %d; SET LOCAL max_parallel_workers_per_gather = 0`,
		max(1, limit.Milliseconds()))); err != nil {
		return fmt.Errorf("bounding how long to read: %w", translate(err))
	}
	return read(context.WithValue(ctx, boundedKey{}, tx))
}

// boundedKey is the key of the transaction by which a context's reading is done.
type boundedKey struct{}

// byContext runs statements in the transaction of their context, where it has one, and else on the database; and none whose context
// is of a lease that has run out.
type byContext struct{ *sqlx.DB }

func (b byContext) on(ctx context.Context) (context.Context, sqlx.ExtContext) {
	if leaseOf(ctx).over() {
		over, cancel := context.WithCancelCause(ctx)
		cancel(ErrNotLeading)
		return over, b.DB
	}
	if tx, is := ctx.Value(boundedKey{}).(sqlx.ExtContext); is {
		return ctx, tx
	}
	return ctx, b.DB
}

// QueryContext implements sqlx.QueryerContext.
func (b byContext) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx, on := b.on(ctx)
	return on.QueryContext(ctx, query, args...)
}

// QueryxContext implements sqlx.QueryerContext.
func (b byContext) QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	ctx, on := b.on(ctx)
	return on.QueryxContext(ctx, query, args...)
}

// QueryRowxContext implements sqlx.QueryerContext.
func (b byContext) QueryRowxContext(ctx context.Context, query string, args ...any) *sqlx.Row {
	ctx, on := b.on(ctx)
	return on.QueryRowxContext(ctx, query, args...)
}

// ExecContext implements sqlx.ExecerContext.
func (b byContext) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, on := b.on(ctx)
	return on.ExecContext(ctx, query, args...)
}
