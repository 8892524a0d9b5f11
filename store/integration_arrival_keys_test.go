package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// arrival is one that came to an integration under a key: a lead of each name, or none where there are no names.
func (w *world) arrival(integration uuid.UUID, key, body string, names ...string) store.Arrival {
	a := store.Arrival{Event: &store.Event{
		ID: newID(), IntegrationID: integration, ReceivedAt: w.Store.Now(), Body: []byte(body), Outcome: lead.EventUnmapped,
	}}
	if key != "" {
		a.Key = &store.ArrivalKey{Hash: []byte(key), Request: []byte(body), For: time.Hour}
	}
	for i, name := range names {
		a.Leads = append(a.Leads, store.NewLead{Name: name, Channel: "webhook", Origin: store.IntegrationOrigin(integration), ExternalID: name})
		a.Places = append(a.Places, i)
	}
	return a
}

func (w *world) arrive(arrivals ...store.Arrival) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.AddArrivals(ctx, w.workspace, lead.QueueFresh, arrivals)
		return err
	})
}

func (w *world) event(a store.Arrival) store.Event {
	w.t.Helper()
	e, err := w.Store.Event(w.t.Context(), w.workspace, a.Event.IntegrationID, a.Event.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// TestAnArrivalThatComesAgain is a duplicate with the leads of the first: in the same transaction, later, and until its
// key has ended. The same key at another integration is another.
func TestAnArrivalThatComesAgain(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	shop, fair := w.integration("shop"), w.integration("fair")
	first, together := w.arrival(shop, "k", "body", "Ada"), w.arrival(shop, "k", "body", "Ada again")
	w.arrive(first, together)
	later, elsewhere, other := w.arrival(shop, "k", "body", "Ada 3"), w.arrival(fair, "k", "body", "Bea"), w.arrival(shop, "k", "another", "Cyd")
	c.Advance(time.Hour - time.Second)
	w.arrive(later, elsewhere)
	w.arrive(other)
	c.Advance(time.Second)
	ended := w.arrival(shop, "k", "body", "Dee")
	w.arrive(ended)
	made := w.event(first).LeadIDs
	for name, a := range map[string]struct {
		store.Arrival
		outcome lead.EventOutcome
	}{
		"the first": {first, lead.EventLead}, "together with it": {together, lead.EventDuplicate}, "later": {later, lead.EventDuplicate},
		"at another integration": {elsewhere, lead.EventLead}, "with another body": {other, lead.EventRefused}, "when the key has ended": {ended, lead.EventLead},
	} {
		e := w.event(a.Arrival)
		equal(t, name, e.Outcome, a.outcome)
		switch {
		case a.outcome == lead.EventDuplicate && (len(e.LeadIDs) != 1 || e.LeadIDs[0] != made[0] || a.Key.First.ID != first.Event.ID):
			t.Errorf("%s: its leads are %v, want %v", name, e.LeadIDs, made)
		case a.outcome == lead.EventRefused && (e.Detail != store.OtherRequest || len(e.LeadIDs) > 0):
			t.Errorf("%s: %+v", name, e)
		}
	}
	equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 3)
	n, err := w.Store.DeleteOldArrivalKeys(t.Context(), c.Now())
	if err != nil || n != 0 {
		t.Errorf("deleted %d keys that hold, %v", n, err)
	}
	if n, err = w.Store.DeleteOldArrivalKeys(t.Context(), c.Now().Add(time.Hour)); err != nil || n != 2 {
		t.Errorf("deleted %d keys that have ended, %v", n, err)
	}
}

// TestArrivalsThatComeAtOnce has the same ones come in from many sides, in different orders: none waits for ever, and each
// is stored once. One whose transaction is undone has left its key to the next.
func TestArrivalsThatComeAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.integration("shop")
	undone := errors.New("undone")
	if err := w.tx(func(ctx context.Context, t *store.Tx) error {
		_, err := t.AddArrivals(ctx, w.workspace, lead.QueueFresh, []store.Arrival{w.arrival(shop, "a", "a", "nobody")})
		return errors.Join(err, undone)
	}); !errors.Is(err, undone) {
		t.Fatal(err)
	}
	var coming sync.WaitGroup
	for i := range 8 {
		coming.Go(func() {
			keys := strings.Split("a b c d", " ")
			var all []store.Arrival
			for n := range keys {
				k := keys[(n*(1+2*(i%2))+i)%len(keys)]
				all = append(all, w.arrival(shop, k, k, k))
			}
			if err := w.tx(func(ctx context.Context, t *store.Tx) error {
				_, err := t.AddArrivals(ctx, w.workspace, lead.QueueFresh, all)
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	coming.Wait()
	equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 4)
	equal(t, "that made them", w.count(`SELECT count(*) FROM integration_events WHERE outcome = 'lead' AND made = 1`), 4)
	equal(t, "that came again", w.count(`SELECT count(*) FROM integration_events WHERE outcome = 'duplicate' AND made = 0 AND cardinality(lead_ids) = 1`), 28)
}
