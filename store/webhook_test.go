package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// webhook makes a webhook that is told of events, all unless any are given.
func (w *world) webhook(events ...lead.WebhookEvent) uuid.UUID {
	w.t.Helper()
	if events == nil {
		events = lead.WebhookEvents()
	}
	made, err := w.Store.CreateWebhook(w.t.Context(), w.workspace, store.Webhook{ID: newID(), URL: "https://example.com/", Events: events, Enabled: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return made.ID
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// told lists what a webhook was told or is to be, oldest first, as "event changed".
func (w *world) told(webhook uuid.UUID) (all []string) {
	w.t.Helper()
	found, err := w.Store.WebhookDeliveries(w.t.Context(), w.workspace, webhook, "", store.Page{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortStableFunc(found, func(a, b store.WebhookDelivery) int { return a.HappenedAt.Compare(b.HappenedAt) })
	for _, d := range found {
		all = append(all, strings.TrimSpace(string(d.Event)+" "+strings.Join(d.Changed, ",")))
	}
	return all
}

func (w *world) claim(webhook uuid.UUID, limit int) (hook store.Webhook, all []store.WebhookDelivery) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		hook, all, err = tx.ClaimDeliveries(ctx, w.workspace, webhook, limit)
		return err
	})
	return hook, all
}

// TestWebhooksAreOwedWhatHappens has everything happen to a lead, and a transaction that fails in the end.
func TestWebhooksAreOwedWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all, assigned := w.webhook(), w.webhook(lead.WebhookAssigned)
	g := w.group("A B")
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	_, batches = w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.setActive('A', false)
	w.run(batches...)
	edit := func(change func(*store.Lead)) {
		w.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.EditLead(ctx, w.workspace, ids[0], func(l *store.Lead) error { change(l); return nil })
			return err
		})
	}
	edit(func(l *store.Lead) { l.Name, l.Fields = "Siti", json.RawMessage(`{"b":1,"a":2}`) })
	edit(func(l *store.Lead) { l.Fields = json.RawMessage(`{"a" : 2, "b": 1}`) }) // the same
	copies, err := w.Store.AssignedLeads(t.Context(), w.workspace, store.AssignedLeadFilter{}, store.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditAssignedLead(ctx, w.workspace, store.Actor{}, copies[0].ID, func(a *store.AssignedLead) error {
			a.Status, a.Notes = "won", "at last"
			return nil
		})
		return err
	})
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, ids[0]) })
	undone := errors.New("undone")
	if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{{Name: "N", Channel: "api", Origin: "api"}}); err != nil {
			return err
		}
		return undone
	}); !errors.Is(err, undone) {
		t.Fatal(err)
	}
	equal(t, "what the webhook of all events is owed", w.told(all), []string{
		"lead.received", "lead.assigned", "lead.received", "lead.distribution_failed", "lead.updated fields,name", "lead.updated status,notes",
		"lead.deleted", "lead.updated deleted_at",
	})
	equal(t, "what the webhook of assignments is owed", w.told(assigned), []string{"lead.assigned"})
	w.exact()
}

// TestWebhooksAreToldWhatThereIs reads the contents of deliveries.
func TestWebhooksAreToldWhatThereIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hook := w.webhook()
	g := w.group("A")
	_, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	w.setActive('A', false)
	_, batches = w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	_, owed := w.claim(hook, 10)
	ids := make([]uuid.UUID, len(owed))
	for i, d := range owed {
		ids[i] = d.ID
	}
	contents, err := w.Store.WebhookContents(t.Context(), w.workspace, hook, ids)
	if err != nil || len(contents) != 4 {
		t.Fatalf("%d contents, %v", len(contents), err)
	}
	for _, d := range owed {
		c := contents[d.ID]
		got := fmt.Sprintf("%s %t %t %t %s %s", c.Name, c.MemberID != nil && *c.MemberID == w.members['A'], c.GroupID != nil, c.AssignedAt != nil, c.Status, string(c.Reason))
		want := map[lead.WebhookEvent]string{
			lead.WebhookReceived: "lead 0 false false false  ", lead.WebhookAssigned: "lead 0 true true true new ",
			lead.WebhookFailed: "lead 0 true false false  member_inactive",
		}[d.Event]
		equal(t, string(d.Event), got, want)
	}
}

