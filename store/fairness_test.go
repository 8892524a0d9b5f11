package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// fairness tells what a group's receivers were due and got in the last hour, by their letters.
func (w *world) fairness(f store.FairnessSpec) map[string]store.Fairness {
	w.t.Helper()
	f.From, f.To = w.Store.Now().Add(-time.Hour), w.Store.Now().Add(time.Second)
	all, err := w.Store.Fairness(w.t.Context(), w.workspace, f)
	if err != nil {
		w.t.Fatal(err)
	}
	by := make(map[string]store.Fairness)
	for _, one := range all {
		letter := string(w.letters[one.Member]) + one.Source
		one.Member, one.Source = uuid.Nil, ""
		by[letter] = one
	}
	return by
}

// TestFairnessTellsWhatEverybodyWasDueAndGot gives leads through a group of which one is away, one answers and a run is undone.
func TestFairnessTellsWhatEverybodyWasDueAndGot(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B*2 C")
	w.policy("A B*2 C", g, store.GroupPolicy{WhenAway: store.AwayOwe, OweAtMost: 5})
	w.offDuty("C", true)
	ids, batches := w.add(6, store.Distribution{GroupID: g})
	w.run(batches...)
	given := w.holders(ids)
	c.Advance(10 * time.Minute)
	for _, id := range ids {
		if w.holders([]uuid.UUID{id}) == "A" {
			if err := w.accept(id, 'A'); err != nil {
				t.Fatal(err)
			}
		}
	}
	undone, _ := w.add(5, store.Distribution{})
	run, batches := w.assignRun(undone, store.Distribution{GroupID: g})
	w.run(batches...)
	w.undo(run)
	got := w.fairness(store.FairnessSpec{Group: g})
	ten := 10 * time.Minute
	passed := got["C"].Passed["off_duty"]
	want := map[string]store.Fairness{
		"A": {Due: 2, Share: 1.5, Received: 2, Passed: map[string]int{}, Answered: 2, InTime: 2, Median: &ten},
		"B": {Due: 4, Share: 3, Received: 4, Passed: map[string]int{}},
		"C": {Due: passed, Share: 1.5, Passed: map[string]int{"off_duty": passed}, Debt: passed},
	}
	if diff := cmp.Diff(want, got); diff != "" || passed == 0 {
		t.Errorf("%s were given (-want +got):\n%s", given, diff)
	}
	if by := w.fairness(store.FairnessSpec{Group: g, BySource: true}); by["A"].Received != 2 || len(by) != 3 {
		t.Errorf("by source: %+v", by)
	}
	if _, err := w.Store.Fairness(context.Background(), w.workspace, store.FairnessSpec{Group: uuid.New(), To: c.Now()}); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	w.exact()
}
