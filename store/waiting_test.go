package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// mondayAtTen is 10:00 of a Monday in Kuala Lumpur, whose clock is 8 hours ahead.
var mondayAtTen = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)

// editMember changes a member.
func (w *world) editMember(letter byte, edit func(*store.Member)) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.EditMember(ctx, w.workspace, w.members[letter], func(m *store.Member) error {
			edit(m)
			return nil
		})
		return err
	})
}

// offDuty takes members off duty, or back.
func (w *world) offDuty(letters string, off bool) {
	w.t.Helper()
	for _, l := range []byte(letters) {
		w.editMember(l, func(m *store.Member) { m.OffDuty = off })
	}
}

// cap gives members a cap a day.
func (w *world) cap(letters string, caps lead.Caps) {
	w.t.Helper()
	for _, l := range []byte(letters) {
		w.editMember(l, func(m *store.Member) { m.Caps = caps })
	}
}

func perDay(n int) lead.Caps { return lead.Caps{PerDay: &n} }

// officeHours are 09:00 to 18:00 on weekdays.
func officeHours() *lead.Week {
	var w lead.Week
	for day := time.Monday; day <= time.Friday; day++ {
		w[day] = []lead.Hours{{From: 9 * 60, To: 18 * 60}}
	}
	return &w
}

// release lets go, and distributes, all that waits and can be taken, as the scheduler and the workers would.
func (w *world) release() (n int) {
	w.t.Helper()
	for {
		groups, err := w.Store.ToRelease(w.t.Context(), 100)
		if err != nil {
			w.t.Fatal(err)
		}
		went := 0
		for _, g := range groups {
			n, err := w.Store.Release(w.t.Context(), g)
			if err != nil {
				w.t.Fatal(err)
			}
			went += n
		}
		if went == 0 {
			return n
		}
		n += went
		w.run(w.TakeHints()...)
	}
}

