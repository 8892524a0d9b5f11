package store_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/store"
)

// TestWhoIsNextGetsTheLead drives a group through any sequence of leads, edits, deactivations, repeated leads and losses
// of Redis: whoever was announced as next gets the next leads, and the audit finds nothing in the end.
func TestWhoIsNextGetsTheLead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(r *rapid.T) {
		active := map[byte]bool{'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true}
		for letter := range active {
			w.setActive(letter, true)
		}
		group := w.group(drawRing(r))
		var given []uuid.UUID
		r.Repeat(map[string]func(*rapid.T){
			"distribute": func(r *rapid.T) {
				n := rapid.IntRange(1, 9).Draw(r, "leads")
				want := w.upcoming(group, n)
				if want == "" {
					want = strings.TrimSpace(strings.Repeat("no_active_receiver ", n))
				}
				ids, batches := w.add(n, store.Distribution{GroupID: group})
				w.run(batches...)
				if got := w.who(ids); got != want {
					r.Fatalf("announced were %s, the leads went to %s", want, got)
				}
				given = ids
			},
			"delete some that wait": func(r *rapid.T) {
				n := rapid.IntRange(2, 9).Draw(r, "leads")
				ids, batches := w.add(n, store.Distribution{GroupID: group})
				first := rapid.IntRange(0, n-2).Draw(r, "first deleted")
				for _, p := range w.pending()[first:rapid.IntRange(first+1, n-1).Draw(r, "first kept")] {
					w.deletePending(p.ID)
					ids = slices.DeleteFunc(ids, func(id uuid.UUID) bool { return id == p.LeadID })
				}
				want := w.upcoming(group, len(ids))
				if want == "" {
					want = strings.TrimSpace(strings.Repeat("no_active_receiver ", len(ids)))
				}
				w.run(batches...)
				if got := w.who(ids); got != want {
					r.Fatalf("announced were %s, the leads went to %s", want, got)
				}
			},
			"repeat": func(*rapid.T) { w.run(w.assign(given, store.Distribution{GroupID: group})...) },
			"edit":   func(r *rapid.T) { w.edit(group, drawRing(r)) },
			"deactivate": func(r *rapid.T) {
				letter := rapid.ByteRange('A', 'F').Draw(r, "member")
				active[letter] = !active[letter]
				w.setActive(letter, active[letter])
			},
			"lose Redis": func(r *rapid.T) {
				if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
					r.Fatal(err)
				}
			},
		})
	})
	w.exact()
}

// drawRing makes a ring of single members, some of them several times or with a weight.
func drawRing(r *rapid.T) string {
	slots := rapid.SliceOfN(rapid.StringMatching(`[A-F](\*[23])?`), 1, 6).Draw(r, "ring")
	return strings.Join(slots, " ")
}

// checkFew has a property hold for a few cases, each of which takes long, and with LEADWHEEL_SOAK for as many as rapid.checks says.
func checkFew(t *testing.T, few int, one func(*rapid.T)) {
	t.Helper()
	tried := 0
	rapid.Check(t, func(r *rapid.T) {
		if tried++; tried <= few || os.Getenv("LEADWHEEL_SOAK") != "" {
			one(r)
		}
	})
}
