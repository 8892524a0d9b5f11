package store_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestHistoryIsFoundByItsCopies reads history page by page by mixtures of filters, and looks through all of it by hand for the same. Some of
// it has the ids of copies, some was written before they were shared, some made no copy, and some was undone.
func TestHistoryIsFoundByItsCopies(t *testing.T) {
	t.Parallel()
	w := busyPast(t)
	w.DB.MustExec(`UPDATE history SET copied = NULL, history_id = (left(history_id::text, 32) || 'beef')::uuid
		WHERE copied AND turn % 2 = 1`)
	for what, n := range map[string]int{
		"have their copies' ids": w.count(`SELECT count(*) FROM history h JOIN assigned_leads a ON a.assigned_lead_id = h.history_id WHERE copied`),
		"were written before":    w.count(`SELECT count(*) FROM history WHERE outcome = 'succeeded' AND copied IS NULL`),
		"are of copies undone":   w.count(`SELECT count(*) FROM history h JOIN assigned_leads a ON a.undone_lead_id = h.lead_id WHERE copied`),
	} {
		if n == 0 {
			t.Errorf("no entries of history %s", what)
		}
	}
	read := func(f store.HistoryFilter, limit int) []uuid.UUID {
		all := pages(t, limit, func(p store.Page) ([]store.HistoryEntry, error) {
			return w.Store.History(t.Context(), w.workspace, f, p)
		}, func(e store.HistoryEntry) uuid.UUID { return e.ID })
		ids := make([]uuid.UUID, len(all))
		for i, e := range all {
			ids[i] = e.ID
		}
		return ids
	}
	all, err := w.Store.History(t.Context(), w.workspace, store.HistoryFilter{}, store.Page{Limit: 1000})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d entries of history, %v", len(all), err)
	}
	of := func(id *uuid.UUID) (ids []uuid.UUID) {
		for _, e := range all {
			for _, one := range []*uuid.UUID{e.MemberID, e.GroupID, &e.LeadID} {
				if one != nil && id != nil && *one == *id {
					ids = append(ids, e.ID)
				}
			}
		}
		return ids
	}
	within := func(ids []uuid.UUID, has func(store.HistoryEntry) bool) (some []uuid.UUID) {
		for _, e := range all {
			if slices.Contains(ids, e.ID) && has(e) {
				some = append(some, e.ID)
			}
		}
		return some
	}
	for _, e := range all {
		filters := []store.HistoryFilter{{LeadID: e.LeadID}}
		ids := [][]uuid.UUID{of(&e.LeadID)}
		if e.MemberID != nil {
			filters, ids = append(filters, store.HistoryFilter{MemberID: *e.MemberID}), append(ids, of(e.MemberID))
		}
		if e.GroupID != nil {
			filters, ids = append(filters, store.HistoryFilter{GroupID: *e.GroupID}), append(ids, of(e.GroupID))
		}
		for i, f := range filters {
			for _, outcome := range []lead.Outcome{"", e.Outcome, lead.Succeeded} {
				for _, trigger := range []lead.Trigger{"", e.Trigger} {
					f.Outcome, f.Trigger = outcome, trigger
					want := within(ids[i], func(e store.HistoryEntry) bool {
						return (outcome == "" || e.Outcome == outcome) && (trigger == "" || e.Trigger == trigger)
					})
					if got := read(f, 4); !slices.Equal(got, want) {
						t.Errorf("by %+v history has %v, not %v", f, got, want)
					}
				}
			}
		}
	}
}
