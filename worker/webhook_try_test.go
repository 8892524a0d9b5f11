package worker

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
)

// try owes a webhook a test.
func (s *shift) try(hook uuid.UUID) {
	s.t.Helper()
	s.must(s.Store.WithTx(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.TryWebhook(s.t.Context(), s.workspace, hook)
		return err
	}))
}

// TestATestIsMarked sends a test to a webhook, signed as whatever it is told.
func TestATestIsMarked(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	r := newReceiver(t, nil)
	hook := s.hook(r)
	s.try(hook)
	s.start()
	s.tellHook(hook)
	if d := s.delivery(hook); d.State != store.DeliverySent || d.Status == nil || *d.Status != http.StatusNoContent {
		t.Errorf("it is %+v", d)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	verifier, err := standardwebhooks.NewWebhook(s.secrets.Current)
	s.must(err)
	s.must(verifier.Verify(r.body, r.header))
	var told webhooks.LeadDelivery
	s.must(json.Unmarshal(r.body, &told))
	if told.Type != "webhook.test" || !told.Data.Test || told.Data.LeadID != uuid.Nil || told.AsOf.IsZero() || told.Timestamp.IsZero() {
		t.Errorf("it is told %s", r.body)
	}
}

// TestAWebhookIsDeletedInTheMiddleOfItsTest has the receiver delete it before it answers.
func TestAWebhookIsDeletedInTheMiddleOfItsTest(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	var hook uuid.UUID
	deleted := make(chan error, 1)
	r := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		deleted <- s.Store.WithTx(context.Background(), func(tx *store.Tx) error { return tx.DeleteWebhook(context.Background(), s.workspace, hook) })
		w.WriteHeader(http.StatusGone)
	})
	hook = s.hook(r)
	s.try(hook)
	s.try(hook)
	s.start()
	s.tellHook(hook)
	s.must(<-deleted)
	s.clock.Advance(time.Hour)
	s.tellHook(hook)
	if r.times() != 1 {
		t.Errorf("it was told %d times", r.times())
	}
}

// TestEachAttemptSaysOfWhenItIs changes a lead between two attempts at telling of it.
func TestEachAttemptSaysOfWhenItIs(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	r := newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	hook := s.hook(r)
	s.add(1, time.Time{})
	s.start()
	read := func() (told webhooks.LeadDelivery) {
		s.tellHook(hook)
		r.mu.Lock()
		defer r.mu.Unlock()
		s.must(json.Unmarshal(r.body, &told))
		return told
	}
	first := read()
	s.clock.Advance(time.Hour)
	s.DB.MustExec(`UPDATE leads SET name = 'changed since'`)
	second := read()
	if second.Data.Name == nil || *second.Data.Name != "changed since" || !second.AsOf.Equal(first.AsOf.Add(time.Hour)) || !second.Timestamp.Equal(first.Timestamp) {
		t.Errorf("told first %+v\nthen %+v", first, second)
	}
}
