package app_test

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

const faultLeads = 20_000

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
