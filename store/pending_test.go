package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) deletePending(ids ...uuid.UUID) (n int) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		n, err = tx.DeletePending(ctx, w.workspace, store.PendingSelection{IDs: ids})
		return err
	})
	return n
}

func (w *world) distributeNow(ids ...uuid.UUID) (n int, batches []lead.Hint) {
	w.t.Helper()
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		n, err = tx.DistributeNow(ctx, w.workspace, store.PendingSelection{IDs: ids})
		batches = tx.Batches()
		return err
	})
	return n, batches
}

func idsOf(all []store.PendingLead) (ids []uuid.UUID) {
	for _, p := range all {
		ids = append(ids, p.ID)
	}
	return ids
}

func TestPendingLeadsAreListedSoonestFirst(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	for i := range 5 {
		w.add(4, store.Distribution{GroupID: g, At: c.Now().Add(time.Duration(5-i) * time.Hour)})
	}
	w.add(3, store.Distribution{MemberIDs: []uuid.UUID{w.members['C']}, At: c.Now().Add(time.Hour)})
	list := func(f store.PendingFilter, p store.PendingPage) []store.PendingLead {
		t.Helper()
		all, err := w.Store.PendingLeads(t.Context(), w.workspace, f, p)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	whole := list(store.PendingFilter{}, store.PendingPage{Limit: 100})
	equal(t, "all", len(whole), 23)
	var paged []store.PendingLead
	for page := (store.PendingPage{Limit: 4}); ; {
		some := list(store.PendingFilter{}, page)
		paged = append(paged, some...)
		if len(some) < page.Limit {
			break
		}
		last := some[len(some)-1]
		page.AfterDue, page.AfterID = last.DueAt, last.ID
	}
	equal(t, "by pages", idsOf(paged), idsOf(whole))
	for name, c := range map[string]struct {
		filter store.PendingFilter
		want   int
	}{
		"member": {store.PendingFilter{MemberID: w.members['A']}, 10}, "group": {store.PendingFilter{GroupID: g}, 20},
		"due": {store.PendingFilter{DueBefore: c.Now().Add(2 * time.Hour)}, 7}, "lead": {store.PendingFilter{LeadID: whole[0].LeadID}, 1},
		"member and due": {store.PendingFilter{MemberID: w.members['B'], DueBefore: c.Now().Add(2 * time.Hour)}, 2},
	} {
		equal(t, name, len(list(c.filter, store.PendingPage{Limit: 100})), c.want)
	}
}

func TestPendingDaysAreTheMembersOwn(t *testing.T) {
	t.Parallel()
	w, _ := newTimedWorld(t)
	w.zone('B', "Pacific/Kiritimati") // UTC+14
	at := newClock("2026-11-24T11:00:00Z").Now()
	w.add(3, store.Distribution{MemberIDs: []uuid.UUID{w.members['A'], w.members['B']}, At: at})
	days, err := w.Store.PendingDays(t.Context(), w.workspace, store.PendingFilter{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "days", days, []store.PendingDay{{w.members['A'], "2026-11-24", 3}, {w.members['B'], "2026-11-25", 3}})
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditWorkspace(ctx, w.workspace, func(ws *store.Workspace) error {
			ws.Hours = lead.Hours{From: 20 * 60, To: 2 * 60}
			return nil
		})
		return err
	})
	days, err = w.Store.PendingDays(t.Context(), w.workspace, store.PendingFilter{MemberID: w.members['A']})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "at 19:00 the hours of the day before are not over", days, []store.PendingDay{{w.members['A'], "2026-11-23", 3}})
}

func TestDeletedPendingLeadsNeverGoOut(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B")
	ids, _ := w.add(6, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	all := idsOf(w.pending())
	w.armed()
	equal(t, "deleted", w.deletePending(append(all[:2:2], uuid.New(), all[0])...), 2)
	equal(t, "deleted again", w.deletePending(all[:2]...), 0)
	w.exact()
	w.untilDone(c)
	equal(t, "outcomes", w.who(ids), "  A B A B")
	equal(t, "batches", w.count(`SELECT count(*) FROM batches`), 0)
	equal(t, "the next turns", w.give(g, 2), "A B")
	w.exact()
}

func TestDeletingAllThatMatch(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	w.add(5, store.Distribution{MemberIDs: []uuid.UUID{w.members['A'], w.members['B']}, At: c.Now().Add(time.Hour)})
	w.must(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DeletePending(ctx, w.workspace, store.PendingSelection{Filter: store.PendingFilter{MemberID: w.members['A']}})
		equal(t, "deleted", n, 5)
		return err
	})
	w.untilDone(c)
	equal(t, "copies", w.counts(), map[string]int{"B": 5})
	w.exact()
}

