package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// queueImport queues an import, of which one runs at a time and two wait.
func (w *world) queueImport() (i store.Import, err error) {
	w.t.Helper()
	err = w.Store.WithTx(w.t.Context(), func(tx *store.Tx) error {
		i, err = tx.QueueImport(w.t.Context(), w.workspace, store.NewImport{APIKeyID: uuid.New()}, store.ImportQueue{AtOnce: 1, Waiting: 2})
		return err
	})
	return i, err
}

// begins asks for an import's turn.
func (w *world) begins(id uuid.UUID) (status store.ImportStatus, err error) {
	w.t.Helper()
	err = w.Store.WithTx(w.t.Context(), func(tx *store.Tx) error {
		status, err = tx.BeginImport(w.t.Context(), w.workspace, id, 1)
		return err
	})
	return status, err
}

func TestImportsTakeTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []store.Import
	for i, want := range []store.ImportStatus{store.ImportRunning, store.ImportWaiting, store.ImportWaiting} {
		imp, err := w.queueImport()
		if err != nil || imp.Status != want {
			t.Fatalf("import %d is %s, %v", i, imp.Status, err)
		}
		all = append(all, imp)
	}
	var full *store.TooManyImportsError
	if _, err := w.queueImport(); !errors.As(err, &full) || full.Waiting != 2 {
		t.Errorf("one more ends with %v", err)
	}
	if running, waiting, err := w.Store.OpenImports(t.Context()); running != 1 || waiting != 2 || err != nil {
		t.Errorf("%d run and %d wait, %v", running, waiting, err)
	}
	if _, err := w.Store.FinishImport(t.Context(), w.workspace, all[0].ID, nil, ""); err != nil {
		t.Fatal(err)
	}
	for _, turn := range []struct {
		of   int
		want store.ImportStatus
	}{{2, store.ImportWaiting}, {1, store.ImportRunning}, {2, store.ImportWaiting}} {
		if got, err := w.begins(all[turn.of].ID); got != turn.want || err != nil {
			t.Errorf("import %d is %s, %v", turn.of, got, err)
		}
	}
	if _, err := w.DB.ExecContext(t.Context(), `UPDATE imports SET updated_at = updated_at - interval '3 minutes' WHERE import_id = $1`, all[1].ID); err != nil {
		t.Fatal(err)
	}
	if got, err := w.begins(all[2].ID); got != store.ImportRunning || err != nil {
		t.Errorf("behind one whose server died it is %s, %v", got, err)
	}
	if _, err := w.begins(all[0].ID); !errors.Is(err, store.ErrImportEnded) {
		t.Errorf("one that has ended begins with %v", err)
	}
}

// cancel cancels an import.
func (w *world) cancel(ctx context.Context, id uuid.UUID) (i store.Import, changed bool, err error) {
	w.t.Helper()
	err = w.Store.WithTx(ctx, func(tx *store.Tx) error {
		i, changed, err = tx.CancelImport(ctx, w.workspace, id)
		return err
	})
	return i, changed, err
}

func TestCancelledImportTakesNoMoreRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.startImport(uuid.New())
	for _, want := range []bool{true, false} { // again it is as it was
		if got, changed, err := w.cancel(t.Context(), imp.ID); got.Status != store.ImportCancelled || got.FinishedAt == nil || changed != want || err != nil {
			t.Errorf("cancelled it is %+v, changed %t, %v", got, changed, err)
		}
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.ImportProgress(ctx, w.workspace, imp.ID); !errors.Is(err, store.ErrImportEnded) {
			t.Errorf("it goes on with %v", err)
		}
		return nil
	})
	if _, err := w.Store.FinishImport(t.Context(), w.workspace, imp.ID, nil, ""); !errors.Is(err, store.ErrImportEnded) {
		t.Errorf("it is finished with %v", err)
	}
	if n, err := w.Store.FailStaleImports(t.Context(), w.Store.Now().Add(time.Hour)); n != 0 || err != nil {
		t.Errorf("%d are taken for ones whose server died, %v", n, err)
	}
	if got, err := w.Store.NoteImport(t.Context(), w.workspace, imp.ID, []string{"half of it"}); got.Status != store.ImportCancelled || len(got.Warnings) != 1 || err != nil {
		t.Errorf("with its warnings it is %+v, %v", got, err)
	}
	if _, _, err := w.cancel(t.Context(), uuid.New()); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("one that is not there is cancelled with %v", err)
	}
	done := w.startImport(uuid.New())
	if _, err := w.Store.FinishImport(t.Context(), w.workspace, done.ID, nil, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.cancel(t.Context(), done.ID); !errors.Is(err, store.ErrImportOver) {
		t.Errorf("one that has ended is cancelled with %v", err)
	}
}

