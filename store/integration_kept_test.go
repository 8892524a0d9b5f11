package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestKeptBytesAreAsInThePlainModel has deliveries of any size come to two integrations, with leads and without, and counts what is kept
// of each since any time.
func TestKeptBytesAreAsInThePlainModel(t *testing.T) {
	t.Parallel()
	clock := newClock(monday)
	w := newWorld(t, testenv.WithClock(clock.Now))
	integrations := []uuid.UUID{w.integration("shop"), w.integration("fair")}
	type delivery struct {
		at   time.Time
		of   uuid.UUID
		size int64
		made bool
	}
	var all []delivery
	checkFew(t, 30, func(r *rapid.T) {
		clock.Advance(time.Duration(rapid.IntRange(0, 3600).Draw(r, "seconds")) * time.Second)
		size := rapid.IntRange(0, 3000).Draw(r, "size")
		d := delivery{at: clock.Now(), of: rapid.SampledFrom(integrations).Draw(r, "integration"), size: int64(size) + 5 + 512, made: rapid.Bool().Draw(r, "made")}
		a := w.arrival(d.of, "", strings.Repeat("a", size))
		a.Event.Query = "?a=bc"
		if d.made {
			name := fmt.Sprint("lead ", len(all))
			a = w.arrival(d.of, "", strings.Repeat("a", size), name)
			a.Event.Query = "?a=bc"
		}
		w.arrive(a)
		all = append(all, d)

		since := clock.Now().Add(-time.Duration(rapid.IntRange(0, 4*3600).Draw(r, "ago")) * time.Second)
		for _, integration := range integrations {
			for _, every := range []bool{false, true} {
				var want int64
				for _, d := range all {
					if d.of == integration && !d.at.Before(since) && (every || !d.made) {
						want += d.size
					}
				}
				got, err := w.Store.KeptBytes(t.Context(), w.workspace, integration, since, every)
				if err != nil || got != want {
					r.Fatalf("%d bytes are kept, want %d, %v", got, want, err)
				}
			}
		}
	})
	if n, err := w.Store.KeptBytes(t.Context(), uuid.New(), integrations[0], time.Time{}, true); err != nil || n != 0 {
		t.Errorf("another workspace keeps %d bytes of it, %v", n, err)
	}
}

// Reasons are counted each, name a hundred entries at the most, and say of how many entries no lead was made.
func TestWhatNoLeadIsMadeOfIsSaid(t *testing.T) {
	t.Parallel()
	e := store.Event{Made: 2, LeadIDs: make(store.IDs, 5)}
	if text := e.NotMadeText(); text != "no lead could be made of 0 of 5: " {
		t.Errorf("of none it says %q", text)
	}
	e.AddNotMade(4, "no name")
	e.AddNotMade(-1, "too long")
	before := slices.Clone(e.NotMade)
	e.AddNotMade(0, "no name")
	equal(t, "what was copied before", []store.NotMade(before), []store.NotMade{{Reason: "no name", Count: 1, Entries: []int{5}}, {Reason: "too long", Count: 1}})
	equal(t, "not made", []store.NotMade(e.NotMade), []store.NotMade{{Reason: "no name", Count: 2, Entries: []int{5, 1}}, {Reason: "too long", Count: 1}})
	equal(t, "entries", e.CountNotMade(), 3)
	equal(t, "the sentence", e.NotMadeText(), "no lead could be made of 3 of 5: no name; too long")
	for place := range 200 {
		e.AddNotMade(place, "no name")
	}
	if n := e.NotMade[0]; n.Count != 202 || len(n.Entries) != 100 || n.Entries[99] != 98 {
		t.Errorf("of many it keeps %d, with %d entries", n.Count, len(n.Entries))
	}
	alone := store.Event{}
	alone.AddNotMade(0, "no name")
	equal(t, "of the only one", alone.NotMadeText(), "no name")
}

