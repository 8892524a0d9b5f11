package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestLeaderCutOff has all that the leader sends vanish. Another leads soon, and the first one knows.
func TestLeaderCutOff(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	first, relay := relayed(t, env)
	leads, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- first.RunAsLeader(t.Context(), func(ctx context.Context) {
			close(leads)
			<-ctx.Done()
		})
	}()
	<-leads
	relay.Vanish()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := env.Store.RunAsLeader(ctx, func(context.Context) { cancel() }); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("nobody led for %s", took)
	}
	if err := <-ended; !errors.Is(err, store.ErrNotLeading) && !store.Unavailable(err) {
		t.Errorf("the first one's lead ended with %v", err)
	}
}

// TestWhatAFormerLeaderDoes begins a transaction as leader that is committed when another leads.
func TestWhatAFormerLeaderDoes(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	err := env.Store.RunAsLeader(t.Context(), func(ctx context.Context) {
		create := func(meanwhile func(context.Context, *store.Tx) error) error {
			return env.Store.WithTx(ctx, func(tx *store.Tx) error {
				if _, err := tx.CreateWorkspace(ctx, store.WorkspaceSpec{Name: "A", Timezone: "UTC"}); err != nil {
					return err
				}
				return meanwhile(ctx, tx)
			})
		}
		if err := create(func(context.Context, *store.Tx) error { return nil }); err != nil {
			t.Errorf("the leader could not work: %v", err)
		}
		err := create(func(context.Context, *store.Tx) error {
			env.DB.MustExec(`UPDATE scheduler_lease SET term = term + 1, until = clock_timestamp() + interval '1 minute'`)
			return nil
		})
		if !errors.Is(err, store.ErrNotLeading) {
			t.Errorf("a former leader's transaction ended with %v", err)
		}
		<-ctx.Done()
	})
	if !errors.Is(err, store.ErrNotLeading) {
		t.Errorf("leading ended with %v", err)
	}
	var workspaces int
	if err := env.DB.Get(&workspaces, `SELECT count(*) FROM workspaces WHERE name = 'A'`); err != nil || workspaces != 1 {
		t.Errorf("there are %d workspaces, error %v", workspaces, err)
	}
}
