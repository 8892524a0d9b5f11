package worker

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// hook has a receiver told of leads that come in.
func (s *shift) hook(r *receiver) uuid.UUID {
	s.t.Helper()
	id := uuid.Must(uuid.NewV7())
	s.secrets = webhooks.NewSecrets()
	sealed, err := s.secrets.Seal(s.box, id)
	s.must(err)
	_, err = s.Store.CreateWebhook(s.t.Context(), s.workspace, store.Webhook{
		ID: id, URL: r.URL + "/in", Events: []lead.WebhookEvent{lead.WebhookReceived}, Enabled: true, Sealed: sealed,
	})
	s.must(err)
	return id
}

// tellHook hands a webhook over and waits until it has been told what was due.
func (s *shift) tellHook(hook uuid.UUID) {
	s.t.Helper()
	s.DB.MustExec(`UPDATE webhooks SET fed_until = $1`, s.clock.Now().Add(time.Hour)) // as the scheduler does
	s.handOver(hook)
	s.untilCount(0, `SELECT count(*) FROM webhooks WHERE webhook_id = $1 AND fed_until IS NOT NULL`, hook)
}

func (s *shift) handOver(hook uuid.UUID) {
	s.t.Helper()
	s.must(s.queue.Webhook(s.t.Context(), tasks.Webhook{Workspace: s.workspace, Webhook: hook}))
}

// TestAWebhookIsKeptInHand for as long as it is told, however slow it is: else the scheduler would hand it to another.
func TestAWebhookIsKeptInHand(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	release := make(chan struct{})
	hook := s.hook(newReceiver(t, func(int, http.ResponseWriter, *http.Request) { <-release }))
	s.add(1, time.Time{})
	s.start()
	s.handOver(hook)
	s.untilCount(1, `SELECT count(*) FROM webhooks WHERE webhook_id = $1 AND fed_until > $2`, hook, s.clock.Now())
	close(release)
	s.untilCount(1, `SELECT count(*) FROM webhooks WHERE webhook_id = $1 AND fed_until IS NULL`, hook)
}

// delivery is the only one to a webhook.
func (s *shift) delivery(hook uuid.UUID) store.WebhookDelivery {
	s.t.Helper()
	all := s.deliveries(hook)
	if len(all) != 1 {
		s.t.Fatalf("%d deliveries", len(all))
	}
	return all[0]
}

func (s *shift) deliveries(hook uuid.UUID) []store.WebhookDelivery {
	s.t.Helper()
	all, err := s.Store.WebhookDeliveries(s.t.Context(), s.workspace, hook, "", store.Page{Limit: 1000})
	s.must(err)
	return all
}

func (s *shift) hooked(hook uuid.UUID) (store.Webhook, time.Time) {
	s.t.Helper()
	w, err := s.Store.Webhook(s.t.Context(), s.workspace, hook)
	s.must(err)
	var held time.Time
	s.must(s.DB.Get(&held, `SELECT coalesce(held_until, $2) FROM webhooks WHERE webhook_id = $1`, hook, s.clock.Now()))
	return w, held
}

func (s *shift) delivered(n float64, outcome string) {
	s.t.Helper()
	s.counts(n, s.options.Metrics.WebhookDeliveries.WithLabelValues(outcome), outcome)
}

// TestWebhooksAreToldAll owes a webhook more than a worker takes in hand at once: one goes ahead, then a few at a time.
func TestWebhooksAreToldAll(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	r := newReceiver(t, func(int, http.ResponseWriter, *http.Request) { <-time.After(5 * time.Millisecond) }) // so that they overlap
	hook := s.hook(r)
	s.add(2*claimAtOnce+50, time.Time{})
	s.start()
	s.tellHook(hook)
	s.until(func() error { return r.took(2*claimAtOnce + 50) })
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.most > sendAtOnce {
		t.Errorf("%d at the same time", r.most)
	}
	s.untilCount(2*claimAtOnce+50, `SELECT count(*) FROM webhook_deliveries WHERE state = 'sent' AND status = 204 AND attempts = 1`)
	s.delivered(2*claimAtOnce+50, "sent")
	verifier, err := standardwebhooks.NewWebhook(s.secrets.Current)
	s.must(err)
	if err := verifier.Verify(r.body, r.header); err != nil {
		t.Errorf("the last delivery's signature: %v", err)
	}
}

