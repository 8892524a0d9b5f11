package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// Whoever finds all places taken is asked to come again, and does not wait for ever.
func TestPasswordsWaitForSoLong(t *testing.T) {
	t.Parallel()
	p := newPasswords()
	p.wait = 10 * time.Millisecond
	for range passwordsAtOnce {
		leave, err := p.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	_, err := p.fits(t.Context(), "any", "")
	busy := &problem.Problem{}
	if !errors.As(err, &busy) || busy.Status != http.StatusServiceUnavailable || busy.GetHeaders().Get("Retry-After") == "" {
		t.Errorf("with all places taken: %v", err)
	}
}

// Links are asked for until the last request has ended, which may be after the mailroom was closed.
func TestAskingAClosedMailroom(t *testing.T) {
	t.Parallel()
	m := (&API{}).newMailroom()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for m.ask(func(context.Context) {}) {
			}
		})
	}
	m.close()
	all.Wait()
	if m.ask(func(context.Context) { t.Error("sent by a mailroom that is closed") }) {
		t.Error("a mailroom that is closed has room")
	}
	m.close()
}
