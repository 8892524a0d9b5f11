package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// rows counts the pending leads that have rows of their own, and those that are folded.
func (w *world) rows() [2]int {
	w.t.Helper()
	return [2]int{w.count(`SELECT count(*) FROM pending_leads`), w.count(`SELECT count(*) FROM pending WHERE folded`)}
}

// listed lists what a filter matches, page by page.
func (w *world) listed(f store.PendingFilter, limit int) (all []store.PendingLead) {
	w.t.Helper()
	for page := (store.PendingPage{Limit: limit}); ; {
		some, err := w.Store.PendingLeads(w.t.Context(), w.workspace, f, page)
		if err != nil {
			w.t.Fatal(err)
		}
		if all = append(all, some...); len(some) < limit {
			return all
		}
		page.AfterDue, page.AfterID = some[limit-1].DueAt, some[limit-1].ID
	}
}

// TestFoldedLeadsAreSeenAsAnyOther lists what goes out at once, which has no rows of its own.
func TestFoldedLeadsAreSeenAsAnyOther(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	ids, _ := w.add(1200, store.Distribution{})
	w.add(3, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	toGroup := w.assign(ids, store.Distribution{GroupID: g})
	c.Advance(time.Millisecond)
	toMembers := w.assign(ids[:400], store.Distribution{MemberIDs: []uuid.UUID{w.members['C'], w.members['D']}})
	equal(t, "batches", len(toGroup)+len(toMembers), 3+2)
	equal(t, "rows", w.rows(), [2]int{3, 2000})
	all := w.listed(store.PendingFilter{}, 77)
	equal(t, "listed", len(all), 2003)
	for i, l := range ids {
		if p := all[i]; p.LeadID != l || *p.GroupID != g || p.MemberID != nil || p.Trigger != lead.Immediate {
			t.Fatalf("pending lead %d is %+v", i, p)
		}
	}
	equal(t, "to members", []uuid.UUID{all[1200].LeadID, *all[1200].MemberID, all[1201].LeadID, *all[1201].MemberID},
		[]uuid.UUID{ids[0], w.members['C'], ids[0], w.members['D']})
	one, err := w.Store.PendingLead(t.Context(), w.workspace, all[700].ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "one of them", one, all[700])
	if _, err := w.Store.PendingLead(t.Context(), w.workspace, toGroup[0].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a batch is taken for a pending lead: %v", err)
	}
	for name, f := range map[string]struct {
		filter store.PendingFilter
		want   int
	}{
		"lead": {store.PendingFilter{LeadID: ids[7]}, 3}, "member": {store.PendingFilter{MemberID: w.members['D']}, 400},
		"group": {store.PendingFilter{GroupID: g}, 1203}, "assignment": {store.PendingFilter{AssignmentID: *all[0].AssignmentID}, 1200},
		"due": {store.PendingFilter{DueBefore: c.Now()}, 1200}, "lead and member": {store.PendingFilter{LeadID: ids[7], MemberID: w.members['C']}, 1},
	} {
		equal(t, name, len(w.listed(f.filter, 60)), f.want)
	}
	w.run(append(toGroup, toMembers...)...)
	var done []uuid.UUID
	if err := w.DB.Select(&done, `SELECT pending_id FROM history ORDER BY due_at, pending_id`); err != nil {
		t.Fatal(err)
	}
	equal(t, "in history under the same ids", done, idsOf(all[:2000]))
	w.exact()
}

// TestUnfoldingOnTouch acts on single leads of batches: those unfold, the others do not.
func TestUnfoldingOnTouch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	ids, _ := w.add(1500, store.Distribution{})
	batches := w.assign(ids, store.Distribution{GroupID: g})
	all := w.listed(store.PendingFilter{}, 500)
	equal(t, "deleted", w.deletePending(all[501].ID, all[502].ID, uuid.New()), 2)
	equal(t, "rows", w.rows(), [2]int{498, 1000})
	var going *store.Violation
	if _, err := w.move(all[0].ID, func(*store.PendingLead) {}); !errors.As(err, &going) {
		t.Errorf("moved what is going out: %v", err)
	}
	n, more := w.distributeNow(all[1499].ID)
	equal(t, "still pending", []int{n, len(more)}, []int{1, 0})
	equal(t, "rows", w.rows(), [2]int{998, 500})
	w.must(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{LeadID: ids[1000]}})
		equal(t, "deleted by lead", n, 1)
		return err
	})
	backlogs, err := w.Store.Backlogs(t.Context())
	if err != nil || len(backlogs) != 1 {
		t.Fatalf("backlogs are %+v, error %v", backlogs, err)
	}
	equal(t, "backlog", backlogs[0].Due, 1497)
	w.exact()
	w.run(batches...)
	equal(t, "copies", w.counts(), map[string]int{"A": 749, "B": 748})
	equal(t, "the deleted ones, and those beside them", w.who(ids[500:504]), "A   B")
	w.exact()
}

