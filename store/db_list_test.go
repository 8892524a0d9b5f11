package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// manyCopies are more than a search for limit of them reads of the newest before it asks an index.
const manyCopies, limit = 2400, 15

// TestListsAgreeWithAPlainFilter reads lists page by page by mixtures of filters, and looks through all records by
// hand for the same. What is sought is among the newest or only among the oldest, rare, common, or both.
func TestListsAgreeWithAPlainFilter(t *testing.T) {
	t.Parallel()
	w, c := newTimedWorld(t)
	sources := []uuid.UUID{w.source("web", nil), w.source("fair", nil), w.source("show", nil)}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.MergeSource(ctx, w.workspace, sources[2], sources[1])
		return err
	})
	start := c.Now()
	for first := 0; first < manyCopies; first += 400 {
		var leads []store.NewLead
		for i := first; i < first+400; i++ {
			l := store.NewLead{Name: "Siti Common", Channel: "api", SourceID: sources[i%2], Phone: fmt.Sprintf("+6012%07d", i)}
			switch {
			case i < 100:
				l.Name = "Old Acme"
			case i%400 == 399:
				l.Name = "Rare Siti"
			}
			if i%7 == 0 {
				l.SourceID, l.Channel = uuid.Nil, "import"
			}
			leads = append(leads, l)
		}
		w.must(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AddLeads(ctx, w.workspace, lead.QueueBulk, leads)
			return err
		})
		c.Set(c.Now().Add(2 * time.Hour))
	}
	w.DB.MustExec(`UPDATE leads SET source_id = $1 WHERE source_id = $2 AND phone LIKE '%4'`, sources[2], sources[1])
	w.DB.MustExec(`INSERT INTO assigned_leads (workspace_id, assigned_lead_id, member_id, source_lead_id, name, phone, phone_e164, fields, source_id, status, assigned_at, updated_at)
		SELECT workspace_id, lead_id, CASE WHEN phone LIKE '%3' THEN $1::uuid ELSE $2 END, lead_id, name, phone, phone_e164, fields, source_id,
			CASE WHEN phone LIKE '%33' THEN 'won' ELSE 'new' END, created_at, updated_at FROM leads`, w.members['A'], w.members['B'])
	all := pages(t, 500, func(p store.Page) ([]store.AssignedLead, error) {
		return w.Store.AssignedLeads(t.Context(), w.workspace, store.AssignedLeadFilter{}, p)
	}, func(l store.AssignedLead) uuid.UUID { return l.ID })
	equal(t, "copies", len(all), manyCopies)
	for i := 0; i < len(all); i += 31 { // some have words of their own, which others do not have
		w.editCopy(all[i].ID, func(a *store.AssignedLead) { a.Name = []string{"Rare Acme", "Siti Old", "Common"}[i%3] })
		all[i].Name = []string{"Rare Acme", "Siti Old", "Common"}[i%3]
	}
	for i, search := range []string{"", "siti", "com", "acme", "rare", "rare siti", "old common", "nobody", "012-000 0033", "033"} {
		for k, f := range []store.AssignedLeadFilter{
			{}, {MemberID: w.members['A']}, {MemberID: w.members['B']}, {Status: "won"}, {SourceID: sources[0]}, {SourceID: sources[1]},
			{SourceID: sources[1], Status: "won"}, {SourceID: sources[1], MemberID: w.members['B'], Status: "won"},
		} {
			if f.Search = search; (i+k)%3 == 0 {
				f.From, f.To = start.Add(time.Hour), start.Add(9*time.Hour)
			}
			var want []uuid.UUID
			for _, l := range all {
				if has(l, f) && len(want) < 3*limit {
					want = append(want, l.ID)
				}
			}
			var got []uuid.UUID
			for p := (store.Page{Limit: limit}); len(got) < 3*limit; p.After = got[len(got)-1] {
				page, err := w.Store.AssignedLeads(t.Context(), w.workspace, f, p)
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, copyIDs(page)...); len(page) < limit {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%+v (-want +got):\n%s", f, diff)
			}
		}
	}
}

// has is the filter in plain words.
func has(l store.AssignedLead, f store.AssignedLeadFilter) bool {
	found := true
	for _, word := range strings.Fields(strings.ToLower(strings.NewReplacer("012-000 0033", "60120000033").Replace(f.Search))) {
		digits := strings.TrimPrefix(l.PhoneE164, "+")
		found = found && (strings.Contains(" "+strings.ToLower(l.Name), " "+word) || strings.HasPrefix(digits, word) || strings.HasSuffix(digits, word))
	}
	return found && (f.MemberID == uuid.Nil || l.MemberID == f.MemberID) && (f.Status == "" || l.Status == f.Status) &&
		(f.SourceID == uuid.Nil || l.SourceID != nil && *l.SourceID == f.SourceID) &&
		(f.From.IsZero() || !l.AssignedAt.Before(f.From)) && (f.To.IsZero() || l.AssignedAt.Before(f.To))
}

func copyIDs(all []store.AssignedLead) (ids []uuid.UUID) {
	for _, l := range all {
		ids = append(ids, l.ID)
	}
	return ids
}

// pages reads a list to its end.
func pages[T any](t testing.TB, limit int, read func(store.Page) ([]T, error), id func(T) uuid.UUID) (all []T) {
	t.Helper()
	p := store.Page{Limit: limit}
	for {
		page, err := read(p)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, page...); len(page) < limit {
			return all
		}
		p.After = id(page[len(page)-1])
	}
}

// TestPagesWhileLeadsComeIn holds that who goes through a list sees all that was there when they began, each once and in
// order, however many come in meanwhile.
func TestPagesWhileLeadsComeIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	was, _ := w.add(200, store.Distribution{})
	page := make(chan struct{}) // for each that is read two leads come, while it and the next are
	var coming sync.WaitGroup
	for range 3 {
		coming.Go(func() {
			for range page {
				if err := w.tx(func(ctx context.Context, tx *store.Tx) error {
					_, err := tx.AddLeads(ctx, w.workspace, lead.QueueFresh, []store.NewLead{{Name: "lead"}, {Name: "lead"}})
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	defer coming.Wait()
	defer close(page)
	for _, search := range []string{"", "lead"} {
		got := pages(t, 3, func(p store.Page) ([]store.Lead, error) {
			page <- struct{}{}
			return w.Store.SourceLeads(t.Context(), w.workspace, store.LeadFilter{Search: search}, p)
		}, func(l store.Lead) uuid.UUID { return l.ID })
		var ids []uuid.UUID
		for i, l := range got {
			if ids = append(ids, l.ID); i > 0 && l.ID.String() >= ids[i-1].String() {
				t.Fatalf("%s comes behind %s", l.ID, ids[i-1])
			}
		}
		for _, id := range was {
			if !slices.Contains(ids, id) {
				t.Errorf("%q: %s is missing", search, id)
			}
		}
		if search != "" && len(ids) <= len(was) {
			t.Errorf("%q: no leads came while pages were read", search)
		}
	}
}
