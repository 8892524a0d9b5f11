package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

func TestConcurrentPushersShareEvenly(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	s.start(app.Roles()...)
	var pushers sync.WaitGroup
	for p := range 100 {
		pushers.Go(func() {
			for i := range 4 {
				status, err := s.post("/v1/leads", map[string]any{
					"name": fmt.Sprintf("lead %d of %d", i, p), "distribute": map[string]any{"group_id": s.group},
				}, nil)
				if err != nil || status != http.StatusCreated {
					t.Errorf("status %d, error %v", status, err)
				}
			}
		})
	}
	pushers.Wait()
	s.untilIdle(30 * time.Second)
	s.even(100)
}

func TestEveryTaskTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	client := tasks.NewClient(s.Redis)
	for range 40 {
		s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
			leads := make([]store.NewLead, 10)
			for i := range leads {
				leads[i] = store.NewLead{Name: "x", Channel: "api", Origin: "api", Distribute: store.Distribution{GroupID: s.group}}
			}
			_, err := tx.AddLeads(t.Context(), s.workspace, lead.QueueFresh, leads)
			return err
		}))
	}
	batches := s.TakeHints()
	for generation := range 2 {
		for _, b := range batches {
			b.Generation = generation
			s.must(client.Distribute(t.Context(), b))
		}
	}
	s.start(app.RoleWorker)
	s.untilIdle(30 * time.Second)
	s.even(100)
}

func TestPushedLeadsWaitForAWorker(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	client := tasks.NewClient(s.Redis)
	push := tasks.Push{WorkspaceID: s.workspace, Channel: "landing page", GroupID: s.group}
	for i := range 200 {
		push.Leads = append(push.Leads, tasks.Lead{
			ExternalID: fmt.Sprint(i), Name: "Aisyah \x00 Tan", Fields: map[string]any{"unit": "condo\x00"},
		})
	}
	for range 3 { // pushed again and again, as after errors
		s.must(client.PushLeads(t.Context(), push))
	}
	s.start(app.RoleWorker, app.RoleScheduler)
	s.untilCopies(200, 30*time.Second)
	testenv.Eventually(t, 30*time.Second, func() error {
		if n := s.Redis.LLen(t.Context(), "asynq:{ingest}:pending").Val(); n > 0 {
			return fmt.Errorf("%d pushes wait", n)
		}
		return nil
	})
	s.untilIdle(30 * time.Second)
	s.even(50)
	var name string
	s.must(s.DB.Get(&name, `SELECT DISTINCT name FROM assigned_leads`))
	if name != "Aisyah  Tan" {
		t.Errorf("name is %q", name)
	}
}

// TestDeadTasksAreKept pushes what no worker can store.
func TestDeadTasksAreKept(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 1)
	s.must(tasks.NewClient(s.Redis).PushLeads(t.Context(), tasks.Push{
		WorkspaceID: s.workspace, GroupID: uuid.MustParse("01890000-0000-7000-8000-00000000dead"), Leads: []tasks.Lead{{Name: "x"}},
	}))
	s.start(app.RoleWorker, app.RoleScheduler)
	testenv.Eventually(t, 30*time.Second, func() error {
		dead, err := s.Store.DeadTasks(t.Context())
		if err != nil {
			return err
		}
		if len(dead) == 0 {
			return errors.New("no dead task is kept")
		}
		if d := dead[0]; d.Workspace != s.workspace || !strings.Contains(d.Error, "no such group") {
			t.Fatalf("kept is %+v", d)
		}
		return nil
	})
}

// TestOneBadPushIsAlone pushes a lead that the database cannot hold among others.
func TestOneBadPushIsAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 1)
	push := tasks.Push{WorkspaceID: s.workspace, GroupID: s.group, SourceID: uuid.New(), Channel: "a\x00b"}
	for i := range 50 {
		push.Leads = append(push.Leads, tasks.Lead{ExternalID: fmt.Sprint(i), Name: "x"})
	}
	var long strings.Builder
	for range 4000 { // longer than an index holds, and hard to compress
		fmt.Fprint(&long, uuid.New())
	}
	push.Leads[25].ExternalID = long.String()
	s.must(tasks.NewClient(s.Redis).PushLeads(t.Context(), push))
	s.start(app.RoleWorker, app.RoleScheduler)
	s.untilCopies(49, 30*time.Second)
	testenv.Eventually(t, 30*time.Second, func() error {
		dead, err := s.Store.DeadTasks(t.Context())
		if err == nil && len(dead) != 1 {
			err = fmt.Errorf("%d dead tasks are kept", len(dead))
		}
		return err
	})
	s.even(49)
}

