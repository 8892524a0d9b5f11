package store_test

import (
	"os"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/store/cursor"
)

// TestACursorAMillionTurnsAhead restores a ledger of which Redis has handed out a million turns more, in `make soak`, else some more than a
// cursor is loaded with at once, and gives leads before anybody has noticed. Work goes on at once, those turns are made good first, and nobody's work takes long for it.
func TestACursorAMillionTurnsAhead(t *testing.T) {
	t.Parallel()
	ahead := int64(2*cursor.MostFree + 100)
	if os.Getenv("LEADWHEEL_SOAK") != "" {
		ahead = 1_000_000
	}
	for name, before := range map[string]int{"noticed at once": 0, "noticed after leads": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.group("A B C D")
			w.give(g, 5)
			var key string
			for _, k := range w.Redis.Keys(t.Context(), "*").Val() {
				if w.Redis.Type(t.Context(), k).Val() == "hash" && w.Redis.HExists(t.Context(), k, "next").Val() {
					key = k
				}
			}
			if err := w.Redis.HIncrBy(t.Context(), key, "next", ahead).Err(); key == "" || err != nil {
				t.Fatalf("moving the cursor %q: %v", key, err)
			}
			w.give(g, before)
			began := time.Now()
			if rebuilt, err := w.Store.RebuildLost(t.Context()); err != nil || rebuilt != 1 {
				t.Fatalf("%d cursors rebuilt: %v", rebuilt, err)
			}
			t.Logf("rebuilding took %s", time.Since(began).Round(time.Millisecond))
			began = time.Now()
			equal(t, "who is next", w.give(g, 3), "B C D")
			w.give(g, 500)
			t.Logf("giving 503 took %s", time.Since(began).Round(time.Millisecond))
			began = time.Now()
			if rebuilt, err := w.Store.RebuildLost(t.Context()); err != nil || rebuilt != 0 {
				t.Fatalf("%d cursors rebuilt again, though turns are left to hand out: %v", rebuilt, err)
			}
			t.Logf("looking again took %s", time.Since(began).Round(time.Millisecond))
			w.exact()
		})
	}
}
