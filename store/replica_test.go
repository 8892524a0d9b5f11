package store_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// replicated is a store with a standby, and a workspace.
type replicated struct {
	*testenv.Dedicated
	t         *testing.T
	standby   *testenv.Backend
	at        *sqlx.DB
	workspace uuid.UUID
}

func newReplicated(t *testing.T) *replicated {
	t.Helper()
	r := &replicated{Dedicated: testenv.NewDedicated(t, testenv.WithStandby()), t: t}
	r.workspace, _ = r.NewWorkspace(t, "acme")
	r.standby = r.NewStandby(t)
	var err error
	if r.at, err = sqlx.Open("postgres", r.standby.URLAt(r.standby.Addr)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.at.Close() }) // its server may be gone
	if err := r.Store.Close(); err != nil {
		t.Fatal(err)
	}
	r.Store, err = store.Open(t.Context(), store.Options{
		DatabaseURL: r.DatabaseURL, ReplicaURL: r.standby.URLAt(r.standby.Addr), Redis: r.Redis,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.untilUsed()
	return r
}

// saved stores a lead, and holds that a list that is asked for then has it, within a time.
func (r *replicated) saved(within time.Duration) {
	r.t.Helper()
	var id uuid.UUID
	if err := r.Store.WithTx(r.t.Context(), func(tx *store.Tx) error {
		added, err := tx.AddLeads(r.t.Context(), r.workspace, lead.QueueFresh, []store.NewLead{{Name: "x", Channel: "api", Origin: "api"}})
		if err == nil {
			id = added[0].ID
		}
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	asked := time.Now()
	var found []store.Lead
	if err := r.Store.BoundedNearby(r.t.Context(), time.Minute, func(ctx context.Context) (err error) {
		found, err = r.Store.SourceLeads(ctx, r.workspace, store.LeadFilter{}, store.Page{Limit: 1})
		return err
	}); err != nil {
		r.t.Fatal(err)
	}
	if len(found) != 1 || found[0].ID != id {
		r.t.Fatalf("the list does not have the lead that was saved before: %v", found)
	}
	if took := time.Since(asked); took > within {
		r.t.Errorf("the list took %s", took)
	}
}

// untilUsed waits until the replica has a read.
func (r *replicated) untilUsed() {
	r.t.Helper()
	testenv.Eventually(r.t, 20*time.Second, func() error {
		before, _ := r.Store.ReplicaReads()
		r.saved(time.Minute)
		if had, _ := r.Store.ReplicaReads(); had == before {
			_, err := r.Store.Replica()
			return fmt.Errorf("the replica is not read: %w", errors.Join(err, errors.New("it was not asked")))
		}
		return nil
	})
}

// sql runs a statement on the standby.
func (r *replicated) sql(statement string) {
	r.t.Helper()
	if _, err := r.at.ExecContext(r.t.Context(), statement); err != nil {
		r.t.Fatal(err)
	}
}

func (r *replicated) untilAway() {
	r.t.Helper()
	testenv.Eventually(r.t, 10*time.Second, func() error {
		if _, err := r.Store.Replica(); err == nil {
			return errors.New("the replica is not said to be away")
		}
		return nil
	})
}

// TestReplica saves and lists, again and again: nobody misses what was saved, whatever becomes of the standby from which is read.
func TestReplica(t *testing.T) {
	t.Parallel()
	r := newReplicated(t)
	before, _ := r.Store.ReplicaReads()
	for range 100 {
		r.saved(10 * time.Second)
	}
	if had, _ := r.Store.ReplicaReads(); had == before {
		t.Error("the replica had none of 100 lists")
	}

	r.sql(`SELECT pg_wal_replay_pause()`)
	for range 20 { // the first waits for it, and the others do not
		r.saved(5 * time.Second)
	}
	r.untilAway()
	if lag, err := r.Store.Replica(); lag < 2*time.Second || err == nil {
		t.Errorf("the lag is %s (%v)", lag, err)
	}
	r.sql(`SELECT pg_wal_replay_resume()`)
	r.untilUsed()

	r.standby.Kill()
	r.saved(5 * time.Second)
	r.untilAway()
	r.saved(5 * time.Second)
	r.standby.Start()
	r.untilUsed()

	r.sql(`SELECT pg_promote()`)
	r.untilAway()
	r.saved(5 * time.Second)
}

// TestSimulationOfAReplica works a simulation out on the standby, with what was saved just before.
func TestSimulationOfAReplica(t *testing.T) {
	t.Parallel()
	r := newReplicated(t)
	r.saved(time.Minute)
	var made store.Simulation
	if err := r.Store.WithTx(t.Context(), func(tx *store.Tx) (err error) {
		made, err = tx.AddSimulation(t.Context(), r.workspace, store.SimulationSpec{Last: 10})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	before, _ := r.Store.ReplicaReads()
	if err := r.Store.Simulate(t.Context(), r.workspace, made.ID); err != nil {
		t.Fatal(err)
	}
	if done, err := r.Store.Simulation(t.Context(), r.workspace, made.ID); err != nil || done.State != store.SimulationDone {
		t.Errorf("the simulation is %s: %s %v", done.State, done.Error, err)
	}
	if had, _ := r.Store.ReplicaReads(); had == before {
		t.Error("it was not read from the replica")
	}
}

// A standby of another database is not read, however far it has got.
func TestReplicaOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	r := newReplicated(t)
	r.DB.MustExec(`CREATE SCHEMA another`)
	r.DB.MustExec(`CREATE FUNCTION another.pg_control_system(OUT system_identifier bigint) LANGUAGE sql AS $$SELECT 1::bigint$$`)
	s, err := store.Open(t.Context(), store.Options{
		DatabaseURL: r.DatabaseURL, ReplicaURL: r.standby.URLAt(r.standby.Addr) + "&search_path=another,pg_catalog,public", Redis: r.Redis,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	testenv.Eventually(t, 20*time.Second, func() error {
		if _, err := s.Replica(); err == nil || !strings.Contains(err.Error(), "follows another database") {
			return fmt.Errorf("the replica is taken for ours: %w", cmp.Or(err, errors.New("it is read")))
		}
		return nil
	})
}
