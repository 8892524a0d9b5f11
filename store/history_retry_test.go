package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) retryMany(s store.HistorySelection) (retried []uuid.UUID, err error) {
	return retried, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		retried, err = t.RetryMany(ctx, w.workspace, s)
		return err
	})
}

// TestFailuresAreDrivenAgain one by one, by name and by filter: each once, and by its group or member.
func TestFailuresAreDrivenAgain(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	group := w.group("A")
	fail := func(d store.Distribution, n int) []uuid.UUID {
		ids, batches := w.add(n, d)
		w.setActive('A', false)
		w.run(batches...)
		w.setActive('A', true)
		return ids
	}
	byGroup, byMember := fail(store.Distribution{GroupID: group}, 3), fail(store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}}, 2)
	failures := func(retried bool) (all []store.HistoryEntry) {
		t.Helper()
		all, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{Retried: &retried}, store.Page{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	open := failures(false)
	equal(t, "failures", len(open), 5)
	reasons, err := w.Store.Failures(t.Context(), w.workspace, store.HistoryFilter{})
	if err != nil || reasons[open[0].Reason] == 0 {
		t.Errorf("by reason: %v, %v", reasons, err)
	}
	one := open[len(open)-1]
	for _, want := range []bool{true, false} {
		err := w.tx(func(ctx context.Context, t *store.Tx) error { return t.RetryHistory(ctx, w.workspace, one.ID) })
		if (err == nil) != want {
			t.Errorf("driven again, as the first: %t, %v", want, err)
		}
	}
	var matched *store.MatchedError
	if _, err := w.retryMany(store.HistorySelection{Filter: &store.HistoryFilter{}, Matched: 5}); !errors.As(err, &matched) {
		t.Errorf("more than are open: %v", err)
	}
	all, err := w.retryMany(store.HistorySelection{IDs: []uuid.UUID{one.ID, open[0].ID, newID()}})
	if err != nil || len(all) != 1 || all[0] != open[0].ID {
		t.Errorf("by name: %v, %v", all, err)
	}
	if all, err = w.retryMany(store.HistorySelection{Filter: &store.HistoryFilter{GroupID: group}, Matched: 2}); err != nil || len(all) != 2 || all[0].String() > all[1].String() {
		t.Errorf("by filter: %v, %v", all, err)
	}
	w.run(w.TakeHints()...)
	for _, h := range w.fedBatches() {
		w.run(lead.Hint{ID: h})
	}
	var bulk []uuid.UUID
	if err := w.DB.Select(&bulk, `SELECT batch_id FROM batches`); err != nil {
		t.Fatal(err)
	}
	for _, h := range bulk {
		w.run(lead.Hint{ID: h})
	}
	equal(t, "still open", len(failures(false)), 1)
	equal(t, "driven again", len(failures(true)), 4)
	if got := w.who(byGroup); strings.Count(got, "A") != 3 {
		t.Errorf("the group's: %s", got)
	}
	if got := w.who(byMember); strings.Count(got, "A") != 1 {
		t.Errorf("the member's, of which one was driven again: %s", got)
	}
	succeeded, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{Outcome: lead.Succeeded}, store.Page{Limit: 1})
	if err != nil || succeeded[0].RetryOf == nil {
		t.Fatalf("%+v, %v", succeeded, err)
	}
	var exists *store.Violation
	if err := w.tx(func(ctx context.Context, t *store.Tx) error { return t.RetryHistory(ctx, w.workspace, succeeded[0].ID) }); !errors.As(err, &exists) {
		t.Errorf("driving a success again: %v", err)
	}
	w.exact()
}

// TestActivityByTheHour counts what came in, what became of it and what waits.
func TestActivityByTheHour(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	begin := c.Now()
	toA := store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}}
	_, batches := w.add(3, toA)
	w.run(batches...)
	c.Advance(time.Hour)
	w.setActive('A', false)
	_, batches = w.add(2, toA)
	w.run(batches...)
	w.push(store.NewLead{Name: "test", Channel: "api", Origin: "api", Test: true})
	c.Advance(time.Minute)
	w.add(4, store.Distribution{})
	w.add(2, toA)
	toA.At = c.Now().Add(time.Hour)
	w.add(1, toA)
	received, err := w.Store.Received(t.Context(), w.workspace, begin, c.Now().Add(time.Second))
	if err != nil || len(received) != 2 || received[0].Count != 3 || received[1].Count != 9 || !received[0].Hour.Equal(begin) {
		t.Errorf("received %+v, %v", received, err)
	}
	if received, err = w.Store.Received(t.Context(), w.workspace, begin, begin.Add(time.Hour)); err != nil || len(received) != 1 {
		t.Errorf("received in the first hour %+v, %v", received, err)
	}
	ended, err := w.Store.Ended(t.Context(), w.workspace, begin, c.Now())
	if err != nil || len(ended) != 2 || ended[0].Outcome != lead.Succeeded || ended[0].Count != 3 || ended[0].MemberID.UUID != w.members['A'] ||
		ended[1].Outcome != lead.Failed || ended[1].Count != 2 || ended[1].Reason != lead.MemberInactive || ended[1].Retried {
		t.Errorf("ended %+v, %v", ended, err)
	}
	if _, err := w.retryMany(store.HistorySelection{Filter: &store.HistoryFilter{}, Matched: 2}); err != nil {
		t.Fatal(err)
	}
	if ended, err = w.Store.Ended(t.Context(), w.workspace, begin, c.Now()); err != nil || !ended[1].Retried {
		t.Errorf("driven again: %+v, %v", ended, err)
	}
	waiting, err := w.Store.Waiting(t.Context(), w.workspace)
	if err != nil || waiting != (store.Waiting{Due: 4, Later: 1}) {
		t.Errorf("waiting %+v, %v", waiting, err)
	}
	n, err := w.Store.CountPending(t.Context(), w.workspace, store.PendingFilter{MemberID: w.members['A']})
	if err != nil || n != 5 {
		t.Errorf("A waits for %d, %v", n, err)
	}
}
