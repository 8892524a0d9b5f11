package app_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

const faultLeads = 8_000

// TestWorkerKilled kills a worker in the midst of its batches, and starts another.
func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	ids := s.storeLeads(faultLeads)
	s.start(app.RoleScheduler)
	worker := s.startProcess("worker")
	s.assign(ids)
	s.untilCopies(faultLeads/5, 30*time.Second)
	kill(worker)
	s.startProcess("worker")
	s.untilIdle(40 * time.Second)
	s.even(faultLeads / 4)
}

// TestSchedulerFrozen freezes the scheduler that leads. Another does within seconds, and what the first does when it goes on is no harm.
func TestSchedulerFrozen(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	s.start(app.RoleWorker)
	frozen := s.startProcess("scheduler")
	ids := s.storeLeads(2000)
	s.assign(ids[:1000])
	s.untilIdle(20 * time.Second)
	s.must(frozen.Process.Signal(syscall.SIGSTOP))
	s.assign(ids[1000:])
	s.startProcess("scheduler")
	s.untilIdle(20 * time.Second)
	s.must(frozen.Process.Signal(syscall.SIGCONT))
	s.assign(s.storeLeads(1000))
	s.untilIdle(20 * time.Second)
	s.even(3000 / 4)
}

// TestRedisLosesEverything empties Redis in the midst of distribution, again and again.
func TestRedisLosesEverything(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	ids := s.storeLeads(faultLeads)
	s.start(app.RoleScheduler, app.RoleWorker)
	s.assign(ids)
	for part := 1; part <= 4; part++ {
		s.untilCopies(part*faultLeads/5, 40*time.Second)
		s.must(s.Redis.FlushAll(t.Context()).Err())
	}
	s.untilIdle(40 * time.Second)
	s.even(faultLeads / 4)
	testenv.Eventually(t, 10*time.Second, func() error {
		there, err := s.Redis.SIsMember(t.Context(), "asynq:queues", "bulk").Result()
		if err == nil && !there {
			err = errors.New("queue bulk is not registered")
		}
		return err
	})
}

// TestRedisDies kills Redis for a while. Leads go on being accepted, and are distributed when it is back.
func TestRedisDies(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	s.start(app.Roles()...)
	for i := range 40 {
		switch i {
		case 10:
			d.RedisServer.Kill()
		case 30:
			d.RedisServer.Start()
		}
		status, err := s.post("/v1/leads", map[string]any{"name": "x", "distribute": map[string]any{"group_id": s.group}}, nil)
		if err != nil || status != 201 {
			t.Fatalf("lead %d: status %d, error %v", i, status, err)
		}
	}
	s.untilIdle(30 * time.Second)
	s.even(10)
}

// TestLeadsGoOutWithoutRedis has leads of each kind come in while Redis is dead, and after: each reaches its member within seconds, in
// turn, and those who watch are told.
func TestLeadsGoOutWithoutRedis(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	ids := s.storeLeads(faultLeads)
	a := s.start(app.Roles()...)
	give := func(n int) {
		t.Helper()
		for range n {
			status, err := s.post("/v1/leads", map[string]any{"name": "x", "distribute": map[string]any{"group_id": s.group}}, nil)
			if err != nil || status != 201 {
				t.Fatalf("status %d, error %v", status, err)
			}
		}
	}
	give(6)
	s.untilCopies(6, 10*time.Second)
	d.RedisServer.Kill()
	give(6)
	s.untilCopies(12, 10*time.Second) // which is 5 where nobody else needs the machine
	if status, body := get(t, a.OpsURL()+"/readyz"); status != 200 || !strings.Contains(body, `"redis":"degraded"`) {
		t.Errorf("it is ready with %d %s", status, body)
	}
	if _, body := get(t, a.OpsURL()+"/metrics"); !strings.Contains(body, "leadwheel_queue_away 1") {
		t.Error("no series says that the queue is away")
	}
	s.assign(ids[:faultLeads/2])
	planned := map[string]any{"name": "x", "distribute": map[string]any{"group_id": s.group, "at": time.Now().Add(3 * time.Second).Format(time.RFC3339)}}
	if status, err := s.post("/v1/leads", planned, nil); err != nil || status != 201 {
		t.Fatalf("a lead for a time: status %d, error %v", status, err)
	}
	s.untilIdle(40 * time.Second)
	d.RedisServer.Start()
	give(3)
	s.assign(ids[faultLeads/2:])
	s.untilIdle(40 * time.Second)
	s.even((faultLeads + 16) / 4)
	testenv.Eventually(t, 20*time.Second, func() error { // the database has handed all out, maybe before anybody asked the queue again
		if _, body := get(t, a.OpsURL()+"/metrics"); !strings.Contains(body, "leadwheel_queue_away 0") {
			return errors.New("the queue is still said to be away")
		}
		return nil
	})
}

