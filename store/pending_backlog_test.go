package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// Batches that were handed to the queue and are still there are found again by their queue, the oldest first, each with a new generation,
// and not again at once.
func TestLostBatchesAreFedAgain(t *testing.T) {
	t.Parallel()
	clock := newClock(monday)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A B")
	_, first := w.add(1, store.Distribution{GroupID: g})
	clock.Advance(time.Second)
	_, second := w.add(1, store.Distribution{GroupID: g})
	clock.Advance(time.Second)
	assigned, _ := w.add(1, store.Distribution{})
	w.assign(assigned, store.Distribution{GroupID: g})
	w.TakeHints()

	queues := func(before time.Time) []lead.Queue {
		found, err := w.Store.ToFeedAgain(t.Context(), before)
		w.fine(err)
		return found
	}
	again := func(queue lead.Queue, limit int) (ids []uuid.UUID) {
		hints, err := w.Store.FeedAgain(t.Context(), queue, clock.Now().Add(-time.Minute), limit)
		w.fine(err)
		for _, h := range hints {
			if h.Generation != 1 || h.Queue != queue || h.Workspace != w.workspace {
				t.Errorf("a hint is %+v", h)
			}
			ids = append(ids, h.ID)
		}
		return ids
	}
	equal(t, "queues at once", len(queues(clock.Now().Add(-time.Minute))), 0)
	clock.Advance(time.Hour)
	equal(t, "queues", queues(clock.Now().Add(-time.Minute)), []lead.Queue{lead.QueueFresh}) // what is bulk was never handed over
	equal(t, "the oldest", again(lead.QueueFresh, 1), []uuid.UUID{first[0].ID})
	equal(t, "the next", again(lead.QueueFresh, 5), []uuid.UUID{second[0].ID})
	equal(t, "at once", len(again(lead.QueueFresh, 5)), 0)
	equal(t, "in bulk", len(again(lead.QueueBulk, 5)), 0)
	equal(t, "queues since", len(queues(clock.Now().Add(-time.Minute))), 0)

	w.fine(w.Store.NoteFailure(t.Context(), w.workspace, first[0].ID, "no database"))
	w.fine(w.Store.NoteFailure(t.Context(), w.workspace, first[0].ID, "no Redis"))
	w.fine(w.Store.NoteFailure(t.Context(), uuid.New(), second[0].ID, "of another workspace"))
	equal(t, "noted", w.count(`SELECT count(*) FROM batches WHERE attempts = 2 AND error = 'no Redis'`), 1)
	equal(t, "noted on others", w.count(`SELECT count(*) FROM batches WHERE attempts > 0`), 1)
}

// What waits for somebody, what is offered, and what is due in each queue is counted, with since when.
func TestBacklogsAreCounted(t *testing.T) {
	t.Parallel()
	clock := newClock(monday)
	w := newWorld(t, testenv.WithClock(clock.Now))
	counts := func() (waiting, offered int, sinceWaiting, sinceOffered *time.Time) {
		waiting, sinceWaiting, err := w.Store.WaitingBacklog(t.Context())
		w.fine(err)
		offered, sinceOffered, err = w.Store.OfferedBacklog(t.Context())
		w.fine(err)
		return waiting, offered, sinceWaiting, sinceOffered
	}
	if waiting, offered, a, b := counts(); waiting+offered != 0 || a != nil || b != nil {
		t.Errorf("of nothing there are %d and %d, since %v and %v", waiting, offered, a, b)
	}
	began := clock.Now()
	w.offDuty("A", true)
	_, batches := w.add(3, store.Distribution{GroupID: w.group("A")})
	w.run(batches...)
	clock.Advance(time.Minute)
	_, batches = w.add(2, store.Distribution{GroupID: w.offering("B C", nil)})
	w.run(batches...)
	clock.Advance(time.Minute)
	if waiting, offered, a, b := counts(); waiting != 3 || offered != 2 || a == nil || !a.Equal(began) || b == nil || !b.Equal(began.Add(time.Minute)) {
		t.Errorf("there are %d and %d, since %v and %v", waiting, offered, a, b)
	}

	w.add(4, store.Distribution{GroupID: w.group("D")})
	w.add(5, store.Distribution{GroupID: w.group("E"), At: clock.Now().Add(48 * time.Hour)})
	due := clock.Now()
	clock.Advance(time.Minute)
	backlogs, err := w.Store.Backlogs(t.Context())
	w.fine(err)
	found := map[lead.Queue]store.Backlog{}
	for _, b := range backlogs {
		found[b.Queue] = b
	}
	if b := found[lead.QueueFresh]; b.Due != 4 || b.Later != 0 || b.Oldest == nil || !b.Oldest.Equal(due) {
		t.Errorf("of the fresh there are %+v", b)
	}
	if b := found[lead.QueueDue]; b.Later < 5 {
		t.Errorf("of the planned there are %+v", b)
	}
	if _, is := found[lead.QueueBulk]; is {
		t.Error("of a queue for which nothing waits there is a backlog")
	}
}
