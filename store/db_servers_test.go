package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// pair is a database and a standby that follows it.
type pair struct {
	*testenv.Dedicated
	standby *testenv.Backend
	url     string // of both
}

func newPair(t *testing.T) *pair {
	t.Helper()
	d := testenv.NewDedicated(t, testenv.WithStandby())
	standby := d.NewStandby(t)
	return &pair{d, standby, d.PostgresServer.URLAt(standby.Addr + "," + d.PostgresServer.Addr)}
}

func (p *pair) open(t *testing.T, url string) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{DatabaseURL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() }) // its servers may be gone
	return st
}

// write makes a workspace, and does not wait for long.
func write(ctx context.Context, st *store.Store, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return st.WithTx(ctx, func(tx *store.Tx) error {
		_, err := tx.CreateWorkspace(ctx, store.WorkspaceSpec{Name: name, Timezone: "UTC"})
		return err
	})
}

// wroteTo reports whether a server has a workspace.
func wroteTo(t *testing.T, b *testenv.Backend, name string) bool {
	t.Helper()
	var n int
	if err := b.Reach().GetContext(t.Context(), &n, `SELECT count(*) FROM workspaces WHERE name = $1`, name); err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// TestTwoPrimaries promotes a standby while the old primary goes on, to which there are open connections and which answers as ever. Who
// has met the new one writes nothing to the old one any more, be it in a transaction that was begun there, and whoever comes new takes the new one.
func TestTwoPrimaries(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for name, url := range map[string]string{
		"standby first": p.url,
		"primary first": p.PostgresServer.URLAt(p.PostgresServer.Addr + "," + p.standby.Addr),
	} {
		if err := write(t.Context(), p.open(t, url), name); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !wroteTo(t, p.PostgresServer, name) {
			t.Errorf("%s: it was not written to the primary", name)
		}
	}
	url := p.PostgresServer.URLAt(p.PostgresServer.Addr + "," + p.standby.Addr)
	st := p.open(t, url)
	err := st.WithTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "begun before", Timezone: "UTC"}); err != nil {
			return err
		}
		p.standby.Promote()
		began := time.Now()
		testenv.Eventually(t, 30*time.Second, func() error {
			name := fmt.Sprint("after ", time.Since(began))
			if err := write(t.Context(), st, name); err != nil {
				return err
			}
			if wroteTo(t, p.PostgresServer, name) {
				return errors.New("it was written to the old primary")
			}
			return nil
		})
		t.Logf("the new primary was found %s after it was promoted", time.Since(began).Round(10*time.Millisecond))
		return nil
	})
	if err == nil || !store.Unavailable(err) || wroteTo(t, p.PostgresServer, "begun before") {
		t.Errorf("what was begun on the old primary ended with %v", err)
	}
	all, err := store.InspectServers(t.Context(), url)
	if err != nil || len(all) != 2 || !all[0].Primary || !all[1].Primary || all[0].Timeline >= all[1].Timeline {
		t.Errorf("the servers are said to be %+v (%v)", all, err)
	}
	for i := range 10 {
		name := fmt.Sprint("again ", i)
		if err := errors.Join(write(t.Context(), st, name), write(t.Context(), p.open(t, url), "new "+name)); err != nil {
			t.Fatal(err)
		}
		if wroteTo(t, p.PostgresServer, name) || wroteTo(t, p.PostgresServer, "new "+name) {
			t.Fatal("the old primary was written to")
		}
	}
}

// TestOldPrimaryComesBack kills a primary and promotes its standby. It starts the old primary again, which believes that it still is it.
func TestOldPrimaryComesBack(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	st := p.open(t, p.url)
	p.PostgresServer.Kill()
	if err := write(t.Context(), st, "none"); err == nil || !store.Unavailable(err) {
		t.Errorf("with no primary there, writing ended with %v", err)
	}
	p.standby.Promote()
	testenv.Eventually(t, 10*time.Second, func() error { return write(t.Context(), st, "promoted") })
	p.PostgresServer.Start()
	p.standby.Kill()
	testenv.Eventually(t, 10*time.Second, func() error {
		err := write(t.Context(), st, "on the old one")
		if err == nil || !store.Unavailable(err) {
			t.Fatalf("with the old primary alone, writing ended with %v", err)
		}
		if !strings.Contains(err.Error(), "was the primary before") {
			return err
		}
		return nil
	})
	p.standby.Start()
	testenv.Eventually(t, 10*time.Second, func() error { return write(t.Context(), st, "back") })
}

// TestCommitWithoutItsStandby has a commit wait for a synchronous standby that does not answer, until its caller waits no more. Postgres
// commits it then, with a warning: it is not acknowledged, since a failover would lose it.
func TestCommitWithoutItsStandby(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.PostgresServer.WaitFor(t)
	st := p.open(t, p.url)
	if err := write(t.Context(), st, "with it"); err != nil {
		t.Fatal(err)
	}
	p.standby.FreezeWhole()
	began := time.Now()
	if err := write(t.Context(), st, "alone"); err == nil || !store.Unavailable(err) {
		t.Errorf("a commit that the standby does not have ended with %v", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	p.standby.Thaw()
	testenv.Eventually(t, 10*time.Second, func() error { return write(t.Context(), st, "with it again") })
}

// TestNameLeadsElsewhere has a name lead to the standby that was promoted, while the old primary goes on and open connections stay with
// it, as where a balancer ends none.
func TestNameLeadsElsewhere(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	relay := testenv.NewRelay(t, p.PostgresServer.Addr)
	st := p.open(t, p.PostgresServer.URLAt(relay.Addr)+"&target_session_attrs=read-write")
	if err := write(t.Context(), st, "before"); err != nil {
		t.Fatal(err)
	}
	p.standby.Promote()
	relay.Lead(p.standby.Addr)
	testenv.Eventually(t, 30*time.Second, func() error {
		name := fmt.Sprint("after ", time.Now())
		if err := write(t.Context(), st, name); err != nil {
			return err
		}
		if wroteTo(t, p.PostgresServer, name) {
			return errors.New("it was written to the old primary")
		}
		return nil
	})
}
