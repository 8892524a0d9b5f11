package app_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// schedule posts n leads for the group that are due in so many seconds.
func (s *scene) schedule(n int, in time.Duration) {
	s.t.Helper()
	leads := make([]map[string]any, n)
	for i := range leads {
		leads[i] = map[string]any{"name": fmt.Sprint("lead ", i)}
	}
	status, err := s.post("/v1/leads/batch", map[string]any{
		"leads": leads, "distribute": map[string]any{"group_id": s.group, "at": time.Now().Add(in)},
	}, nil)
	if err != nil || status != http.StatusCreated {
		s.t.Fatalf("status %d, error %v", status, err)
	}
}

// onTime fails the test unless all n leads are in history, none before its time and none later than within.
func (s *scene) onTime(n int, within time.Duration) {
	s.t.Helper()
	var row struct {
		Count    int     `db:"count"`
		Earliest float64 `db:"earliest"`
		Latest   float64 `db:"latest"`
	}
	s.must(s.DB.Get(&row, `
		SELECT count(*), min(extract(epoch FROM at - due_at))::float8 AS earliest, max(extract(epoch FROM at - due_at))::float8 AS latest
		FROM history WHERE trigger = 'scheduled' AND outcome = 'succeeded'`))
	if row.Count != n || row.Earliest < 0 || row.Latest > within.Seconds() {
		s.t.Errorf("%d of %d leads went out, between %.3f and %.3f s after their time", row.Count, n, row.Earliest, row.Latest)
	}
}

func TestScheduledLeadsGoOutOnTime(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	s.start(app.Roles()...)
	for i := range 8 {
		s.schedule(10, time.Duration(i+1)*700*time.Millisecond)
	}
	s.untilIdle(20 * time.Second)
	s.onTime(80, 2*time.Second)
	s.even(20)
}

// TestRedisLosesWhatIsArmed empties Redis while leads are armed, those due at once and those due later.
func TestRedisLosesWhatIsArmed(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	s.start(app.Roles()...)
	began := time.Now()
	s.schedule(20, 3*time.Second)
	s.schedule(20, 14*time.Second)
	s.schedule(20, 20*time.Second)
	testenv.Eventually(t, 10*time.Second, func() error {
		later := strconv.FormatInt(began.Add(5*time.Second).Unix(), 10)
		if n := s.Redis.ZCount(t.Context(), "asynq:{due}:scheduled", later, "+inf").Val(); n < 2 { // where all is slow the first has gone out
			return fmt.Errorf("%d of the later batches are armed", n)
		}
		return nil
	})
	s.must(s.Redis.FlushAll(t.Context()).Err())
	flushed := s.Store.Now()
	s.untilIdle(40 * time.Second)
	s.onTime(60, 30*time.Second)
	var late int
	s.must(s.DB.Get(&late, `SELECT count(*) FROM history WHERE due_at > $1 AND at > due_at + interval '2 seconds'`, flushed.Add(10*time.Second)))
	if late > 0 {
		t.Errorf("%d leads that were due 10 s after the loss were late", late)
	}
	s.even(15)
}

// TestScheduleSurvivesItsScheduler kills the scheduler that leads while leads wait to be armed.
func TestScheduleSurvivesItsScheduler(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 4)
	leader := s.startProcess("scheduler")
	s.start(app.RoleAPI, app.RoleWorker)
	s.schedule(40, 35*time.Second) // too late to be armed by whoever plans it
	s.startProcess("scheduler")
	kill(leader)
	s.untilIdle(45 * time.Second)
	s.onTime(40, 2*time.Second)
	s.even(10)
}
