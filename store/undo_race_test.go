package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestUndoRacesWithEverything undoes a run by many hands while its batches go out, members answer, convert and edit their copies, other
// leads come in and the group is edited: there is one outcome, every copy is kept or taken back, and the audit finds nothing.
func TestUndoRacesWithEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C D")
	ids, _ := w.add(2600, store.Distribution{})
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches[0], batches[1])
	_, fresh := w.add(40, store.Distribution{GroupID: g})
	var copies []uuid.UUID
	if err := w.DB.Select(&copies, `SELECT assigned_lead_id FROM assigned_leads ORDER BY random() LIMIT 60`); err != nil {
		t.Fatal(err)
	}
	var hands sync.WaitGroup
	for _, b := range append(batches[2:], fresh...) {
		hands.Go(func() {
			if _, err := w.Store.Distribute(t.Context(), w.workspace, b.ID); err != nil {
				t.Error(err)
			}
		})
	}
	touched := func(err error) {
		var taken *store.Violation
		if err != nil && !errors.As(err, &taken) {
			t.Error(err)
		}
	}
	hands.Go(func() {
		for i, id := range copies {
			touched(w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
				switch i % 3 {
				case 0:
					_, err = tx.AcceptAssignedLead(ctx, w.workspace, store.Actor{}, id)
				case 1:
					_, _, err = tx.ConvertAssignedLead(ctx, w.workspace, uuid.Nil, id)
				default:
					_, err = tx.EditAssignedLead(ctx, w.workspace, store.Actor{}, id, func(a *store.AssignedLead) error { a.Notes = "x"; return nil })
				}
				return err
			}))
		}
	})
	hands.Go(func() {
		for _, ring := range []string{"A B C", "B C D E", "A B C D"} {
			w.edit(g, ring)
		}
	})
	var outcomes sync.Map
	for range 20 {
		hands.Go(func() {
			if _, err := w.startUndo(run, store.RunAssignment); err != nil {
				t.Error(err)
				return
			}
			u, err := w.Store.WorkUndo(t.Context(), w.workspace, run)
			if err != nil || !u.Done() {
				t.Error(u, err)
			}
			outcomes.Store(counted(u), true)
		})
	}
	hands.Wait()
	n := 0
	outcomes.Range(func(key, _ any) bool { t.Log(key); n++; return true })
	equal(t, "outcomes", n, 1)
	u := w.undo(run)
	equal(t, "decisions", u.Deleted+u.Withdrawn+u.Kept, len(ids))
	equal(t, "kept", w.count(`SELECT count(*) FROM undo_kept`), u.Kept)
	equal(t, "left with members", w.count(`SELECT count(*) FROM assigned_leads WHERE withdrawn_at IS NULL`), u.Kept+40)
	w.exact()
	w.give(g, 9)
	w.exact()
}

// TestAnUndoThatDiesGoesOn ends an undo after each part, as a process does that is killed, and has others go on.
func TestAnUndoThatDiesGoesOn(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C")
	ids, _ := w.add(3300, store.Distribution{})
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches[:4]...)
	if _, err := w.startUndo(run, store.RunAssignment); err != nil {
		t.Fatal(err)
	}
	died, parts := 0, 0
	for done := false; !done; parts++ {
		for _, soon := range []time.Duration{5, 20, 60} { // wherever it then is
			ctx, cancel := context.WithTimeout(t.Context(), soon*time.Millisecond)
			if _, err := w.Store.UndoOnce(ctx, w.workspace, run); err != nil {
				died++
			}
			cancel()
		}
		w.exact()
		u, err := w.Store.UndoOnce(t.Context(), w.workspace, run)
		if err != nil {
			t.Fatal(err)
		}
		done = u.Done()
	}
	if t.Logf("it died %d times in %d rounds", died, parts); died == 0 {
		t.Error("it never died")
	}
	equal(t, "undone", counted(w.undo(run)), [3]int{1300, 2000, 0})
	equal(t, "next", w.upcoming(g, 3), "A B C")

	second, _ := w.assignRun(ids[:10], store.Distribution{GroupID: g})
	if _, err := w.startUndo(second, store.RunAssignment); err != nil {
		t.Fatal(err)
	}
	c.Advance(10 * time.Second)
	open, err := w.Store.OpenUndos(t.Context(), c.Now().Add(-5*time.Second), 10)
	if err != nil || len(open) != 1 || open[0].Run != second {
		t.Errorf("to go on with are %v, %v", open, err)
	}
	w.exact()
}

// TestUndoNeedsNoRedis undoes while Redis is lost, and while another has turns in hand: the cursor is loaded anew by whoever draws next.
func TestUndoNeedsNoRedis(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	ids, _ := w.add(7, store.Distribution{})
	for i := range 4 {
		run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
		w.run(batches...)
		if i%2 == 0 {
			if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		w.undo(run)
		if i == 1 {
			if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, fmt.Sprint("next ", i), w.upcoming(g, 3), "A B C")
	}
	equal(t, "given", w.give(g, 4), "A B C A")
	w.exact()
}

// TestUndoGivesCapsTheirPlacesBack undoes a run that filled members' caps, on which other leads wait.
func TestUndoGivesCapsTheirPlacesBack(t *testing.T) {
	t.Parallel()
	w, _ := newTimedWorld(t)
	g := w.group("A B")
	two := 2
	w.cap("AB", lead.Caps{PerDay: &two, Open: &two})
	ids, _ := w.add(4, store.Distribution{})
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches...)
	late, batches := w.add(3, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "nobody can take the others", w.holders(late), "- - -")
	waits, batches := w.assignRun(ids[:1], store.Distribution{GroupID: w.group("A")})
	w.run(batches...)
	equal(t, "one that waits", counted(w.undo(waits)), [3]int{1, 0, 0})
	equal(t, "undone", counted(w.undo(run)), [3]int{0, 4, 0})
	w.exact()
	due, err := w.Store.ToRelease(t.Context(), 10)
	if err != nil || len(due) == 0 {
		t.Fatalf("to look at again are %v, %v", due, err)
	}
	for _, group := range due {
		if _, err := w.Store.Release(t.Context(), group); err != nil {
			t.Fatal(err)
		}
	}
	w.fireAnyhow()
	equal(t, "they have room now", w.holders(late), "A B A")
	w.exact()
}
