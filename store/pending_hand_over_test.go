package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// handOver deactivates a member and does as chosen with what they have pending.
func (w *world) handOver(letter byte, choice store.PendingChoice) (n int, batches []lead.Hint, err error) {
	w.t.Helper()
	err = w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		if _, err = tx.EditMember(ctx, w.workspace, w.members[letter], func(m *store.Member) error { m.Active = false; return nil }); err != nil {
			return err
		}
		n, err = tx.HandOver(ctx, w.workspace, w.members[letter], choice)
		batches = tx.Batches()
		return err
	})
	return n, batches, err
}

func (w *world) pendingOf(letter byte) int {
	w.t.Helper()
	p, err := w.Store.MemberPending(w.t.Context(), w.workspace, w.members[letter])
	if err != nil || (p.NextDueAt == nil) != (p.Count == 0) {
		w.t.Fatal(p, err)
	}
	return p.Count
}

func (w *world) ids(letters string) (ids []uuid.UUID) {
	for _, letter := range []byte(letters) {
		ids = append(ids, w.members[letter])
	}
	return ids
}

func TestWhatAMemberHasPendingIsLeftOrDeleted(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	ids, _ := w.add(3, store.Distribution{MemberIDs: w.ids("A"), Pace: lead.Slow})
	more, _ := w.add(3, store.Distribution{MemberIDs: w.ids("B"), Pace: lead.Slow})
	for letter, action := range map[byte]store.PendingAction{'A': store.LeavePending, 'B': store.DropPending} {
		if _, _, err := w.handOver(letter, store.PendingChoice{Action: action}); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "left and deleted", []int{w.pendingOf('A'), w.pendingOf('B')}, []int{3, 0})
	w.exact()
	w.untilDone(c)
	equal(t, "outcomes", w.who(append(ids, more...)), "member_inactive member_inactive member_inactive   ")
	w.exact()
}

// TestSpreadingKeepsOrderPaceAndTurns has a member with leads of every kind leave.
func TestSpreadingKeepsOrderPaceAndTurns(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	w.zone('D', "America/New_York")
	g, pair := w.group("A B C D"), w.group("AB C")
	slow, _ := w.add(80, store.Distribution{GroupID: g, Pace: lead.Slow})
	fast, _ := w.add(60, store.Distribution{GroupID: pair, Pace: lead.Fast})
	at, _ := w.add(3, store.Distribution{MemberIDs: w.ids("A"), At: c.Now().Add(time.Hour)})
	w.armed()
	before := w.pendingOf('A')
	n, _, err := w.handOver('A', store.PendingChoice{Action: store.SpreadPending})
	if err != nil {
		t.Fatal(err)
	}
	// B has the leads of the pair already, so C gets them; those of no group have nobody to go to.
	equal(t, "spread and left", []int{n, w.pendingOf('A')}, []int{before - 3, 3})
	w.exact()
	n, _, err = w.handOver('A', store.PendingChoice{Action: store.SpreadPending, MemberIDs: w.ids("BE")})
	if err != nil || n != 3 || w.pendingOf('A') != 0 {
		t.Errorf("spread %d, left %d, %v", n, w.pendingOf('A'), err)
	}
	equal(t, "the time of those without a pace", w.count(`SELECT count(*) FROM pending_leads WHERE pace IS NULL AND due_at = $1`, c.Now().Add(time.Hour)), 3)
	equal(t, "order", []bool{w.orderMoved(slow), w.orderMoved(fast)}, []bool{true, true})
	w.exact()
	w.untilDone(c)
	equal(t, "failures", w.count(`SELECT count(*) FROM history WHERE outcome <> 'succeeded'`), 0)
	equal(t, "trail", w.count(`SELECT count(*) FROM history WHERE moved_from = $1`, w.members['A']), before)
	equal(t, "copies of the leads at a time", strings.Count(w.who(at), "B"), 2)
	if counts := w.counts(); counts["D"] < 26 || counts["D"] > 27 {
		t.Errorf("unevenly spread: %v", counts)
	}
	w.exact()
}

