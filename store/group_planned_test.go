package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestSpreadingAGroupsPlanStaysWithinPaceAndGivesNobodyALeadTwice ends a group of receivers groups, half of which get what
// was planned themselves.
func TestSpreadingAGroupsPlanStaysWithinPaceAndGivesNobodyALeadTwice(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("AB CD")
	w.add(60, store.Distribution{GroupID: g, Pace: lead.Normal})
	w.must(func(ctx context.Context, tx *store.Tx) error {
		done, err := tx.EndGroup(ctx, w.workspace, g, &store.PendingChoice{Action: store.SpreadPending, MemberIDs: w.ids("ACE")})
		equal(t, "spread", done.Spread, 120)
		return err
	})
	c.Advance(time.Minute)
	w.run(w.TakeHints()...) // what is due goes out once the gate is open again
	equal(t, "planned twice", w.count(`SELECT count(*) FROM (SELECT 1 FROM pending_leads GROUP BY lead_id, member_id HAVING count(*) > 1) d`), 0)
	for day, n := range w.days(`SELECT workspace_id, member_id, due_at AS at FROM pending_leads`) {
		if n > lead.Normal.Max() {
			t.Errorf("%s: %d leads", day, n)
		}
	}
	for letter, n := range map[byte]int{'A': w.pendingOf('A'), 'C': w.pendingOf('C'), 'E': w.pendingOf('E')} {
		if n < 35 || n > 45 {
			t.Errorf("%c has %d of 120", letter, n)
		}
	}
	// Nobody's plan reaches further than their share at the pace takes.
	equal(t, "late", w.count(`SELECT count(*) FROM pending_leads WHERE due_at > $1`, c.Now().AddDate(0, 0, 10)), 0)
	w.untilDone(c)
	equal(t, "failures", w.count(`SELECT count(*) FROM history WHERE outcome <> 'succeeded'`), 0)
	w.exact()
}

// TestEditsOfAGroupRaceWithItsLeads has a group edited in several ways at once, while its leads are planned, go out and are
// deleted. Each ends once, and nobody gets one twice.
func TestEditsOfAGroupRaceWithItsLeads(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C")
	var asked, edited atomic.Int32
	edit := func(ring string, choice *store.PendingChoice) error {
		err := w.tx(func(ctx context.Context, tx *store.Tx) error {
			_, _, err := tx.EditGroup(ctx, w.workspace, g, w.spec(ring), choice)
			return err
		})
		var planned *store.PlannedError
		if errors.As(err, &planned) {
			asked.Add(1)
			return nil
		}
		if err == nil {
			edited.Add(1)
		}
		return err
	}
	leads := 90
	for i := range 3 {
		w.add(30, store.Distribution{GroupID: g, At: c.Now().Add(time.Duration(1+3*i) * time.Minute)})
	}
	var counting sync.Mutex
	acts := []func() error{
		func() error {
			err := w.tx(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{{Name: "x", Channel: "api", Origin: "api",
					Distribute: store.Distribution{GroupID: g, At: c.Now().Add(time.Minute)}}})
				return err
			})
			counting.Lock()
			defer counting.Unlock()
			if err == nil {
				leads++
			}
			return err
		},
		func() error {
			return edit([]string{"A B", "B C", "C A D", "D"}[rand.N(4)], &store.PendingChoice{Action: store.SpreadPending})
		},
		func() error { return edit([]string{"A", "A B C D"}[rand.N(2)], nil) },
		func() error {
			return edit([]string{"B D", "A B C"}[rand.N(2)], &store.PendingChoice{Action: store.DropPending})
		},
		func() error { c.Advance(10 * time.Second); w.armed(); w.fireAnyhow(); return nil },
		func() error {
			return w.tx(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.HandOverActive(ctx, w.workspace, w.members["ABCD"[rand.N(4)]], store.PendingChoice{Action: store.SpreadPending})
				return err
			})
		},
	}
	var running sync.WaitGroup
	for _, act := range acts {
		for range 2 {
			running.Go(func() {
				for range 15 {
					// Whoever plans while the ring is edited again and again gives up, and may try again.
					if err := act(); err != nil && !strings.Contains(err.Error(), "not at this ring version") {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	running.Wait()
	w.exactBut("stuck")
	w.untilDone(c)
	w.exact()
	if edited.Load() == 0 || len(w.cancelled(store.HistoryFilter{})) == 0 {
		t.Error("nothing was in the way of anything")
	}
	equal(t, "leads that ended", w.count(`SELECT count(*) FROM history`), leads)
	t.Logf("%d leads, %d edits, %d asked, %d cancelled", leads, edited.Load(), asked.Load(), len(w.cancelled(store.HistoryFilter{})))
}

// TestAGroupIsDeletedOnce by two at once, of whom one spreads what is planned and the other deletes it.
func TestAGroupIsDeletedOnce(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	w.add(20, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	var done, gone atomic.Int32
	var running sync.WaitGroup
	for _, choice := range []store.PendingChoice{{Action: store.SpreadPending, MemberIDs: w.ids("C")}, {Action: store.DropPending}} {
		running.Go(func() {
			err := w.tx(func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.EndGroup(ctx, w.workspace, g, &choice)
				return err
			})
			switch {
			case err == nil:
				done.Add(1)
			case errors.Is(err, store.ErrNotFound):
				gone.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	running.Wait()
	equal(t, "deleted and found deleted", []int32{done.Load(), gone.Load()}, []int32{1, 1})
	if n, cancelled := w.pendingOf('C'), len(w.cancelled(store.HistoryFilter{})); n+cancelled != 20 || n*cancelled != 0 {
		t.Errorf("%d spread, %d deleted", n, cancelled)
	}
	w.exact()
}

// TestAFilterWhoseNumberChanged leaves everything as it is.
func TestAFilterWhoseNumberChanged(t *testing.T) {
	t.Parallel()
	w, _ := newTimedWorld(t)
	ids, _ := w.add(3, store.Distribution{})
	w.assign(ids, store.Distribution{MemberIDs: w.ids("AB")}) // folded
	one, two := 1, 2
	for _, said := range []*int{&one, &two} {
		err := w.tx(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{MemberID: w.members['A']}, Matched: said})
			return err
		})
		var another *store.MatchedError
		if !errors.As(err, &another) || another.Matched != 3 {
			t.Error(err)
		}
	}
	equal(t, "pending", w.count(`SELECT count(*) FROM pending`), 6)
	three := 3
	w.must(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{MemberID: w.members['A']}, Matched: &three})
		equal(t, "deleted", n, 3)
		return err
	})
	equal(t, "cancelled of A", len(w.cancelled(store.HistoryFilter{MemberID: w.members['A']})), 3)
	w.exact()
}
