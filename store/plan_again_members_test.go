package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// replanMembers plans anew for all members whose zone or hours were changed, and returns how many members it was.
func (w *world) replanMembers() (n int) {
	w.t.Helper()
	all, err := w.Store.ToReplan(w.t.Context(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range all {
		if _, err := w.Store.ReplanMember(w.t.Context(), m); err != nil {
			w.t.Fatal(err)
		}
	}
	return len(all)
}

// TestPlansFollowHoursAndZones changes both in the midst of a day, with leads armed and leads out.
func TestPlansFollowHoursAndZones(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	w.zone('C', "Asia/Tokyo")
	g := w.group("A B C")
	slow, _ := w.add(60, store.Distribution{GroupID: g, Pace: lead.Slow})
	fast, _ := w.add(90, store.Distribution{GroupID: g, Pace: lead.Fast})
	w.add(1, store.Distribution{MemberIDs: w.ids("D"), At: c.Now().Add(20 * time.Hour)})
	for noon := c.Now().Add(3 * time.Hour); w.pending()[0].DueAt.Before(noon); {
		c.Set(w.pending()[0].DueAt)
		w.armed()
		w.fire()
	}
	w.armed()
	hours := lead.Hours{From: 13 * 60, To: 16 * 60}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditWorkspace(ctx, w.workspace, func(ws *store.Workspace) error { ws.Hours = hours; return nil })
		return err
	})
	w.setActive('C', false) // changes neither
	equal(t, "members planned anew", w.replanMembers(), 3)
	w.zone('B', "America/New_York")
	w.setActive('C', true)
	equal(t, "members planned anew", w.replanMembers(), 1)
	equal(t, "nothing is left to plan anew", w.replanMembers(), 0)
	zones := map[byte]string{'A': "Asia/Kuala_Lumpur", 'B': "America/New_York", 'C': "Asia/Tokyo"}
	for _, p := range w.pending() {
		letter := w.letters[*p.MemberID]
		if letter == 'D' {
			equal(t, "the time of what has no pace", p.DueAt.UTC(), newClock(monday).Now().Add(20*time.Hour))
			continue
		}
		zone, err := time.LoadLocation(zones[letter])
		if err != nil {
			t.Fatal(err)
		}
		if at := p.DueAt.In(zone); at.Hour() < 13 || at.Hour() >= 16 {
			t.Errorf("%c has a lead at %s", letter, at)
		}
	}
	equal(t, "order", []bool{w.order(slow), w.order(fast)}, []bool{true, true})
	w.exact()
	w.untilDone(c)
	equal(t, "copies", w.counts(), map[string]int{"A": 50, "B": 50, "C": 50, "D": 1})
	w.exact()
}