func TestDistributeNowGoesToTheMemberPlanned(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C")
	ids, _ := w.add(6, store.Distribution{GroupID: g, Pace: lead.Fast})
	w.armed()
	n, batches := w.distributeNow(idsOf(w.pending())[3:]...)
	equal(t, "still pending", n, 3)
	w.run(batches...)
	equal(t, "by hand", w.count(`SELECT count(*) FROM history WHERE trigger = 'distribute_now' AND due_at > at AND turn IS NOT NULL`), 3)
	w.exact()
	w.untilDone(c)
	equal(t, "outcomes", w.who(ids), "A B C A B C")
	equal(t, "on schedule", w.count(`SELECT count(*) FROM history WHERE trigger = 'scheduled'`), 3)
	w.exact()
}

func (w *world) move(id uuid.UUID, edit func(*store.PendingLead)) (batches []lead.Hint, err error) {
	w.t.Helper()
	err = w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		_, err = tx.MovePending(ctx, w.workspace, id, func(p *store.PendingLead) error { edit(p); return nil })
		batches = tx.Batches()
		return err
	})
	return batches, err
}

func TestMovingPendingLeads(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C")
	ids, _ := w.add(3, store.Distribution{GroupID: g, At: c.Now().Add(time.Hour)})
	w.armed()
	all := w.pending()
	to := func(letter byte) func(*store.PendingLead) {
		return func(p *store.PendingLead) { id := w.members[letter]; p.MemberID = &id }
	}
	for _, m := range []struct {
		id uuid.UUID
		to func(*store.PendingLead)
	}{
		{all[0].ID, to('D')}, {all[1].ID, to('E')}, {all[1].ID, to('F')}, {all[2].ID, to('D')}, {all[2].ID, to('C')},
	} {
		if _, err := w.move(m.id, m.to); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.move(all[0].ID, func(p *store.PendingLead) { p.DueAt = c.Now().Add(5 * time.Hour) }); err != nil {
		t.Fatal(err)
	}
	w.exact()
	c.Advance(time.Hour)
	w.armed()
	w.fire()
	equal(t, "after an hour", w.who(ids), " F C")
	batches, err := w.move(all[0].ID, func(p *store.PendingLead) { p.DueAt = c.Now().Add(time.Second) })
	if err != nil || len(batches) != 1 {
		t.Fatalf("moved to the next second: %v, %v", batches, err)
	}
	var field *store.FieldError
	if _, err := w.move(all[0].ID, func(p *store.PendingLead) { id := uuid.New(); p.MemberID = &id }); !errors.As(err, &field) || field.Field != "member_id" {
		t.Errorf("moved to nobody: %v", err)
	}
	if _, err := w.move(all[1].ID, to('A')); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("moved what was gone: %v", err)
	}
	w.distributeNow(all[0].ID)
	var going *store.Violation
	if _, err := w.move(all[0].ID, to('A')); !errors.As(err, &going) {
		t.Errorf("moved what is going out: %v", err)
	}
	w.untilDone(c)
	equal(t, "in the end", w.who(ids), "D F C")
	equal(t, "moved in history", w.count(`SELECT count(*) FROM history WHERE moved_from IS NOT NULL`), 2)
	w.exact()
}

