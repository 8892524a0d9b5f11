package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// startImport creates an import sent with a key.
func (w *world) startImport(key uuid.UUID) store.Import {
	w.t.Helper()
	imp, err := w.Store.CreateImport(w.t.Context(), w.workspace, store.NewImport{APIKeyID: key})
	if err != nil {
		w.t.Fatal(err)
	}
	return imp
}

func TestImportFromStartToEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, group, source := uuid.New(), uuid.New(), uuid.New()
	imp, err := w.Store.CreateImport(t.Context(), w.workspace, store.NewImport{APIKeyID: key, GroupID: &group, SourceID: &source})
	if err != nil {
		t.Fatal(err)
	}
	counts := store.ImportCounts{Rows: 6, Imported: 3, Duplicates: 2, Rejected: 1}
	rejects := []store.ImportReject{{Line: 3, Reason: "No contact.", Record: ",,x"}, {Line: 12, Reason: "Too long.", Record: "y"}}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		if before, err := tx.ImportProgress(ctx, w.workspace, imp.ID); err != nil || before != (store.ImportCounts{}) {
			t.Errorf("a new import has %+v, %v", before, err)
		}
		return tx.AdvanceImport(ctx, w.workspace, imp.ID, counts, rejects)
	})
	ended, err := w.Store.FinishImport(t.Context(), w.workspace, imp.ID, []string{"half of it"}, "")
	if err != nil {
		t.Fatal(err)
	}
	want := imp
	want.Status, want.ImportCounts, want.Warnings = store.ImportCompleted, counts, []string{"half of it"}
	want.UpdatedAt, want.FinishedAt = ended.UpdatedAt, &ended.UpdatedAt
	got, err := w.Store.Import(t.Context(), w.workspace, key, imp.ID)
	if diff := cmp.Diff([]store.Import{want, want}, []store.Import{ended, got}); diff != "" || err != nil {
		t.Error(err, diff)
	}
	behind, err := w.Store.ImportRejects(t.Context(), w.workspace, imp.ID, 3, 10)
	if diff := cmp.Diff(rejects[1:], behind); diff != "" || err != nil {
		t.Error(err, diff)
	}
	first, err := w.Store.ImportRejects(t.Context(), w.workspace, imp.ID, 0, 1)
	if diff := cmp.Diff(rejects[:1], first); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestImportThatHasEndedStaysAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.startImport(uuid.New())
	ended, err := w.Store.FinishImport(t.Context(), w.workspace, imp.ID, nil, "It broke.")
	if err != nil || ended.Status != store.ImportFailed || ended.Error != "It broke." {
		t.Fatalf("ended as %+v, %v", ended, err)
	}
	if _, err := w.Store.FinishImport(t.Context(), w.workspace, imp.ID, nil, ""); !errors.Is(err, store.ErrImportEnded) {
		t.Errorf("ended again with %v", err)
	}
	err = w.tx(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.ImportProgress(ctx, w.workspace, imp.ID)
		return err
	})
	if !errors.Is(err, store.ErrImportEnded) {
		t.Errorf("its progress is read with %v", err)
	}
}

func TestImportsAreSeenByTheirKeyAndNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := uuid.New(), uuid.New()
	var own []uuid.UUID
	for range 3 {
		own = append(own, w.startImport(mine).ID)
	}
	other := w.startImport(theirs).ID
	list := func(key uuid.UUID, p store.Page) (ids []uuid.UUID) {
		t.Helper()
		all, err := w.Store.Imports(t.Context(), w.workspace, key, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			ids = append(ids, i.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]uuid.UUID{other, own[2], own[1], own[0]}, list(uuid.Nil, store.Page{Limit: 10})); diff != "" {
		t.Error("all:", diff)
	}
	if diff := cmp.Diff([]uuid.UUID{own[1]}, list(mine, store.Page{Limit: 1, After: own[2]})); diff != "" {
		t.Error("a page of a key's:", diff)
	}
	if _, err := w.Store.Import(t.Context(), w.workspace, mine, other); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another key's import is read with %v", err)
	}
	if _, err := w.Store.Import(t.Context(), uuid.New(), uuid.Nil, other); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another workspace's import is read with %v", err)
	}
}

func TestFailStaleImports(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	dead, done := w.startImport(uuid.New()), w.startImport(uuid.New())
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return tx.AdvanceImport(ctx, w.workspace, dead.ID, store.ImportCounts{Rows: 2000, Imported: 2000}, nil)
	})
	if _, err := w.Store.FinishImport(t.Context(), w.workspace, done.ID, nil, ""); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Store.FailStaleImports(t.Context(), dead.CreatedAt); n != 0 || err != nil {
		t.Errorf("%d imports were failed too early, %v", n, err)
	}
	if n, err := w.Store.FailStaleImports(t.Context(), w.Store.Now().Add(time.Second)); n != 1 || err != nil {
		t.Errorf("%d imports were failed, %v", n, err)
	}
	got, err := w.Store.Import(t.Context(), w.workspace, uuid.Nil, dead.ID)
	const message = "The server was stopped after row 2000; send the file again: rows already here are recognised."
	if err != nil || got.Status != store.ImportFailed || got.Error != message || got.FinishedAt == nil {
		t.Errorf("the import is %+v, %v", got, err)
	}
}

func TestLeadSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, s := range []store.Source{
		{Name: "Expo", Enabled: true, ForLeads: true}, {Name: "Off", ForLeads: true}, {Name: "Shop", Enabled: true, ForCustomers: true},
	} {
		if _, err := w.Store.CreateSource(t.Context(), w.workspace, s); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.Store.LeadSources(t.Context(), w.workspace)
	if err != nil || len(got) != 1 || got["expo"] == uuid.Nil {
		t.Errorf("got %v, %v", got, err)
	}
}
