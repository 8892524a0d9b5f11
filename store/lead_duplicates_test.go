package store_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) duplicates(policy store.DuplicatePolicy, days int) {
	w.t.Helper()
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.EditWorkspace(ctx, w.workspace, func(ws *store.Workspace) error {
			ws.Duplicates = store.Duplicates{Policy: policy, Days: days}
			return nil
		})
		return err
	})
}

// contacts stores leads that are written "phone" or "phone email" for a distribution, in one transaction.
func (w *world) contacts(d store.Distribution, contacts ...string) (ids []uuid.UUID, batches []lead.Hint) {
	w.t.Helper()
	var leads []store.NewLead
	for _, c := range contacts {
		phone, email, _ := strings.Cut(c, " ")
		leads = append(leads, store.NewLead{Name: c, Phone: phone, Email: email, Channel: "api", Origin: "api", Distribute: d})
	}
	w.must(func(ctx context.Context, t *store.Tx) error {
		added, err := t.AddLeads(ctx, w.workspace, lead.QueueFresh, leads)
		ids, batches = nil, t.Batches()
		for _, a := range added {
			ids = append(ids, a.ID)
		}
		return err
	})
	return ids, batches
}

// distributed are contacts that were distributed.
func (w *world) distributed(d store.Distribution, contacts ...string) []uuid.UUID {
	w.t.Helper()
	ids, batches := w.contacts(d, contacts...)
	w.run(batches...)
	return ids
}

// retry drives a failure again.
func (w *world) retry(history uuid.UUID) {
	w.t.Helper()
	var batches []lead.Hint
	w.must(func(ctx context.Context, t *store.Tx) error {
		err := t.RetryHistory(ctx, w.workspace, history)
		batches = t.Batches()
		return err
	})
	w.run(batches...)
}

// matched tells for each lead which of all it is a duplicate of, by place, "-" for none.
func (w *world) matched(ids []uuid.UUID) string {
	w.t.Helper()
	var all []string
	for _, id := range ids {
		l, err := w.Store.SourceLead(w.t.Context(), w.workspace, id)
		if err != nil {
			w.t.Fatal(err)
		}
		place := "-"
		for i, other := range ids {
			if l.DuplicateOf != nil && *l.DuplicateOf == other {
				place = fmt.Sprint(i)
			}
		}
		all = append(all, place)
	}
	return strings.Join(all, " ")
}

func TestDuplicatesAreMatchedByPhoneThenEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.contacts(store.Distribution{}, "0123456789 a@gmail.com") // before anything is looked for
	w.DB.MustExec(`UPDATE leads SET created_at = created_at - interval '40 days'`)
	w.duplicates(store.FlagDuplicates, 30)
	ids, _ := w.contacts(store.Distribution{}, "0123456789 x.y@gmail.com", "+60123456789", "0198887777 XY@gmail.com", "garbage n/a", "garbage n/a")
	more, _ := w.contacts(store.Distribution{}, "0198887777", "60-12-3456789 nobody@example.com", "0111111111 nobody@example.com")
	equal(t, "matches", w.matched(append(ids, more...)), "- 0 0 - - 2 0 6")
	w.must(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, ids[0]) })
	last, _ := w.contacts(store.Distribution{}, "0123456789")
	equal(t, "matches once the earlier one is deleted", w.matched(append(last, ids[1])), "1 -")
	w.duplicates(store.AllowDuplicates, 30)
	last, _ = w.contacts(store.Distribution{}, "0123456789")
	if l, err := w.Store.SourceLead(t.Context(), w.workspace, last[0]); err != nil || l.DuplicateOf != nil {
		t.Error(l, err)
	}
}

func TestFlaggedDuplicatesAreDistributed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.duplicates(store.FlagDuplicates, 30)
	g := w.group("A B")
	ids := w.distributed(store.Distribution{GroupID: g}, "0123456789", "0123456789", "0123456789")
	equal(t, "receivers", w.who(ids), "A B A")
	equal(t, "matches", w.matched(ids), "- 0 0")
	w.exact()
}

func TestRejectedDuplicatesFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.duplicates(store.RejectDuplicates, 30)
	g := w.group("A B")
	ids := w.distributed(store.Distribution{GroupID: g}, "0123456789", "0123456789", "0198887777")
	equal(t, "receivers", w.who(ids), "A duplicate B")
	paced := w.distributed(store.Distribution{GroupID: g, Pace: lead.Fast}, "0123456789")
	equal(t, "with a pace", w.who(paced), "duplicate")
	w.exact()

	// Whoever assigns it knowing that, or drives it again, gets it through.
	w.run(w.assign(paced, store.Distribution{GroupID: g})...)
	equal(t, "assigned", w.who(paced), "duplicateA")
	var failed uuid.UUID
	if err := w.DB.Get(&failed, `SELECT history_id FROM history WHERE lead_id = $1`, ids[1]); err != nil {
		t.Fatal(err)
	}
	w.retry(failed)
	equal(t, "driven again", w.who(ids[1:2]), "duplicateB")
	w.exact()
}

func TestOfManyAtOnceOneIsDistributed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.duplicates(store.RejectDuplicates, 30)
	g := w.group("A B")
	var mu sync.Mutex
	var ids []uuid.UUID
	var batches []lead.Hint
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			added, b := w.contacts(store.Distribution{GroupID: g}, "0123456789", "0198887777 a@example.com", "0111111111 a@example.com")
			mu.Lock()
			defer mu.Unlock()
			ids, batches = append(ids, added...), append(batches, b...)
		})
	}
	all.Wait()
	w.run(batches...)
	equal(t, "distributed", len(strings.Fields(strings.ReplaceAll(w.who(ids), "duplicate", ""))), 2)
	w.exact()
}

func TestDuplicatesGoToTheSameMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.duplicates(store.SameMember, 30)
	g := w.group("A B C")
	to := store.Distribution{GroupID: g}
	first := w.distributed(to, "0123456789", "0123456789", "0198887777", "0123456789")
	equal(t, "in one batch", w.who(first), "A A B A")
	again := w.distributed(to, "0198887777", "0111111111", "0123456789")
	equal(t, "in a later one", w.who(again), "B C A")
	equal(t, "to come", w.upcoming(g, 3), "A B C")

	w.setActive('B', false)
	away := w.distributed(to, "0198887777", "0123456789")
	equal(t, "while B is away", w.who(away), "A A")
	w.setActive('B', true)
	w.exact()

	named := w.distributed(store.Distribution{MemberIDs: []uuid.UUID{w.members['F']}}, "0123456789")
	equal(t, "for a member who was named", w.who(named), "F")
	later, _ := w.contacts(store.Distribution{GroupID: g, At: time.Now().Add(time.Hour)}, "0123456789", "0155555555")
	var planned []string
	rows, err := w.Store.PendingLeads(t.Context(), w.workspace, store.PendingFilter{GroupID: g}, store.PendingPage{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range later {
		for _, p := range rows {
			if p.LeadID == id {
				planned = append(planned, string(w.letters[*p.MemberID]))
			}
		}
	}
	equal(t, "planned", strings.Join(planned, " "), "A B")
	w.exact()
}

// TestSameMemberThroughFailedRuns has the cursor be lost, and leads be given by others, between the runs of one batch.
func TestSameMemberThroughFailedRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.duplicates(store.SameMember, 30)
	g := w.group("A B C")
	var all []string
	for i := range 20 {
		ids, batches := w.contacts(store.Distribution{GroupID: g}, fmt.Sprintf("01234567%02d", i%7), fmt.Sprintf("01298765%02d", i))
		if i%3 == 0 {
			if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { w.run(batches...) })
		}
		both.Wait()
		all = append(all, strings.Fields(w.who(ids))[0])
	}
	for i := range all[7:] {
		if all[i+7] != all[i] {
			t.Fatalf("the seven contacts went to %v", all)
		}
	}
	w.exact()
}

func TestDuplicateDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, testenv.WithClock(func() time.Time { return now }))
	w.duplicates(store.FlagDuplicates, 2)
	var ids []uuid.UUID
	for range 4 {
		id, _ := w.contacts(store.Distribution{}, "0123456789")
		ids = append(ids, id...)
		now = now.Add(24 * time.Hour)
	}
	equal(t, "matches", w.matched(ids), "- 0 0 1")
}