// TestMovingKeepsThePace moves leads onto a day until it is full, by time and by member.
func TestMovingKeepsThePace(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	w.zone('B', "America/New_York")
	ids, _ := w.add(20, store.Distribution{MemberIDs: w.ids("A"), Pace: lead.Slow})
	w.add(1, store.Distribution{MemberIDs: w.ids("A"), At: c.Now().AddDate(0, 0, 20)})
	all := w.pending()
	noon := c.Now().AddDate(0, 1, 0).Add(3 * time.Hour) // when none is planned
	b := w.members['B']
	var full *store.Violation
	for i := range 6 {
		if _, err := w.move(all[i].ID, func(p *store.PendingLead) { p.DueAt = noon.Add(time.Duration(i) * time.Minute) }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.move(all[6].ID, func(p *store.PendingLead) { p.DueAt = noon.Add(time.Hour) }); !errors.As(err, &full) || full.Field != "due_at" {
		t.Errorf("a seventh lead was moved onto the day: %v", err)
	}
	for _, fits := range []struct {
		id   uuid.UUID
		edit func(*store.PendingLead)
	}{
		{all[0].ID, func(p *store.PendingLead) { p.DueAt = noon.Add(2 * time.Hour) }},              // within the day
		{all[6].ID, func(p *store.PendingLead) { p.DueAt = noon.Add(time.Hour); p.MemberID = &b }}, // another member
		{all[20].ID, func(p *store.PendingLead) { p.DueAt = noon.Add(time.Hour) }},                 // one without a pace
		{all[7].ID, func(p *store.PendingLead) { p.DueAt = noon.Add(-13 * time.Hour) }},            // the day before
	} {
		if _, err := w.move(fits.id, fits.edit); err != nil {
			t.Error(err)
		}
	}
	equal(t, "leads", len(ids)+1, len(w.pending()))
	w.untilDone(c)
	w.exact()
}

// TestEverythingAtOnce has many clients delete, distribute, move, edit and arm the same leads while their time comes.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	g := w.group("A B C D")
	const leads = 600
	ids, _ := w.add(leads/2, store.Distribution{GroupID: g, At: c.Now().Add(time.Minute)})
	more, _ := w.add(leads/2, store.Distribution{GroupID: g, Pace: lead.Fast})
	ids = append(ids, more...)
	all := idsOf(w.pending())
	var deleted, done atomic.Int64
	some := func() []uuid.UUID {
		chosen := make([]uuid.UUID, 60)
		for i := range chosen {
			chosen[i] = all[rand.N(len(all))]
		}
		return chosen
	}
	clients := []func() error{
		func() error { deleted.Add(int64(w.deletePending(some()[:10]...))); return nil },
		func() error { _, batches := w.distributeNow(some()...); w.run(batches...); return nil },
		func() error {
			batches, err := w.move(some()[0], func(p *store.PendingLead) {
				id := w.members["ABCDEF"[rand.N(6)]]
				p.MemberID, p.DueAt = &id, c.Now().Add(time.Duration(rand.N(100))*time.Second)
			})
			var going *store.Violation
			if errors.Is(err, store.ErrNotFound) || errors.As(err, &going) {
				return nil
			}
			_ = batches
			return err
		},
		func() error { c.Advance(time.Second); w.armed(); w.fireAnyhow(); return nil },
		func() error { w.setActive("EF"[rand.N(2)], rand.N(2) == 0); return nil },
		func() error {
			letter := "EF"[rand.N(2)]
			_, batches, err := w.handOver(letter, store.PendingChoice{Action: store.SpreadPending, MemberIDs: w.ids("ABC")})
			w.run(batches...)
			return err
		},
		func() error {
			w.must(func(ctx context.Context, tx *store.Tx) error {
				if err := tx.DeleteLead(ctx, w.workspace, ids[rand.N(len(ids))]); !errors.Is(err, store.ErrNotFound) {
					return err
				}
				return nil
			})
			return nil
		},
	}
	var running sync.WaitGroup
	for _, client := range clients {
		for range 2 {
			running.Go(func() {
				for range 25 {
					if err := client(); err != nil {
						t.Error(err)
						return
					}
					done.Add(1)
				}
			})
		}
	}
	running.Wait()
	w.exactBut("stuck")
	w.untilDone(c)
	w.exact()
	equal(t, "leads that ended", w.count(`SELECT count(*) FROM history`), leads)
	equal(t, "deleted", w.count(`SELECT count(*) FROM history WHERE outcome = 'cancelled'`), int(deleted.Load()))
	t.Logf("%d deleted, %s", deleted.Load(), fmt.Sprint(w.counts()))
}

// fireAnyhow delivers every batch, also those that are not due.
func (w *world) fireAnyhow() {
	var ids []uuid.UUID
	if err := w.DB.Select(&ids, `SELECT batch_id FROM batches`); err != nil {
		w.t.Error(err)
	}
	for _, id := range ids {
		var early *store.EarlyError
		if _, err := w.Store.Distribute(w.t.Context(), w.workspace, id); err != nil && !errors.As(err, &early) {
			w.t.Error(err)
		}
	}
}

// exactBut is exact but for one check.
func (w *world) exactBut(name string) {
	w.t.Helper()
	report, err := w.Store.Audit(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range report.Checks {
		if !c.OK && c.Name != name {
			w.t.Errorf("the audit found %d × %s: %v", c.Found, c.Name, c.Examples)
		}
	}
}