// TestWebhooksThatRefuse answers in the ways that say more than no.
func TestWebhooksThatRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer       func(w http.ResponseWriter)
		state        store.DeliveryState
		enabled      bool
		again, peace time.Duration // until it is tried again, and until the webhook is told anything
	}{
		"500":           {func(w http.ResponseWriter) { w.WriteHeader(500) }, store.DeliveryOwed, true, deliverAfter[0], holdFor[0]},
		"410":           {func(w http.ResponseWriter) { w.WriteHeader(410) }, store.DeliveryFailed, false, 0, 0},
		"429 in 100 s":  {retryIn("100", 429), store.DeliveryOwed, true, 100 * time.Second, 100 * time.Second},
		"503 in 1 s":    {retryIn("1", 503), store.DeliveryOwed, true, deliverAfter[0], holdFor[0]},
		"429 in a week": {retryIn("604800", 429), store.DeliveryOwed, true, time.Hour, time.Hour},
		"a redirect":    {func(w http.ResponseWriter) { w.Header().Set("Location", "/"); w.WriteHeader(307) }, store.DeliveryOwed, true, deliverAfter[0], holdFor[0]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShift(t)
			r := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) { c.answer(w) })
			hook := s.hook(r)
			s.add(1, time.Time{})
			s.start()
			s.tellHook(hook)
			s.tellHook(hook) // too early
			d, now := s.delivery(hook), s.clock.Now()
			w, held := s.hooked(hook)
			if d.State != c.state || w.Enabled != c.enabled || (w.DisabledFor == "") != c.enabled || r.times() != 1 {
				t.Errorf("the delivery is %s: %q; enabled: %t, for %q; asked %d times", d.State, d.Error, w.Enabled, w.DisabledFor, r.times())
			}
			if again := d.SendAt.Sub(now); c.enabled && (again < c.again || again > c.again+c.again/10) {
				t.Errorf("it is tried again in %s, want %s and up to a tenth more", again, c.again)
			}
			if peace := held.Sub(now); peace != c.peace {
				t.Errorf("the webhook is left in peace for %s, want %s", peace, c.peace)
			}
		})
	}
}

func retryIn(seconds string, code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.Header().Set("Retry-After", seconds); w.WriteHeader(code) }
}

// TestADeliveryIsGivenUpOnAfterADay refuses one delivery whenever it comes, and takes what comes between.
func TestADeliveryIsGivenUpOnAfterADay(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	r := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	hook := s.hook(r)
	s.add(1, time.Time{})
	s.start()
	began, peace := s.clock.Now(), []time.Duration{}
	for s.tellHook(hook); s.delivery(hook).State == store.DeliveryOwed; s.tellHook(hook) {
		d := s.delivery(hook)
		_, held := s.hooked(hook)
		peace = append(peace, held.Sub(s.clock.Now()))
		if held.After(d.SendAt) {
			d.SendAt = held
		}
		s.clock.Set(d.SendAt)
	}
	if d := s.delivery(hook); d.Refusals != 10 || d.Attempts != 10 || d.Status == nil || *d.Status != http.StatusTeapot {
		t.Errorf("given up on after %d refusals of %d attempts: %s", d.Refusals, d.Attempts, d.Error)
	}
	if took := s.clock.Now().Sub(began); took < 24*time.Hour || took > 27*time.Hour {
		t.Errorf("it was tried for %s", took)
	}
	for i, got := range peace {
		if want := holdFor[min(i, len(holdFor)-1)]; got != want {
			t.Errorf("after %d refusals the webhook was left in peace for %s, want %s", i+1, got, want)
		}
	}
	s.delivered(9, "retried")
	s.delivered(1, "failed")
	if w, _ := s.hooked(hook); !w.Enabled {
		t.Error("it was disabled within a day")
	}
	// What has failed for three days is disabled; what takes one in between is not.
	s.add(1, time.Time{})
	s.clock.Advance(disableAfter)
	s.tellHook(hook)
	if w, _ := s.hooked(hook); w.Enabled || w.DisabledFor == "" {
		t.Errorf("it has taken nothing for days and is enabled: %t", w.Enabled)
	}
}

// TestAWebhookThatTakesSomeIsWell refuses one of several, and is told the others; then it has recovered.
func TestAWebhookThatTakesSomeIsWell(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	r := newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 || n == 5 {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	hook := s.hook(r)
	s.add(20, time.Time{})
	s.start()
	s.tellHook(hook) // which shows that it takes none
	if w, _ := s.hooked(hook); w.Setbacks != 1 || w.FailingSince == nil || r.times() != 1 {
		t.Errorf("after a refusal: %+v, asked %d times", w, r.times())
	}
	s.clock.Advance(time.Minute)
	s.tellHook(hook) // the first of these may be the fifth, and all others are taken
	s.clock.Advance(10 * time.Minute)
	s.tellHook(hook)
	s.must(r.took(20))
	if w, held := s.hooked(hook); w.Setbacks != 0 || w.FailingSince != nil || held.After(s.clock.Now()) {
		t.Errorf("when all is taken: %+v, held until %s", w, held)
	}
}

// TestASlowWebhookHoldsUpNoOther has more webhooks answer slowly than a server has places: another one is told at once.
// When the worker stops, what was under way is broken off, and owed as if it had not been tried.
func TestASlowWebhookHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	reached := make(chan struct{}, 1000)
	slow := newReceiver(t, func(_ int, _ http.ResponseWriter, r *http.Request) { reached <- struct{}{}; <-r.Context().Done() })
	quick := newReceiver(t, nil)
	const many = 140
	var hooks []uuid.UUID
	for range many {
		hooks = append(hooks, s.hook(slow))
	}
	last := s.hook(quick)
	s.add(1, time.Time{})
	s.start()
	for _, h := range hooks {
		s.handOver(h)
	}
	s.handOver(last)
	for range many {
		<-reached
	}
	s.until(func() error { return quick.took(1) })
	s.none(tasks.QueueWebhook)
	s.stop()
	if n := s.Count(t, `SELECT count(*) FROM webhook_deliveries WHERE state = 'owed' AND attempts = 0 AND refusals = 0 AND send_at <= $1`, s.clock.Now()); n != many {
		t.Errorf("%d deliveries are owed as before, want %d", n, many)
	}
	s.delivered(0, "retried")
}