// TestDeliveriesAreClaimedOnce has many claim at once, and one die with what it claimed.
func TestDeliveriesAreClaimedOnce(t *testing.T) {
	t.Parallel()
	c := newClock("2026-11-27T08:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	hook := w.webhook(lead.WebhookReceived)
	const n = 60
	w.add(n, store.Distribution{})
	claimed := make(chan store.WebhookDelivery, 2*n)
	var claiming sync.WaitGroup
	for range 6 {
		claiming.Go(func() {
			for {
				var all []store.WebhookDelivery
				if err := w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
					_, all, err = tx.ClaimDeliveries(ctx, w.workspace, hook, 7)
					return err
				}); err != nil {
					t.Error(err)
				}
				if len(all) == 0 {
					return
				}
				for _, d := range all {
					claimed <- d
				}
			}
		})
	}
	claiming.Wait()
	close(claimed)
	seen := map[uuid.UUID]bool{}
	var last store.WebhookDelivery
	for d := range claimed {
		if seen[d.ID] {
			t.Errorf("%s was claimed twice", d.ID)
		}
		seen[d.ID], last = true, d
	}
	equal(t, "claimed", len(seen), n)
	c.Advance(2 * time.Minute)
	_, again := w.claim(hook, 100)
	equal(t, "claimed once more after their workers died", len(again), n)
	// Who lost a delivery to another cannot put it off; that it was taken counts all the same.
	if err := w.Store.DeliveryLater(t.Context(), w.workspace, last, store.Refusal{Said: "late"}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	d, err := w.Store.WebhookDelivery(t.Context(), w.workspace, hook, last.ID)
	if err != nil || d.State != store.DeliveryOwed || d.Error != "" {
		t.Errorf("after another's word: %+v, %v", d, err)
	}
}

// TestWebhookThatTakesNothing is left in peace, asked with one delivery, and disabled; enabled again it gets what it
// missed when somebody asks for that.
func TestWebhookThatTakesNothing(t *testing.T) {
	t.Parallel()
	c := newClock("2026-11-27T08:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	hook := w.webhook(lead.WebhookReceived)
	fed := func() int {
		t.Helper()
		due, err := w.Store.FeedWebhooks(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(due)
	}
	equal(t, "fed with nothing owed", fed(), 0)
	w.add(5, store.Distribution{})
	equal(t, "fed", fed(), 1)
	equal(t, "fed while a worker has it", fed(), 0)
	c.Advance(store.TellFor - time.Second)
	if err := w.Store.KeepTelling(t.Context(), w.workspace, hook); err != nil {
		t.Fatal(err)
	}
	c.Advance(store.TellFor - time.Second)
	equal(t, "fed while that keeps it", fed(), 0)
	c.Advance(2 * time.Second)
	equal(t, "fed when that has died", fed(), 1)
	_, owed := w.claim(hook, 3)
	equal(t, "claimed", len(owed), 3)
	for _, d := range owed {
		if err := w.Store.DeliveryLater(t.Context(), w.workspace, d, store.Refusal{Status: 500, Said: "it answered 500"}, c.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	since, err := w.Store.WebhookSetBack(t.Context(), w.workspace, hook, c.Now().Add(time.Minute))
	if err != nil || !since.Equal(w.Store.Now()) {
		t.Fatalf("failing since %s, %v", since, err)
	}
	if err := w.Store.DoneTelling(t.Context(), w.workspace, hook); err != nil {
		t.Fatal(err)
	}
	equal(t, "fed while it is left in peace", fed(), 0)
	_, owed = w.claim(hook, 3)
	equal(t, "claimed while it is left in peace", len(owed), 0)
	c.Advance(time.Minute)
	equal(t, "fed after that", fed(), 1)
	_, owed = w.claim(hook, 3)
	equal(t, "claimed to see whether it takes one", len(owed), 1)

	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.DisableWebhook(ctx, w.workspace, hook, "gone")
	})
	w.add(2, store.Distribution{}) // of which it never learns
	equal(t, "is told", len(w.told(hook)), 5)
	h, err := w.Store.WebhookHealth(t.Context())
	if err != nil || h.Disabled != 1 || h.Owed != 0 || h.Late != nil || h.Failing != nil {
		t.Errorf("health %+v, %v", h, err)
	}
	enabled, err := w.enable(hook, true)
	if err != nil || enabled.DisabledFor != "" || enabled.FailingSince != nil || enabled.Setbacks != 0 {
		t.Errorf("enabled again it is %+v, %v", enabled, err)
	}
	_, owed = w.claim(hook, 10)
	equal(t, "claimed of what was given up on", len(owed), 0)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.RedeliverFailed(ctx, w.workspace, hook, time.Time{})
		equal(t, "owed anew", n, 5)
		return err
	})
	_, owed = w.claim(hook, 10)
	equal(t, "claimed then", len(owed), 5)
}

func (w *world) enable(hook uuid.UUID, enabled bool) (made store.Webhook, err error) {
	return made, w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		made, err = tx.EditWebhook(ctx, w.workspace, hook, func(h *store.Webhook) error { h.Enabled = enabled; return nil })
		return err
	})
}

// TestOldDeliveriesAreDeleted keeps what is young.
func TestOldDeliveriesAreDeleted(t *testing.T) {
	t.Parallel()
	c := newClock("2026-11-27T08:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	hook := w.webhook(lead.WebhookReceived)
	w.add(5, store.Distribution{})
	c.Advance(time.Hour)
	w.add(3, store.Distribution{})
	for _, want := range []int64{4, 1, 0} {
		n, err := w.Store.DeleteOldDeliveries(t.Context(), c.Now().Add(-time.Minute), 4)
		if err != nil || n != want {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
	equal(t, "kept", len(w.told(hook)), 3)
}
