package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestLockedTablesAreNotWaitedForLong has somebody lock a table: who writes to it or reads it is told so after a while, over a connection of
// their own and through a pooler, also after they have waited in turn for the workspace's gate, which itself is waited for.
func TestLockedTablesAreNotWaitedForLong(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	d := testenv.NewDedicated(t)
	pooler := testenv.NewPooler(t, d, 4)
	workspace, _ := d.NewWorkspace(t, "acme")
	for name, url := range map[string]string{"direct": d.DatabaseURL, "pooled": pooler.URL} {
		st, err := store.Open(t.Context(), store.Options{DatabaseURL: url, LockWait: limit})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = st.Close() }() // nothing is left on it
		locked := d.DB.MustBegin()
		locked.MustExec(`LOCK TABLE leads IN ACCESS EXCLUSIVE MODE`)
		refused := func(what string, err error) {
			t.Helper()
			if !store.Locked(err) || !store.Unavailable(err) || store.Refused(err) {
				t.Errorf("%s: %s ended with %v: locked %t, unavailable %t, refused %t", name, what, err, store.Locked(err), store.Unavailable(err), store.Refused(err))
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		add := func(tx *store.Tx) error {
			_, err := tx.AddLeads(ctx, workspace, lead.QueueFresh, []store.NewLead{{Name: "Siti", Channel: "api", Origin: "api"}})
			return err
		}
		refused("writing", st.WithTx(ctx, add))
		refused("reading in bounds", st.Bounded(ctx, time.Minute, func(ctx context.Context) error {
			return second(st.SourceLeads(ctx, workspace, store.LeadFilter{}, store.Page{Limit: 1}))
		}))
		refused("writing past the gate", st.WithTx(ctx, func(tx *store.Tx) error {
			if err := tx.Take(ctx, store.WorkspaceLocks[0], workspace); err != nil {
				return err
			}
			return add(tx)
		}))
		if name == "direct" {
			refused("reading", second(st.SourceLeads(ctx, workspace, store.LeadFilter{}, store.Page{Limit: 1})))
		}
		if err := locked.Rollback(); err != nil {
			t.Fatal(err)
		}
		waitsInTurn(ctx, t, name, st, workspace, 3*limit)
		if err := st.WithTx(ctx, add); err != nil {
			t.Errorf("%s: after that: %v", name, err)
		}
	}
}

// waitsInTurn has a transaction hold each of a workspace's locks for a while, and another wait for it.
func waitsInTurn(ctx context.Context, t *testing.T, name string, st *store.Store, workspace uuid.UUID, held time.Duration) {
	t.Helper()
	for _, l := range store.WorkspaceLocks {
		holds, waited := make(chan struct{}), make(chan error, 1)
		go func() {
			select {
			case <-holds:
				waited <- st.WithTx(ctx, func(tx *store.Tx) error { return tx.Take(ctx, l, workspace) })
			case <-ctx.Done():
				waited <- ctx.Err()
			}
		}()
		if err := st.WithTx(ctx, func(tx *store.Tx) error {
			if err := tx.Take(ctx, l, workspace); err != nil {
				return err
			}
			close(holds)
			select {
			case err := <-waited:
				t.Errorf("%s: who waited for lock %d ended with %v while another held it", name, l, err)
				waited <- nil
			case <-time.After(held):
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := <-waited; err != nil {
			t.Errorf("%s: who waited for lock %d ended with %v", name, l, err)
		}
	}
}
