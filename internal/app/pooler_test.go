package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestBehindAPooler has two processes with every role share four connections to Postgres, which a pooler gives them for a transaction at a
// time, and which dies while leads come in one by one, in bulk and by plan. Whatever was acknowledged is given once.
func TestBehindAPooler(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	s := newScene(t, &d.Env, 4)
	pooler := testenv.NewPooler(t, d, 4)
	through := func(c *app.Config) { c.DatabaseURL = pooler.URL }
	s.startWith(through, app.RoleAPI, app.RoleWorker, app.RoleScheduler)
	direct := s.DatabaseURL
	s.DatabaseURL = pooler.URL
	s.startProcess("worker,scheduler")
	s.DatabaseURL = direct

	s.assign(s.storeLeads(2000))
	const senders, each = 8, 20
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for n := range each {
				lead := map[string]any{"name": fmt.Sprint("lead of ", sender, " ", n), "external_id": fmt.Sprint("crm-", sender, "-", n), "distribute": map[string]any{"group_id": s.group}}
				if n%4 == 3 {
					lead["distribute"].(map[string]any)["at"] = inTwoSeconds()
				}
				s.untilTaken(lead)
			}
		})
	}
	s.untilCopies(500, time.Minute)
	pooler.Kill()
	testenv.Eventually(t, 10*time.Second, func() error {
		if status, _ := get(t, s.app.URL()+"/readyz"); status == http.StatusOK {
			return errors.New("Postgres is still reached")
		}
		return nil
	})
	pooler.Start()
	all.Wait()
	s.untilCopies(2000+senders*each, 2*time.Minute)
	s.untilIdle(time.Minute)
	if n := s.copies(); n != 2000+senders*each {
		t.Errorf("there are %d copies of %d leads", n, 2000+senders*each)
	}
	s.audit()

	if err := store.Migrate(t.Context(), pooler.URL); !errors.Is(err, store.ErrPooled) {
		t.Errorf("migrations, which need a session of their own, ran behind a pooler that gives none: %v", err)
	}
	if err := store.CheckSchema(t.Context(), pooler.URL); err != nil {
		t.Errorf("the schema is not known behind a pooler: %v", err)
	}
}

// untilTaken pushes a lead until it is acknowledged. Where the time has passed for which it is, it is for a later one.
func (s *scene) untilTaken(lead map[string]any) {
	for began := time.Now(); ; {
		status, err := s.post("/v1/leads", lead, nil)
		switch {
		case err == nil && (status == http.StatusCreated || status == http.StatusOK || status == http.StatusConflict):
			return
		case err == nil && status == http.StatusUnprocessableEntity && lead["distribute"].(map[string]any)["at"] != nil:
			lead["distribute"].(map[string]any)["at"] = inTwoSeconds()
		case err == nil && status != http.StatusServiceUnavailable, time.Since(began) > time.Minute:
			s.t.Errorf("a lead is answered with %d, %v", status, err)
			return
		}
		select {
		case <-s.t.Context().Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func inTwoSeconds() string { return time.Now().Add(2 * time.Second).Format(time.RFC3339Nano) }
