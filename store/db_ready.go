package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// Ready checks that Postgres answers and takes what is written. That its disk is full shows when something is written; from then on it is
// asked for room each time, until there is some.
func (s *Store) Ready(ctx context.Context) error {
	var writes bool
	err := s.db.GetContext(ctx, &writes, `SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean`)
	switch {
	case err != nil:
		return translate(err)
	case !writes:
		return errors.New("the database only reads: it is a standby, or set so")
	case s.full.Load():
		return s.askForRoom(ctx)
	}
	return nil
}

// askForRoom writes some 100 KB to a table that is gone with the transaction.
func (s *Store) askForRoom(ctx context.Context) error {
	return s.tryTx(ctx, func(t *Tx) error {
		if _, err := t.q.ExecContext(ctx, `
			CREATE TEMPORARY TABLE room ON COMMIT DROP AS SELECT repeat('x', 1000) FROM generate_series(1, 100)`); err != nil {
			return fmt.Errorf("asking whether the database's disk has room: %w", err)
		}
		s.full.Store(false)
		return nil
	})
}

// noteRoom notes that an error was for want of room.
func (s *Store) noteRoom(err error) {
	var refused *pq.Error
	if errors.As(err, &refused) && refused.Code == pqerror.DiskFull {
		s.full.Store(true)
	}
}
