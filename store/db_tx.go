package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/leadwheel/leadwheel/internal/tracing"
)

// WithTx runs do in one transaction: committed where it returns nil, else rolled back, also when ctx has ended. The
// database's errors come back translated: see Violation, Unavailable and Refused. Where do plans for a group whose turn
// cursor must be rebuilt first, or does not answer, or of which a lane must be opened, it is rolled back and called again. What ctx says of a
// Precondition is checked first, what it says of an Act is logged with it, what is done as leader has no effect where another leads by
// then, and what it left to be done is handed on once it has
// committed: see Committed.
func (s *Store) WithTx(ctx context.Context, do func(*Tx) error) error {
	act, condition, held := actOf(ctx), preconditionOf(ctx), leaseOf(ctx)
	if held.over() {
		return ErrNotLeading
	}
	through := s.passes()
	for run := 1; ; run++ {
		act.begin()
		err := s.txThrough(ctx, through, func(t *Tx) error {
			if err := t.require(ctx, condition); err != nil {
				return err
			}
			if err := do(t); err != nil {
				return err
			}
			if err := t.log(ctx, act); err != nil {
				return err
			}
			return held.hold(ctx, t)
		})
		if err == nil {
			act.done()
			condition.done()
			return nil
		}
		var away *cursorsError
		if errors.As(err, &away) && through == gateShared {
			through = gateAlone
			continue
		}
		var stale *staleCursor
		if !errors.As(err, &stale) || run == maxReruns {
			return err
		}
		if _, err := s.renew(ctx, stale); err != nil {
			return err
		}
	}
}

// tryTx runs do in one transaction, once.
func (s *Store) tryTx(ctx context.Context, do func(*Tx) error) error {
	return s.txThrough(ctx, gateShared, do)
}

// txThrough is tryTx for what deals turns, and says how it passes the gate.
func (s *Store) txThrough(ctx context.Context, through gate, do func(*Tx) error) (err error) {
	tx, err := s.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("starting a transaction: %w", translate(err))
	}
	defer func() {
		s.noteRoom(err)
		if rolledBack := tx.Rollback(); rolledBack != nil && !errors.Is(rolledBack, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", rolledBack))
		}
	}()
	parent := tracing.Parent(ctx)
	if parent != "" { // what the transaction writes, and others take in hand, belongs where it does: see migration 126
		if _, err := tx.ExecContext(ctx, `SELECT set_config('leadwheel.traceparent', $1, true)`, parent); err != nil {
			return fmt.Errorf("saying which trace a transaction belongs to: %w", translate(err))
		}
	}
	t := &Tx{Queries: Queries{q: tx, now: s.now, channels: s.channels, ids: s.ids, compiled: s.compiled, lanesKnown: s.lanesKnown}, gate: through, turnsOf: s, lockWait: s.servers.lockWait}
	if through != gateShared {
		t.turnsOf = newLedgerTurns(t, ledgerEpoch)
	}
	if err := do(t); err != nil {
		for i := range t.draws {
			t.draws[i].unspent = t.draws[i].turns // none of them is in the ledger
		}
		t.settle(ctx, s)
		return translate(err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", translate(err)) // it may have come through: its draws are left to the reconciler
	}
	t.settle(ctx, s)
	s.handOn(t.left, parent)
	return nil
}

// settle tells the cursors what became of the turns that were drawn for plans. Nothing is lost where they cannot be told:
// the draws are found abandoned later.
func (t *Tx) settle(ctx context.Context, s *Store) {
	if len(t.draws) > 0 && t.gate == gateShared {
		_ = s.settle(ctx, t.draws)
	}
}