// TestBulkWorkWaitsForTheFeeder assigns by the API, with no scheduler there to feed.
func TestBulkWorkWaitsForTheFeeder(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	ids := s.storeLeads(2000)
	s.start(app.RoleAPI)
	status, err := s.post("/v1/assignments", map[string]any{"lead_ids": ids, "group_id": s.group}, nil)
	if err != nil || status != http.StatusAccepted {
		t.Fatalf("status %d, error %v", status, err)
	}
	s.must(s.app.Stop(t.Context())) // which hands over all that it will
	if n := s.Redis.LLen(t.Context(), "asynq:{bulk}:pending").Val(); n != 0 {
		t.Errorf("%d bulk batches were handed to the queue past the feeder", n)
	}
	s.start(app.RoleWorker, app.RoleScheduler)
	s.untilIdle(20 * time.Second)
	s.even(500)
}

// TestBulkWorkTakesTurns has a second workspace's small assignment overtake a first one's large one.
func TestBulkWorkTakesTurns(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	large, small := newScene(t, env, 4), newScene(t, env, 4)
	large.assign(large.storeLeads(10_000))
	small.assign(small.storeLeads(100))
	large.start(app.RoleWorker, app.RoleScheduler)
	testenv.Eventually(t, 60*time.Second, func() error {
		var pending []struct {
			Workspace uuid.UUID `db:"workspace_id"`
			Count     int       `db:"count"`
		}
		if err := env.DB.Select(&pending, `SELECT workspace_id, count(*) FROM pending GROUP BY 1`); err != nil {
			return err
		}
		left := map[uuid.UUID]int{}
		for _, p := range pending {
			left[p.Workspace] = p.Count
		}
		if left[small.workspace] > 0 {
			if left[large.workspace] == 0 {
				t.Fatal("the large assignment went first")
			}
			return fmt.Errorf("%d of the small one are pending", left[small.workspace])
		}
		if left[large.workspace] < 2500 {
			t.Fatalf("the small assignment waited until %d of the large one were left", left[large.workspace])
		}
		return nil
	})
	large.untilIdle(60 * time.Second)
	large.audit()
}

