package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// assignRun assigns leads, and returns the run with its batches.
func (w *world) assignRun(ids []uuid.UUID, d store.Distribution) (run uuid.UUID, batches []lead.Hint) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		a, err := t.Assign(ctx, w.workspace, ids, d)
		run, batches = a.ID, t.Batches()
		return err
	})
	return run, batches
}

// startUndo decides that a run is undone.
func (w *world) startUndo(run uuid.UUID, kind store.RunKind) (begun bool, err error) {
	err = w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		_, begun, err = t.StartUndo(ctx, w.workspace, run, kind)
		return err
	})
	return begun, err
}

// undo undoes a run.
func (w *world) undo(run uuid.UUID) store.Undo {
	w.t.Helper()
	return w.undoAs(run, store.RunAssignment)
}

func (w *world) undoAs(run uuid.UUID, kind store.RunKind) store.Undo {
	w.t.Helper()
	if _, err := w.startUndo(run, kind); err != nil {
		w.t.Fatal(err)
	}
	u, err := w.Store.WorkUndo(w.t.Context(), w.workspace, run)
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// counted is what an undo did: deleted, withdrawn, kept.
func counted(u store.Undo) [3]int { return [3]int{u.Deleted, u.Withdrawn, u.Kept} }

// holders tells who has each of the leads now, by letters.
func (w *world) holders(ids []uuid.UUID) string {
	w.t.Helper()
	var rows []struct {
		Lead   uuid.UUID `db:"source_lead_id"`
		Member uuid.UUID `db:"member_id"`
	}
	if err := w.DB.Select(&rows, `
		SELECT source_lead_id, member_id FROM assigned_leads WHERE source_lead_id = ANY($1::uuid[]) AND withdrawn_at IS NULL
		ORDER BY assigned_lead_id`, pq.GenericArray{A: ids}); err != nil {
		w.t.Fatal(err)
	}
	all := make([]string, len(ids))
	for i, id := range ids {
		for _, r := range rows {
			if r.Lead == id {
				all[i] += string(w.letters[r.Member])
			}
		}
		if all[i] == "" {
			all[i] = "-"
		}
	}
	return strings.Join(all, " ")
}

// TestARunIsAsIfItHadNeverBeen undoes a run and gives the same leads again: they go to the same members, and history has all of it.
func TestARunIsAsIfItHadNeverBeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.give(g, 2)
	ids, _ := w.add(4, store.Distribution{})
	before := w.upcoming(g, 6)
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "given", w.holders(ids), "C A B C")
	equal(t, "undone", counted(w.undo(run)), [3]int{0, 4, 0})
	equal(t, "taken back", w.holders(ids), "- - - -")
	equal(t, "next", w.upcoming(g, 6), before)
	w.exact()
	equal(t, "another lead", w.give(g, 1), "C")
	again, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "given again", w.holders(ids), "A B C A")
	w.exact()
	equal(t, "undone again", counted(w.undo(again)), [3]int{0, 4, 0})
	_, batches = w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "given a third time", w.holders(ids), "A B C A")
	w.exact()
	all, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{Outcome: lead.Undone}, store.Page{Limit: 100})
	if err != nil || len(all) != 8 || all[0].Turn == nil || all[0].MemberID == nil {
		t.Errorf("history has %d undone, %v", len(all), err)
	}
	a, err := w.Store.Assignment(t.Context(), w.workspace, again)
	if err != nil || a.Given != 4 || a.Undone != 4 {
		t.Errorf("the assignment tells %+v, %v", a, err)
	}
}

// TestUndoOfOffers undoes a run whose leads are offered: to the first who were asked, to the next ones, and accepted.
func TestUndoOfOffers(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.offering("A B C", within(10, 3))
	before := w.upcoming(g, 6)
	ids, _ := w.add(3, store.Distribution{})
	run, batches := w.assignRun(ids[:2], store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "offered", w.offered(ids[0])+", "+w.offered(ids[1]), "A, B")
	c.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "offered to the next", w.offered(ids[0])+", "+w.offered(ids[1]), "A. C, B. A")
	equal(t, "undone", counted(w.undo(run)), [3]int{2, 0, 0})
	equal(t, "cancelled", w.offered(ids[0])+", "+w.offered(ids[1]), "A. Cx, B. Ax")
	equal(t, "next", w.upcoming(g, 6), before)
	w.exact()
	run, batches = w.assignRun(ids[2:], store.Distribution{GroupID: g})
	w.run(batches...)
	if err := w.acceptOffer(ids[2], 'A'); err != nil {
		t.Fatal(err)
	}
	equal(t, "accepted is kept", counted(w.undo(run)), [3]int{0, 0, 1})
	equal(t, "stays accepted", w.offered(ids[2]), "A+")
	w.exact()
}

