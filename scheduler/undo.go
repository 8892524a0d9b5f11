package scheduler

import (
	"context"
	"errors"
	"time"
)

const (
	// undoInterval is how often undos are looked for whose request has ended before they did.
	undoInterval = 2 * time.Second
	// undoLeft is since when nobody may have worked at such a one: each part takes less.
	undoLeft = 5 * time.Second
	// undosAtOnce bounds those of one round.
	undosAtOnce = 20
)

// workUndos goes on with undos that nobody works at any more. Trouble with one is none of the others'.
func (s *Scheduler) workUndos(ctx context.Context) error {
	open, err := s.store.OpenUndos(ctx, s.store.Now().Add(-undoLeft), undosAtOnce)
	for _, u := range open {
		_, failed := s.store.WorkUndo(ctx, u.Workspace, u.Run)
		err = errors.Join(err, failed)
	}
	return err
}
