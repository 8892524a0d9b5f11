package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestOverflowReachesAGroupThatWasDealt has a batch with leads of two groups, of which those of the second go on to the first.
func TestOverflowReachesAGroupThatWasDealt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.group("A B")
	second := w.group("C")
	for _, l := range []byte("ABC") {
		w.setActive(l, false)
	}
	for _, g := range []uuid.UUID{first, first, second} {
		_, batches := w.add(1, store.Distribution{GroupID: g})
		w.run(batches...)
	}
	w.policy("C", second, store.GroupPolicy{Overflow: store.Overflow{Then: store.OverflowGroup, GroupID: first}})
	w.setActive('A', true)
	w.setActive('B', true)
	if retried, err := w.retryMany(store.HistorySelection{Filter: &store.HistoryFilter{Outcome: lead.Failed}, Matched: 3}); err != nil || len(retried) != 3 {
		t.Fatal(retried, err)
	}
	var batches []lead.Hint
	if err := w.DB.Select(&batches, `SELECT workspace_id, batch_id, queue, generation FROM batches`); err != nil || len(batches) != 1 {
		t.Fatal(batches, err)
	}
	result, err := w.Store.Distribute(t.Context(), w.workspace, batches[0].ID)
	if err != nil || result.Rebuilt > 0 {
		t.Fatal(result, err)
	}
	equal(t, "copies", w.counts(), map[string]int{"A": 2, "B": 1})
	w.exact()
}

// TestTurnsOfBothSourcesAreExact has some workers draw turns from Redis and some from the ledger, at once, while Redis loses all it has.
func TestTurnsOfBothSourcesAreExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	groups := []uuid.UUID{w.group("A B C"), w.group("C B")}
	batches := make(chan lead.Hint, 200)
	for n := range 60 {
		_, made := w.add(1+n%4, store.Distribution{GroupID: groups[n%2]})
		for _, b := range made {
			batches <- b
		}
	}
	close(batches)
	var working sync.WaitGroup
	for n := range 6 {
		working.Go(func() {
			for b := range batches {
				act := w.Store.Distribute
				if n%2 == 0 {
					act = w.Store.DistributeUnqueued
				}
				testenv.Eventually(t, 20*time.Second, func() error {
					_, err := act(t.Context(), w.workspace, b.ID)
					if err != nil && !errors.Is(err, store.ErrBusy) {
						t.Error(err)
						return nil
					}
					return err
				})
				if n == 1 {
					w.must(func(ctx context.Context, _ *store.Tx) error { return w.Redis.FlushDB(ctx).Err() })
				}
			}
		})
	}
	working.Wait()
	equal(t, "copies", w.count(`SELECT count(*) FROM assigned_leads`), 150)
	w.exact()
}

// TestRedisComesBackFromBefore has turns be dealt by the ledger while Redis keeps a cursor from before, with a draw that nobody settled.
func TestRedisComesBackFromBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.give(g, 4)
	ids, batches := w.add(5, store.Distribution{GroupID: g})
	for _, b := range batches {
		if _, err := w.Store.DistributeUnqueued(t.Context(), w.workspace, b.ID); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "by the ledger", w.who(ids), "B C A B C")
	equal(t, "by the cursor from before", w.give(g, 3), "A B C")
	w.exact()
}