// orderMoved reports whether each member's leads that were another's are due in the order of ids.
func (w *world) orderMoved(ids []uuid.UUID) bool {
	w.t.Helper()
	last := map[uuid.UUID]int{}
	for _, p := range w.pending() {
		if place := slices.Index(ids, p.LeadID); place >= 0 && p.MovedFrom != nil {
			if place < last[*p.MemberID] {
				return false
			}
			last[*p.MemberID] = place
		}
	}
	return true
}

// TestSpreadingPassesNobodysPace gives leads to members whose days are partly full, and who hold some of the leads.
func TestSpreadingPassesNobodysPace(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("B C*2")
	held, batches := w.add(10, store.Distribution{MemberIDs: w.ids("B")})
	w.run(batches...)
	w.assign(held, store.Distribution{MemberIDs: w.ids("A"), Pace: lead.Normal})
	w.add(50, store.Distribution{MemberIDs: w.ids("AB"), Pace: lead.Normal})
	w.add(40, store.Distribution{MemberIDs: w.ids("A"), Pace: lead.Slow})
	w.add(30, store.Distribution{MemberIDs: w.ids("C"), Pace: lead.Fast})
	n, _, err := w.handOver('A', store.PendingChoice{Action: store.SpreadPending, GroupID: g})
	equal(t, "spread", n, 100)
	if err != nil {
		t.Fatal(err)
	}
	days := w.days(`SELECT workspace_id, member_id, due_at AS at FROM pending_leads`)
	for day, n := range days {
		if n > 12 || strings.HasPrefix(day, "B") && n > 7 {
			t.Errorf("%s: %d leads", day, n)
		}
	}
	w.exact()
	w.untilDone(c)
	equal(t, "failures", w.count(`SELECT count(*) FROM history WHERE outcome <> 'succeeded'`), 0)
	// 60 leads are B's already, all of which go to C; of the 40 others B gets as many as the weights allow.
	equal(t, "copies", w.counts(), map[string]int{"B": 60 + 33, "C": 30 + 67})
	w.exact()
}

func TestSpreadingToThoseWhoCannot(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	w.add(4, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	w.setActive('B', false)
	for field, choice := range map[string]store.PendingChoice{
		"group_id":      {Action: store.SpreadPending, GroupID: g},
		"member_ids[1]": {Action: store.SpreadPending, MemberIDs: w.ids("CB")},
		"member_ids[0]": {Action: store.SpreadPending, MemberIDs: w.ids("A")},
	} {
		var refused *store.FieldError
		if _, _, err := w.handOver('A', choice); !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	m, err := w.Store.Member(t.Context(), w.workspace, w.members['A'])
	if err != nil || !m.Active {
		t.Error("the member was deactivated all the same")
	}
	n, _, err := w.handOver('A', store.PendingChoice{Action: store.SpreadPending})
	if err != nil || n != 0 || w.pendingOf('A') != 2 {
		t.Errorf("%d were spread over nobody, %v", n, err)
	}
	w.exact()
}

// TestSpreadingBackRestoresTheTrail returns a lead to the member for whom it was planned, with one that is due at once.
func TestSpreadingBackRestoresTheTrail(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A")
	ids, _ := w.add(1, store.Distribution{GroupID: g, At: c.Now().Add(10 * time.Second)})
	if _, _, err := w.handOver('A', store.PendingChoice{Action: store.SpreadPending, MemberIDs: w.ids("B")}); err != nil {
		t.Fatal(err)
	}
	w.setActive('A', true)
	w.exact()
	if _, _, err := w.handOver('B', store.PendingChoice{Action: store.SpreadPending, GroupID: g}); err != nil {
		t.Fatal(err)
	}
	equal(t, "moved", w.pending()[0].MovedFrom, nil)
	w.untilDone(c)
	equal(t, "outcome", w.who(ids), "A")
	w.exact()
}
