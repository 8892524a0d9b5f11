package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connections is how many connections to Postgres jobs share. More than a few for each core of the server make it slower.
const connections = 16

// giveOut gives a lead to the member whose turn it is, as one statement, which is a transaction of its own.
const giveOut = `
	WITH dealt AS (
		SELECT member_id FROM lean.members WHERE slot = $4::bigint % 7
	), ledger AS (
		INSERT INTO lean.turns (workspace_id, group_id, turn, lead_id) VALUES ($1, $2, $4, $3)
	), copied AS (
		INSERT INTO lean.copies (workspace_id, copy_id, lead_id, member_id, name, email, phone, fields)
		SELECT $1, $5, lead_id, member_id, name, email, phone, fields FROM lean.leads, dealt WHERE workspace_id = $1 AND lead_id = $3
	)
	INSERT INTO lean.history (workspace_id, history_id, lead_id, member_id, group_id, turn, outcome)
	SELECT $1, $5, $3, member_id, $2, $4, 'succeeded' FROM dealt`

// work is what is to be done, and how far it is.
type work struct {
	pool             *pgxpool.Pool
	workspace, group uuid.UUID
	leads            []uuid.UUID
	turn             atomic.Int64
	given            atomic.Int64
	began            time.Time
	ended            atomic.Int64 // since then, in nanoseconds
	done             chan struct{}
}

// begin starts the clock.
func (w *work) begin() { w.began = time.Now() }

func (w *work) took() time.Duration { return time.Duration(w.ended.Load()) }

// give gives out one lead, as a job does.
func (w *work) give(ctx context.Context, lead uuid.UUID) error {
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making an id: %w", err)
	}
	if _, err := w.pool.Exec(ctx, giveOut, w.workspace, w.group, lead, w.turn.Add(1)-1, id); err != nil {
		return fmt.Errorf("giving out lead %s: %w", lead, err)
	}
	if w.given.Add(1) == int64(len(w.leads)) {
		w.ended.Store(int64(time.Since(w.began)))
		close(w.done)
	}
	return nil
}

// wait waits until all leads are given out.
func (w *work) wait(ctx context.Context) error {
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(patience):
		return fmt.Errorf("of %d leads %d are given out after %s", len(w.leads), w.given.Load(), patience)
	}
}

// check makes sure that what was measured was done.
func (w *work) check(ctx context.Context) error {
	var copies, records int
	if err := w.pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM lean.copies), (SELECT count(*) FROM lean.history)`).Scan(&copies, &records); err != nil {
		return fmt.Errorf("counting the copies: %w", err)
	}
	if copies != len(w.leads) || records != len(w.leads) {
		return errors.New("not every lead has one copy and one record in history")
	}
	return nil
}
