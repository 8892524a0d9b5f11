package store_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestReactivatedMembersComeBackAtTheirPlace has a member miss many turns: none of them is made up for.
func TestReactivatedMembersComeBackAtTheirPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	equal(t, "all are in", w.give(g, 4), "A B C A")
	w.setActive('B', false)
	equal(t, "without B", w.give(g, 9), "C A C A C A C A C")
	w.setActive('B', true)
	equal(t, "to come", w.upcoming(g, 6), "A B C A B C")
	equal(t, "B is back", w.give(g, 6), "A B C A B C")
	w.exact()
}

// TestDeactivatedWhileLeadsGoOut deactivates a member while batches for them are under way: from the moment that this is
// committed nothing more is given, and every lead has exactly one outcome.
func TestDeactivatedWhileLeadsGoOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	const n, batchCount = 20, 24
	var batches []lead.Hint
	for i := range batchCount {
		d := store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}}
		if i%2 == 0 {
			d = store.Distribution{GroupID: g}
		}
		_, b := w.add(n, d)
		batches = append(batches, b...)
	}
	started := make(chan struct{}, len(batches))
	next := make(chan lead.Hint, len(batches))
	for _, b := range batches {
		next <- b
	}
	close(next)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for b := range next {
				if _, err := w.Store.Distribute(t.Context(), w.workspace, b.ID); err != nil {
					t.Error(err)
				}
				started <- struct{}{}
			}
		})
	}
	for range batchCount / 3 {
		<-started
	}
	w.setActive('A', false)
	had := w.counts()["A"]
	workers.Wait()
	equal(t, "copies of A since", w.counts()["A"]-had, 0)

	var outcomes []struct {
		Outcome lead.Outcome `db:"outcome"`
		Reason  string       `db:"reason"`
		Count   int          `db:"count"`
	}
	if err := w.DB.Select(&outcomes, `SELECT outcome, coalesce(reason, '') AS reason, count(*) FROM history GROUP BY 1, 2`); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, o := range outcomes {
		total += o.Count
		if o.Outcome == lead.Failed && o.Reason != string(lead.MemberInactive) {
			t.Errorf("%d failed as %s", o.Count, o.Reason)
		}
	}
	equal(t, "outcomes", total, n*batchCount)
	if total := w.counts(); had == 0 || total["B"] == 0 {
		t.Errorf("the copies are %v, of A %d before", total, had)
	}
	w.exact()
}

// TestRemovedMembers leaves their copies, turns and history where they are.
func TestRemovedMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	equal(t, "both are in", w.give(g, 4), "A B A B")
	ids, planned := w.add(2, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.RemoveMember(ctx, w.workspace, w.members['A'])
	})
	w.run(planned...)
	equal(t, "what was on its way", w.who(ids), strings.Repeat(" member_inactive", 2)[1:])
	equal(t, "A is passed over", w.give(g, 3), "B B B")
	equal(t, "copies", w.counts(), map[string]int{"A": 2, "B": 5})
	copies, err := w.Store.AssignedLeads(t.Context(), w.workspace, store.AssignedLeadFilter{MemberID: w.members['A']}, store.Page{Limit: 10})
	if err != nil || len(copies) != 2 {
		t.Errorf("%d copies are listed, %v", len(copies), err)
	}
	w.exact()
}