// TestAFullLane has no room for another webhook of a host that is slow: what was under way is broken off, costs nothing,
// and is tried again soon. One of another host finds room.
func TestAFullLane(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	reachedOther := make(chan struct{}, 10)
	crowded := newReceiver(t, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	other := newReceiver(t, func(_ int, _ http.ResponseWriter, r *http.Request) { reachedOther <- struct{}{}; <-r.Context().Done() })
	hook, elsewhere := s.hook(crowded), s.hook(other)
	s.add(1, time.Time{})
	s.start()
	host := crowded.Listener.Addr().String()
	for range slowOfHost {
		if !s.worker.webhooks.enter(host) || !s.worker.webhooks.enter("") { // it is not known whose a webhook is that is not claimed yet
			t.Fatal("there is no room")
		}
	}
	s.until(func() error {
		s.tellHook(hook)
		if _, held := s.hooked(hook); !held.After(s.clock.Now()) {
			return errors.New("it is not held") // it was broken off before it was sent anything
		}
		return nil
	})
	if d := s.delivery(hook); d.State != store.DeliveryOwed || d.Attempts != 0 || d.Refusals != 0 {
		t.Errorf("the delivery is %+v", d)
	}
	if w, held := s.hooked(hook); w.Setbacks != 0 || held.Sub(s.clock.Now()) != crowdedFor {
		t.Errorf("the webhook is held until %s with %d setbacks", held, w.Setbacks)
	}
	for range slowOfHost {
		s.worker.webhooks.leave("")
	}
	s.handOver(elsewhere)
	select {
	case <-reachedOther:
	case <-time.After(within):
		t.Error("a webhook of another host found no room")
	}
	s.drain(tasks.QueueWebhook)
	for range slowOfHost {
		s.worker.webhooks.leave(host)
	}
	if !s.worker.webhooks.enter(host) {
		t.Error("there is no room when all have left")
	}
	s.worker.webhooks.leave(host)
}

// TestALaneIsBounded in all and by host, and leaves nothing behind.
func TestALaneIsBounded(t *testing.T) {
	t.Parallel()
	l := newLane()
	entered := 0
	for i := range 10 {
		for range slowOfHost + 1 {
			if l.enter(fmt.Sprint("host ", i)) {
				entered++
			}
		}
	}
	if entered != slowAtOnce || l.hosts["host 0"] != slowOfHost || l.hosts["host 9"] != 0 {
		t.Errorf("%d have entered: %v", entered, l.hosts)
	}
	for i := range slowAtOnce / slowOfHost {
		for range slowOfHost {
			l.leave(fmt.Sprint("host ", i))
		}
	}
	if l.slow != 0 || len(l.hosts) != 0 {
		t.Errorf("when all have left there are %d, of %v", l.slow, l.hosts)
	}
	l.close()
}

// A brokenBox does not open, or panics.
type brokenBox struct {
	webhooks.Box
	panics bool
}

func (b brokenBox) Open([]byte, string) ([]byte, error) {
	if b.panics {
		panic("no key")
	}
	return nil, errors.New("sealed with another key")
}

// TestAWebhookWhoseSecretCannotBeOpened is sent nothing that is not signed. It is tried again, as the key may come back.
func TestAWebhookWhoseSecretCannotBeOpened(t *testing.T) {
	t.Parallel()
	for _, panics := range []bool{false, true} {
		t.Run(fmt.Sprint("panics: ", panics), func(t *testing.T) {
			t.Parallel()
			s := newShift(t)
			r := newReceiver(t, nil)
			hook := s.hook(r)
			s.add(1, time.Time{})
			s.options.Box = brokenBox{s.box, panics}
			s.start()
			s.handOver(hook)
			s.untilCount(1, `SELECT attempts FROM webhook_deliveries`)
			s.drain(tasks.QueueWebhook)
			d := s.delivery(hook)
			if r.times() != 0 || d.State != store.DeliveryOwed || !d.SendAt.After(s.clock.Now()) || d.Attempts != 1 {
				t.Errorf("asked %d times, the delivery is %+v", r.times(), d)
			}
			if info, err := s.inspector.GetQueueInfo(tasks.QueueWebhook); err != nil || info.Archived != 0 {
				t.Errorf("%d tasks are given up on, %v", info.Archived, err)
			}
		})
	}
}
