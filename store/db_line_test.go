package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// relayed is a store on the test's database behind a network of which a part can go dark.
func relayed(tb testing.TB, env *testenv.Env) (*store.Store, *testenv.Relay) {
	tb.Helper()
	relay, address := env.Relay(tb)
	st, err := store.Open(tb.Context(), store.Options{DatabaseURL: address, Redis: env.Redis})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = st.Close() }) // its connections may be dead
	return st, relay
}

// TestServerGoneWithoutAWord has all connections of a busy pool go dark while the server's address takes new ones.
func TestServerGoneWithoutAWord(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	st, relay := relayed(t, env)
	workspace, err := st.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "A", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() error {
		_, err := st.Workspace(t.Context(), workspace.ID)
		return err
	}
	many := func() (failed int) {
		var all sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			all.Go(func() { errs[i] = ask() })
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				failed++
				if !store.Unavailable(err) {
					t.Errorf("what was asked of a dead server failed with %v", err)
				}
			}
		}
		return failed
	}
	if failed := many(); failed > 0 {
		t.Fatalf("%d of 16 failed before", failed)
	}
	relay.Darken()
	began := time.Now()
	failed := many()
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("it took %s to notice", took)
	}
	if failed == 0 {
		t.Error("nobody asked a dead server")
	}
	if failed := many(); failed > 0 {
		t.Errorf("%d of 16 failed after the first had noticed", failed)
	}
}

// TestSlowStatementsAreNotTakenForDead has a server that is at work for longer than a line is silent.
func TestSlowStatementsAreNotTakenForDead(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	st, _ := relayed(t, env)
	var gate sync.WaitGroup
	tx := env.DB.MustBegin()
	tx.MustExec(`LOCK TABLE workspaces`)
	gate.Go(func() {
		<-time.After(7 * time.Second)
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	})
	if _, err := st.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "A", Timezone: "UTC"}); err != nil {
		t.Errorf("what waited for a lock failed: %v", err)
	}
	gate.Wait()
}

// TestNobodyWaitsLongerThanTheyWant asks a dead server with little time.
func TestNobodyWaitsLongerThanTheyWant(t *testing.T) {
	t.Parallel()
	st, relay := relayed(t, testenv.New(t))
	relay.Darken()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := st.Ping(ctx); err == nil {
		t.Error("a dead server answered")
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("who had 300 ms waited for %s", took)
	}
	testenv.Eventually(t, 4*time.Second, func() error { return st.Ping(t.Context()) })
}