// The platform's lists are looked through from a time on; one that is begun anew is not ended by who looks through those before.
func TestListsAreLookedThroughToTheirEnd(t *testing.T) {
	t.Parallel()
	f := newFetching(t)
	ctx := t.Context()
	state := func() store.FetchState {
		s, err := f.Store.FetchState(ctx, f.workspace, f.id)
		f.fine(err)
		return s
	}
	since := f.clock.Now().Add(-24 * time.Hour)
	run := func(began time.Time, form string) store.Reconcile {
		return store.Reconcile{Since: since, Began: began, Form: form}
	}

	first := f.clock.Now()
	f.fine(f.Store.BeginReconcile(ctx, f.workspace, f.id, run(first, "")))
	f.clock.Advance(time.Minute)
	f.fine(f.Store.BeginReconcile(ctx, f.workspace, f.id, run(f.clock.Now(), "another"))) // is under way
	if s := state(); !s.Reconcile.Began.Equal(first) || s.Reconcile.Form != "" {
		t.Errorf("what is under way is %+v", s.Reconcile)
	}
	f.fine(f.Store.AdvanceReconcile(ctx, f.workspace, f.id, run(first, "7")))
	f.fine(f.Store.AdvanceReconcile(ctx, f.workspace, f.id, run(first.Add(-time.Hour), "3"))) // by who began before
	later := f.clock.Now().Add(time.Hour)
	f.fine(f.Store.DelayReconcile(ctx, f.workspace, f.id, later))
	if s := state(); s.Reconcile.Form != "7" || s.ReconcileAt == nil || !s.ReconcileAt.Equal(later) || s.ReconciledUntil != nil {
		t.Errorf("put off, it is %+v", s)
	}

	f.clock.Advance(time.Minute)
	f.must(func(ctx context.Context, t *store.Tx) error { return t.StartReconcile(ctx, f.workspace, f.id, since) })
	f.fine(f.Store.EndReconcile(ctx, f.workspace, f.id, run(first, "9"), later)) // by who looked through those before
	if s := state(); !s.Reconcile.Began.Equal(f.clock.Now()) || s.ReconciledUntil != nil {
		t.Errorf("what was begun anew is %+v", s)
	}
	next := f.clock.Now().Add(6 * time.Hour)
	f.fine(f.Store.EndReconcile(ctx, f.workspace, f.id, run(f.clock.Now(), ""), next))
	if s := state(); !s.Reconcile.Began.IsZero() || s.ReconciledUntil == nil || !s.ReconciledUntil.Equal(f.clock.Now()) || !s.ReconcileAt.Equal(next) {
		t.Errorf("at its end it is %+v", s)
	}
	f.fine(f.Store.AdvanceReconcile(ctx, f.workspace, f.id, run(f.clock.Now(), "8"))) // by who was late
	if s := state(); s.Reconcile.Form != "" {
		t.Errorf("it is under way again: %+v", s.Reconcile)
	}
}

// How an integration stands is kept with from when on its platform may be asked again, for as long as there is the integration.
func TestHealthIsKept(t *testing.T) {
	t.Parallel()
	f := newFetching(t)
	ctx := t.Context()
	from := f.clock.Now().Add(time.Minute)
	f.told("1")
	f.fine(f.Store.SetHealth(ctx, f.workspace, f.id, lead.HealthThrottled, from, 3))
	s, err := f.Store.FetchState(ctx, f.workspace, f.id)
	f.fine(err)
	if s.Health != lead.HealthThrottled || s.Setbacks != 3 || s.From == nil || !s.From.Equal(from) || !s.CreatedAt.Equal(f.clock.Now()) {
		t.Errorf("kept is %+v", s)
	}
	fed := func() int {
		hints, err := f.Store.FeedFetches(ctx, f.clock.Now(), 10)
		f.fine(err)
		return len(hints)
	}
	equal(t, "fed while the platform refuses", fed(), 0)
	f.fine(f.Store.SetHealth(ctx, f.workspace, f.id, lead.HealthOK, time.Time{}, 0))
	equal(t, "fed since it does not", fed(), 1)
	f.fine(f.Store.DeleteIntegration(ctx, f.workspace, f.id))
	if _, err := f.Store.FetchState(ctx, f.workspace, f.id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that was deleted stands somehow: %v", err)
	}
	err = f.tx(func(ctx context.Context, t *store.Tx) error { return t.StartReconcile(ctx, f.workspace, f.id, from) })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the lists of one that was deleted are looked through: %v", err)
	}
	f.clock.Advance(time.Hour)
	equal(t, "fed of what was deleted", fed(), 0)
}
