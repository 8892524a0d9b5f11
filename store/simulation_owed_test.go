package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// asks has the leads of a day be replayed as they were.
func (w *world) asks() (made store.Simulation, err error) {
	err = w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		made, err = t.AddSimulation(ctx, w.workspace, store.SimulationSpec{From: w.Store.Now().Add(-24 * time.Hour), To: w.Store.Now()})
		return err
	})
	w.TakeHints()
	return made, err
}

// owed are the simulations that nobody has in hand.
func (w *world) owed() (ids []uuid.UUID) {
	w.t.Helper()
	hints, err := w.Store.OwedSimulations(w.t.Context(), w.Store.Now(), 100)
	w.fine(err)
	for _, h := range hints {
		if h.Workspace != w.workspace || h.Queue != lead.QueueSimulate {
			w.t.Errorf("a hint is %+v", h)
		}
		ids = append(ids, h.ID)
	}
	return ids
}

// A simulation is owed until it is worked out, also where the worker that had it in hand died; it is worked out once.
func TestASimulationIsOwedUntilItIsDone(t *testing.T) {
	t.Parallel()
	clock := newClock(monday)
	w := newWorld(t, testenv.WithClock(clock.Now))
	first, err := w.asks()
	w.fine(err)
	clock.Advance(time.Second)
	second, err := w.asks()
	w.fine(err)
	equal(t, "owed", w.owed(), []uuid.UUID{first.ID, second.ID})

	w.DB.MustExec(`UPDATE simulations SET leased_until = $2, tries = 1 WHERE simulation_id = $1`, first.ID, clock.Now().Add(3*time.Minute)) // as by a worker
	equal(t, "owed beside what is in hand", w.owed(), []uuid.UUID{second.ID})
	w.fine(w.Store.Simulate(t.Context(), w.workspace, first.ID))
	if s, err := w.Store.Simulation(t.Context(), w.workspace, first.ID); err != nil || s.State != store.SimulationOwed {
		t.Errorf("what another has in hand is %s, %v", s.State, err)
	}
	clock.Advance(3*time.Minute + time.Second)
	equal(t, "owed since the worker died", len(w.owed()), 2)

	var all errgroup.Group
	for range 4 {
		all.Go(func() error { return w.Store.Simulate(t.Context(), w.workspace, first.ID) })
	}
	w.fine(all.Wait())
	equal(t, "owed in the end", w.owed(), []uuid.UUID{second.ID})
	s, err := w.Store.Simulation(t.Context(), w.workspace, first.ID)
	w.fine(err)
	if s.State != store.SimulationDone || s.FinishedAt == nil || s.Error != "" {
		t.Errorf("it is %+v", s)
	}
	equal(t, "how often it was begun", w.count(`SELECT tries FROM simulations WHERE simulation_id = $1`, first.ID), 2)
}

// A workspace has twenty simulations under way at the most, as soon as one ends there is room for another; they are listed a page at a time
// and kept for a while.
func TestSimulationsAreFewAndListed(t *testing.T) {
	t.Parallel()
	clock := newClock(monday)
	w := newWorld(t, testenv.WithClock(clock.Now))
	var all []uuid.UUID
	for range 20 {
		s, err := w.asks()
		w.fine(err)
		all = append(all, s.ID)
		clock.Advance(time.Second)
	}
	var violation *store.Violation
	if _, err := w.asks(); !errors.As(err, &violation) || !violation.Exists {
		t.Errorf("one more than may be is asked for: %v", err)
	}
	w.fine(w.Store.Simulate(t.Context(), w.workspace, all[3]))
	last, err := w.asks()
	w.fine(err)

	list := func(p store.Page) (ids []uuid.UUID) {
		found, err := w.Store.Simulations(t.Context(), w.workspace, p)
		w.fine(err)
		for _, s := range found {
			ids = append(ids, s.ID)
		}
		return ids
	}
	equal(t, "the first page", list(store.Page{Limit: 2}), []uuid.UUID{last.ID, all[19]})
	equal(t, "the next", list(store.Page{Limit: 2, After: all[19]}), []uuid.UUID{all[18], all[17]})
	if found, err := w.Store.Simulations(t.Context(), uuid.New(), store.Page{Limit: 9}); err != nil || len(found) != 0 {
		t.Errorf("another workspace has %d, %v", len(found), err)
	}
	n, err := w.Store.DeleteOldSimulations(t.Context(), clock.Now().Add(-15*time.Second))
	w.fine(err)
	equal(t, "swept", n, int64(5))
	equal(t, "left", len(list(store.Page{Limit: 100})), 16)
}
