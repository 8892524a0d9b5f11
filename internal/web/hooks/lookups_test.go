package hooks

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestLookupsAreSharedAndFresh has many requests come while an address is being looked up: they share the next look-up, which
// sees what was changed before they came.
func TestLookupsAreSharedAndFresh(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	began, release := make(chan struct{}), make(chan struct{})
	l := newLookups(func(_ context.Context, _ lead.Kind, token string) (store.Hook, error) {
		if token == "other" {
			return store.Hook{}, store.ErrNotFound
		}
		n := asked.Add(1)
		if n == 1 {
			close(began)
			<-release
		}
		return store.Hook{Integration: store.Integration{Enabled: n > 1}}, nil
	})
	var all sync.WaitGroup
	all.Go(func() {
		if h, err := l.hook(t.Context(), "google", "a"); err != nil || h.Enabled {
			t.Errorf("the first found %+v, %v", h, err)
		}
	})
	<-began
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.hook(gone, "google", "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("who is gone waits on: %v", err)
	}
	for range 50 {
		mine := l.join(t.Context(), address{"google", "a"})
		all.Go(func() {
			if <-mine.done; mine.err != nil || !mine.hook.Enabled {
				t.Errorf("found %+v, %v, of before it came", mine.hook, mine.err)
			}
		})
	}
	if _, err := l.hook(t.Context(), "google", "other"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another address: %v", err)
	}
	close(release)
	all.Wait()
	if n := asked.Load(); n != 2 {
		t.Errorf("it was looked up %d times, want 2", n)
	}
	if h, err := l.hook(t.Context(), "google", "a"); err != nil || !h.Enabled || asked.Load() != 3 {
		t.Errorf("later, it found %+v, %v", h, err)
	}
}
