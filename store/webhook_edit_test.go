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

// Another address, or being enabled again, has a webhook begin afresh: what it did before is forgotten, and what is owed to it is tried at
// once. Any other edit leaves that as it is.
func TestAnEditedWebhookBeginsAfresh(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit  func(*store.Webhook)
		fresh bool
	}{
		"another address":  {func(h *store.Webhook) { h.URL = "https://other.example.com/" }, true},
		"enabled again":    {func(h *store.Webhook) { h.Enabled = true }, true},
		"other events":     {func(h *store.Webhook) { h.Events = []lead.WebhookEvent{lead.WebhookReceived} }, false},
		"other secrets":    {func(h *store.Webhook) { h.Sealed = []byte("sealed") }, false},
		"nothing changed":  {func(*store.Webhook) {}, false},
		"stays disabled":   {func(h *store.Webhook) { h.Enabled = false }, false},
		"address, enabled": {func(h *store.Webhook) { h.URL, h.Enabled = "https://other.example.com/", true }, true},
	} {
		clock := newClock(monday)
		w := newWorld(t, testenv.WithClock(clock.Now))
		hook := w.webhook(lead.WebhookReceived)
		w.add(1, store.Distribution{})
		later := clock.Now().Add(time.Hour)
		w.DB.MustExec(`UPDATE webhooks SET enabled = false, disabled_for = 'refuses', failing_since = $1, setbacks = 7, held_until = $1`, later)
		w.DB.MustExec(`UPDATE webhook_deliveries SET send_at = $1`, later)
		var edited store.Webhook
		w.must(func(ctx context.Context, t *store.Tx) (err error) {
			edited, err = t.EditWebhook(ctx, w.workspace, hook, func(h *store.Webhook) error { c.edit(h); return nil })
			return err
		})
		kept, err := w.Store.Webhook(t.Context(), w.workspace, hook)
		w.fine(err)
		for _, h := range []store.Webhook{edited, kept} {
			if got := h.Setbacks == 0 && h.FailingSince == nil && h.DisabledFor == ""; got != c.fresh {
				t.Errorf("%s: it is %+v", name, h)
			}
		}
		equal(t, name+": tried at once", w.count(`SELECT count(*) FROM webhook_deliveries WHERE send_at <= $1`, clock.Now()) == 1, c.fresh)
		equal(t, name+": not held", w.count(`SELECT count(*) FROM webhooks WHERE held_until IS NULL`) == 1, c.fresh)
	}
}

// A webhook that was deleted has no secrets, and is neither found, edited nor deleted again.
func TestADeletedWebhookIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hook, other := w.sealedWebhook("key"), w.sealedWebhook("key")
	if err := w.Store.DeleteWebhook(t.Context(), uuid.New(), hook); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another workspace deletes it: %v", err)
	}
	w.fine(w.Store.DeleteWebhook(t.Context(), w.workspace, hook))
	_, found := w.Store.Webhook(t.Context(), w.workspace, hook)
	_, edited := w.enable(hook, false)
	for what, err := range map[string]error{"found": found, "edited": edited, "deleted": w.Store.DeleteWebhook(t.Context(), w.workspace, hook)} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("it is %s: %v", what, err)
		}
	}
	equal(t, "secrets", w.count(`SELECT count(*) FROM webhooks WHERE sealed IS NOT NULL`), 1)
	listed, err := w.Store.Webhooks(t.Context(), w.workspace, store.Page{Limit: 9})
	w.fine(err)
	if len(listed) != 1 || listed[0].ID != other {
		t.Errorf("listed are %+v", listed)
	}
}