// TestUndoStopsARunThatIsGoingOn undoes what has not gone out yet, of every kind of batch.
func TestUndoStopsARunThatIsGoingOn(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C")
	ids, _ := w.add(1300, store.Distribution{})
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	if len(batches) != 3 {
		t.Fatalf("%d batches", len(batches))
	}
	w.run(batches[1])
	w.deletePending(w.pending()[0].ID) // unfolds another
	equal(t, "undone", counted(w.undo(run)), [3]int{799, 500, 0})
	w.run(batches...)
	equal(t, "pending", len(w.pending()), 0)
	equal(t, "next", w.upcoming(g, 3), "A B C")
	w.exact()

	planned, _ := w.assignRun(ids[:9], store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	paced, _ := w.assignRun(ids[9:12], store.Distribution{GroupID: g, Pace: lead.Slow})
	equal(t, "next", w.upcoming(g, 3), "A B C")
	pending := w.pending()
	w.deletePending(pending[slices.IndexFunc(pending, func(p store.PendingLead) bool { return p.Pace == "" })].ID)
	equal(t, "planned", counted(w.undo(planned)), [3]int{8, 0, 0})
	w.exact()
	equal(t, "paced", counted(w.undo(paced)), [3]int{3, 0, 0})
	equal(t, "pending", len(w.pending()), 0)
	w.exact()
	equal(t, "the next lead", w.give(g, 1), "A")
	equal(t, "turns that are free", w.upcoming(g, 3), "B C A")
	w.exact()
}

// TestWhatWasTouchedStays undoes a run of which members have answered, changed and converted some.
func TestWhatWasTouchedStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B CD")
	ids, _ := w.add(7, store.Distribution{})
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "given", w.holders(ids), "A B CD A B CD A")
	if err := w.accept(ids[0], 'A'); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.convertCopy(uuid.Nil, w.copyOf('B', ids[1])); err != nil {
		t.Fatal(err)
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditAssignedLead(ctx, w.workspace, store.Actor{}, w.copyOf('D', ids[2]), func(a *store.AssignedLead) error {
			a.Notes = "call back"
			return nil
		})
		return err
	})
	if _, err := w.opportunity(uuid.Nil, store.Opportunity{AssignedLeadID: new(w.copyOf('B', ids[4])), Stage: "new", Title: "x"}); err != nil {
		t.Fatal(err)
	}
	u := w.undo(run)
	equal(t, "undone", counted(u), [3]int{0, 5, 4})
	equal(t, "left", w.holders(ids), "A B D - B - -")
	kept, err := w.Store.UndoKept(t.Context(), w.workspace, run, 10)
	if err != nil {
		t.Fatal(err)
	}
	var why []string
	for _, k := range kept {
		why = append(why, k.Why)
	}
	equal(t, "kept", strings.Join(why, " "), "answered converted changed opportunity")
	equal(t, "next", w.upcoming(g, 4), "A CD A B")
	w.exact()
	equal(t, "given", w.give(g, 4), "A CD A B")
	w.exact()
}

// TestUndoHasItsTime undoes within the workspace's time, once, and says why not after it.
func TestUndoHasItsTime(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	ids, _ := w.add(3, store.Distribution{})
	first, _ := w.assignRun(ids[:1], store.Distribution{MemberIDs: w.ids("A")})
	second, _ := w.assignRun(ids[1:], store.Distribution{MemberIDs: w.ids("AB")})
	c.Advance(time.Hour)
	equal(t, "undone", counted(w.undo(first)), [3]int{1, 0, 0})
	c.Advance(time.Second)
	if _, err := w.startUndo(second, store.RunAssignment); err == nil || !strings.Contains(err.Error(), "too late") {
		t.Errorf("undone late: %v", err)
	}
	begun, err := w.startUndo(first, store.RunAssignment)
	if err != nil || begun {
		t.Errorf("begun again: %v, %v", begun, err)
	}
	equal(t, "the same outcome", counted(w.undo(first)), [3]int{1, 0, 0})
	set := func(minutes int) {
		w.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.EditWorkspace(ctx, w.workspace, func(ws *store.Workspace) error { ws.UndoMinutes = minutes; return nil })
			return err
		})
	}
	set(0)
	if _, err := w.startUndo(second, store.RunAssignment); err == nil || !strings.Contains(err.Error(), "switched off") {
		t.Errorf("undone although switched off: %v", err)
	}
	set(61)
	equal(t, "undone", counted(w.undo(second)), [3]int{4, 0, 0})
	if _, err := w.startUndo(uuid.New(), store.RunAssignment); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("what never was: %v", err)
	}
	w.exact()
}

// TestUndoKeepsTheRhythmOfWhatIsOwed undoes runs between the leads that make good what a member is owed, each second lead at the most: the
// next one makes good where it would have without the run.
func TestUndoKeepsTheRhythmOfWhatIsOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.policy("A B C", g, store.GroupPolicy{WhenAway: store.AwayOwe, OweAtMost: 3})
	undone := func(n int, want string) {
		t.Helper()
		ids, _ := w.add(n, store.Distribution{})
		run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
		w.run(batches...)
		equal(t, "the run", w.holders(ids), want)
		w.undo(run)
	}
	w.offDuty("B", true)
	equal(t, "without B", w.give(g, 10), "A C A C A C A C A C")
	w.offDuty("B", false)
	undone(2, "B A")
	equal(t, "made good first, as if the run had never been", w.give(g, 1), "B")
	undone(1, "A")
	equal(t, "then a turn", w.give(g, 1), "A")
	equal(t, "and made good", w.give(g, 1), "B")
	undone(2, "B B")
	equal(t, "a turn", w.give(g, 1), "B")
	undone(1, "B")
	equal(t, "all of it", w.give(g, 4), "B C A B")
	w.exact()
}