// TestPostgresDies kills Postgres in the midst of distribution, and starts it again.
func TestPostgresDies(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	ids := s.storeLeads(faultLeads)
	s.start(app.RoleScheduler, app.RoleWorker)
	s.assign(ids)
	s.untilCopies(faultLeads/5, 30*time.Second)
	d.PostgresServer.Kill()
	d.PostgresServer.Start()
	s.untilIdle(40 * time.Second)
	s.even(faultLeads / 4)
}

// TestAnotherSchedulerTakesOver kills the scheduler that leads.
func TestAnotherSchedulerTakesOver(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	leader := s.startProcess("scheduler")
	s.start(app.RoleWorker)
	s.assign(s.storeLeads(100))
	s.untilIdle(20 * time.Second)
	s.startProcess("scheduler")
	kill(leader)
	s.assign(s.storeLeads(100))
	s.untilIdle(15 * time.Second)
	s.even(50)
}

// TestStopWithoutRedis asks a process to end while Redis is dead.
func TestStopWithoutRedis(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	all := s.startProcess("api,worker,scheduler")
	s.assign(s.storeLeads(4))
	s.untilIdle(20 * time.Second)
	d.RedisServer.Kill()
	s.assign(s.storeLeads(2000))
	began := time.Now()
	s.must(all.Process.Signal(syscall.SIGTERM))
	ended := all.Wait()
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("ending took %s (%v)", took, ended)
	}
	d.RedisServer.Start()
	s.startProcess("worker,scheduler")
	s.untilIdle(30 * time.Second)
	s.even(501)
}

// TestOperatorsAmidFaults has operators list and delete leads while these go out, a worker is killed and Redis loses
// everything.
func TestOperatorsAmidFaults(t *testing.T) {
	t.Parallel()
	const leads = faultLeads / 2
	s := newScene(t, testenv.New(t), 4)
	ids := s.storeLeads(leads)
	s.start(app.RoleAPI, app.RoleScheduler)
	worker := s.startProcess("worker")
	if status, err := s.post("/v1/assignments", map[string]any{"lead_ids": ids, "group_id": s.group}, nil); err != nil || status != 202 {
		t.Fatalf("status %d, error %v", status, err)
	}
	deleted, done := 0, make(chan struct{})
	var operator sync.WaitGroup
	operator.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				deleted += s.deleteSome(ids)
			}
		}
	})
	s.untilCopies(leads/5, 30*time.Second)
	kill(worker)
	s.startProcess("worker")
	s.untilCopies(2*leads/5, 40*time.Second)
	s.must(s.Redis.FlushDB(t.Context()).Err())
	s.untilIdle(40 * time.Second)
	close(done)
	operator.Wait()
	if n := s.copies(); n+deleted != leads {
		t.Errorf("%d leads went out and %d were deleted, of %d", n, deleted, leads)
	}
	// Turns that the killed worker had drawn, for leads that were deleted before another took them over, went back last; they go first now.
	s.assign(s.storeLeads(leads / 4))
	s.untilIdle(40 * time.Second)
	s.audit()
	var spread int
	s.must(s.DB.Get(&spread, `SELECT max(n) - min(n) FROM (SELECT count(*) AS n FROM assigned_leads GROUP BY member_id) c`))
	if spread > 1 {
		t.Errorf("one member has %d copies more than another", spread)
	}
}

// deleteSome looks for a few of the leads among those that are pending, deletes what it finds, and returns how many were
// still pending then.
func (s *scene) deleteSome(leads []uuid.UUID) int {
	var some []uuid.UUID
	for range 5 {
		found, err := s.Store.PendingLeads(s.t.Context(), s.workspace, store.PendingFilter{LeadID: leads[rand.N(len(leads))]}, store.PendingPage{Limit: 1})
		if err != nil {
			s.t.Error(err)
		}
		for _, p := range found {
			some = append(some, p.ID)
		}
	}
	if len(some) == 0 {
		return 0
	}
	var answer struct{ Count int }
	if status, err := s.post("/v1/pending-leads/delete", map[string]any{"ids": some}, &answer); err != nil || status != 200 {
		s.t.Errorf("deleting: status %d, error %v", status, err)
	}
	return answer.Count
}
