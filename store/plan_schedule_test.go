package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

const monday = "2026-11-23T01:00:00Z" // 09:00 in Kuala Lumpur

// newTimedWorld is a world whose clock stands still until it is told to go.
func newTimedWorld(t testing.TB) (*world, *testenv.Clock) {
	t.Helper()
	c := newClock(monday)
	return newWorld(t, testenv.WithClock(c.Now)), c
}

// pending lists what is pending, soonest first.
func (w *world) pending() []store.PendingLead {
	w.t.Helper()
	all, err := w.Store.PendingLeads(w.t.Context(), w.workspace, store.PendingFilter{}, store.PendingPage{Limit: 1 << 20})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// receivers are the letters of the members who have leads pending, soonest first; "-" is nobody yet.
func (w *world) receivers() string {
	w.t.Helper()
	var letters []string
	for _, p := range w.pending() {
		if p.MemberID == nil {
			letters = append(letters, "-")
			continue
		}
		letters = append(letters, string(w.letters[*p.MemberID]))
	}
	return strings.Join(letters, " ")
}

// armed arms all that is due within two hours.
func (w *world) armed() (all []lead.Hint) {
	w.t.Helper()
	before := w.Store.Now().Add(2 * time.Hour)
	for {
		batches, err := w.Store.Arm(w.t.Context(), w.workspace, before, 10_000)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(batches) == 0 {
			return all
		}
		all = append(all, batches...)
	}
}

// untilDone moves the clock from due time to due time and fires what is due, until nothing is pending.
func (w *world) untilDone(c *testenv.Clock) {
	w.t.Helper()
	for range 10_000 {
		all := w.pending()
		if len(all) == 0 {
			return
		}
		if due := all[0].DueAt; due.After(c.Now()) {
			c.Set(due)
		}
		w.armed()
		w.fire()
	}
	w.t.Fatal("it never ends")
}

// fire distributes every batch that is due.
func (w *world) fire() {
	w.t.Helper()
	var due []uuid.UUID
	if err := w.DB.Select(&due, `SELECT batch_id FROM batches WHERE feed_at <= $1 ORDER BY feed_at, batch_id`, w.Store.Now()); err != nil {
		w.t.Fatal(err)
	}
	for _, id := range due {
		w.run(lead.Hint{ID: id})
	}
}

func TestNoLeadGoesOutBeforeItsTime(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	at := c.Now().Add(time.Hour + 300*time.Millisecond)
	d := store.Distribution{MemberIDs: []uuid.UUID{w.members['A'], w.members['B']}, At: at}
	ids, batches := w.add(2, d)
	if len(batches) > 0 {
		t.Errorf("%d batches are due an hour before their time", len(batches))
	}
	batches = w.armed()
	if len(batches) != 1 || !batches[0].FeedAt.Equal(at.Truncate(time.Second).Add(time.Second)) {
		t.Fatalf("armed are %+v", batches)
	}
	var early *store.EarlyError
	if _, err := w.Store.Distribute(t.Context(), w.workspace, batches[0].ID); !errors.As(err, &early) || early.In != time.Hour+time.Second {
		t.Errorf("distributing too early ends with %v", err)
	}
	c.Set(at)
	if _, err := w.Store.Distribute(t.Context(), w.workspace, batches[0].ID); !errors.As(err, &early) {
		t.Errorf("distributing in the second before ends with %v", err)
	}
	equal(t, "copies before the time", w.counts(), map[string]int{})
	c.Set(batches[0].FeedAt)
	w.run(batches...)
	w.run(batches...)
	equal(t, "outcomes", w.who(ids), "AB AB")
	h, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{}, store.Page{Limit: 1})
	if err != nil || h[0].Trigger != lead.Scheduled || !h[0].DueAt.Equal(batches[0].FeedAt) || !h[0].At.Equal(c.Now()) {
		t.Errorf("history has %+v, %v", h, err)
	}
	w.exact()
}

func TestWhatIsDueSoonIsArmedAtOnce(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	_, batches := w.add(3, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}, At: c.Now().Add(5 * time.Second)})
	if len(batches) != 1 || !batches[0].FeedAt.Equal(c.Now().Add(5*time.Second)) {
		t.Errorf("armed are %+v", batches)
	}
	soon, err := w.Store.Armed(t.Context(), c.Now(), c.Now().Add(10*time.Second), 10)
	if err != nil || len(soon) != 1 || soon[0].ID != batches[0].ID || soon[0].Generation != 0 {
		t.Errorf("to be handed over are %+v, %v", soon, err)
	}
	again, err := w.Store.FeedAgain(t.Context(), lead.QueueDue, c.Now().Add(time.Second), 10)
	if err != nil || len(again) != 0 {
		t.Errorf("fed again before they are due: %+v, %v", again, err)
	}
	c.Advance(20 * time.Second)
	again, err = w.Store.FeedAgain(t.Context(), lead.QueueDue, c.Now().Add(-10*time.Second), 10)
	if err != nil || len(again) != 1 {
		t.Errorf("fed again 15 s after they were due: %+v, %v", again, err)
	}
}

