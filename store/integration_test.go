package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestAnAddressFindsItsIntegration as long as it is there, and nothing else does.
func TestAnAddressFindsItsIntegration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.integration("shop")
	i, err := w.Store.Integration(t.Context(), w.workspace, id)
	if err != nil || i.Token == "" || i.Token == "token of shop" {
		t.Fatalf("%+v, %v", i, err)
	}
	found := func(kind lead.Kind, token string) bool {
		t.Helper()
		h, err := w.Store.Hook(t.Context(), kind, token)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			t.Fatal(err)
		}
		return err == nil && h.ID == id && h.Workspace == w.workspace
	}
	if !found(lead.KindGeneric, i.Token) {
		t.Error("its address does not find it")
	}
	elsewhere := newWorld(t).workspace
	for name, token := range map[string]string{
		"none": "", "garbage": "x!", "a part": i.Token[:20], "more": i.Token + "aaaaaaaa",
		"another": i.Token[:len(i.Token)-8] + "aaaaaaaa", "another workspace's": elsewhere.String() + i.Token[26:],
	} {
		if found(lead.KindGeneric, token) {
			t.Errorf("%s finds it", name)
		}
	}
	if found(lead.KindForm, i.Token) {
		t.Error("it is found as another kind")
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		edited, err := tx.EditIntegration(ctx, w.workspace, id, func(i *store.Integration) error {
			i.Name, i.Enabled, i.Token, i.Kind, i.Sealed = "shop 2", false, "mine", lead.KindForm, []byte("sealed")
			return nil
		})
		equal(t, "its name then", edited.Name, "shop 2")
		return err
	})
	if !found(lead.KindGeneric, i.Token) || found(lead.KindForm, "mine") {
		t.Error("an edit has changed its address")
	}
	if err := w.Store.DeleteIntegration(t.Context(), w.workspace, id); err != nil {
		t.Fatal(err)
	}
	if found(lead.KindGeneric, i.Token) {
		t.Error("it is found after it was deleted")
	}
	equal(t, "secrets of deleted ones", w.count(`SELECT count(*) FROM integrations WHERE sealed IS NOT NULL`), 0)
	if err := w.Store.DeleteIntegration(t.Context(), w.workspace, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleting it again: %v", err)
	}
}

// TestAHooksSource is where its leads come from: what its source was merged into, and nothing that is not offered.
func TestAHooksSource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fair, web := w.source("Fair", nil), w.source("Web", nil)
	id := w.integration("shop")
	w.DB.MustExec(`UPDATE integrations SET source_id = $1`, fair)
	source := func() uuid.UUID {
		t.Helper()
		h, err := w.Store.HookOf(t.Context(), w.workspace, id)
		if err != nil {
			t.Fatal(err)
		}
		if h.LeadSource == nil {
			return uuid.Nil
		}
		return *h.LeadSource
	}
	offer := func(id uuid.UUID, is bool) {
		t.Helper()
		w.must(func(ctx context.Context, t *store.Tx) error {
			_, err := t.EditSource(ctx, w.workspace, id, func(s *store.Source) error { s.ForLeads = is; return nil })
			return err
		})
	}
	equal(t, "its own", source(), fair)
	offer(fair, false)
	equal(t, "one that is not offered", source(), uuid.Nil)
	offer(fair, true)
	w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.MergeSource(ctx, w.workspace, fair, web)
		return err
	})
	equal(t, "one that was merged", source(), web)
	if _, err := w.Store.HookOf(t.Context(), newID(), id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("from another workspace: %v", err)
	}
}

// TestIntegrationsAreListed by pages, without those that were deleted and those of others.
func TestIntegrationsAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []uuid.UUID
	for _, name := range []string{"a", "b", "c", "d"} {
		ids = append(ids, w.integration(name))
	}
	if err := w.Store.DeleteIntegration(t.Context(), w.workspace, ids[2]); err != nil {
		t.Fatal(err)
	}
	if err := w.Store.WarnIntegration(t.Context(), w.workspace, ids[0], "a field was left out"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for p := (store.Page{Limit: 2}); ; {
		page, err := w.Store.Integrations(t.Context(), w.workspace, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page {
			names = append(names, i.Name+i.Warning)
		}
		if len(page) < p.Limit {
			break
		}
		p.After = page[len(page)-1].ID
	}
	equal(t, "listed", strings.Join(names, " "), "d b aa field was left out")
	if others, err := w.Store.Integrations(t.Context(), newID(), store.Page{Limit: 5}); err != nil || len(others) != 0 {
		t.Errorf("another workspace has %d, %v", len(others), err)
	}
}
