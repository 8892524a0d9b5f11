package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadwheel/leadwheel/store"
)

// TestShares counts what each member got of the last four rounds, among them one who is away, and one whose leads fail.
func TestShares(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B*2 C D")
	idle := w.group("A")
	w.give(g, 3)
	w.setActive('C', false)
	w.give(g, 24)
	w.DB.MustExec(`UPDATE history SET outcome = 'failed', reason = 'internal_error' WHERE member_id = $1`, w.members['D'])
	if err := w.Store.SettleTurns(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := w.Store.Shares(t.Context(), w.workspace, g)
	if err != nil {
		t.Fatal(err)
	}
	common := store.Share{Workspace: w.workspace, Group: g, Version: 1, Turns: 32, Counted: 20, Size: 5}
	var want []store.Share
	for letter, s := range map[byte]store.Share{
		'A': {Slots: 1, Active: true, Steady: true, Leads: 4},
		'B': {Slots: 2, Active: true, Steady: true, Leads: 8},
		'C': {Slots: 1, Steady: true},
		'D': {Slots: 1, Active: true, Steady: true},
	} {
		share := common
		share.MemberID, share.Slots, share.Active, share.Steady, share.Leads = w.members[letter], s.Slots, s.Active, s.Steady, s.Leads
		want = append(want, share)
	}
	byMember := cmpopts.SortSlices(func(a, b store.Share) bool { return a.MemberID.String() < b.MemberID.String() })
	if diff := cmp.Diff(want, got, byMember); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	for since, groups := range map[time.Time]int{time.Now().Add(-time.Hour): 4, time.Now().Add(time.Hour): 0} {
		all, err := w.Store.SharesSince(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "shares of groups that distributed", len(all), groups)
	}
	w.setActive('A', true)
	if got, err = w.Store.Shares(t.Context(), w.workspace, idle); err != nil || len(got) != 1 || got[0].Counted != 0 || got[0].Steady {
		t.Errorf("shares of a group that has given nothing: %+v, error %v", got, err)
	}
}
