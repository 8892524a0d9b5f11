package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// pull has a member take the oldest lead that waits, and returns which that is, nil for none.
func (w *world) pull(letter byte) (got uuid.UUID, err error) {
	err = w.tx(func(ctx context.Context, t *store.Tx) error {
		a, err := t.NextLead(ctx, w.workspace, w.members[letter])
		if got = uuid.Nil; a != nil {
			got = a.SourceLeadID
		}
		return err
	})
	return got, err
}

// TestPull has members take what waits: the oldest of their groups, within their caps, whatever their hours.
func TestPull(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen.Add(12 * time.Hour)) // 22:00
	w := newWorld(t, testenv.WithClock(clock.Now))
	one, other := w.group("A B"), w.group("B C")
	for _, l := range []byte("ABC") {
		w.editMember(l, func(m *store.Member) { m.WorkingHours = officeHours() })
	}
	var ids []uuid.UUID
	for _, g := range []uuid.UUID{other, one, one, other} {
		clock.Advance(time.Second)
		added, batches := w.add(1, store.Distribution{GroupID: g})
		w.run(batches...)
		ids = append(ids, added...)
	}
	must := func(letter byte, want uuid.UUID) {
		t.Helper()
		got, err := w.pull(letter)
		if err != nil || got != want {
			t.Errorf("%c got %v (%v), want %v", letter, got, err, want)
		}
	}
	must('A', ids[1])
	w.cap("B", perDay(1))
	must('B', ids[0])
	must('B', uuid.Nil)
	must('D', uuid.Nil)
	w.offDuty("C", true)
	if got, err := w.pull('C'); err == nil {
		t.Errorf("C is off duty and got %v", got)
	}
	w.offDuty("C", false)
	must('C', ids[3])
	must('C', uuid.Nil)
	must('A', ids[2])
	must('A', uuid.Nil)
	equal(t, "who has them", w.who(ids), "B A A C")
	w.exact()
}

// TestPullAtOnce has many ask at once, while the group's hours begin: each lead goes out once.
func TestPullAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.offDuty("ABC", true)
	ids, batches := w.add(60, store.Distribution{GroupID: g})
	w.run(batches...)
	w.offDuty("ABC", false)
	w.cap("A", perDay(5))
	w.TakeHints()
	var asking sync.WaitGroup
	for _, letter := range []byte("AABBCC") {
		asking.Go(func() {
			for {
				got, err := w.pull(letter)
				if err != nil {
					t.Error(err)
				}
				if got == uuid.Nil {
					return
				}
			}
		})
	}
	w.release()
	asking.Wait()
	w.run(w.TakeHints()...)
	w.release()
	counts := w.counts()
	if counts["A"] > 5 {
		t.Errorf("A may get 5 and got %d", counts["A"])
	}
	equal(t, "all have gone out", counts["A"]+counts["B"]+counts["C"], len(ids))
	w.exact()
}
