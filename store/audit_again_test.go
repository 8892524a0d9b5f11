package store_test

import (
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestWhatGoesOnIsNotForgotten has a lead be taken back, wait, and be asked for: the audit finds each step of it that is lost, and none that
// is not. Whoever lost it has it no more for the lists.
func TestWhatGoesOnIsNotForgotten(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.answering("A B", reassigning(10, 3))
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	assigned := func(is bool) int {
		t.Helper()
		all, err := w.Store.SourceLeads(t.Context(), w.workspace, store.LeadFilter{Assigned: &is}, store.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	equal(t, "A has it", assigned(true), 1)
	w.offDuty("B", true)
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "it was taken back", w.held(ids[0]), "A-")
	equal(t, "nobody has it", []int{assigned(true), assigned(false)}, []int{0, 1})
	w.exact()
	forgotten := func(what, damage string) {
		t.Helper()
		w.DB.MustExec(`CREATE TABLE saved AS SELECT * FROM ` + damage)
		w.DB.MustExec(`DELETE FROM ` + damage)
		report, err := w.Store.Audit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, c := range report.Checks {
			found = found || c.Name == "leads_forgotten" && !c.OK
		}
		if !found {
			t.Errorf("the audit did not find that %s is lost", what)
		}
	}
	restore := func(table string) {
		w.DB.MustExec(`INSERT INTO ` + table + ` SELECT * FROM saved`)
		w.DB.MustExec(`DROP TABLE saved`)
	}
	forgotten("what waits", `pending_leads`)
	restore("pending_leads")
	w.offDuty("B", false)
	w.TakeHints()
	if got, err := w.pull('B'); err != nil || got != ids[0] {
		t.Fatal(got, err)
	}
	w.exact()
	forgotten("what was asked for", `history WHERE trigger = 'pulled'`)
	restore("history")
	w.exact()
}

// TestAssignmentsCountWhatIsTakenBack has an assignment's lead be taken back, and given to the next one: it counts once.
func TestAssignmentsCountWhatIsTakenBack(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.answering("A B", reassigning(10, 3))
	ids, _ := w.add(2, store.Distribution{})
	w.run(w.assign(ids, store.Distribution{GroupID: g})...)
	if err := w.accept(ids[0], 'A'); err != nil {
		t.Fatal(err)
	}
	clock.Advance(10 * time.Minute)
	w.alarms()
	equal(t, "B's goes on to A", w.held(ids[1]), "B- A")
	all, err := w.Store.Assignments(t.Context(), w.workspace, store.Page{Limit: 1})
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	equal(t, "its counts", all[0].AssignmentCounts, store.AssignmentCounts{Given: 2, Withdrawn: 1})
	w.exact()
}
