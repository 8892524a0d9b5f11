package ingest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// list plays a form's list: pages of ids, found by their cursors.
func (s *stand) list(form string, pages ...[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Query().Get("after"), "c"))
		var leads []string
		if n < len(pages) {
			for _, id := range pages[n] {
				leads = append(leads, fmt.Sprintf(`{"id":%q,"form_id":%q,"field_data":[{"name":"full_name","values":["Lead %s"]}]}`, id, form, id))
			}
		}
		fmt.Fprintf(w, `{"data":[%s],"paging":{"cursors":{"before":"b","after":"c%d"}}}`, strings.Join(leads, ","), n+1)
	}
}

func (s *stand) reconcile() {
	s.t.Helper()
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		return tx.StartReconcile(s.t.Context(), s.hook.Workspace, s.hook.ID, s.clock.Now().Add(-PlatformsKeep))
	}))
	s.run()
}

func TestLeadsThatWereMissedAreFound(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{FormIDs: []string{"77", "78", "79"}})
	s.on("/v25.0/1", s.shows("1"))
	s.on("/v25.0/3", graphError(100))
	s.tell("1")
	s.run()
	waiting := s.tell("3")
	s.run()
	s.on("/v25.0/77/leads", s.list("77", []string{"1", "2"}, []string{"3"}))
	s.on("/v25.0/78/leads", graphError(100)) // a form that is not there any more keeps nobody from the next
	s.on("/v25.0/79/leads", s.list("79", []string{"4"}))
	s.reconcile()
	s.leads(4, 0)
	if got := s.outcome(waiting); got != lead.EventDuplicate {
		t.Errorf("the delivery whose lead a list brought is %s", got)
	}
	if h, err := s.Store.HookOf(t.Context(), s.hook.Workspace, s.hook.ID); err != nil || !strings.HasPrefix(h.Warning, "Form 78 cannot be looked through") {
		t.Errorf("the warning is %q, %v", h.Warning, err)
	}
	var bodies []string
	s.must(s.DB.Select(&bodies, "SELECT convert_from(body, 'UTF8') FROM integration_events WHERE detail LIKE 'found by%' AND outcome = 'lead' ORDER BY event_id"))
	if len(bodies) != 3 || !strings.Contains(bodies[0], `"id":"2"`) || strings.Contains(bodies[0], `"id":"1"`) || !json.Valid([]byte(bodies[0])) {
		t.Errorf("kept is %q", bodies)
	}
	state := s.health(lead.HealthOK, 0)
	if state.ReconcileAt == nil || state.ReconcileAt.Sub(s.clock.Now()) != reconcileInterval || !state.Reconcile.Began.IsZero() {
		t.Errorf("then the state is %+v", state)
	}
	s.reconcile()
	s.leads(4, 0)
}

// By itself it looks for what is newer than the integration, and then for what is newer than the last time.
func TestListsAreLookedThroughByTheClock(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{FormIDs: []string{"77"}})
	var since []string
	s.on("/v25.0/77/leads", func(w http.ResponseWriter, r *http.Request) {
		since = append(since, r.URL.Query().Get("filtering"))
		s.list("77")(w, r)
	})
	made := s.clock.Now()
	s.run()
	s.clock.Advance(reconcileInterval)
	if fed, err := s.Store.FeedFetches(t.Context(), s.clock.Now(), 10); len(fed) != 1 || err != nil {
		t.Fatalf("the scheduler hands over %v, %v", fed, err)
	}
	s.run()
	s.clock.Advance(reconcileInterval)
	s.run()
	want := []string{sinceFilter(made), sinceFilter(made.Add(reconcileInterval - reconcileOverlap))}
	if len(since) != 2 || since[0] != want[0] || since[1] != want[1] {
		t.Errorf("it was asked for %q, want %q", since, want)
	}
}

func sinceFilter(at time.Time) string {
	return fmt.Sprintf(`[{"field":"time_created","operator":"GREATER_THAN","value":%d}]`, at.Unix())
}

// Where the platform refuses, it is asked again later, from the page at which it did.
func TestListsAreLookedThroughFromWhereThatWasLeft(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{FormIDs: []string{"77", "78"}})
	s.on("/v25.0/77/leads", s.list("77", []string{"1"}))
	pages := s.list("78", []string{"2"}, []string{"3"})
	s.on("/v25.0/78/leads", pages, gives(500, ""), graphError(4), gives(200, "<html>"), gives(200, "{}"), cutOff, pages)
	s.reconcile()
	for range 8 {
		s.clock.Advance(11 * time.Minute)
		s.run()
	}
	s.leads(3, 0)
	s.health(lead.HealthOK, 0)
	if first, second := s.times("/v25.0/77/leads"), s.times("/v25.0/78/leads"); first != 2 || second != 8 {
		t.Errorf("the forms were asked for %d and %d times", first, second)
	}
}

func TestALookThroughWithADeadTokenWaitsForAnother(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{FormIDs: []string{"77"}})
	s.on("/v25.0/77/leads", graphError(190), s.list("77", []string{"1"}))
	s.reconcile()
	s.leads(0, 0)
	s.health(lead.HealthTokenDead, 0)
	s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		return tx.ReleaseFetches(t.Context(), s.hook.Workspace, s.hook.ID)
	}))
	s.run()
	s.leads(1, 0)
	s.health(lead.HealthOK, 0)
}