func TestOperatorsSeeTheState(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 1)
	a := s.start(app.Roles()...)
	if status, body := get(t, a.OpsURL()+"/readyz"); status != http.StatusOK {
		t.Errorf("ready: status %d: %s", status, body)
	}
	if _, err := asynq.NewClientFromRedisClient(d.Redis).Enqueue(asynq.NewTask(tasks.KindIngest, nil)); err != nil { // a queue of which nobody knows
		t.Fatal(err)
	}
	testenv.Eventually(t, 30*time.Second, func() (missing error) { // where the queue does not answer in time, a scrape is without it
		_, body := get(t, a.OpsURL()+"/metrics")
		for _, series := range []string{
			`leadwheel_queue_unserved_tasks{queue="default"} 1`,
			`leadwheel_queue_unserved_tasks{queue="ingest"} 0`,
			`leadwheel_leads_received_total{channel="queue"} 0`,
			`leadwheel_distributions_total{outcome="succeeded",reason=""} 0`,
			`leadwheel_distributions_total{outcome="failed",reason="no_active_receiver"} 0`,
			`leadwheel_distribution_seconds_count 0`,
			`leadwheel_pending_leads{state="due"} 0`,
			`leadwheel_pending_leads{state="later"} 0`,
			`leadwheel_overdue_seconds 0`,
			`leadwheel_reconciled_total{kind="batch_fed_again"} 0`,
			`leadwheel_cursor_rebuilds_total 0`,
			`asynq_queue_size{queue="bulk"} 0`,
			`asynq_queue_latency_seconds{queue="fresh"} 0`,
			`asynq_tasks_enqueued_total{queue="ingest",state="archived"} 0`,
		} {
			if !strings.Contains(body, series+"\n") {
				missing = errors.Join(missing, fmt.Errorf("metrics lack %s", series))
			}
		}
		return missing
	})
	if status, body := get(t, a.OpsURL()+"/queues"); status != http.StatusOK || !strings.Contains(body, "<html") {
		t.Errorf("queues: status %d: %s", status, body)
	}
	d.RedisServer.Kill()
	testenv.Eventually(t, 20*time.Second, func() error {
		status, body := get(t, a.URL()+"/readyz")
		if status != http.StatusOK || !strings.Contains(body, `"redis":"degraded"`) || !strings.Contains(body, `"postgres":"ok"`) {
			return fmt.Errorf("without Redis: status %d: %s", status, body)
		}
		return nil
	})
	if status, _ := get(t, a.URL()+"/healthz"); status != http.StatusOK {
		t.Errorf("healthy without Redis: status %d", status)
	}
	d.RedisServer.Start()
	testenv.Eventually(t, 20*time.Second, func() error {
		if status, body := get(t, a.URL()+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"redis":"ok"`) {
			return fmt.Errorf("with Redis again: status %d: %s", status, body)
		}
		return nil
	})
	s.assign(s.storeLeads(1))
	s.untilCopies(1, 30*time.Second)
	// So soon after an outage asynq may still be making its subscription anew, and then stops later than it is waited for: what is
	// left behind ends by itself.
	if err := a.Stop(t.Context()); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// TestStartUndoesWhatItDid starts on an address that is taken, and on an old schema.
func TestStartUndoesWhatItDid(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 1)
	a := s.start(app.RoleAPI)
	cfg := app.Config{
		DatabaseURL: s.DatabaseURL, RedisURL: s.RedisURL, Listen: strings.TrimPrefix(a.URL(), "http://"),
		OpsListen: "127.0.0.1:0", Roles: app.Roles(), Log: slog.New(slog.DiscardHandler),
	}
	if _, err := app.Start(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "public listener") {
		t.Errorf("error is %v, want one about the public listener", err)
	}
	s.DB.MustExec(`DELETE FROM goose_db_version WHERE version_id > 0`)
	if _, err := app.Start(context.Background(), cfg); err == nil || !strings.Contains(err.Error(), "leadwheel migrate up") {
		t.Errorf("error is %v, want one about the schema", err)
	}
}

// TestTheLeaderWatches breaks a promise in the data, and looks for it among the metrics.
func TestTheLeaderWatches(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 2)
	a := s.startWith(func(c *app.Config) { c.AuditEvery = 100 * time.Millisecond }, app.Roles()...)
	shows := func(series ...string) {
		t.Helper()
		testenv.Eventually(t, 30*time.Second, func() error {
			_, body := get(t, a.OpsURL()+"/metrics")
			for _, one := range series {
				if !strings.Contains(body, one+"\n") {
					return fmt.Errorf("metrics lack %s", one)
				}
			}
			return nil
		})
	}
	shows("leadwheel_scheduler_leading 1", `leadwheel_audit_broken{check="copies_without_history"} 0`, "leadwheel_dead_tasks 0",
		`leadwheel_dependency_up{dependency="postgres"} 1`, `leadwheel_postgres_pool_max_connections 16`)
	testenv.Eventually(t, 30*time.Second, func() error {
		if _, body := get(t, a.OpsURL()+"/metrics"); strings.Contains(body, "leadwheel_audit_timestamp_seconds 0\n") {
			return errors.New("there was no audit")
		}
		return nil
	})
	s.assign(s.storeLeads(2))
	s.untilCopies(2, 30*time.Second)
	s.DB.MustExec(`DELETE FROM history`)
	shows(`leadwheel_audit_broken{check="copies_without_history"} 2`)
	s.DB.MustExec(`DELETE FROM assigned_leads`)
	shows(`leadwheel_audit_broken{check="copies_without_history"} 0`)
}
