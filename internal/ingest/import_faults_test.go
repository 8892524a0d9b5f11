package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/leadfile"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// faultyImport is an import into a workspace of its own.
func faultyImport(t *testing.T, s *store.Store) *importRun {
	t.Helper()
	ws, err := s.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "acme", Timezone: "UTC", Region: "MY"})
	if err != nil {
		t.Fatal(err)
	}
	imp, err := s.CreateImport(t.Context(), ws.ID, store.NewImport{APIKeyID: uuid.New()})
	if err != nil {
		t.Fatal(err)
	}
	i := NewImporter(s, metrics.New(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	return &importRun{Importer: i, workspace: ws.ID, imp: imp}
}

// interrupted is a file of rows; once half of it was read, it calls do.
func interrupted(rows int, do func()) io.Reader {
	var half strings.Builder
	for i := range rows / 2 {
		fmt.Fprintf(&half, "Ada,%d\n", i)
	}
	second := strings.ReplaceAll(half.String(), "Ada", "Bea")
	return io.MultiReader(strings.NewReader("name,phone\n"+half.String()), hook(do), strings.NewReader(second))
}

// A hook is an empty reader that calls itself when it is reached.
type hook func()

func (h hook) Read([]byte) (int, error) {
	h()
	return 0, io.EOF
}

func TestImportOutlivesItsConnections(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	r := faultyImport(t, env.Store)
	cut := func() {
		if _, err := env.DB.ExecContext(t.Context(), `
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
			t.Error(err)
		}
	}
	imp, err := r.Run(t.Context(), r.workspace, r.imp, interrupted(5000, cut))
	if want := (store.ImportCounts{Rows: 5000, Imported: 5000}); err != nil || imp.ImportCounts != want {
		t.Errorf("the import ended as %+v, %v", imp, err)
	}
}

func TestImportCountsAChunkOnceWhoseCommitWasNotAnswered(t *testing.T) {
	t.Parallel()
	r := faultyImport(t, testenv.New(t).Store)
	file := NewCSV(strings.NewReader("name\nAda\nBea\n"))
	var c chunk
	for range 2 {
		row, err := file.Next()
		if err != nil {
			t.Fatal(err)
		}
		c.add(row, r.lead(row))
	}
	c.reject(leadfile.Reject{Line: 4, Reason: "No.", Record: "x"})
	if err := r.apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	r.counts = store.ImportCounts{}
	if err := r.apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if want := (store.ImportCounts{Rows: 3, Imported: 2, Rejected: 1}); r.counts != want {
		t.Errorf("counted %+v", r.counts)
	}
}

// Whoever sends a file may be slow, and a workbook is written to disk as a whole before its first row is read.
func TestImportIsAliveWhileItsFileComes(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	r := faultyImport(t, env.Store)
	if _, err := env.DB.ExecContext(t.Context(), `UPDATE imports SET updated_at = updated_at - interval '44 seconds'`); err != nil {
		t.Fatal(err)
	}
	file, sender := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := r.Run(t.Context(), r.workspace, r.imp, file)
		ended <- err
	}()
	testenv.Eventually(t, 10*time.Second, func() error {
		imp, err := env.Store.Import(t.Context(), r.workspace, uuid.Nil, r.imp.ID)
		if since := env.Store.Now().Sub(imp.UpdatedAt); err == nil && since > 10*time.Second {
			err = fmt.Errorf("the import moved %s ago", since)
		}
		return err
	})
	if n, err := env.Store.FailStaleImports(t.Context(), env.Store.Now().Add(-store.ImportAlive)); n != 0 || err != nil {
		t.Errorf("%d imports were ended, error %v", n, err)
	}
	if _, err := io.WriteString(sender, "name\nAda\n"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sender.Close(), <-ended); err != nil {
		t.Fatal(err)
	}
	if imp, err := env.Store.Import(t.Context(), r.workspace, uuid.Nil, r.imp.ID); err != nil || imp.Status != store.ImportCompleted || imp.Imported != 1 {
		t.Errorf("the import ended as %+v, %v", imp, err)
	}
}

func TestImportKeepsWhatItHasWhenTheDatabaseDies(t *testing.T) {
	t.Parallel()
	env := testenv.NewDedicated(t)
	r := faultyImport(t, env.Store)
	r.patience = 0
	imp, err := r.Run(t.Context(), r.workspace, r.imp, interrupted(10_000, env.PostgresServer.Kill))
	if !store.Unavailable(err) || imp.Status != store.ImportRunning {
		t.Fatalf("the import ended as %+v, %v", imp, err)
	}
	env.PostgresServer.Start()
	var kept store.Import
	testenv.Eventually(t, 10*time.Second, func() (err error) {
		kept, err = env.Store.Import(t.Context(), r.workspace, uuid.Nil, r.imp.ID)
		return err
	})
	if kept.Imported == 0 || kept.Imported%chunkRows != 0 || kept.Rows != kept.Imported {
		t.Errorf("the import kept %+v", kept)
	}
	again := faultyAgain(t, r)
	imp, err = again.Run(t.Context(), again.workspace, again.imp, interrupted(10_000, func() {}))
	if want := (store.ImportCounts{Rows: 10_000, Imported: 10_000 - kept.Imported, Duplicates: kept.Imported}); err != nil || imp.ImportCounts != want {
		t.Errorf("sent again, the import ended as %+v, %v", imp, err)
	}
}

// faultyAgain is another import into the workspace of r.
func faultyAgain(t *testing.T, r *importRun) *importRun {
	t.Helper()
	imp, err := r.store.CreateImport(t.Context(), r.workspace, store.NewImport{APIKeyID: uuid.New()})
	if err != nil {
		t.Fatal(err)
	}
	return &importRun{Importer: r.Importer, workspace: r.workspace, imp: imp}
}

// Two uploads of one file at a time wait for each other row by row, and may have to give way to each other.
func TestImportOfOneFileTwiceAtATime(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	one := faultyImport(t, env.Store)
	two := faultyAgain(t, one)
	ended := make(chan store.Import, 2)
	for _, r := range []*importRun{one, two} {
		go func() {
			imp, err := r.Run(t.Context(), r.workspace, r.imp, interrupted(4000, func() {}))
			if err != nil {
				t.Error(err)
			}
			ended <- imp
		}()
	}
	a, b := <-ended, <-ended
	if a.Imported+b.Imported != 4000 || a.Duplicates+b.Duplicates != 4000 {
		t.Errorf("the imports ended as %+v and %+v", a.ImportCounts, b.ImportCounts)
	}
}

func TestPersistGivesUpInTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		i := &Importer{patience: importPatience}
		started, tries := time.Now(), 0
		err := i.persist(t.Context(), func(context.Context) error {
			tries++
			return io.ErrUnexpectedEOF // as of a connection that broke
		})
		if waited := time.Since(started); !errors.Is(err, io.ErrUnexpectedEOF) || tries < 8 || waited < 20*time.Second || waited > importPatience {
			t.Errorf("gave up after %d tries and %s with %v", tries, waited, err)
		}
		broken := errors.New("broken")
		if err := i.persist(t.Context(), func(context.Context) error { tries = -1; return broken }); !errors.Is(err, broken) || tries != -1 {
			t.Errorf("ended with %v", err)
		}
	})
}
