package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

// Who holds one of a workspace's locks keeps nobody from the others: two of them once had one key, so that somebody who assigned
// what nobody has and a batch of leads that follow others could each wait for the other.
func TestLocksOfAWorkspaceAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, held := range store.WorkspaceLocks {
		if err := w.Store.WithTx(t.Context(), func(tx *store.Tx) error {
			if err := tx.Take(t.Context(), held, w.workspace); err != nil {
				return err
			}
			for _, wanted := range store.WorkspaceLocks {
				patience := 20 * time.Second
				if wanted == held {
					patience = 100 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				err := w.Store.WithTx(ctx, func(other *store.Tx) error { return other.Take(ctx, wanted, w.workspace) })
				cancel()
				if (err == nil) == (wanted == held) || err != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
					t.Errorf("while lock %d is held, lock %d: %v", held, wanted, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}
