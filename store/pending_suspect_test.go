package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestALeadOfWhichWorkersDie has workers die of one lead of a batch, whenever they have it: all others go out in turn, and that one fails
// with a reason, after so few deaths as it takes to find it.
func TestALeadOfWhichWorkersDie(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Now())
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A B C")
	ids, _ := w.add(20, store.Distribution{GroupID: g})
	poison := ids[13]
	deaths := 0
	for round := 0; len(w.pending()) > 0; round++ {
		clock.Advance(10 * time.Second)
		for _, batch := range w.batches() {
			begun := store.BeginAgain
			if round > 0 {
				var err error
				if begun, err = w.Store.BeginAgain(t.Context(), w.workspace, batch); err != nil {
					t.Fatal(err)
				}
			}
			switch {
			case begun == store.BeginIsolated:
				if _, err := w.Store.Isolate(t.Context(), w.workspace, batch); err != nil {
					t.Fatal(err)
				}
			case w.inBatch(poison, batch):
				deaths++ // nobody says that they came back
			default:
				if _, err := w.Store.Distribute(t.Context(), w.workspace, batch); err != nil {
					t.Fatal(err)
				}
			}
		}
		if round > 40 {
			t.Fatalf("after %d rounds %d leads are pending", round, len(w.pending()))
		}
	}
	if deaths > 12 {
		t.Errorf("%d workers died", deaths)
	}
	equal(t, "copies", len(ids)-1, w.Count(t, `SELECT count(*) FROM assigned_leads`))
	equal(t, "failures", 1, w.Count(t, `SELECT count(*) FROM history WHERE outcome = 'failed' AND reason = 'internal_error' AND lead_id = $1
		AND detail LIKE '%broke off%'`, poison))
	w.exact()
}

// batches are the workspace's, as they are now.
func (w *world) batches() (ids []uuid.UUID) {
	w.t.Helper()
	if err := w.DB.Select(&ids, `SELECT batch_id FROM batches WHERE workspace_id = $1 ORDER BY 1`, w.workspace); err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// inBatch tells whether a lead is in a batch.
func (w *world) inBatch(lead, batch uuid.UUID) bool {
	w.t.Helper()
	return w.Count(w.t, `SELECT count(*) FROM pending WHERE batch_id = $1 AND lead_id = $2`, batch, lead) > 0
}

// TestWorkersThatAreHeldUp begin batches again and come back, or are still at it: none of that speaks against a batch.
func TestWorkersThatAreHeldUp(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Now())
	w := newWorld(t, testenv.WithClock(clock.Now))
	_, batches := w.add(2, store.Distribution{GroupID: w.group("A B C")})
	begin := func(want store.Beginning) {
		t.Helper()
		got, err := w.Store.BeginAgain(t.Context(), w.workspace, batches[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "what is to be done", got, want)
	}
	begin(store.BeginAgain)
	begin(store.BeginNot) // the first is at it
	for range 5 {
		if err := w.Store.CameBack(t.Context(), w.workspace, batches[0].ID); err != nil {
			t.Fatal(err)
		}
		begin(store.BeginAgain)
	}
	clock.Advance(10 * time.Second)
	begin(store.BeginAlone)
	clock.Advance(10 * time.Second)
	begin(store.BeginIsolated)
	w.run(batches...)
	clock.Advance(10 * time.Second)
	begin(store.BeginNot) // it is gone
	if n := w.Count(t, fmt.Sprintf(`SELECT count(*) FROM batches WHERE workspace_id = '%s'`, w.workspace)); n != 0 {
		t.Errorf("there are %d batches", n)
	}
}