func TestDeletingAllOfAnAssignment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids, _ := w.add(700, store.Distribution{})
	w.assign(ids, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	rest := w.assign(ids, store.Distribution{MemberIDs: []uuid.UUID{w.members['A'], w.members['B']}})
	w.must(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{MemberID: w.members['A']}})
		equal(t, "deleted", n, 1400)
		return err
	})
	w.run(rest...)
	equal(t, "copies", w.counts(), map[string]int{"B": 700})
	w.exact()
}

// TestDeletedLeadsComeFirst has leads fail for two reasons at once.
func TestDeletedLeadsComeFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nobody := w.group("E")
	w.setActive('E', false)
	ids, _ := w.add(2, store.Distribution{})
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, ids[0]) })
	w.run(w.assign(ids, store.Distribution{GroupID: nobody})...)
	w.run(w.assign(ids, store.Distribution{MemberIDs: []uuid.UUID{w.members['E']}})...)
	equal(t, "outcomes", w.who(ids), "source_lead_deletedsource_lead_deleted no_active_receivermember_inactive")
	w.exact()
}

// TestFoldingAndClaimingAtOnce has many clients list and delete leads of batches, and distribute these several times each.
func TestFoldingAndClaimingAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C D")
	const leads = 3000
	ids, _ := w.add(leads, store.Distribution{})
	batches := w.assign(ids, store.Distribution{GroupID: g})
	all := idsOf(w.listed(store.PendingFilter{}, 500))
	var deleted atomic.Int64
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() {
			for range 20 {
				some := make([]uuid.UUID, 8)
				for i := range some {
					some[i] = all[rand.N(len(all))]
				}
				deleted.Add(int64(w.deletePending(some...)))
				w.listed(store.PendingFilter{LeadID: ids[rand.N(len(ids))]}, 10)
			}
		})
		clients.Go(func() {
			for _, i := range rand.Perm(len(batches)) {
				w.run(batches[i])
			}
		})
	}
	clients.Go(func() {
		for range 10 {
			if _, err := w.Store.FeedBulk(t.Context(), 2, 10); err != nil {
				t.Error(err)
			}
			if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
				t.Error(err)
			}
		}
	})
	clients.Wait()
	if _, err := w.Store.RebuildAbandoned(t.Context(), w.Store.Now()); err != nil {
		t.Fatal(err)
	}
	equal(t, "leads that ended", w.count(`SELECT count(*) FROM history WHERE outcome = 'succeeded'`)+int(deleted.Load()), leads)
	w.give(g, 8) // takes the turns that were drawn and not spent
	w.exact()
}

// TestFeedingInTurn feeds a few batches of each workspace, the one with fewest first.
func TestFeedingInTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	large := w.workspace
	ids, _ := w.add(5*lead.MaxBatch, store.Distribution{})
	w.assign(ids, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	other, err := w.Store.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "other", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	small := other.ID
	w.workspace = small
	more, _ := w.add(2*lead.MaxBatch, store.Distribution{})
	member, err := w.Store.CreateMember(t.Context(), small, store.Member{Name: "G"})
	if err != nil {
		t.Fatal(err)
	}
	w.assign(more, store.Distribution{MemberIDs: []uuid.UUID{member.ID}})
	feed := func(inFlight, limit int) map[uuid.UUID]int {
		t.Helper()
		fed, err := w.Store.FeedBulk(t.Context(), inFlight, limit)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[uuid.UUID]int{}
		for _, b := range fed {
			counts[b.Workspace]++
		}
		return counts
	}
	equal(t, "one each", feed(3, 2), map[uuid.UUID]int{large: 1, small: 1})
	equal(t, "up to what may be in flight", feed(3, 100), map[uuid.UUID]int{large: 2, small: 1})
	equal(t, "no more", feed(3, 100), map[uuid.UUID]int{})
	w.DB.MustExec(`DELETE FROM batches WHERE fed_at IS NOT NULL`)
	equal(t, "the rest", feed(3, 100), map[uuid.UUID]int{large: 2})
}
