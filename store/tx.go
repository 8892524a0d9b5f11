package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// WithTx runs do in one transaction: committed where it returns nil, else rolled back, also when ctx has ended. The
// database's errors come back translated: see Violation, Unavailable and Refused.
func (s *Store) WithTx(ctx context.Context, do func(*Tx) error) (err error) {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("starting a transaction: %w", translate(err))
	}
	defer func() {
		if rolledBack := tx.Rollback(); rolledBack != nil && !errors.Is(rolledBack, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", rolledBack))
		}
	}()
	if err := do(&Tx{Queries: Queries{q: tx, now: s.now}}); err != nil {
		return translate(err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", translate(err))
	}
	return nil
}

// The gate of a workspace keeps those who hand out its leads apart from those who change who may receive them. Every
// distribution holds it shared, from before it reads rings and members until it has committed; whoever edits a ring,
// a member or a cursor holds it alone, and so sees a ledger in which nothing is half done. Waiters are served in turn,
// so neither side starves. It is held for one transaction.
const (
	gateShared = `SELECT pg_advisory_xact_lock_shared(hashtextextended($1::text, 0))`
	gateAlone  = `SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))`
)

func (t *Tx) passGate(ctx context.Context, workspace uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, gateShared, workspace)
	return translate(err)
}

func (t *Tx) closeGate(ctx context.Context, workspace uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, gateAlone, workspace)
	return translate(err)
}
