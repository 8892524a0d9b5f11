package ingest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func TestLeadsAreFetched(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.on("/v25.0/900100200300401", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" || !strings.Contains(r.URL.Query().Get("fields"), "field_data") {
			t.Errorf("asked with %v for %s", r.Header, r.URL)
		}
		gives(200, metaLeadBody)(w, r)
	})
	e := s.deliver(metaBody)
	if fed := s.TakeHints(); e.Outcome != lead.EventHeld || len(fed) != 1 || fed[0].Queue != lead.QueueFetch || fed[0].ID != s.hook.ID {
		t.Fatalf("the delivery is %s, handed over was %v", e.Outcome, fed)
	}
	s.health(lead.HealthOK, 0)
	s.run()
	s.leads(1, 0)
	if got := s.outcome(e); got != lead.EventLead {
		t.Errorf("the delivery is %s", got)
	}
	all, err := s.Store.SourceLeads(t.Context(), s.hook.Workspace, store.LeadFilter{FormID: "770011223344556"}, store.Page{Limit: 2})
	s.must(err)
	if len(all) != 1 || all[0].Name != "Aisyah Tan" || all[0].ExternalID != "900100200300401" || all[0].Attribution["page_id"] != "106523998877001" || all[0].Channel != "meta" {
		t.Errorf("the leads are %+v", all)
	}
	if again := s.deliver(metaBody); again.Outcome != lead.EventDuplicate {
		t.Errorf("delivered again it is %s", again.Outcome)
	}
	s.run()
	if n := s.times("/v25.0/900100200300401"); n != 1 {
		t.Errorf("it was asked for %d times", n)
	}
}

// A thousand leads in one arrival, over two entries and with other changes among them, told of by many at once.
func TestOddInput4AThousandLeadsAreFetchedOnceEach(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.others = func(_ int, w http.ResponseWriter, r *http.Request) {
		s.shows(strings.TrimPrefix(r.URL.Path, "/v25.0/"))(w, r)
	}
	var entries [2][]string
	for i := range 1000 {
		entries[i%2] = append(entries[i%2], fmt.Sprintf(`{"field":"leadgen","value":{"leadgen_id":%d}},{"field":"feed","value":{}}`, 7412345678901234000+i))
	}
	body := `{"object":"page","entry":[{"id":"9","changes":[` + strings.Join(entries[0], ",") + `]},{"id":8,"changes":[` + strings.Join(entries[1], ",") + `]}]}`
	var telling sync.WaitGroup
	for range 4 {
		telling.Go(func() { s.deliver(body) })
	}
	telling.Wait()
	for range 4 {
		telling.Go(func() {
			for range 20 {
				s.run()
			}
		})
	}
	telling.Wait()
	s.leads(1000, 0)
	if n := s.count("integration_events WHERE outcome = 'lead'"); n != 1 {
		t.Errorf("%d deliveries brought the leads", n)
	}
}

func TestOddInput9OneLeadToldOfTwentyTimesAtOnce(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.on("/v25.0/1", s.shows("1"))
	var telling sync.WaitGroup
	for range 20 {
		telling.Go(func() { s.tell("1"); s.run() })
	}
	telling.Wait()
	s.leads(1, 0)
	if n := s.count("integration_events WHERE outcome IN ('held')"); n != 0 {
		t.Errorf("%d deliveries are held for ever", n)
	}
}

// What passes by itself is asked for again until it has passed, however often that takes.
func TestWhatPassesIsFetchedAgain(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.fetcher.platforms[lead.KindMeta].(*graph).http = &http.Client{Timeout: 200 * time.Millisecond}
	faults := []http.HandlerFunc{
		gives(500, "oops"), gives(503, "{}"), graphError(1), graphError(2), gives(400, "<html>"), gives(200, "<html>"), gives(200, `{"id":"2"}`),
		gives(200, `[]`), gives(200, `{"id":"1","field_data":"x"}`), cutOff, never, gives(302, "", "Location", "/v25.0/2"),
	}
	s.on("/v25.0/1", append(faults, s.shows("1"))...)
	e := s.tell("1")
	for n := range faults {
		s.run()
		s.leads(0, 1)
		if got := s.outcome(e); got != lead.EventHeld {
			t.Fatalf("after fault %d the delivery is %s", n, got)
		}
		s.run() // too early
		if asked := s.times("/v25.0/1"); asked != n+1 {
			t.Fatalf("after %d faults it was asked for %d times", n+1, asked)
		}
		s.clock.Advance(time.Hour)
	}
	s.health(lead.HealthOK, 0)
	s.run()
	s.leads(1, 0)
	if got := s.outcome(e); got != lead.EventLead {
		t.Errorf("the delivery is %s", got)
	}
}

