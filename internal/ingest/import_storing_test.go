package ingest

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestImportReadsWhileItStores has others hold up what is stored until more of the file was read.
func TestImportReadsWhileItStores(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	r := faultyImport(t, env.Store)
	file := io.MultiReader(repeatedRows(chunkRows+10), hook(func() {
		if n := progress(t, r).Rows; n != 0 {
			t.Errorf("%d rows are stored by then", n)
		}
		if _, err := env.DB.ExecContext(t.Context(), "SELECT pg_advisory_unlock_all()"); err != nil {
			t.Error(err)
		}
	}), strings.NewReader("last\n"))
	env.DB.SetMaxOpenConns(1) // the lock is its session's
	for _, statement := range []string{`
		CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN new; END $$`, `
		CREATE TRIGGER held BEFORE INSERT ON leads FOR EACH STATEMENT EXECUTE FUNCTION held()`, `
		SELECT pg_advisory_lock(1)`,
	} {
		if _, err := env.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	imp, err := r.Run(t.Context(), r.workspace, r.imp, file)
	if want := (store.ImportCounts{Rows: chunkRows + 11, Imported: 2, Duplicates: chunkRows + 9}); err != nil || imp.ImportCounts != want {
		t.Errorf("the import ended as %+v, %v", imp, err)
	}
}

// repeatedRows is a file of one row, many times.
func repeatedRows(n int) io.Reader {
	return io.MultiReader(strings.NewReader("name\n"), repeated("Ada\n", n))
}

// TestImportLetsGoOfItsFileWhenItCannotStore has the sender stall while rows cannot be stored: the import ends all the same.
func TestImportLetsGoOfItsFileWhenItCannotStore(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	r := faultyImport(t, env.Store)
	if _, err := env.DB.ExecContext(t.Context(), "ALTER TABLE leads RENAME TO elsewhere"); err != nil {
		t.Fatal(err)
	}
	file := stalled("")
	file.Reader = repeatedRows(chunkRows)
	ended := make(chan error, 1)
	var imp store.Import
	go func() {
		var err error
		imp, err = r.Run(t.Context(), r.workspace, r.imp, file)
		ended <- err
	}()
	select {
	case err := <-ended:
		if err == nil || imp.Status != store.ImportFailed || imp.Rows != 0 || !strings.Contains(imp.Error, "after row 0") {
			t.Errorf("the import ended as %+v, %v", imp, err)
		}
	case <-time.After(time.Minute):
		t.Error("the import waits for its sender")
	}
}
