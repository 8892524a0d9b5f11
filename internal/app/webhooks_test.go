package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A receiver takes webhooks, or does not, as answer says: by the number of the request, from 1.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
	answer   func(n int, w http.ResponseWriter)
}

// received is a request that a receiver got.
type received struct {
	id, timestamp, signature string
	content                  string
	taken                    bool
}

func newReceiver(t *testing.T, answer func(n int, w http.ResponseWriter)) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(r.handle))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) handle(w http.ResponseWriter, q *http.Request) {
	content, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	recorder := httptest.NewRecorder()
	r.mu.Lock()
	n := len(r.requests) + 1
	r.requests = append(r.requests, received{
		id: q.Header.Get("Webhook-Id"), timestamp: q.Header.Get("Webhook-Timestamp"), signature: q.Header.Get("Webhook-Signature"), content: string(content),
	})
	r.mu.Unlock()
	r.answer(n, recorder)
	if recorder.Code < 300 {
		r.mu.Lock()
		r.requests[n-1].taken = true
		r.mu.Unlock()
	}
	for name, values := range recorder.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorder.Code)
}

func (r *receiver) got() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.requests...)
}

// hook has a receiver told of all events, and returns the webhook's path and secret.
func (s *scene) hook(r *receiver) (path, secret string) {
	s.t.Helper()
	var made struct{ ID, Secret string }
	status, err := s.post("/v1/webhooks", map[string]any{
		"url": r.URL + "/in", "events": []string{"lead.received", "lead.assigned", "lead.distribution_failed", "lead.updated"},
	}, &made)
	if err != nil || status != http.StatusCreated {
		s.t.Fatalf("making a webhook answers %d, %v", status, err)
	}
	return "/v1/webhooks/" + made.ID, made.Secret
}

// untilTold waits until nothing is owed to webhooks, and returns what they were told.
func (s *scene) untilTold(within time.Duration) (all []store.WebhookDelivery) {
	s.t.Helper()
	hooks, err := s.Store.Webhooks(s.t.Context(), s.workspace, store.Page{Limit: 1})
	s.must(err)
	testenv.Eventually(s.t, within, func() error {
		all, err = s.Store.WebhookDeliveries(s.t.Context(), s.workspace, hooks[0].ID, "", store.Page{Limit: 100_000})
		s.must(err)
		return noneOwed(all, func(d store.WebhookDelivery) (bool, int, string) {
			return d.State == store.DeliveryOwed, d.Attempts, d.Error
		})
	})
	return all
}