// Throttled leads must not vanish: the platform says so with a 400.
func TestAThrottledPlatformIsLeftInPeace(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refusal http.HandlerFunc
		least   time.Duration
	}{
		"app": {graphError(4), 0}, "page": {graphError(32), 0}, "status": {gives(429, "", "Retry-After", "120"), 2 * time.Minute},
		"business": {graphError(80005, graphUsage, `{"1":[{"estimated_time_to_regain_access":19}]}`), 19 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
			for i := range 20 {
				id := fmt.Sprint(i + 1)
				s.on("/v25.0/"+id, test.refusal, s.shows(id))
			}
			var ids []string
			for i := range 20 {
				ids = append(ids, fmt.Sprint(i+1))
			}
			s.tell(ids...)
			s.run()
			s.leads(0, 20)
			from := s.health(lead.HealthThrottled, 0).From
			if from == nil || from.Sub(s.clock.Now()) < test.least {
				t.Fatalf("it is asked again at %v", from)
			}
			s.run()
			if n := s.count("fetches WHERE attempts > 0"); n != 0 {
				t.Errorf("%d leads are blamed for it", n)
			}
			for range 40 {
				s.clock.Advance(time.Hour)
				s.run()
			}
			s.leads(20, 0)
			s.health(lead.HealthOK, 0)
		})
	}
}

func TestADeadTokenHoldsLeadsUntilThereIsAnother(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refusal http.HandlerFunc
		health  lead.Health
	}{
		"dead token":    {graphError(190), lead.HealthTokenDead},
		"dead session":  {graphError(102), lead.HealthTokenDead},
		"no permission": {graphError(10), lead.HealthPermission},
		"right missing": {gives(403, `{"error":{"code":230,"message":"x"}}`), lead.HealthPermission},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
			refusal := true
			s.others = func(_ int, w http.ResponseWriter, r *http.Request) {
				if refusal {
					test.refusal(w, r)
					return
				}
				s.shows(strings.TrimPrefix(r.URL.Path, "/v25.0/"))(w, r)
			}
			first := s.tell("1", "2", "3")
			s.run()
			second := s.tell("4")
			s.run()
			s.leads(0, 4)
			s.health(test.health, 4)
			if a, b := s.outcome(first), s.outcome(second); a != lead.EventHeld || b != lead.EventHeld {
				t.Errorf("the deliveries are %s and %s", a, b)
			}
			refusal = false
			s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
				return tx.ReleaseFetches(t.Context(), s.hook.Workspace, s.hook.ID)
			}))
			s.run()
			s.leads(4, 0)
			s.health(lead.HealthOK, 0)
		})
	}
}

// A lead that the platform does not show was deleted, or we may not see it. It is not asked for without end, and not lost.
func TestALeadThatIsNotShownIsHeld(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.on("/v25.0/1", graphError(100))
	s.on("/v25.0/2", s.shows("2"))
	e := s.tell("1", "2")
	for range 3 * seenAgain {
		s.run()
		s.clock.Advance(2 * time.Hour)
	}
	s.leads(1, 1)
	s.health(lead.HealthOK, 1)
	if n := s.times("/v25.0/1"); n != seenAgain {
		t.Errorf("it was asked for %d times", n)
	}
	s.on("/v25.0/1", s.shows("1"))
	s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := s.receiver.Replay(t.Context(), tx, s.hook.Workspace, s.hook.ID, e.ID)
		return err
	}))
	s.run()
	s.leads(2, 0)
	s.health(lead.HealthOK, 0)
}

