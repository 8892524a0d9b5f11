package store_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

func (w *world) source(name string, change func(*store.Source)) uuid.UUID {
	w.t.Helper()
	s := store.Source{Name: name, Enabled: true, ForLeads: true, ForCustomers: true}
	if change != nil {
		change(&s)
	}
	s, err := w.Store.CreateSource(w.t.Context(), w.workspace, s)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

func TestLeadSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	web := w.source("Web", nil)
	off := w.source("Off", func(s *store.Source) { s.Enabled = false })
	customers := w.source("Customers", func(s *store.Source) { s.ForLeads = false })
	for _, c := range []struct {
		ref    store.SourceRef
		want   uuid.UUID
		warned bool
	}{
		{store.SourceRef{}, uuid.Nil, false},
		{store.SourceRef{ID: web}, web, false},
		{store.SourceRef{Name: " wEB "}, web, false},
		{store.SourceRef{ID: off}, uuid.Nil, true},
		{store.SourceRef{ID: customers}, uuid.Nil, true},
		{store.SourceRef{ID: uuid.New(), Create: true}, uuid.Nil, true},
		{store.SourceRef{Name: "OFF", Create: true}, uuid.Nil, true},
		{store.SourceRef{Name: "customers", Create: true}, uuid.Nil, true},
		{store.SourceRef{Name: "Radio"}, uuid.Nil, true},
		{store.SourceRef{Name: strings.Repeat("x", 201), Create: true}, uuid.Nil, true},
	} {
		got, warning, err := w.Store.LeadSource(t.Context(), w.workspace, c.ref)
		if err != nil || got != c.want || (warning != "") != c.warned {
			t.Errorf("%+v: %s, %q, %v", c.ref, got, warning, err)
		}
	}
	var n int
	if err := w.DB.Get(&n, `SELECT count(*) FROM sources`); err != nil || n != 3 {
		t.Fatalf("%d sources, %v", n, err)
	}
}

func TestLeadSourceIsCreatedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	found := make([]uuid.UUID, 10)
	for i := range found {
		all.Go(func() {
			if err := w.tx(func(ctx context.Context, tx *store.Tx) (err error) {
				found[i], _, err = tx.LeadSource(ctx, w.workspace, store.SourceRef{Name: []string{"Radio", "radio"}[i%2], Create: true})
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, id := range found {
		if id != found[0] || id == uuid.Nil {
			t.Fatal(found)
		}
	}
}