// TestWebhooksAreTold pushes a lead, and has the receiver be busy at first: the next attempt has the same id, another
// time, and a good signature.
func TestWebhooksAreTold(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 1)
	s.start(app.Roles()...)
	r := newReceiver(t, func(n int, w http.ResponseWriter) {
		if n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	_, secret := s.hook(r)
	verifier, err := standardwebhooks.NewWebhook(secret)
	s.must(err)
	if status, err := s.post("/v1/leads", map[string]any{"name": "Siti", "distribute": map[string]any{"group_id": s.group}}, nil); err != nil || status != 201 {
		t.Fatal(status, err)
	}
	s.untilCopies(1, 10*time.Second)
	all := s.untilTold(20 * time.Second)
	if len(all) != 2 {
		t.Errorf("%d deliveries, want lead.received and lead.assigned", len(all))
	}
	attempts := map[string]map[string]bool{}
	for _, got := range r.got() {
		header := http.Header{}
		header.Set("webhook-id", got.id)
		header.Set("webhook-timestamp", got.timestamp)
		header.Set("webhook-signature", got.signature)
		if err := verifier.Verify([]byte(got.content), header); err != nil {
			t.Errorf("%v: %+v", err, got)
		}
		if attempts[got.id] == nil {
			attempts[got.id] = map[string]bool{}
		}
		attempts[got.id][got.timestamp] = true
	}
	if len(attempts) != 2 || len(attempts[r.got()[0].id]) != 2 {
		t.Errorf("attempts by id and time are %v", attempts)
	}
}

// TestWebhookThatIsGone answers 410: it is disabled, what is owed to it is given up on, and enabled again it can be told
// what it missed.
func TestWebhookThatIsGone(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 1)
	s.start(app.Roles()...)
	gone := true
	r := newReceiver(t, func(_ int, w http.ResponseWriter) {
		if gone {
			w.WriteHeader(http.StatusGone)
		}
	})
	path, _ := s.hook(r)
	s.storeLeads(3)
	for _, d := range s.untilTold(15 * time.Second) {
		if d.State != store.DeliveryFailed || d.Error == "" {
			t.Errorf("a delivery is %s: %s", d.State, d.Error)
		}
	}
	hooks, err := s.Store.Webhooks(t.Context(), s.workspace, store.Page{Limit: 1})
	s.must(err)
	testenv.Eventually(t, 5*time.Second, func() error { // the first is given up on a moment before
		w, err := s.Store.Webhook(t.Context(), s.workspace, hooks[0].ID)
		if err == nil && (w.Enabled || w.DisabledFor == "") {
			err = fmt.Errorf("the webhook is enabled: %t, disabled for %q", w.Enabled, w.DisabledFor)
		}
		return err
	})
	gone = false
	s.must(s.Store.WithTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.EditWebhook(t.Context(), s.workspace, hooks[0].ID, func(w *store.Webhook) error { w.Enabled = true; return nil })
		return err
	}))
	if status, err := s.post(path+"/redeliver-failed", map[string]any{}, nil); err != nil || status != http.StatusAccepted {
		t.Fatal(status, err)
	}
	for _, d := range s.untilTold(15 * time.Second) {
		if d.State != store.DeliverySent {
			t.Errorf("a delivery is %s: %s", d.State, d.Error)
		}
	}
}

// TestWebhooksSurviveKilledWorkers kills workers in the middle of telling: everything that happened is told, under one id
// each, and nothing that did not.
func TestWebhooksSurviveKilledWorkers(t *testing.T) {
	t.Parallel()
	const leads = 300
	s := newScene(t, testenv.New(t), 3)
	reached, killed := make(chan struct{}), make(chan struct{})
	r := newReceiver(t, func(n int, w http.ResponseWriter) {
		switch n {
		case 100, 200:
			reached <- struct{}{}
			<-killed
		case 50, 150, 250:
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	s.start(app.RoleScheduler, app.RoleAPI)
	worker := s.startProcess("worker")
	s.hook(r)
	s.assign(s.storeLeads(leads))
	for range 2 {
		<-reached
		kill(worker)
		killed <- struct{}{}
		s.DB.MustExec(`UPDATE webhook_deliveries SET send_at = now() WHERE state = 'owed'`) // the lease of what it had in hand
		s.DB.MustExec(`UPDATE webhooks SET fed_until = NULL`)
		worker = s.startProcess("worker")
	}
	s.untilCopies(leads, 30*time.Second)
	s.untilIdle(10 * time.Second)
	all := s.untilTold(40 * time.Second)
	taken := map[string]bool{}
	for _, got := range r.got() {
		if got.taken {
			taken[got.id] = true
		}
	}
	ids := map[uuid.UUID]bool{}
	for _, d := range all {
		ids[d.ID] = true
		if d.State != store.DeliverySent || !taken["msg_"+d.ID.String()] {
			t.Errorf("%s is %s and the receiver has it: %t", d.ID, d.State, taken["msg_"+d.ID.String()])
		}
	}
	if len(ids) != 2*leads || len(taken) != 2*leads {
		t.Errorf("%d deliveries, %d ids taken, want %d: each lead received and assigned", len(ids), len(taken), 2*leads)
	}
	s.even(leads / 3)
}