func TestWhatIsNoLeadToGiveAway(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.on("/v25.0/1", gives(200, `{"id":"1","field_data":[{"name":"full_name","values":["<test lead: dummy data for full_name>"]},{"name":"phone_number","values":["<test lead: dummy data for phone_number>"]}]}`))
	s.on("/v25.0/2", gives(200, `{"id":"2","field_data":[]}`))
	test, empty := s.tell("1"), s.tell("2")
	s.run()
	got := []any{s.outcome(test), s.outcome(empty), s.count("leads WHERE test"), s.count("leads"), s.count("pending"), s.count("fetches")}
	if diff := cmp.Diff([]any{lead.EventTest, lead.EventUnmapped, 1, 1, 0, 0}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPausedIntegrationFetchesNothing(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindMeta, store.IntegrationSettings{})
	s.on("/v25.0/1", s.shows("1"))
	s.tell("1")
	enable := func(enabled bool) {
		s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.EditIntegration(t.Context(), s.hook.Workspace, s.hook.ID, func(i *store.Integration) error {
				i.Enabled = enabled
				return nil
			})
			return err
		}))
	}
	enable(false)
	s.run()
	s.leads(0, 1)
	if fed, err := s.Store.FeedFetches(t.Context(), s.clock.Now(), 10); len(fed) != 0 || err != nil {
		t.Errorf("the scheduler hands over %v, %v", fed, err)
	}
	enable(true)
	if fed, err := s.Store.FeedFetches(t.Context(), s.clock.Now(), 10); len(fed) != 1 || fed[0].ID != s.hook.ID || err != nil {
		t.Errorf("the scheduler hands over %v, %v", fed, err)
	}
	s.run()
	s.leads(1, 0)
}

func TestLinkedInLeadsAreFetched(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindLinkedIn, store.IntegrationSettings{})
	const lead1, form = "/rest/leadFormResponses/5a3c-9", "/rest/leadForms/44"
	s.on(lead1, gives(429, ""), gives(500, ""), func(w http.ResponseWriter, r *http.Request) {
		if h := r.Header; h.Get("LinkedIn-Version") != "202610" || h.Get("X-Restli-Protocol-Version") != "2.0.0" || h.Get("Authorization") != "Bearer t" {
			t.Errorf("asked with %v", h)
		}
		gives(200, linkedInAnswer)(w, r)
	})
	s.on("/rest/leadFormResponses/5a3c-10", gives(200, strings.Replace(linkedInAnswer, "5a3c-9", "5a3c-10", 1)))
	s.on(form, gives(503, ""), gives(200, linkedInFormBody))
	e := s.deliver(linkedInBody)
	for range 6 {
		s.run()
		s.clock.Advance(2 * time.Minute)
	}
	s.leads(1, 0)
	if got := s.outcome(e); got != lead.EventLead {
		t.Errorf("the delivery is %s", got)
	}
	s.deliver(strings.Replace(linkedInBody, "5a3c-9", "5a3c-10", 1))
	s.run()
	s.leads(2, 0)
	if n := s.times(form); n != 2 {
		t.Errorf("the form was asked for %d times", n)
	}
	s.on("/rest/leadFormResponses/5a3c-11", gives(401, "{}"))
	s.deliver(strings.Replace(linkedInBody, "5a3c-9", "5a3c-11", 1))
	s.run()
	s.health(lead.HealthTokenDead, 1)
}

// What LinkedIn takes back is deleted here, also where it says so before it says that the lead is there.
func TestOddInput14LinkedInTakesLeadsBack(t *testing.T) {
	t.Parallel()
	s := newStand(t, lead.KindLinkedIn, store.IntegrationSettings{})
	s.on("/rest/leadFormResponses/5a3c-9", gives(200, linkedInAnswer))
	s.on("/rest/leadForms/44", gives(200, linkedInFormBody))
	deleted := strings.Replace(linkedInBody, "CREATED", "DELETED", 1)
	if e := s.deliver(deleted); e.Outcome != lead.EventIgnored {
		t.Errorf("the withdrawal is %s", e.Outcome)
	}
	s.deliver(linkedInBody)
	s.run()
	s.leads(0, 0)

	s.on("/rest/leadFormResponses/5a3c-10", gives(200, strings.Replace(linkedInAnswer, "5a3c-9", "5a3c-10", 1)))
	s.deliver(strings.Replace(linkedInBody, "5a3c-9", "5a3c-10", 1))
	s.run()
	s.leads(1, 0)
	s.deliver(strings.Replace(deleted, "5a3c-9", "5a3c-10", 1))
	if n := s.count("leads WHERE deleted_at IS NOT NULL"); n != 1 {
		t.Error("the lead that was taken back is still here")
	}
	s.health(lead.HealthOK, 0)
}
