package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// queued queues another import into the workspace of r, of which one runs at once.
func queued(t *testing.T, r *importRun) *importRun {
	t.Helper()
	again := &importRun{Importer: r.Importer, workspace: r.workspace}
	if err := r.store.WithTx(t.Context(), func(tx *store.Tx) (err error) {
		again.imp, err = tx.QueueImport(t.Context(), r.workspace, store.NewImport{APIKeyID: uuid.New()}, r.limits.Queue)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if again.imp.Status != store.ImportWaiting {
		t.Fatalf("behind one that runs it is %s", again.imp.Status)
	}
	return again
}

// runs runs an import, and gives it when it has ended.
func runs(ctx context.Context, t *testing.T, r *importRun) chan store.Import {
	t.Helper()
	ended := make(chan store.Import, 1)
	go func() {
		imp, err := r.Run(ctx, r.workspace, r.imp, strings.NewReader("name\nAda\n"))
		if err != nil {
			t.Error(err)
		}
		ended <- imp
	}()
	return ended
}

func TestImportsWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	first, _ := boundedImport(t, ImportLimits{Queue: store.ImportQueue{AtOnce: 1}})
	second, third := queued(t, first), queued(t, first)
	ofThird := runs(t.Context(), t, third)
	ofSecond := runs(t.Context(), t, second)
	for range 2 { // it asks for its turn
		select {
		case imp := <-ofThird:
			t.Fatalf("the last ended first, as %+v", imp)
		case imp := <-ofSecond:
			t.Fatalf("it ended before the first, as %+v", imp)
		case <-time.After(turnInterval + turnInterval/2):
		}
	}
	if got := <-runs(t.Context(), t, first); got.Status != store.ImportCompleted {
		t.Errorf("the first ended as %+v", got)
	}
	got, last := <-ofSecond, <-ofThird
	if got.Status != store.ImportCompleted || last.Status != store.ImportCompleted || last.FinishedAt.Before(*got.FinishedAt) {
		t.Errorf("the others ended as %+v and %+v", got, last)
	}
}

func TestImportsThatWaitEnd(t *testing.T) {
	t.Parallel()
	first, env := boundedImport(t, ImportLimits{Queue: store.ImportQueue{AtOnce: 1}})
	t.Run("cancelled", func(t *testing.T) {
		r := queued(t, first)
		ended := runs(t.Context(), t, r)
		cancelled(t, env, r)
		if got := <-ended; got.Status != store.ImportCancelled || got.ImportCounts != (store.ImportCounts{}) {
			t.Errorf("it ended as %+v", got)
		}
	})
	t.Run("their sender gone", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := runs(ctx, t, queued(t, first))
		cancel(errors.New("gone"))
		if got := <-ended; got.Status != store.ImportFailed || !strings.Contains(got.Error, "broke off") {
			t.Errorf("it ended as %+v", got)
		}
	})
	t.Run("out of patience", func(t *testing.T) {
		impatient := *first.Importer
		impatient.limits.Time = time.Second
		r := queued(t, first)
		r.Importer = &impatient
		if got := <-runs(t.Context(), t, r); got.Status != store.ImportFailed || !strings.Contains(got.Error, "waited 1s for its turn") {
			t.Errorf("it ended as %+v", got)
		}
	})
}
