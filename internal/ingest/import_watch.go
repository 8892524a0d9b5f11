package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

const (
	// watchInterval is how often an import looks whether somebody ends it; that may happen in another process.
	watchInterval = 250 * time.Millisecond
	watchTimeout  = 5 * time.Second
	// turnInterval is how often a waiting import asks for its turn.
	turnInterval = 500 * time.Millisecond
)

var (
	// errGivesWay ends an attempt to store a chunk, since somebody who cancels the import waits for it.
	errGivesWay = errors.New("somebody cancels the import")
	// errGone is for an import whose sender has gone before its turn came.
	errGone = fmt.Errorf("its sender has gone: %w", io.ErrUnexpectedEOF)
)

// watch looks at the import while its file is read, however slowly that comes, which shows that the import is alive. It stops the reading when
// somebody else has ended the import.
func (r *importRun) watch(reading context.Context, stop context.CancelCauseFunc) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-reading.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(reading, watchTimeout)
		status, cancelling, err := r.store.WatchImport(ctx, r.workspace, r.imp.ID)
		cancel()
		switch {
		case err != nil: // trouble is met where rows are stored
		case status != store.ImportRunning:
			stop(store.ErrImportEnded)
			return
		case cancelling:
			if end := r.attempt.Load(); end != nil {
				(*end)(errGivesWay)
			}
		}
	}
}

// givingWay does something that keeps others from ending the import, and begins anew when somebody is about to: they come first
// then, and if they give it up after all it is done nevertheless.
func (r *importRun) givingWay(ctx context.Context, do func(context.Context) error) error {
	for {
		attempt, end := context.WithCancelCause(ctx)
		r.attempt.Store(&end)
		err := do(attempt)
		r.attempt.Store(nil)
		gaveWay := errors.Is(context.Cause(attempt), errGivesWay)
		end(nil)
		if err == nil || !gaveWay || errors.Is(err, store.ErrImportEnded) || ctx.Err() != nil {
			return err
		}
	}
}

// await waits for the import's turn. It says why that did not come, if it did not. sender is closed when whoever sends the file has
// gone, and broke when the file broke off.
func (r *importRun) await(ctx context.Context, sender, broke <-chan struct{}) (failure string, err error) {
	patience := make(<-chan time.Time)
	if r.limits.Time > 0 {
		patience = time.After(r.limits.Time)
	}
	for {
		err := r.persist(ctx, func(ctx context.Context) error {
			return r.store.WithTx(ctx, func(tx *store.Tx) (err error) {
				r.imp.Status, err = tx.BeginImport(ctx, r.workspace, r.imp.ID, r.limits.Queue.AtOnce)
				return err
			})
		})
		if err != nil || r.imp.Status == store.ImportRunning {
			return "", err
		}
		select {
		case <-time.After(turnInterval):
		case <-sender:
			return r.unreadable(ctx, errGone)
		case <-broke:
			return r.unreadable(ctx, errGone)
		case <-patience:
			return fmt.Sprintf("The import waited %s for its turn, behind others of the workspace; send it again, or cancel one of those.", r.limits.Time), nil
		}
	}
}
