package store_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leadwheel/leadwheel/store"
)

// TestLostTurnsAreHandedOutAgain takes turns out of the ledger, as restoring a backup does, and leaves the cursor where it
// was.
func TestLostTurnsAreHandedOutAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		restore string // to where the ledger goes back
		before  int    // leads given between the restore and the rebuild
		next    string // who gets three leads after it
	}{
		"at rest":          {restore: `turn >= 2`, next: "C A B"},
		"after new turns":  {restore: `turn >= 2`, before: 1, next: "C A B"},
		"in the middle":    {restore: `turn = 3`, next: "A C A"},
		"of an owed turn":  {restore: `version = 2 AND turn = (SELECT owed_turns[1] FROM rings WHERE version = 2)`, next: "B A B"},
		"nothing was lost": {restore: `false`, next: "C A B"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			g := w.group("A B C")
			if name == "of an owed turn" { // B's turn stays free over the edit, and is spent in the new version
				w.give(g, 1)
				w.DB.MustExec(`INSERT INTO turns (workspace_id, group_id, version, turn) SELECT workspace_id, group_id, 1, 2 FROM groups`)
				w.edit(g, "B C A")
				w.give(g, 1)
			} else {
				w.give(g, 5)
			}
			w.DB.MustExec(`DELETE FROM assigned_leads WHERE source_lead_id IN (SELECT lead_id FROM turns WHERE ` + c.restore + `)`)
			w.DB.MustExec(`DELETE FROM history WHERE lead_id IN (SELECT lead_id FROM turns WHERE ` + c.restore + `)`)
			w.DB.MustExec(`DELETE FROM leads WHERE lead_id IN (SELECT lead_id FROM turns WHERE ` + c.restore + `)`)
			w.DB.MustExec(`DELETE FROM lead_tallies`)
			w.DB.MustExec(`DELETE FROM turns WHERE ` + c.restore)
			w.give(g, c.before)
			rebuilt, err := w.Store.RebuildLost(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if name == "nothing was lost" {
				want = 0
			}
			equal(t, "rebuilt cursors", rebuilt, want)
			equal(t, "who is next", w.give(g, 3), c.next)
			w.exact()
		})
	}
}

// TestBusyRingsHaveLostNothing looks for lost turns while many are in the air.
func TestBusyRingsHaveLostNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C D")
	w.give(g, 1) // whose first load of the cursor is no rebuild
	var givers, watcher sync.WaitGroup
	var over atomic.Bool
	for range 6 {
		givers.Go(func() {
			for range 10 {
				_, batches := w.add(20, store.Distribution{GroupID: g})
				w.run(batches...)
			}
		})
	}
	watcher.Go(func() {
		for rounds := 0; !over.Load() || rounds < 10; rounds++ {
			rebuilt, err := w.Store.RebuildLost(t.Context())
			if rebuilt > 0 || err != nil {
				t.Errorf("%d cursors rebuilt, error %v", rebuilt, err)
				return
			}
		}
	})
	givers.Wait()
	over.Store(true)
	watcher.Wait()
	w.exact()
}
