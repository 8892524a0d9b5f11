package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// policy changes what a group does about who is away.
func (w *world) policy(ring string, group [16]byte, p store.GroupPolicy) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		spec := w.spec(ring)
		spec.GroupPolicy = p
		_, err := t.UpdateGroup(ctx, w.workspace, group, spec)
		return err
	})
}

// TestTurnsAreKeptForWhoIsAway has a group owe turns to a member who is off duty: as many as it may, handed out first when they are
// back, and every other lead at the most. Each turn is in the ledger once all the same.
func TestTurnsAreKeptForWhoIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testenv.WithClock(testenv.NewClock(mondayAtTen).Now))
	g := w.group("A B C")
	w.policy("A B C", g, store.GroupPolicy{WhenAway: store.AwayOwe, OweAtMost: 3})
	w.offDuty("B", true)
	equal(t, "without B, whose turns come five times", w.give(g, 10), "A C A C A C A C A C")
	w.exact()
	w.offDuty("B", false)
	equal(t, "three are made good, each second lead at the most", w.give(g, 9), "B A B B B C A B C")
	equal(t, "all is as it was", w.give(g, 3), "A B C")
	w.exact()

	w.offDuty("B", true)
	w.give(g, 4)
	w.setActive('B', false)
	w.offDuty("B", false)
	w.setActive('B', true)
	equal(t, "who was deactivated is owed nothing", w.give(g, 3), "A B C")

	w.offDuty("B", true)
	w.give(g, 4)
	w.edit(g, "C A")
	w.edit(g, "C A B")
	w.offDuty("B", false)
	equal(t, "nor who left the ring", len(w.give(g, 4)), len("C A B C"))
	var n int
	if err := w.DB.Get(&n, `SELECT count(*) FROM debts`); err != nil || n != 0 {
		t.Errorf("%d debts are left, %v", n, err)
	}
	w.exact()
}

// TestCapsAndDebtsTogether has a cap be what keeps a member from their turn: the next day they are made good.
func TestCapsAndDebtsTogether(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(mondayAtTen)
	w := newWorld(t, testenv.WithClock(clock.Now))
	g := w.group("A B")
	w.policy("A B", g, store.GroupPolicy{WhenAway: store.AwayOwe, OweAtMost: 2})
	w.cap("A", perDay(3))
	equal(t, "A gets three", w.give(g, 9), "A B A B A B B B B")
	clock.Set(mondayAtTen.Add(24 * time.Hour))
	equal(t, "and is made good the next day, within the cap", w.give(g, 6), "A A A B B B")
	w.exact()
}
