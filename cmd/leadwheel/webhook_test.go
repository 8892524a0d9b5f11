package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestWebhooksAreTriedByCommand lists webhooks, and has a test taken, refused, and not sent at all.
func TestWebhooksAreTriedByCommand(t *testing.T) {
	t.Parallel()
	env, flags := serveImports(t)
	y := &typist{tb: t, flags: flags}
	ws, err := env.Store.FindWorkspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	hook, err := env.Store.CreateWebhook(t.Context(), ws.ID, store.Webhook{
		ID: uuid.Must(uuid.NewV7()), URL: "https://crm.example.com/in", Events: []lead.WebhookEvent{lead.WebhookDeleted}, Enabled: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	id := hook.ID.String()
	y.shows("webhook list", id, "https://crm.example.com/in", "lead.deleted", "yes")
	y.shows("webhook test --wait 0s "+id, "not sent yet")
	env.DB.MustExec(`UPDATE webhook_deliveries SET state = 'failed'`)

	// becomes has the test that is owed end as a worker would have it.
	becomes := func(change string) {
		t.Helper()
		done := make(chan struct{})
		go func() {
			defer close(done)
			testenv.Eventually(t, 20*time.Second, func() error {
				if n, err := env.DB.MustExec(`UPDATE webhook_deliveries SET attempts = 1, ` + change + ` WHERE state = 'owed'`).RowsAffected(); err != nil || n == 0 {
					return errors.New("no test is owed yet")
				}
				return nil
			})
		}()
		t.Cleanup(func() { <-done })
	}
	becomes(`state = 'sent', status = 204`)
	y.shows("webhook test "+id, "It took the test: 204.")
	becomes(`status = 500, error = 'it answered 500', state = 'failed'`)
	if said := y.line(exitFailed, "webhook test "+id); !strings.Contains(said, "did not take the test: 500, it answered 500") {
		t.Error(said)
	}
	y.line(exitUsage, "webhook test crm")
	y.line(exitRefused, "webhook test "+uuid.NewString())
	env.DB.MustExec(`UPDATE webhooks SET enabled = false`)
	y.line(exitRefused, "webhook test "+id)
}
