package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestWebhooksAreToldOfEnds converts leads and copies, takes a copy back, deletes leads one by one and together, and erases a person.
func TestWebhooksAreToldOfEnds(t *testing.T) {
	t.Parallel()
	w, advance, _ := newReminded(t, 1)
	g := w.answering("A B", reassigning(20, 1))
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	ended := w.webhook(lead.WebhookConverted, lead.WebhookDeleted, lead.WebhookWithdrawn)
	advance(20 * time.Minute)
	w.alarms()
	equal(t, "taken back", w.told(ended), []string{"lead.withdrawn"})
	equal(t, "of whom", w.heardOf(ended, lead.WebhookWithdrawn), "copy of 0")

	copies, err := w.Store.AssignedLeads(t.Context(), w.workspace, store.AssignedLeadFilter{MemberID: w.members['B']}, store.Page{Limit: 1})
	if err != nil || len(copies) != 1 {
		t.Fatal(copies, err)
	}
	for range 2 { // the second is the same customer, and nothing that happened
		customer, _, err := w.convertCopy(uuid.Nil, copies[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		content := w.contentOf(ended, lead.WebhookConverted)
		if content.CustomerID == nil || *content.CustomerID != customer.ID || content.ReadAt.IsZero() {
			t.Errorf("told of customer %v, not %s", content.CustomerID, customer.ID)
		}
	}
	if _, _, err := w.convert(ids[0]); err != nil {
		t.Fatal(err)
	}
	equal(t, "converted", w.heardOf(ended, lead.WebhookConverted), "copy of 0, lead 0")

	more, _ := w.add(3, store.Distribution{})
	w.deleteLead(more[0])
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.DeleteLeads(ctx, w.workspace, more[:2])
		return err
	})
	w.DB.MustExec(`UPDATE leads SET email = 'gone@example.com', email_key = 'gone@example.com', words = NULL WHERE lead_id = ANY($1)`, "{"+more[1].String()+","+more[2].String()+"}")
	w.erase(w.identify("gone@example.com", ""))
	deleted := w.deliveriesOf(ended, lead.WebhookDeleted)
	var of []uuid.UUID
	for _, d := range deleted {
		of = append(of, d.LeadID)
	}
	slices.SortFunc(of, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	equal(t, "deleted", of, more) // each once, though one was deleted twice and one erased after
}

func (w *world) deliveriesOf(hook uuid.UUID, event lead.WebhookEvent) []store.WebhookDelivery {
	w.t.Helper()
	all, err := w.Store.WebhookDeliveries(w.t.Context(), w.workspace, hook, "", store.Page{Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(d store.WebhookDelivery) bool { return d.Event != event })
	slices.Reverse(all)
	return all
}

// heardOf says what a webhook is told of by an event, oldest first: "copy of 0" or "lead 0".
func (w *world) heardOf(hook uuid.UUID, event lead.WebhookEvent) (all string) {
	w.t.Helper()
	for _, d := range w.deliveriesOf(hook, event) {
		what := "lead "
		if d.AssignedLeadID != nil {
			what = "copy of "
		}
		var name string
		if err := w.DB.Get(&name, `SELECT replace(name, 'lead ', '') FROM leads WHERE lead_id = $1`, d.LeadID); err != nil {
			w.t.Fatal(err)
		}
		if all != "" {
			all += ", "
		}
		all += what + name
	}
	return all
}

// contentOf is what the first delivery of an event tells.
func (w *world) contentOf(hook uuid.UUID, event lead.WebhookEvent) store.WebhookContent {
	w.t.Helper()
	id := w.deliveriesOf(hook, event)[0].ID
	contents, err := w.Store.WebhookContents(w.t.Context(), w.workspace, hook, []uuid.UUID{id})
	if err != nil {
		w.t.Fatal(err)
	}
	return contents[id]
}

// TestWebhooksAreTried owes tests to a webhook that is told nothing else, to one that is left in peace, and to those that cannot be told.
func TestWebhooksAreTried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hook := w.webhook(lead.WebhookUnanswered)
	try := func() (d store.WebhookDelivery, err error) {
		err = w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
			d, err = tx.TryWebhook(ctx, w.workspace, hook)
			return err
		})
		return d, err
	}
	w.DB.MustExec(`UPDATE webhooks SET held_until = $1`, w.Store.Now().Add(time.Hour))
	d, err := try()
	if err != nil || d.Event != lead.WebhookTest || d.LeadID != uuid.Nil || d.State != store.DeliveryOwed {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, claimed := w.claim(hook, 10); len(claimed) != 1 || claimed[0].ID != d.ID {
		t.Errorf("claimed %+v", claimed)
	}
	w.exact()
	for name, change := range map[string]string{"disabled": `UPDATE webhooks SET enabled = false`, "deleted": `UPDATE webhooks SET deleted_at = now()`} {
		w.DB.MustExec(change)
		want := map[string]error{"disabled": store.ErrWebhookDisabled, "deleted": store.ErrNotFound}[name]
		w.DB.MustExec(`UPDATE webhooks SET enabled = enabled OR deleted_at IS NOT NULL`)
		if _, err := try(); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		w.DB.MustExec(`UPDATE webhooks SET enabled = true, deleted_at = NULL`)
	}
	if n := len(w.deliveriesOf(hook, lead.WebhookTest)); n != 1 {
		t.Errorf("%d tests are owed", n)
	}
}