// A cancel waits for the rows that are being stored, and whoever stores them sees that it does.
func TestCancelShowsWhileItWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.startImport(uuid.New())
	watch := func(wantStatus store.ImportStatus, wantCancelling bool) {
		t.Helper()
		for {
			status, cancelling, err := w.Store.WatchImport(t.Context(), w.workspace, imp.ID)
			if err != nil {
				t.Fatal(err)
			}
			if status == wantStatus && cancelling == wantCancelling {
				return
			}
		}
	}
	watch(store.ImportRunning, false)
	cancelled := make(chan error, 1)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.ImportProgress(ctx, w.workspace, imp.ID); err != nil {
			return err
		}
		go func() { //nolint:contextcheck // it goes on when the transaction of ctx has ended
			_, _, err := w.cancel(t.Context(), imp.ID)
			cancelled <- err
		}()
		watch(store.ImportRunning, true)
		return nil
	})
	if err := <-cancelled; err != nil {
		t.Fatal(err)
	}
	watch(store.ImportCancelled, false)
}

// TestKeysShareThePlacesToWait has one key send as many files as it can, and others after it: they find a place, and their turn comes
// before the rest of its.
func TestKeysShareThePlacesToWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := func() uuid.UUID {
		k, _, err := w.Store.CreateAPIKey(t.Context(), w.workspace, store.APIKey{Role: lead.RoleIntegration})
		if err != nil {
			t.Fatal(err)
		}
		return k.ID
	}
	send := func(key uuid.UUID) (i store.Import, err error) {
		err = w.Store.WithTx(t.Context(), func(tx *store.Tx) error {
			i, err = tx.QueueImport(t.Context(), w.workspace, store.NewImport{APIKeyID: key}, store.ImportQueue{AtOnce: 2, Waiting: 8})
			return err
		})
		return i, err
	}
	flood, other := key(), key()
	var floods []store.Import
	var full *store.TooManyImportsError
	for range 20 {
		i, err := send(flood)
		if err != nil {
			if !errors.As(err, &full) || !full.OfKey {
				t.Fatal(err)
			}
			break
		}
		floods = append(floods, i)
	}
	equal(t, "imports of one key", len(floods), 2+4)
	var rotated store.APIKey
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		rotated, _, err = tx.RotateAPIKey(ctx, w.workspace, flood, w.Store.Now().Add(time.Hour))
		return err
	})
	if _, err := send(rotated.ID); !errors.As(err, &full) || !full.OfKey {
		t.Errorf("the key that took its place sends another: %v", err)
	}
	theirs, err := send(other)
	if err != nil || theirs.Status != store.ImportWaiting {
		t.Fatalf("another key's is %s, %v", theirs.Status, err)
	}
	if _, err := w.Store.FinishImport(t.Context(), w.workspace, floods[0].ID, nil, ""); err != nil {
		t.Fatal(err)
	}
	for _, turn := range []struct {
		of   store.Import
		want store.ImportStatus
	}{{floods[2], store.ImportWaiting}, {theirs, store.ImportRunning}, {floods[2], store.ImportWaiting}} {
		var got store.ImportStatus
		w.must(func(ctx context.Context, tx *store.Tx) (err error) {
			got, err = tx.BeginImport(ctx, w.workspace, turn.of.ID, 2)
			return err
		})
		equal(t, "its turn", got, turn.want)
	}
	for _, key := range []uuid.UUID{key(), key()} {
		if _, err := send(key); err != nil {
			t.Errorf("one more key finds no place: %v", err)
		}
	}
}