// stuck counts what waits for a group, oldest first.
func (w *world) stuck(group uuid.UUID) int {
	w.t.Helper()
	all, err := w.Store.PendingLeads(w.t.Context(), w.workspace, store.PendingFilter{GroupID: group, Waiting: true}, store.PendingPage{Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all)
}

// skipped tells who was passed over for a lead, and why.
func (w *world) skipped(id uuid.UUID) string {
	w.t.Helper()
	all, err := w.Store.History(w.t.Context(), w.workspace, store.HistoryFilter{LeadID: id}, store.Page{Limit: 1})
	if err != nil || len(all) != 1 {
		w.t.Fatal(len(all), err)
	}
	var parts []string
	for _, s := range all[0].Skipped {
		parts = append(parts, string(w.letters[s.MemberID])+":"+string(s.Reason))
	}
	return strings.Join(parts, " ")
}

// TestWhoCannotTakeALeadIsPassedOver has members be off duty, outside their hours, away and at their caps: each is passed over with
// the reason, and owed nothing.
func TestWhoCannotTakeALeadIsPassedOver(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A B C D E")
	w.offDuty("A", true)
	w.editMember('B', func(m *store.Member) { m.WorkingHours = &lead.Week{time.Tuesday: {{From: 9 * 60, To: 18 * 60}}} })
	w.must(func(ctx context.Context, tx *store.Tx) error {
		today := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
		_, err := tx.AddAbsence(ctx, w.workspace, store.Absence{MemberID: w.members['C'], FromDate: &today, ToDate: &today})
		return err
	})
	w.cap("D", perDay(1))
	ids, batches := w.add(3, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "who got them", w.who(ids), "D E E")
	equal(t, "who was passed over for the first", w.skipped(ids[0]), "A:off_duty B:outside_hours C:away")
	equal(t, "and for the third", w.skipped(ids[2]), "A:off_duty B:outside_hours C:away D:cap_day")
	w.offDuty("A", false)
	equal(t, "A is back, B to D are not", w.give(g, 2), "A E")
	clock.Set(mondayAtTen.Add(24 * time.Hour))
	equal(t, "the next day", w.give(g, 5), "A B C D E")
	w.exact()
}

// TestNobodyCanTakeItNow has leads wait until somebody can, who then gets them oldest first.
func TestNobodyCanTakeItNow(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A B")
	for _, l := range []byte("AB") {
		w.editMember(l, func(m *store.Member) { m.WorkingHours = officeHours() })
	}
	evening := mondayAtTen.Add(9 * time.Hour) // 19:00
	clock.Set(evening)
	first, batches := w.add(3, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "nobody has them", w.who(first), "  ")
	equal(t, "they wait", w.stuck(g), 3)
	clock.Advance(time.Minute)
	second, batches := w.add(2, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "nothing to do", w.release(), 0)
	clock.Set(evening.Add(time.Hour * 13)) // 08:00
	equal(t, "nothing yet", w.release(), 0)
	clock.Set(evening.Add(time.Hour * 14)) // 09:00
	equal(t, "all go", w.release(), 5)
	equal(t, "oldest first, in turn order", w.who(append(first, second...)), "A B A B A")
	equal(t, "none waits", w.stuck(g), 0)
	w.exact()

	w.offDuty("AB", true)
	ids, batches := w.add(2, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "nobody is on duty", w.release(), 0)
	w.offDuty("A", false)
	equal(t, "A is", w.release(), 2)
	equal(t, "who got them", w.who(ids), "A A")
	w.exact()
}

// TestCapsAreExact has many workers at once give leads to members of two groups who may get few.
func TestCapsAreExact(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	one, other := w.group("A B"), w.group("B C A")
	w.cap("AB", perDay(5))
	var batches []lead.Hint
	for i := range 100 {
		_, b := w.add(1, store.Distribution{GroupID: []uuid.UUID{one, other}[i%2]})
		batches = append(batches, b...)
	}
	w.runAtOnce(20, batches)
	got := w.counts()
	equal(t, "copies of A and B", [2]int{got["A"], got["B"]}, [2]int{5, 5})
	equal(t, "all others went to C, or wait", got["C"]+w.stuck(one)+w.stuck(other), 90)
	equal(t, "none of the second group's waits", w.stuck(other), 0)
	w.exact()
	clock.Set(mondayAtTen.Add(24 * time.Hour))
	w.release()
	equal(t, "the next day", w.counts()["A"]+w.counts()["B"], 20)
	w.exact()
}

// TestCapsAreExactWhereBatchesComeNearThemAtOnce has two batches be dealt by counts that have room enough for either, and not for both.
func TestCapsAreExactWhereBatchesComeNearThemAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testenv.WithClock(testenv.NewClock(mondayAtTen).Now))
	g := w.group("A")
	w.cap("A", perDay(30))
	ids, _ := w.add(40, store.Distribution{})
	batches := append(w.assign(ids[:20], store.Distribution{GroupID: g}), w.assign(ids[20:], store.Distribution{GroupID: g})...)
	held := w.DB.MustBegin()
	if _, err := held.Exec(`SELECT 1 FROM cap_counts FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	var dealing sync.WaitGroup
	dealing.Go(func() { w.runAtOnce(2, batches) })
	testenv.Eventually(t, 10*time.Second, func() error {
		if n := w.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`); n < 2 {
			return fmt.Errorf("%d of 2 batches wait for the counts", n)
		}
		return nil
	})
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	dealing.Wait()
	equal(t, "copies", w.counts(), map[string]int{"A": 30})
	equal(t, "waiting", w.stuck(g), 10)
	w.exact()
}

// runAtOnce distributes batches by so many workers.
func (w *world) runAtOnce(workers int, batches []lead.Hint) {
	w.t.Helper()
	next := make(chan lead.Hint, len(batches))
	for _, b := range batches {
		next <- b
	}
	close(next)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for b := range next {
				if _, err := w.Store.Distribute(w.t.Context(), w.workspace, b.ID); err != nil {
					w.t.Error(err)
				}
			}
		})
	}
	working.Wait()
}
