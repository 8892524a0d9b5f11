package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// askers ask all the time while Postgres refuses to work, and answeredIn is how long each may wait for its answer.
	askers     = 24
	answeredIn = 15 * time.Second
	// wellAgain is how long everything may take to be as before.
	wellAgain = 10 * time.Second
)

// TestPostgresRefuses has Postgres refuse to work in each way that it can, while many push leads and a worker has tasks. Each lead is
// acknowledged, or refused with when to come again; nothing piles up in the process, no task loses one of its tries, and when Postgres
// works again so does everything, by itself.
func TestPostgresRefuses(t *testing.T) {
	t.Parallel()
	if os.Getenv("LEADWHEEL_SOAK") == "" {
		t.Skip("it is for `make soak` and `make test-postgres`")
	}
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	s.start(app.Roles()...)
	given := 0
	for _, trouble := range s.troubles(d) {
		s.assign(s.storeLeads(400)) // the worker has some in hand
		given += 400
		before, most := runtime.NumGoroutine(), 0
		lasts := 8 * time.Second
		if trouble.name == "locked" {
			lasts = 30 * time.Second
		}
		end := trouble.begin()
		crowd := s.pushAmid(trouble.name, lasts, &most)
		end()
		ended := time.Now()
		testenv.Eventually(t, wellAgain, func() error {
			if status, body := get(t, s.app.URL()+"/readyz"); status != http.StatusOK {
				return fmt.Errorf("%s: readiness is still %d %s", trouble.name, status, body)
			}
			status, err := s.post("/v1/leads", map[string]any{"name": "after", "distribute": map[string]any{"group_id": s.group}}, nil)
			if err == nil && status != http.StatusCreated {
				err = fmt.Errorf("%s: a lead is still answered with %d", trouble.name, status)
			}
			return err
		})
		recovered := time.Since(ended)
		given += crowd.taken + 1
		s.noTryLost(trouble.name)
		s.untilCopies(given, time.Minute)
		testenv.Eventually(t, wellAgain, func() error {
			if n := runtime.NumGoroutine(); n > before+50 {
				return fmt.Errorf("%s: there were %d goroutines, and are %d", trouble.name, before, n)
			}
			return nil
		})
		if trouble.refuses && crowd.refused == 0 || crowd.taken+crowd.refused == 0 {
			t.Errorf("%s: %d leads were refused, and %d taken", trouble.name, crowd.refused, crowd.taken)
		}
		if most > before+20*askers {
			t.Errorf("%s: there were %d goroutines, and %d while %d asked", trouble.name, before, most, askers)
		}
		t.Logf("%s for %s: %d taken, %d refused, the slowest answer took %s; goroutines %d → %d at most; a lead was taken again after %s",
			trouble.name, lasts, crowd.taken, crowd.refused, crowd.slowest.Round(time.Millisecond), before, most, recovered.Round(time.Millisecond))
	}
	s.untilIdle(time.Minute)
	var stored int
	s.must(s.DB.Get(&stored, `SELECT count(*) FROM leads`))
	if stored < given || s.copies() != stored { // one that was refused may be there: it was stored when its answer could not be read
		t.Errorf("of %d leads that were acknowledged %d are stored, and %d were given", given, stored, s.copies())
	}
	s.audit()
}

// A trouble is a way in which Postgres does not work.
type trouble struct {
	name    string
	refuses bool // somebody must be refused
	begin   func() (end func())
}

func (s *scene) troubles(d *testenv.Dedicated) []trouble {
	return []trouble{
		{"away", true, func() func() { d.PostgresServer.Kill(); return d.PostgresServer.Start }},
		{"set to read", false, d.PostgresServer.OnlyRead},
		{"without connections", false, d.PostgresServer.TakeConnections}, // whoever was quicker to get one of those that were ended works on with it
		{"locked", true, func() func() {
			tx := s.DB.MustBegin()
			tx.MustExec(`LOCK TABLE leads IN ACCESS EXCLUSIVE MODE`)
			return func() { s.must(tx.Rollback()) }
		}},
		{"in conflict", true, func() func() { return d.PostgresServer.Conflict("leads", "assigned_leads") }},
	}
}

// asked is how askers fared.
type asked struct {
	taken, refused int
	slowest        time.Duration
}

// pushAmid has many push leads for a while, and notes how many goroutines there are meanwhile.
func (s *scene) pushAmid(during string, lasts time.Duration, goroutines *int) (all asked) {
	s.t.Helper()
	var mu sync.Mutex
	var crowd sync.WaitGroup
	over := time.Now().Add(lasts)
	for range askers {
		crowd.Go(func() {
			for time.Now().Before(over) {
				began := time.Now()
				status, retryAfter, err := s.pushOne()
				took := time.Since(began)
				mu.Lock()
				all.slowest, *goroutines = max(all.slowest, took), max(*goroutines, runtime.NumGoroutine())
				switch {
				case err == nil && status == http.StatusCreated:
					all.taken++
				case err == nil && status == http.StatusServiceUnavailable && retryAfter != "":
					all.refused++
				default:
					s.t.Errorf("%s: a lead was answered with %d, Retry-After %q, %v", during, status, retryAfter, err)
				}
				if took > answeredIn {
					s.t.Errorf("%s: an answer of %d took %s", during, status, took)
				}
				mu.Unlock()
				select {
				case <-s.t.Context().Done():
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		})
	}
	crowd.Wait()
	return all
}

// pushOne pushes a lead, and returns the status and when to come again.
func (s *scene) pushOne() (status int, retryAfter string, err error) {
	data, err := json.Marshal(map[string]any{"name": "amid trouble", "distribute": map[string]any{"group_id": s.group}})
	if err != nil {
		return 0, "", err
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.app.URL()+"/v1/leads", bytes.NewReader(data))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	return response.StatusCode, response.Header.Get("Retry-After"), response.Body.Close()
}

// noTryLost fails the test where a task in the queues has lost one of its tries.
func (s *scene) noTryLost(during string) {
	s.t.Helper()
	inspector := asynq.NewInspectorFromRedisClient(s.Redis)
	for _, queue := range tasks.Queues() {
		for _, list := range []func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){inspector.ListRetryTasks, inspector.ListArchivedTasks, inspector.ListPendingTasks} {
			found, err := list(queue)
			if err != nil && !errors.Is(err, asynq.ErrQueueNotFound) {
				s.t.Errorf("%s: looking into queue %s: %v", during, queue, err)
			}
			for _, task := range found {
				if task.Retried > 0 {
					s.t.Errorf("%s: %s in queue %s has lost %d tries, with %q", during, task.Type, queue, task.Retried, task.LastErr)
				}
			}
		}
	}
}
