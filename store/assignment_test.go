package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) assignment(id uuid.UUID) store.Assignment {
	w.t.Helper()
	a, err := w.Store.Assignment(w.t.Context(), w.workspace, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// TestAnAssignmentCountsWhatBecameOfIt gives leads of which some are deleted, some are there already, some planned, some deleted while they
// are planned, and some undone: whatever happens, the counts come to what was decided.
func TestAnAssignmentCountsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	g := w.group("AB C")
	counts := func(what string, run uuid.UUID, want store.AssignmentCounts) {
		t.Helper()
		equal(t, what, w.assignment(run).AssignmentCounts, want)
	}

	ids, _ := w.add(4, store.Distribution{})
	w.deleteLead(ids[3])
	run, batches := w.assignRun(ids, store.Distribution{GroupID: g})
	equal(t, "decisions", w.assignment(run).Count, 4)
	counts("before they go out", run, store.AssignmentCounts{Pending: 4})
	w.run(batches...)
	counts("a turn of two makes two copies", run, store.AssignmentCounts{Given: 5, Failed: 1})

	again, batches := w.assignRun(ids[:3], store.Distribution{MemberIDs: []uuid.UUID{w.members['A'], w.members['D']}})
	equal(t, "decisions by name", w.assignment(again).Count, 6)
	w.run(batches...)
	counts("A has two of them already", again, store.AssignmentCounts{Given: 4, Failed: 2})

	more, _ := w.add(4, store.Distribution{})
	planned, _ := w.assignRun(more, store.Distribution{GroupID: w.group("D"), At: c.Now().Add(time.Hour)})
	counts("planned", planned, store.AssignmentCounts{Pending: 4})
	list, err := w.Store.PendingLeads(t.Context(), w.workspace, store.PendingFilter{}, store.PendingPage{Limit: 10})
	if err != nil || len(list) != 4 {
		t.Fatalf("pending are %d, %v", len(list), err)
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{IDs: []uuid.UUID{list[0].ID}})
		return err
	})
	counts("one was deleted", planned, store.AssignmentCounts{Pending: 3, Cancelled: 1})
	armed := w.armed()
	c.Advance(time.Hour)
	w.run(armed...)
	counts("gone out", planned, store.AssignmentCounts{Given: 3, Cancelled: 1})
	w.undo(planned)
	counts("undone, of which history keeps what was", planned, store.AssignmentCounts{Given: 3, Cancelled: 1, Undone: 4})

	var listed []uuid.UUID
	for p := (store.Page{Limit: 2}); ; {
		page, err := w.Store.Assignments(t.Context(), w.workspace, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page {
			equal(t, "as it is read by itself", a.AssignmentCounts, w.assignment(a.ID).AssignmentCounts)
			listed = append(listed, a.ID)
		}
		if len(page) < p.Limit {
			break
		}
		p.After = page[len(page)-1].ID
	}
	equal(t, "listed", listed, []uuid.UUID{planned, again, run})
	w.exact()
}

// TestWhatCannotBeAssigned names a lead, a member or a group that the workspace never had, or asks for what cannot be together; nothing of it
// is decided. What was deleted or removed is taken, and fails.
func TestWhatCannotBeAssigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, gone, offers := w.group("A"), w.group("B"), w.offering("A B", nil)
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteGroup(ctx, w.workspace, gone) })
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.RemoveMember(ctx, w.workspace, w.members['F'])
	})
	ids, _ := w.add(3, store.Distribution{})
	stranger := uuid.New()
	for what, c := range map[string]struct {
		ids   []uuid.UUID
		d     store.Distribution
		field string
	}{
		"a lead that never was":   {[]uuid.UUID{ids[0], stranger, ids[1]}, store.Distribution{GroupID: g}, "lead_ids[1]"},
		"a group that never was":  {ids, store.Distribution{GroupID: stranger}, "group_id"},
		"a member that never was": {ids, store.Distribution{MemberIDs: []uuid.UUID{w.members['A'], stranger}}, "member_ids[1]"},
		"a pace of offers":        {ids, store.Distribution{GroupID: offers, Pace: lead.Slow}, "pace"},
	} {
		err := w.tx(func(ctx context.Context, tx *store.Tx) error {
			if err := tx.CheckDistribution(ctx, w.workspace, c.d); err != nil {
				return err
			}
			return second(tx.Assign(ctx, w.workspace, c.ids, c.d))
		})
		refused(t, what, err, c.field)
	}
	equal(t, "decided", w.count(`SELECT count(*) FROM assignments`)+w.count(`SELECT count(*) FROM pending`), 0)
	run, batches := w.assignRun(ids, store.Distribution{GroupID: gone})
	w.run(batches...)
	equal(t, "to a group that is gone", w.assignment(run).AssignmentCounts, store.AssignmentCounts{Failed: 3})
	run, batches = w.assignRun(ids, store.Distribution{MemberIDs: []uuid.UUID{w.members['F'], w.members['A']}})
	w.run(batches...)
	equal(t, "to somebody who was removed, and another", w.assignment(run).AssignmentCounts, store.AssignmentCounts{Given: 3, Failed: 3})
	w.exact()
}

// TestPlansAreDrawnFromTheirSeed plans the same leads twice: by the same seed for the same times, and by none for others, and says by which.
func TestPlansAreDrawnFromTheirSeed(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	due := func(seed lead.Seed) (times string, used lead.Seed) {
		t.Helper()
		ids, _ := w.add(12, store.Distribution{})
		run, _ := w.assignRun(ids, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}, Pace: lead.Normal, Seed: seed})
		var at []time.Time
		if err := w.DB.Select(&at, `SELECT due_at FROM pending_leads WHERE assignment_id = $1 ORDER BY due_at`, run); err != nil {
			t.Fatal(err)
		}
		a := w.assignment(run)
		if a.Seed == nil || a.Pace != lead.Normal || len(at) != 12 || !slices.IsSortedFunc(at, time.Time.Compare) {
			t.Fatalf("planned %d by %+v", len(at), a)
		}
		w.undo(run)
		return fmt.Sprint(at), *a.Seed
	}
	first, seed := due(0)
	if again, used := due(seed); again != first || used != seed {
		t.Errorf("by the same seed %d: %s, want %s", used, again, first)
	}
	if other, used := due(0); used == seed || other == first {
		t.Errorf("by another seed %d: %s", used, other)
	}
	w.exact()
}
