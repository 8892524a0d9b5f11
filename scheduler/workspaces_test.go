package scheduler

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestIdleWorkspacesCostNothing runs all that happens by the clock with one workspace, and with two thousand, of which one has leads planned
// for next month: nothing is to be done, and of no table more rows are read.
func TestIdleWorkspacesCostNothing(t *testing.T) {
	t.Parallel()
	one, many := rowsRead(t, 1, 0), rowsRead(t, 2000, 2000)
	for table, n := range many {
		if n > one[table]+100 {
			t.Errorf("of %s %d rows are read with 2,000 workspaces, %d with one", table, n, one[table])
		}
	}
}

// rowsRead are how many rows of each table a leading scheduler reads as it does each of its jobs once.
func rowsRead(t *testing.T, workspaces, planned int) map[string]int {
	t.Helper()
	env := testenv.New(t)
	workspace, _ := env.NewWorkspace(t, "acme")
	env.DB.MustExec(`
		INSERT INTO workspaces
		SELECT (jsonb_populate_record(w, jsonb_build_object('workspace_id', gen_random_uuid(), 'name', 'company ' || n))).*
		FROM workspaces w, generate_series(2, $1) AS n`, workspaces)
	plan(t, env, workspace, planned)
	env.DB.MustExec(`ANALYZE`)
	before := settled(t, env)
	st, err := store.Open(t.Context(), store.Options{DatabaseURL: env.DatabaseURL, Redis: env.Redis})
	if err != nil {
		t.Fatal(err)
	}
	s := newIdle(t, st, env.Redis)
	for _, j := range s.allJobs(0) {
		if _, err := j.run(t.Context()); err != nil {
			t.Errorf("%s: %v", j.name, err)
		}
	}
	if err := st.Close(); err != nil { // what a connection read is counted at its end at the latest
		t.Fatal(err)
	}
	read := settled(t, env)
	for table, n := range before {
		read[table] -= n
	}
	return read
}

// newIdle makes a scheduler that does nothing by itself.
func newIdle(t *testing.T, st *store.Store, rdb redis.UniversalClient) *Scheduler {
	t.Helper()
	return &Scheduler{
		store: st, queue: newQueue(rdb, 1), metrics: metrics.New(prometheus.NewRegistry()), shown: Shown{Rings: 10, Integrations: 10},
		keepEvents: time.Hour, log: slog.New(slog.DiscardHandler),
	}
}

// plan has so many leads of a workspace wait for next month.
func plan(t *testing.T, env *testenv.Env, workspace uuid.UUID, n int) {
	t.Helper()
	m, err := env.Store.CreateMember(t.Context(), workspace, store.Member{Name: "Aisyah"})
	if err != nil {
		t.Fatal(err)
	}
	to := store.Distribution{MemberIDs: []uuid.UUID{m.ID}, At: env.Store.Now().Add(30 * 24 * time.Hour)}
	leads := make([]store.NewLead, n)
	for i := range leads {
		leads[i] = store.NewLead{Name: "Siti", Channel: "api", Origin: "api", Distribute: to}
	}
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddLeads(t.Context(), workspace, lead.QueueFresh, leads)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// settled are how many rows of each table were read, once no more are being counted.
func settled(t *testing.T, env *testenv.Env) (last map[string]int) {
	t.Helper()
	changed := time.Now()
	testenv.Eventually(t, 20*time.Second, func() error {
		var rows []struct {
			Table string `db:"relname"`
			Read  int    `db:"read"`
		}
		if err := env.DB.Select(&rows, `SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) AS read FROM pg_stat_user_tables`); err != nil {
			return err
		}
		now := make(map[string]int)
		for _, r := range rows {
			now[r.Table] = r.Read
		}
		if !cmp.Equal(now, last) {
			last, changed = now, time.Now()
		}
		if time.Since(changed) < time.Second {
			return fmt.Errorf("more rows are being counted: %v", now)
		}
		return nil
	})
	return last
}
