package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// chosen are the leads that a selection means.
func (w *world) chosen(s store.LeadSelection) (ids []uuid.UUID, err error) {
	err = w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		ids, err = t.SelectLeads(ctx, w.workspace, s)
		return err
	})
	return ids, err
}

// Leads that match a filter are chosen as they came in, if as many match as whoever chose them saw; those that are named are they.
func TestLeadsAreChosenAsTheyWereSeen(t *testing.T) {
	t.Parallel()
	clock := newClock(monday)
	w := newWorld(t, testenv.WithClock(clock.Now))
	var web, all []uuid.UUID
	for i := range 7 {
		channel := []string{"api", "webhook"}[i%2]
		added := w.push(store.NewLead{Name: fmt.Sprint("lead ", i), Channel: channel, Origin: channel})
		all = append(all, added[0].ID)
		if i%2 == 1 {
			web = append(web, added[0].ID)
		}
		clock.Advance(time.Minute)
	}
	filter := &store.LeadFilter{Channel: "webhook"}
	got, err := w.chosen(store.LeadSelection{Filter: filter, Matched: 3})
	w.fine(err)
	equal(t, "chosen", got, web)
	n, err := w.Store.CountLeads(t.Context(), w.workspace, *filter)
	w.fine(err)
	equal(t, "counted", n, 3)
	var other *store.MatchedError
	for _, seen := range []int{0, 2, 4} {
		if got, err := w.chosen(store.LeadSelection{Filter: filter, Matched: seen}); !errors.As(err, &other) {
			t.Errorf("%d were seen, and %v are chosen, %v", seen, got, err)
		}
	}
	w.deleteLead(web[1])
	got, err = w.chosen(store.LeadSelection{Filter: filter, Matched: 2})
	w.fine(err)
	equal(t, "without what was deleted", got, []uuid.UUID{web[0], web[2]})
	got, err = w.chosen(store.LeadSelection{IDs: []uuid.UUID{all[3], all[0]}})
	w.fine(err)
	equal(t, "by their ids", got, []uuid.UUID{all[3], all[0]})
	got, err = w.chosen(store.LeadSelection{Filter: &store.LeadFilter{Channel: "file"}})
	w.fine(err)
	equal(t, "of none", got, []uuid.UUID{})
}

// Somebody has a lead who has a copy, waits for their turn or is to get it by plan; a copy that was withdrawn counts no more.
func TestWhoHasALead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	both := w.group("AB")
	had, batches := w.add(2, store.Distribution{GroupID: both})
	w.run(batches...)
	free, _ := w.add(2, store.Distribution{})
	folded, _ := w.add(1, store.Distribution{GroupID: both}) // is still to be given out
	w.offDuty("CD", true)
	waits, batches := w.add(1, store.Distribution{GroupID: w.group("C D")})
	w.run(batches...)
	planned, _ := w.add(1, store.Distribution{GroupID: both, At: w.Store.Now().Add(48 * time.Hour)})
	all := slices.Concat(had, free, folded, waits, planned)

	var left []uuid.UUID
	var taken, assigned int
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		if left, taken, err = t.Unassigned(ctx, w.workspace, all); err == nil {
			assigned, err = t.CountAssigned(ctx, w.workspace, all)
		}
		return err
	})
	equal(t, "left", left, free)
	equal(t, "taken", [2]int{taken, assigned}, [2]int{5, 5})

	holders := func(id uuid.UUID) (letters string) {
		found, err := w.Store.Holders(t.Context(), w.workspace, all)
		w.fine(err)
		for _, h := range found[id] {
			letters += string(w.letters[h.MemberID])
		}
		return letters
	}
	equal(t, "who has the first", holders(had[0]), "AB")
	equal(t, "who has one that is free", holders(free[0]), "")
	w.DB.MustExec(`UPDATE assigned_leads SET withdrawn_at = now() WHERE source_lead_id = $1 AND member_id = $2`, had[0], w.members['A'])
	equal(t, "who has it since", holders(had[0]), "B")
	w.DB.MustExec(`UPDATE assigned_leads SET withdrawn_at = now() WHERE source_lead_id = $1`, had[0])
	w.must(func(ctx context.Context, t *store.Tx) (err error) {
		left, _, err = t.Unassigned(ctx, w.workspace, had)
		return err
	})
	equal(t, "left since both were withdrawn", left, had[:1])
	if found, err := w.Store.Holders(t.Context(), uuid.New(), all); err != nil || len(found) != 0 {
		t.Errorf("another workspace has them: %v, %v", found, err)
	}
}
