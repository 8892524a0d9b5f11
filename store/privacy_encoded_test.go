package store_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestErasureFindsEncodedAddresses keeps deliveries that became no lead, in which somebody's address stands as forms, JSON, XML and
// careless senders encode it, in a body or a query, and others' that look like it. Hers are emptied, and theirs stay.
func TestErasureFindsEncodedAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var integration uuid.UUID
	w.must(func(ctx context.Context, tx *store.Tx) error {
		i, err := tx.CreateIntegration(ctx, w.workspace, store.Integration{ID: uuid.New(), Kind: lead.KindForm, Name: "Form", Enabled: true})
		integration = i.ID
		return err
	})
	keep := func(body, query string) {
		w.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AddArrivals(ctx, w.workspace, lead.QueueFresh, []store.Arrival{{Event: &store.Event{
				ID: uuid.New(), IntegrationID: integration, ReceivedAt: w.Store.Now(), Body: []byte(body), Query: query, Outcome: lead.EventIgnored,
			}}})
			return err
		})
	}
	hers := []string{
		"email=aina%2Bwörk%40example.com", "email=aina%2bw%C3%B6rk%40example.com&x", "e=Aina+aina%2Bw%c3%96rk%40Example.com", "e=+aina+w%C3%B6rk%40example%2ecom",
		"u=%253Femail%253Daina%252Bw%25C3%25B6rk%2540example.com", `{"e":"aina\u002bw\u00f6rk\u0040example.com"}`, `{"e":"x\naina+wörk@example.com"}`,
		`{"e":"Aina \u003caina+w\u00D6rk@example.com\u003e"}`, "<e>aina&#43;w&#246;rk&#64;example.com</e>", "：aina+wörk@example.com", "aina wörk@example.com",
		"p=%2B60+12-345+6789", "p=%2b60%2012%20345%206789", `{"p":"：012-3456789"}`, `{"p":"\uff1a0123456789"}`,
	}
	theirs := []string{
		"email=wörk%40example.com", "email=aina%40example.com", "email=x%2Baina%2Bw%C3%B6rk%40example.com", "email=aina%2Dw%C3%B6rk%40example.com", "aina+wörk@example.community",
		"p=%2B60+12-345+6788",
	}
	for _, body := range append(hers, theirs...) {
		keep(body, "")
	}
	keep("", "email=aina%2Bw%C3%B6rk%40example.com")
	done := w.erase(w.identify("Aina+Wörk@example.com", "012-345 6789"))
	if want := len(hers) + 1; done.Records["integration_events"] != want {
		t.Errorf("%d deliveries were emptied, want %d", done.Records["integration_events"], want)
	}
	var left []string
	if err := w.DB.Select(&left, `SELECT convert_from(body, 'UTF8') FROM integration_events WHERE body <> '' OR query <> '' ORDER BY event_id`); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, body := range left {
		found[body] = true
	}
	for _, body := range hers {
		if found[body] {
			t.Errorf("%s is left", body)
		}
	}
	for _, body := range theirs {
		if !found[body] {
			t.Errorf("%s was another's and is gone", body)
		}
	}
}
