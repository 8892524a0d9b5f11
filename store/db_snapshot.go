package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"
)

// snapshot runs f on one snapshot of the database, in a transaction that cannot write, with settings such as "SET LOCAL jit = off".
func (s *Store) snapshot(ctx context.Context, settings string, f func(Queries) error) error {
	return s.snapshotOf(ctx, s.db, settings, f)
}

func (s *Store) snapshotOf(ctx context.Context, db *sqlx.DB, settings string, f func(Queries) error) (err error) {
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return translate(err)
	}
	defer func() { // nothing was written
		if ended := tx.Rollback(); ended != nil && !errors.Is(ended, sql.ErrTxDone) {
			err = errors.Join(err, translate(ended))
		}
	}()
	if _, err := tx.ExecContext(ctx, settings); err != nil {
		return translate(err)
	}
	return f(Queries{q: tx, now: s.now, compiled: s.compiled, lanesKnown: s.lanesKnown})
}
