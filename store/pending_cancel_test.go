package store_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// cancelled lists what was cancelled, newest first.
func (w *world) cancelled(f store.HistoryFilter) []store.HistoryEntry {
	w.t.Helper()
	f.Outcome = lead.Cancelled
	all, err := w.Store.History(w.t.Context(), w.workspace, f, store.Page{Limit: 10_000})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// TestWhateverIsDeletedWhilePendingIsInHistory deletes leads of every kind: planned for a group, moved, brought forward, for a
// member, folded in a batch, and driven again.
func TestWhateverIsDeletedWhilePendingIsInHistory(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	w.add(4, store.Distribution{GroupID: g, Pace: lead.Fast})
	w.add(2, store.Distribution{MemberIDs: w.ids("C"), At: c.Now().Add(time.Hour)})
	leads, _ := w.add(3, store.Distribution{})
	w.assign(leads, store.Distribution{MemberIDs: w.ids("DE")})
	w.setActive('F', false)
	failed, batches := w.add(1, store.Distribution{MemberIDs: w.ids("F")})
	w.run(batches...)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		err := tx.RetryHistory(ctx, w.workspace, w.historyOf(failed[0]))
		return err
	})
	planned := slices.DeleteFunc(w.pending(), func(p store.PendingLead) bool { return p.Trigger != lead.Scheduled || p.GroupID == nil })
	w.must(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.MovePending(ctx, w.workspace, planned[0].ID, func(p *store.PendingLead) error {
			p.MemberID = &w.ids("F")[0]
			return nil
		}); err != nil {
			return err
		}
		_, err := tx.DistributeNow(ctx, w.workspace, store.PendingSelection{IDs: []uuid.UUID{planned[1].ID}})
		return err
	})
	act := &store.Act{Workspace: w.workspace, Operation: "delete-pending-leads"}
	if err := w.Store.Perform(t.Context(), act, func(tx *store.Tx) error {
		n, err := tx.DeletePending(store.WithAct(t.Context(), act), w.workspace, store.PendingSelection{})
		equal(t, "deleted", n, 4+2+6+1)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.exact()
	equal(t, "pending", w.count(`SELECT count(*) FROM pending`), 0)
	all := w.cancelled(store.HistoryFilter{})
	kinds := map[lead.Trigger]int{}
	moved := 0
	for _, h := range all {
		kinds[h.Trigger]++
		if h.MovedFrom != nil {
			moved++
		}
		if h.Reason != "" || h.ActID == nil || h.At.IsZero() {
			t.Errorf("%+v", h)
		}
	}
	equal(t, "triggers", kinds, map[lead.Trigger]int{lead.Scheduled: 5, lead.DistributeNow: 1, lead.Immediate: 7})
	equal(t, "moved", moved, 1)
	log, err := w.Store.AuditLog(t.Context(), w.workspace, store.AuditFilter{ID: all[3].PendingID}, store.Page{Limit: 9})
	if err != nil || len(log) != 1 || *log[0].Count != 13 || len(log[0].IDs) != 13 {
		t.Fatalf("the audit log has %+v, %v", log, err)
	}
	equal(t, "found by the entry", len(w.cancelled(store.HistoryFilter{ActID: log[0].ID})), 13)
}

// historyOf is the one entry of a lead.
func (w *world) historyOf(id uuid.UUID) (entry uuid.UUID) {
	w.t.Helper()
	if err := w.DB.Get(&entry, `SELECT history_id FROM history WHERE lead_id = $1`, id); err != nil {
		w.t.Fatal(err)
	}
	return entry
}

// TestManyCancelledAreNamedUpToABound also has the transaction run twice, as where a cursor is stale.
func TestManyCancelledAreNamedUpToABound(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	w.add(1500, store.Distribution{MemberIDs: w.ids("A"), At: c.Now().Add(time.Hour)})
	act := &store.Act{Workspace: w.workspace, Operation: "delete-member", IDs: w.ids("A")}
	ctx := store.WithAct(t.Context(), act)
	remove := func(fail error) error {
		return w.Store.WithTx(ctx, func(tx *store.Tx) error {
			if _, err := tx.HandOver(ctx, w.workspace, w.members['A'], store.PendingChoice{Action: store.DropPending}); err != nil {
				return err
			}
			return fail
		})
	}
	if err := remove(context.Canceled); err == nil {
		t.Fatal("the first run did not fail")
	}
	equal(t, "after a failed run", len(w.cancelled(store.HistoryFilter{})), 0)
	if err := remove(nil); err != nil {
		t.Fatal(err)
	}
	log, err := w.Store.AuditLog(t.Context(), w.workspace, store.AuditFilter{}, store.Page{Limit: 9})
	if err != nil || len(log) != 1 || *log[0].Count != 1500 || len(log[0].IDs) != 1000 || log[0].IDs[0] != w.members['A'] {
		t.Fatalf("the audit log has %d ids, %v", len(log[0].IDs), err)
	}
	equal(t, "found by the entry", len(w.cancelled(store.HistoryFilter{ActID: log[0].ID})), 1500)
	w.exact()
}

// TestWhatOlderVersionsDeletedMovesToHistory has rows as version 42 left them, one of a lead that was moved.
func TestWhatOlderVersionsDeletedMovesToHistory(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	w.add(4, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	w.DB.MustExec(`UPDATE pending_leads SET member_id = $1 WHERE turn = 0`, w.members['C'])
	w.DB.MustExec(`
		WITH d AS (DELETE FROM pending_leads RETURNING *)
		INSERT INTO deleted_pending (workspace_id, pending_id, lead_id, group_id, member_id, ring_version, turn, assignment_id,
			retry_of, due_at, deleted_at)
		SELECT workspace_id, pending_id, lead_id, group_id, member_id, ring_version, turn, assignment_id, retry_of, due_at, $1
		FROM d`, c.Now())
	w.exact()
	migration, err := os.ReadFile("migrations/00043_cancelled.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, move, _ := strings.Cut(string(migration), "WITH moved")
	w.DB.MustExec("WITH moved" + move)
	w.exact()
	equal(t, "old rows", w.count(`SELECT count(*) FROM deleted_pending`), 0)
	all := w.cancelled(store.HistoryFilter{From: c.Now(), To: c.Now().Add(time.Second)})
	equal(t, "entries", len(all), 4)
	for _, h := range all {
		if id := h.ID; id.Version() != 7 || id.Variant() != uuid.RFC4122 || h.Trigger != lead.Scheduled {
			t.Errorf("%+v", h)
		}
		if *h.Turn == 0 {
			equal(t, "moved from", *h.MovedFrom, w.members['A'])
		}
	}
}
