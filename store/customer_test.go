package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// copyOf is the copy that a member has of a lead.
func (w *world) copyOf(letter byte, lead uuid.UUID) (id uuid.UUID) {
	w.t.Helper()
	if err := w.DB.Get(&id, `SELECT assigned_lead_id FROM assigned_leads WHERE member_id = $1 AND source_lead_id = $2`, w.members[letter], lead); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) convert(id uuid.UUID) (c store.Customer, fresh bool, err error) {
	err = w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		c, fresh, err = t.ConvertLead(ctx, w.workspace, id)
		return err
	})
	return c, fresh, err
}

func (w *world) convertCopy(as, id uuid.UUID) (c store.Customer, fresh bool, err error) {
	err = w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		c, fresh, err = t.ConvertAssignedLead(ctx, w.workspace, as, id)
		return err
	})
	return c, fresh, err
}

// TestALeadIsOneCustomer converts one lead from many sides at once, and then its copy, which is another customer.
func TestALeadIsOneCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fair := w.source("Fair", nil)
	added := w.push(store.NewLead{Name: "Siti", Phone: "012-345 6789", Channel: "api", Origin: "api", SourceID: fair, Distribute: store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}}})
	w.run(w.TakeHints()...)
	var fresh atomic.Int32
	var converting sync.WaitGroup
	for range 6 {
		converting.Go(func() {
			c, is, err := w.convert(added[0].ID)
			if err != nil || c.Name != "Siti" || c.PhoneE164 != "+60123456789" || c.SourceName != "Fair" || c.MemberID != nil {
				t.Errorf("converted %+v, %v", c, err)
			}
			if is {
				fresh.Add(1)
			}
		})
	}
	converting.Wait()
	equal(t, "conversions that made one", fresh.Load(), 1)
	copied := w.copyOf('A', added[0].ID)
	if _, _, err := w.convertCopy(w.members['B'], copied); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("B converts A's copy: %v", err)
	}
	c, is, err := w.convertCopy(uuid.Nil, copied)
	if err != nil || !is || c.MemberID != nil || *c.AssignedLeadID != copied {
		t.Errorf("an operator converts it: %+v, %t, %v", c, is, err)
	}
	again, is, err := w.convertCopy(w.members['A'], copied)
	if err != nil || is || again.ID != c.ID || again.MemberID == nil || *again.MemberID != w.members['A'] {
		t.Errorf("A does so too, whose it is from then on: %+v, %t, %v", again, is, err)
	}
	equal(t, "customers", w.count(`SELECT count(*) FROM customers`), 2)
	w.deleteLead(added[0].ID)
	if _, _, err := w.convert(added[0].ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted lead is converted: %v", err)
	}
}

// TestCustomersAreFiltered makes customers of two sources, one of which is merged into the other, on two days.
func TestCustomersAreFiltered(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	fair, web := w.source("Fair", nil), w.source("Web", nil)
	day := c.Now()
	for i, l := range []store.NewLead{
		{Name: "Ada Lim", Email: "ada@example.com", SourceID: fair}, {Name: "Bea", Phone: "0123456780", SourceID: web}, {Name: "Cyd"},
	} {
		l.Channel, l.Origin, l.Distribute = "api", "api", store.Distribution{MemberIDs: []uuid.UUID{w.members["AAB"[i]]}}
		added := w.push(l)
		w.run(w.TakeHints()...)
		if _, _, err := w.convertCopy(w.members["AAB"[i]], w.copyOf("AAB"[i], added[0].ID)); err != nil {
			t.Fatal(err)
		}
		c.Advance(24 * time.Hour)
	}
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.MergeSource(ctx, w.workspace, web, fair)
		return err
	})
	for name, f := range map[string]struct {
		store.CustomerFilter
		want string
	}{
		"all":                    {store.CustomerFilter{}, "Cyd Bea Ada Lim"},
		"A's":                    {store.CustomerFilter{MemberID: w.members['A']}, "Bea Ada Lim"},
		"nobody's":               {store.CustomerFilter{MemberID: w.members['F']}, ""},
		"of a source, merged in": {store.CustomerFilter{SourceID: fair}, "Bea Ada Lim"},
		"of another":             {store.CustomerFilter{SourceID: newID()}, ""},
		"by a word":              {store.CustomerFilter{Search: "lim"}, "Ada Lim"},
		"by an address":          {store.CustomerFilter{Search: "ada@example.com"}, "Ada Lim"},
		"by a number":            {store.CustomerFilter{Search: "+60 12-345 6780"}, "Bea"},
		"since the second day":   {store.CustomerFilter{From: day.Add(24 * time.Hour)}, "Cyd Bea"},
		"before it":              {store.CustomerFilter{To: day.Add(24 * time.Hour)}, "Ada Lim"},
		"A's since then":         {store.CustomerFilter{MemberID: w.members['A'], From: day.Add(time.Hour)}, "Bea"},
	} {
		var got []string
		p := store.Page{Limit: 2}
		for {
			page, err := w.Store.Customers(t.Context(), w.workspace, f.CustomerFilter, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page {
				got = append(got, c.Name)
				if c.SourceID != nil && (*c.SourceID != fair || c.SourceName != "Fair") {
					t.Errorf("%s comes from %s", c.Name, c.SourceName)
				}
			}
			if len(page) < p.Limit {
				break
			}
			p.After = page[len(page)-1].ID
		}
		equal(t, name, strings.Join(got, " "), f.want)
	}
}

// TestACustomerPicksSourcesOfCustomers keeps the source that it came with, which is for leads only.
func TestACustomerPicksSourcesOfCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	forLeads := w.source("Fair", func(s *store.Source) { s.ForCustomers = false })
	forBoth := w.source("Web", func(s *store.Source) { s.ForCustomers = true })
	added := w.push(store.NewLead{Name: "Siti", Channel: "api", Origin: "api", SourceID: forLeads})
	c, _, err := w.convert(added[0].ID)
	if err != nil || *c.SourceID != forLeads {
		t.Fatalf("%+v, %v", c, err)
	}
	edit := func(member uuid.UUID, change func(*store.Customer)) (got store.Customer, err error) {
		return got, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
			got, err = t.EditCustomer(ctx, w.workspace, member, c.ID, func(c *store.Customer) error { change(c); return nil })
			return err
		})
	}
	if got, err := edit(uuid.Nil, func(c *store.Customer) { c.Name, c.Phone, c.Notes = "Siti Rahman", "+65 9123 4567", "called" }); err != nil ||
		got.Name != "Siti Rahman" || got.PhoneE164 != "+6591234567" || got.Notes != "called" || *got.SourceID != forLeads {
		t.Errorf("edited %+v, %v", got, err)
	}
	if got, err := edit(uuid.Nil, func(c *store.Customer) { c.SourceID = &forBoth }); err != nil || *got.SourceID != forBoth {
		t.Errorf("with a source of customers: %+v, %v", got, err)
	}
	if _, err := edit(uuid.Nil, func(c *store.Customer) { c.SourceID = &forLeads }); !errors.Is(err, lead.SourceNotEligible) {
		t.Errorf("with a source of leads again: %v", err)
	}
	if _, err := edit(w.members['A'], func(c *store.Customer) { c.Notes = "mine" }); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by a member whose it is not: %v", err)
	}
	found, err := w.Store.Customers(t.Context(), w.workspace, store.CustomerFilter{Search: "rahman"}, store.Page{Limit: 5})
	if err != nil || len(found) != 1 || found[0].Notes != "called" {
		t.Errorf("found by its new name: %+v, %v", found, err)
	}
}
