package store_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

func TestAuditLogIsAppendOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	act := &store.Act{Workspace: w.workspace, Operation: "test", IDs: []uuid.UUID{w.workspace}}
	if err := w.Store.Perform(t.Context(), act, func(*store.Tx) error { return nil }); err != nil || !act.Logged() {
		t.Fatalf("logged %v, %v", act.Logged(), err)
	}
	for _, change := range []string{
		`UPDATE audit_log SET operation = 'x'`, `UPDATE audit_log SET operation = 'x' WHERE false`, `DELETE FROM audit_log`,
		`TRUNCATE audit_log`, `INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (workspace_id, entry_id) DO UPDATE SET operation = 'x'`,
	} {
		if _, err := w.DB.Exec(change); err == nil {
			t.Errorf("%s went through", change)
		}
	}
	entries, err := w.Store.AuditLog(t.Context(), w.workspace, store.AuditFilter{ID: w.workspace}, store.Page{Limit: 10})
	if err != nil || len(entries) != 1 || entries[0].Operation != "test" || entries[0].APIKeyID != nil {
		t.Errorf("%+v, %v", entries, err)
	}
}

// TestAnActIsLoggedOnce does an act in several transactions, at once, after failures, and where cursors are rebuilt on
// the way.
func TestAnActIsLoggedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B")
	ids, _ := w.add(2, store.Distribution{})
	act := &store.Act{Workspace: w.workspace, Operation: "test"}
	ctx := store.WithAct(t.Context(), act)
	failed := errors.New("no")
	if err := w.Store.WithTx(ctx, func(*store.Tx) error { return failed }); !errors.Is(err, failed) || act.Logged() {
		t.Fatalf("logged %v, %v", act.Logged(), err)
	}
	runs := 0
	err := w.Store.WithTx(ctx, func(tx *store.Tx) error {
		runs++
		act.IDs = ids
		_, err := tx.Assign(ctx, w.workspace, ids, store.Distribution{GroupID: g, At: w.Store.Now().AddDate(0, 0, 1)})
		return err
	})
	if err != nil || runs < 2 {
		t.Fatalf("%d runs, %v", runs, err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := w.Store.WithTx(ctx, func(*store.Tx) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	entries, err := w.Store.AuditLog(t.Context(), w.workspace, store.AuditFilter{}, store.Page{Limit: 10})
	if err != nil || len(entries) != 1 || len(entries[0].IDs) != 2 {
		t.Errorf("%+v, %v", entries, err)
	}
}
