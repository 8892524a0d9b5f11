package scheduler

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestManyWorkspacesCostLittle measures what is done by the clock where nothing is to be done, with 100,000 workspaces of which 10,000 have
// a group, beside one workspace with one: how much of the processors a second that takes, of this process and of Postgres.
func TestManyWorkspacesCostLittle(t *testing.T) {
	if os.Getenv("LEADWHEEL_SOAK") == "" {
		t.Skip("set LEADWHEEL_SOAK to measure with 100,000 workspaces")
	}
	one, many := idleCost(t, 1, 1), idleCost(t, 100_000, 10_000)
	// A million leads an hour, pushed by HTTP, take 0.226 cores; see docs/capacity.md.
	const leads = 226 * time.Millisecond
	more := many - one
	t.Logf("a second takes %s of the processors with one workspace, %s with 100,000: %.3f times the cost of a lead, at a million an hour",
		one.Round(time.Microsecond), many.Round(time.Microsecond), 1+float64(more)/float64(leads))
	if more > leads/5 {
		t.Errorf("100,000 workspaces take %s a second more than one; want %s at most", more, leads/5)
	}
}

// idleCost is what all jobs take of the processors a second, each as often as it runs.
func idleCost(t *testing.T, workspaces, groups int) (all time.Duration) {
	t.Helper()
	env := testenv.New(t)
	workspace, _ := env.NewWorkspace(t, "acme")
	m, err := env.Store.CreateMember(t.Context(), workspace, store.Member{Name: "Aisyah"})
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.CreateGroup(t.Context(), workspace, store.GroupSpec{
			Name: "sales", Method: lead.RoundRobin, Listed: []lead.Listed{{Weight: 1, Members: lead.Slot{{MemberID: m.ID}}}},
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	env.DB.MustExec(`
		INSERT INTO workspaces
		SELECT (jsonb_populate_record(w, jsonb_build_object('workspace_id', gen_random_uuid(), 'name', 'company ' || n))).*
		FROM workspaces w, generate_series(2, $1) AS n`, workspaces)
	for _, table := range []string{"members", "groups", "rings"} {
		env.DB.MustExec(fmt.Sprintf(`
			INSERT INTO %[1]s
			SELECT (jsonb_populate_record(o, jsonb_build_object('workspace_id', w.workspace_id))).*
			FROM %[1]s o, (SELECT workspace_id FROM workspaces WHERE workspace_id <> $1 ORDER BY 1 LIMIT $2) w
			WHERE o.workspace_id = $1`, table), workspace, groups-1)
	}
	env.DB.MustExec(`ANALYZE`)
	s := newIdle(t, env.Store, env.Redis)
	for _, j := range s.allJobs(0) {
		run := func() (wait time.Duration) {
			if wait, err = j.run(t.Context()); err != nil {
				t.Errorf("%s: %v", j.name, err)
			}
			return wait
		}
		wait := run()
		times := time.Duration(5) // the system counts Postgres' time in hundredths of a second
		if wait < 5*time.Second {
			times = 200
		}
		began := processors(t, env.DB)
		for range times {
			run()
		}
		took := (processors(t, env.DB) - began) / times
		each := time.Duration(float64(took) / max(wait.Seconds(), 0.05))
		if each > time.Millisecond {
			t.Logf("%d workspaces, %d groups: %q takes %s, %s a second", workspaces, groups, j.name, took, each)
		}
		all += each
	}
	return all
}

// processors is how much time this process and the database's have had of the processors so far.
func processors(t *testing.T, db *sqlx.DB) time.Duration {
	t.Helper()
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		t.Fatal(err)
	}
	all := time.Duration(own.Utime.Nano() + own.Stime.Nano())
	var pids []int
	if err := db.Select(&pids, `SELECT pid FROM pg_stat_activity`); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		for _, field := range fields[11:13] {
			ticks, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			all += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return all
}
