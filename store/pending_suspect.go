package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// A batch whose worker does not come back is handed over again, to the next one. Where it is the batch of which they die, that would end
// one process after the other, with all that they have in hand. Such a batch is halved, until the lead is alone that they die of, and fails.
const (
	// beginsOfMany and beginsOfOne are how often workers may begin a batch again and not come back, of several leads and of one. Those
	// who are only held up come back within a task's time, which is less than a lead gets alone.
	beginsOfMany = 2
	beginsOfOne  = 4
	// beginPause is how long after a worker has begun a batch another leaves it alone: a little less than until it is handed over again.
	beginPause = 9 * time.Second
)

// ErrBrokeOff is why a batch is halved, or its only lead fails, whose workers did not come back.
var ErrBrokeOff = errors.New("each process that gave it out broke off; look for panics and for processes that ended, report it, and try it again with a version that bears it")

// A Beginning is what is to be done about a batch that was handed over again.
type Beginning int

// What is to be done: nothing, since it is done or another worker has it; it is to be distributed; so, but beside no other such batch; or it is
// to be isolated.
const (
	BeginNot Beginning = iota
	BeginAgain
	BeginAlone
	BeginIsolated
)

// BeginAgain notes that a worker is about to act on a batch that was handed over before. Say CameBack when it has not died of it.
func (s *Store) BeginAgain(ctx context.Context, workspace, batch uuid.UUID) (Beginning, error) {
	var b struct {
		Begun int `db:"begun"`
		Size  int `db:"size"`
	}
	err := sqlx.GetContext(ctx, s.q, &b, `
		UPDATE batches SET begun = begun + 1, begun_at = $3
		WHERE workspace_id = $1 AND batch_id = $2 AND coalesce(begun_at, '-infinity') < $4 RETURNING begun, size`,
		workspace, batch, s.now(), s.now().Add(-beginPause))
	most := beginsOfMany
	if b.Size == 1 {
		most = beginsOfOne
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return BeginNot, nil
	case err != nil:
		return BeginNot, fmt.Errorf("beginning batch %s again: %w", batch, translate(err))
	case b.Begun > most:
		return BeginIsolated, nil
	case b.Begun > 1:
		return BeginAlone, nil
	}
	return BeginAgain, nil
}

// CameBack notes that a worker is alive after it has begun a batch again. One that was distributed is gone.
func (s *Store) CameBack(ctx context.Context, workspace, batch uuid.UUID) error {
	_, err := s.q.ExecContext(ctx, `
		UPDATE batches SET begun = 0, begun_at = NULL WHERE workspace_id = $1 AND batch_id = $2 AND begun > 0`, workspace, batch)
	return translate(err)
}

// Isolate halves a batch of which workers die. A lead that is alone fails, with the reason, and can be tried again from history.
func (s *Store) Isolate(ctx context.Context, workspace, batch uuid.UUID) (Result, error) {
	return s.split(ctx, workspace, batch, halves, ErrBrokeOff)
}

// suspected is how often the parts of a batch that is split count as begun: of one that broke off each may be the one.
func suspected(cause error) int {
	if errors.Is(cause, ErrBrokeOff) {
		return beginsOfMany
	}
	return 0
}
