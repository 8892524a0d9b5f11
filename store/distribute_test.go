package store_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

func TestGroupsHandOutInListedOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ ring, want string }{
		{"A", "A A A A A A"},
		{"A B C", "A B C A B C"},
		{"A A B A", "A A B A A A"},
		{"A*3 B", "A A B A A A"},
		{"AB C", "AB C AB C AB C"},
	} {
		t.Run(c.ring, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			equal(t, "receivers", w.give(w.group(c.ring), 6), c.want)
			w.exact()
		})
	}
}

func TestBatchesGiveTheSameTurnsAsSingles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	together, single := w.group("A B*2 C"), w.group("A B*2 C")
	var singles string
	for range 200 {
		singles += w.give(single, 1) + " "
	}
	equal(t, "receivers", w.give(together, 200)+" ", singles)
	w.exact()
}

func TestInactiveMembersArePassedOverAndOwedNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.setActive('B', false)
	equal(t, "while B is away", w.give(g, 4), "A C A C")
	w.setActive('B', true)
	equal(t, "when B is back", w.give(g, 4), "A B C A")
	w.exact()
	w.setActive('A', false)
	w.setActive('B', false)
	w.setActive('C', false)
	equal(t, "with nobody", w.give(g, 2), "no_active_receiver no_active_receiver")
	w.setActive('A', true)
	equal(t, "after nobody", w.give(g, 1), "A")
	w.exact()
}

func TestHoldersKeepTheirTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	ids, batches := w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	w.run(w.assign(ids, store.Distribution{GroupID: g})...)
	equal(t, "the lead that A has", w.who(ids), "AB")
	equal(t, "to come", w.upcoming(g, 3), "A C A")
	equal(t, "the next leads", w.give(g, 3), "A C A")
	w.run(w.assign(ids, store.Distribution{GroupID: g})...)
	equal(t, "the lead that A and B have", w.who(ids), "ABC")
	equal(t, "to come", w.upcoming(g, 2), "B A")
	w.run(w.assign(ids, store.Distribution{GroupID: g})...)
	equal(t, "the lead that all have", w.who(ids), "ABCalready_assigned")
	equal(t, "the next leads", w.give(g, 3), "B A B")
	w.exact()
}

func TestEditsKeepWhoIsNext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	equal(t, "version 1", w.give(g, 4), "A B C A")
	w.edit(g, "D C B A")
	equal(t, "to come", w.upcoming(g, 5), "B A D C B")
	equal(t, "version 2", w.give(g, 3), "B A D")
	w.edit(g, "A B")
	equal(t, "version 3, C having left", w.give(g, 3), "B A B")
	w.edit(g, "AB C")
	equal(t, "version 4, receivers groups", w.give(g, 3), "AB C AB")
	w.exact()
}

func TestRenamingKeepsTheRing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.give(g, 2)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		spec := w.spec("A B C")
		spec.Name = "night shift"
		got, err := tx.UpdateGroup(ctx, w.workspace, g, spec)
		equal(t, "version", got.Version, 1)
		return err
	})
	equal(t, "next", w.give(g, 1), "C")
}

func TestOwedTurnsSurviveAnEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	ids, batches := w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	w.run(w.assign(ids, store.Distribution{GroupID: g})...) // A has it, so B gets it and A is owed the turn
	w.edit(g, "A B C D")
	equal(t, "to come", w.upcoming(g, 5), "A C D A B")
	equal(t, "given", w.give(g, 5), "A C D A B")
	w.exact()
}

func TestFailuresHaveTheirReason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A")
	gone := w.group("B")
	ids, _ := w.add(3, store.Distribution{})
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, ids[0]) })
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteGroup(ctx, w.workspace, gone) })
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.RemoveMember(ctx, w.workspace, w.members['F'])
	})
	w.run(w.assign(ids[:2], store.Distribution{GroupID: g})...)
	w.run(w.assign(ids[2:], store.Distribution{GroupID: gone})...)
	equal(t, "outcomes", w.who(ids), "source_lead_deleted A group_deleted")
	w.run(w.assign(ids[2:], store.Distribution{MemberIDs: []uuid.UUID{w.members['F'], w.members['A']}})...)
	equal(t, "outcomes", w.who(ids[2:]), "group_deletedmember_inactiveA")
	w.exact()
}

func TestEachBatchTakesEffectOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C D")
	_, batches := w.add(400, store.Distribution{GroupID: g})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := w.Store.Distribute(t.Context(), w.workspace, batches[0].ID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	equal(t, "copies", w.counts(), map[string]int{"A": 100, "B": 100, "C": 100, "D": 100})
	w.exact()
}

func TestConcurrentBatchesKeepTurnsExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C D")
	var all sync.WaitGroup
	for range 40 {
		_, batches := w.add(10, store.Distribution{GroupID: g})
		all.Go(func() { w.run(batches...) })
	}
	for range 3 {
		all.Go(func() {
			if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if _, err := w.Store.RebuildAbandoned(t.Context(), w.Store.Now()); err != nil {
		t.Fatal(err)
	}
	equal(t, "copies", w.counts(), map[string]int{"A": 100, "B": 100, "C": 100, "D": 100})
	w.exact()
}

func TestTheSameLeadFromManySides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g, other := w.group("A B C D"), w.group("D C B A")
	ids, _ := w.add(20, store.Distribution{})
	var all sync.WaitGroup
	for range 4 {
		for _, group := range []uuid.UUID{g, other} {
			batches := w.assign(ids, store.Distribution{GroupID: group})
			all.Go(func() { w.run(batches...) })
		}
	}
	all.Wait()
	equal(t, "copies", w.counts(), map[string]int{"A": 20, "B": 20, "C": 20, "D": 20})
	w.give(g, 60) // takes the turns that were drawn and not spent
	w.give(other, 60)
	w.exact()
}

// TestPoisonStandsAlone has the database refuse one lead of a batch.
func TestPoisonStandsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.DB.MustExec(`ALTER TABLE assigned_leads ADD CONSTRAINT poison CHECK (name <> 'lead 5')`)
	g := w.group("A B")
	equal(t, "outcomes", w.give(g, 8), "A B A B A internal_error A B")
	var detail string
	if err := w.DB.Get(&detail, `SELECT detail FROM history WHERE reason = 'internal_error'`); err != nil {
		t.Fatal(err)
	}
	equal(t, "detail", detail, "check_violation (23514), constraint poison")
	equal(t, "the turn that the lead did not spend comes first", w.give(g, 3), "B A B")
	w.exact()
}

func TestRetryHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A")
	w.setActive('A', false)
	ids, batches := w.add(1, store.Distribution{GroupID: g})
	w.run(batches...)
	var failed uuid.UUID
	if err := w.DB.Get(&failed, `SELECT history_id FROM history`); err != nil {
		t.Fatal(err)
	}
	w.setActive('A', true)
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		err = tx.RetryHistory(ctx, w.workspace, failed)
		batches = tx.Batches()
		return err
	})
	w.run(batches...)
	equal(t, "outcomes", w.who(ids), "no_active_receiverA")
	if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
		err := tx.RetryHistory(ctx, w.workspace, failed)
		return err
	}); err == nil {
		t.Error("a failure could be retried twice")
	}
}

func TestSettledTurnsStopAtTheFirstGap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.give(g, 20)
	w.DB.MustExec(`DELETE FROM turns WHERE turn = 7`)
	settled := func() (turn int64) {
		t.Helper()
		if err := w.Store.SettleTurns(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Get(&turn, `SELECT settled_turn FROM rings`); err != nil {
			t.Fatal(err)
		}
		return turn
	}
	equal(t, "settled", settled(), 7)
	equal(t, "settled again", settled(), 7)
	if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	equal(t, "the next leads", w.give(g, 2), "B C") // the turn that was missing, then turn 20
	equal(t, "settled in the end", settled(), 21)
	equal(t, "the next lead", w.give(g, 1), "A")
}

func TestDistributionSwitchedOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A")
	_, before := w.add(1, store.Distribution{GroupID: g})
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditWorkspace(ctx, w.workspace, func(ws *store.Workspace) error {
			ws.LeadsDistribution = false
			return nil
		})
		return err
	})
	ids, batches := w.add(2, store.Distribution{GroupID: g})
	w.run(batches...)
	equal(t, "decided since", w.who(ids), "feature_disabled feature_disabled")
	w.run(before...)
	equal(t, "what was pending runs", w.counts(), map[string]int{"A": 1})
	w.exact()
}