func TestSchedulingToAGroupDealsTheTurns(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C")
	equal(t, "at once", w.give(g, 1), "A")
	ids, _ := w.add(4, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	equal(t, "planned", w.receivers(), "B C A B")
	equal(t, "at once, meanwhile", w.give(g, 2), "C A")
	w.exact()
	w.setActive('C', false)
	w.edit(g, "C B A")
	w.exact()
	w.untilDone(c)
	equal(t, "outcomes", w.who(ids), "B member_inactive A B")
	equal(t, "turns in history", w.count(`SELECT count(*) FROM history WHERE turn IS NOT NULL AND group_id = $1`, g), 7)
	w.exact()
}

func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	return w.Count(w.t, query, args...)
}

func TestSchedulingToReceiversGroups(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("AB C")
	ids, _ := w.add(3, store.Distribution{GroupID: g, Pace: lead.Fast})
	equal(t, "decisions of the leads", w.count(`SELECT sum(decisions) FROM leads`), 5)
	w.assign(ids[1:2], store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	equal(t, "decisions of the assignment", w.count(`SELECT count FROM assignments`), 1)
	w.exact()
	all := w.pending()
	w.must(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{IDs: []uuid.UUID{all[0].ID}})
		equal(t, "deleted", n, 1)
		return err
	})
	w.exact()
	w.untilDone(c)
	equal(t, "history, with what was deleted", w.count(`SELECT count(*) FROM history`), 6)
	w.exact()
}

func TestALeadThatCannotBeDealtAhead(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	ids, batches := w.add(2, store.Distribution{GroupID: g})
	w.run(batches...)
	w.run(w.assign(ids[:1], store.Distribution{GroupID: g})...) // A and B have the first
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, ids[1]) })
	w.run(w.assign(ids, store.Distribution{GroupID: g, Pace: lead.Slow})...)
	equal(t, "outcomes", w.who(ids), "ABalready_assigned Bsource_lead_deleted")
	w.setActive('A', false)
	w.setActive('B', false)
	ids, batches = w.add(1, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	w.run(batches...)
	equal(t, "outcomes", w.who(ids), "no_active_receiver")
	w.exact()
}

func TestSchedulingSwitchedOff(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A")
	at := store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)}
	before, _ := w.add(1, at)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditWorkspace(ctx, w.workspace, func(ws *store.Workspace) error {
			ws.ScheduledDistribution = false
			return nil
		})
		return err
	})
	ids, batches := w.add(2, at)
	w.run(batches...)
	equal(t, "decided since", w.who(ids), "feature_disabled feature_disabled")
	equal(t, "at once", w.give(g, 1), "A")
	w.untilDone(c)
	equal(t, "what was pending runs", w.who(before), "A")
	w.exact()
}

// TestPlansOfOneGroupAtOnce has plans, immediate distributions and losses of the cursor at the same time.
func TestPlansOfOneGroupAtOnce(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C D")
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			_, batches := w.add(10, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
			w.run(batches...)
		})
		all.Go(func() {
			_, batches := w.add(10, store.Distribution{GroupID: g})
			w.run(batches...)
		})
		if i%4 == 0 {
			all.Go(func() {
				if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	if _, err := w.Store.RebuildAbandoned(t.Context(), w.Store.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	w.exact()
	w.untilDone(c)
	equal(t, "copies", w.counts(), map[string]int{"A": 60, "B": 60, "C": 60, "D": 60})
	w.exact()
}

func TestWhatIsOverdueGoesOutTogetherOldestFirst(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	for i := range 10 {
		w.add(100, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}, At: c.Now().Add(time.Duration(10-i) * time.Minute)})
	}
	c.Advance(time.Hour)
	batches := w.armed()
	equal(t, "batches", len(batches), 2)
	w.run(batches[0])
	equal(t, "the oldest half are done", w.count(`SELECT count(*) FROM history WHERE due_at <= $1`, c.Now().Add(-55*time.Minute)), 500)
	w.run(batches[1:]...)
	w.exact()
}

func TestADeletedLeadPlannedFirstSpendsNoTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	ids, _ := w.add(3, store.Distribution{})
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, ids[0]) })
	w.assign(ids, store.Distribution{GroupID: g, At: w.Store.Now().Add(time.Hour)})
	equal(t, "to come", w.upcoming(g, 2), "A B")
	var spent int
	if err := w.DB.Get(&spent, `SELECT count(*) FROM turns`); err != nil {
		t.Fatal(err)
	}
	equal(t, "turns in the ledger", spent, 2)
	w.exact()
}
