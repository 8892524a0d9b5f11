package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestWhatWasTriedAndWhatWasNot records answers to some of what was claimed, gives the others back, and hears late from
// a worker who was given up on.
func TestWhatWasTriedAndWhatWasNot(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	hook, other := w.webhook(lead.WebhookReceived), w.webhook(lead.WebhookReceived)
	w.add(4, store.Distribution{})
	_, owed := w.claim(hook, 10)
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(w.Store.DeliveriesSent(t.Context(), w.workspace, hook, []uuid.UUID{owed[0].ID, owed[1].ID}, []int{200, 204}))
	do(w.Store.DeliveriesSent(t.Context(), w.workspace, hook, nil, nil))
	do(w.Store.DeliveriesUntried(t.Context(), w.workspace, hook, []uuid.UUID{owed[2].ID, owed[1].ID}, []int{1, 1}))
	do(w.Store.DeliveriesUntried(t.Context(), w.workspace, hook, []uuid.UUID{owed[3].ID}, []int{7})) // by a worker who has it no more
	state := func(i int) store.WebhookDelivery {
		t.Helper()
		d, err := w.Store.WebhookDelivery(t.Context(), w.workspace, hook, owed[i].ID)
		do(err)
		return d
	}
	if d := state(1); d.State != store.DeliverySent || *d.Status != 204 || d.Attempts != 1 || d.SentAt == nil {
		t.Errorf("sent: %+v", d)
	}
	if d := state(2); d.State != store.DeliveryOwed || d.Attempts != 0 || !d.SendAt.Equal(c.Now()) {
		t.Errorf("not tried: %+v", d)
	}
	if d := state(3); d.Attempts != 1 || !d.SendAt.After(c.Now()) {
		t.Errorf("in another's hand: %+v", d)
	}
	_, again := w.claim(hook, 10)
	if len(again) != 1 || again[0].ID != owed[2].ID {
		t.Errorf("claimed again %+v", again)
	}
	do(w.Store.DeliveryLater(t.Context(), w.workspace, again[0], store.Refusal{Status: 500, Said: "no"}, time.Time{}))
	equal(t, "given up on", state(2).State, store.DeliveryFailed)
	redeliver := func(webhook uuid.UUID, i int) error {
		return w.tx(func(ctx context.Context, t *store.Tx) error {
			return t.Redeliver(ctx, w.workspace, webhook, owed[i].ID)
		})
	}
	do(redeliver(hook, 0))
	do(redeliver(hook, 2))
	if err := redeliver(newID(), 0); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of a webhook that there is not: %v", err)
	}
	_, again = w.claim(hook, 10)
	equal(t, "claimed when asked for", len(again), 2)
	for _, d := range again {
		if d.Attempts != 1 || d.Refusals != 0 {
			t.Errorf("it does not begin anew: %+v", d)
		}
	}
	_, others := w.claim(other, 10)
	equal(t, "another webhook's", len(others), 4)
}

// TestAWebhookIsHeld for as long as the longest that was asked for, and asked at once when somebody wants that.
func TestAWebhookIsHeld(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	hook := w.webhook(lead.WebhookReceived)
	w.add(2, store.Distribution{})
	for _, d := range []time.Duration{time.Minute, time.Second} {
		if err := w.Store.HoldWebhook(t.Context(), w.workspace, hook, c.Now().Add(d)); err != nil {
			t.Fatal(err)
		}
	}
	c.Advance(30 * time.Second)
	_, owed := w.claim(hook, 10)
	equal(t, "claimed while it is held", len(owed), 0)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.RedeliverFailed(ctx, w.workspace, hook, time.Time{})
		return err
	})
	_, owed = w.claim(hook, 10)
	equal(t, "claimed when somebody asks", len(owed), 2)
	if _, err := w.Store.WebhookSetBack(t.Context(), w.workspace, hook, c.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.WebhookTook(t.Context(), w.workspace, hook); err != nil {
		t.Fatal(err)
	}
	h, err := w.Store.Webhook(t.Context(), w.workspace, hook)
	if err != nil || h.Setbacks != 0 || h.FailingSince != nil {
		t.Errorf("when it took one: %+v, %v", h, err)
	}
}

// TestADeletedWebhook is told of nothing, has no secret any more, and is on no list.
func TestADeletedWebhook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stays, goes := w.webhook(), w.webhook()
	w.DB.MustExec(`UPDATE webhooks SET sealed = 'sealed'`)
	w.add(1, store.Distribution{})
	for _, want := range []error{nil, store.ErrNotFound} {
		if err := w.Store.DeleteWebhook(t.Context(), w.workspace, goes); !errors.Is(err, want) {
			t.Errorf("deleting it: %v, want %v", err, want)
		}
	}
	if err := w.Store.DeleteWebhook(t.Context(), newID(), stays); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("from another workspace: %v", err)
	}
	_, owed := w.claim(goes, 10)
	equal(t, "claimed", len(owed), 0)
	w.add(1, store.Distribution{})
	equal(t, "told since", len(w.told(goes)), 1)
	equal(t, "the other", len(w.told(stays)), 2)
	due, err := w.Store.FeedWebhooks(t.Context(), 10)
	if err != nil || len(due) != 1 || due[0].ID != stays {
		t.Errorf("fed %+v, %v", due, err)
	}
	all, err := w.Store.Webhooks(t.Context(), w.workspace, store.Page{Limit: 10})
	if err != nil || len(all) != 1 || all[0].ID != stays {
		t.Errorf("listed %+v, %v", all, err)
	}
	equal(t, "secrets", w.count(`SELECT count(*) FROM webhooks WHERE sealed IS NOT NULL`), 1)
}

// TestWhatIsAskedForGoesFirst tries a webhook that takes nothing and is sent one delivery at a time: first the test that somebody asks for,
// then the delivery that they ask for, and then what was owed before.
func TestWhatIsAskedForGoesFirst(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	hook := w.webhook(lead.WebhookReceived)
	w.add(3, store.Distribution{})
	owed := w.deliveriesOf(hook, lead.WebhookReceived)
	refuse := func() {
		t.Helper()
		if _, err := w.Store.WebhookSetBack(t.Context(), w.workspace, hook, c.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	first := func(what string, id uuid.UUID) {
		t.Helper()
		_, claimed := w.claim(hook, 10)
		if len(claimed) != 1 || claimed[0].ID != id {
			t.Fatalf("%s: claimed %+v; want %s alone", what, claimed, id)
		}
		if err := w.Store.DeliveryLater(t.Context(), w.workspace, claimed[0], store.Refusal{Status: 500, Said: "no"}, c.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		refuse()
	}
	refuse()
	var test store.WebhookDelivery
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		test, err = tx.TryWebhook(ctx, w.workspace, hook)
		return err
	})
	first("a test", test.ID)
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.Redeliver(ctx, w.workspace, hook, owed[2].ID) })
	first("one that is sent again", owed[2].ID)
	c.Advance(time.Hour)
	first("what was owed before", owed[0].ID)
}
