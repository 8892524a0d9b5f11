package ingest

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// boundedImport is an import into a workspace of its own, within limits.
func boundedImport(t *testing.T, l ImportLimits) (*importRun, *testenv.Env) {
	t.Helper()
	env := testenv.New(t)
	r := faultyImport(t, env.Store)
	r.Within(l)
	return r, env
}

// packed is an archive of files of so many times a text between others. The text is packed once, for a megabyte of it, which may
// then stand any number of times: to pack hundreds of megabytes takes long.
func packed(t *testing.T, files ...packedFile) []byte {
	t.Helper()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, f := range files {
		many := strings.Repeat(f.text, 1<<20/max(1, len(f.text)))
		head := zip.FileHeader{Name: f.name, Method: zip.Deflate, UncompressedSize64: uint64(len(f.before) + f.megabytes*len(many) + len(f.behind))}
		sum, data := crc32.NewIEEE(), block(t, f.before, false)
		_, _ = io.WriteString(sum, f.before)
		part := block(t, many, false)
		for range f.megabytes {
			_, _ = io.WriteString(sum, many)
			data = append(data, part...)
		}
		_, _ = io.WriteString(sum, f.behind)
		data = append(data, block(t, f.behind, true)...)
		head.CRC32, head.CompressedSize64 = sum.Sum32(), uint64(len(data))
		w, err := z.CreateRaw(&head)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

type packedFile struct {
	name, before, text string
	megabytes          int
	behind             string
}

// block is a text packed so that others may follow, unless it is the last.
func block(t *testing.T, text string, last bool) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil && last {
		err = w.Close()
	} else if err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zipped is an archive of one file with a header, a row, and many megabytes of a text.
func zipped(t *testing.T, text string) []byte {
	t.Helper()
	return packed(t, packedFile{"a.csv", "name\nAda\n", text, 250, ""})
}

// repeated is a text n times.
func repeated(text string, n int) io.Reader {
	const atOnce = 1 << 14
	many, all := strings.Repeat(text, atOnce), []io.Reader{}
	for ; n >= atOnce; n -= atOnce {
		all = append(all, strings.NewReader(many))
	}
	return io.MultiReader(append(all, strings.NewReader(strings.Repeat(text, n)))...)
}

// endless is a text again and again.
type endless string

// Read implements io.Reader.
func (e endless) Read(b []byte) (int, error) {
	n := 0
	for n+len(e) <= len(b) {
		n += copy(b[n:], e)
	}
	return n, nil
}

// aSmallArchiveOfManyRows is one of less than 300 KB with 133,693,440 rows.
func aSmallArchiveOfManyRows(t *testing.T) []byte {
	t.Helper()
	archive := packed(t, packedFile{"a.csv", "name\n", "a\n", 255, ""})
	if len(archive) > 300_000 {
		t.Fatalf("the archive has %d bytes", len(archive))
	}
	return archive
}

// workbook is an XLSX file with such rows, and as many megabytes of empty ones.
func workbook(t *testing.T, rows string, empty int) []byte {
	t.Helper()
	const head = `<?xml version="1.0"?>`
	return packed(t,
		packedFile{"xl/workbook.xml", head + `<workbook xmlns:r="r"><sheets><sheet name="S" r:id="a"/></sheets></workbook>`, "", 0, ""},
		packedFile{"xl/_rels/workbook.xml.rels", head + `<Relationships><Relationship Id="a" Type="x/worksheet" Target="s.xml"/></Relationships>`, "", 0, ""},
		packedFile{"xl/s.xml", head + `<worksheet><sheetData>` + rows, "<row/>", empty, `</sheetData></worksheet>`},
	)
}

func TestImportsOfTooManyRowsEnd(t *testing.T) {
	t.Parallel()
	named := `<row><c t="inlineStr"><is><t>name</t></is></c></row>`
	for name, test := range map[string]struct {
		file func(*testing.T) io.Reader
		want store.ImportCounts
		says string
	}{
		"a small archive of very many": {
			func(t *testing.T) io.Reader { return bytes.NewReader(aSmallArchiveOfManyRows(t)) },
			store.ImportCounts{Rows: 5000, Imported: 1, Duplicates: 4999}, "more than 5000 rows",
		},
		"as text": {
			func(*testing.T) io.Reader {
				return io.MultiReader(strings.NewReader("name\n"), repeated("a\n", 5001))
			},
			store.ImportCounts{Rows: 5000, Imported: 1, Duplicates: 4999}, "more than 5000 rows",
		},
		"as many as may be": {
			func(*testing.T) io.Reader { return io.MultiReader(strings.NewReader("name\n"), repeated("a\n", 5000)) },
			store.ImportCounts{Rows: 5000, Imported: 1, Duplicates: 4999}, "",
		},
		"rejects only": {
			func(*testing.T) io.Reader {
				return io.MultiReader(strings.NewReader("name,city\n"), repeated(",x\n", 9000))
			},
			store.ImportCounts{Rows: 5000, Rejected: 5000}, "more than 5000 rows",
		},
		"rows that cannot be read": {
			func(*testing.T) io.Reader {
				return io.MultiReader(strings.NewReader("name,city\nAda,KL\n"), repeated("\"a\nb\" c\n", 9000))
			},
			store.ImportCounts{Rows: 5000, Imported: 2, Duplicates: 2498, Rejected: 2500}, "more than 5000 rows",
		},
		"line ends only": {
			func(*testing.T) io.Reader {
				return io.MultiReader(strings.NewReader("name\nAda\n"), repeated("\n", 4_000_000))
			},
			store.ImportCounts{Rows: 1, Imported: 1}, "more than 2005000 rows",
		},
		"line ends only, and no header": {
			func(*testing.T) io.Reader { return repeated("\n", 4_000_000) },
			store.ImportCounts{}, "is empty",
		},
		"an archive of line ends": {
			func(t *testing.T) io.Reader {
				return bytes.NewReader(zipped(t, "\n"))
			},
			store.ImportCounts{Rows: 1, Imported: 1}, "more than 2005000 rows",
		},
		"a workbook of a million rows of nothing": { // as formats that were given to whole columns leave them
			func(t *testing.T) io.Reader {
				return bytes.NewReader(workbook(t, named+`<row><c t="inlineStr"><is><t>Ada</t></is></c></row>`, 6))
			},
			store.ImportCounts{Rows: 1, Imported: 1}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := boundedImport(t, ImportLimits{Rows: 5000})
			r.blankRows = 2_000_000
			imp, err := r.Run(t.Context(), r.workspace, r.imp, test.file(t))
			if err != nil || imp.ImportCounts != test.want || !strings.Contains(imp.Error, test.says) || (imp.Error == "") != (test.says == "") {
				t.Errorf("the import ended as %+v, %v", imp, err)
			}
		})
	}
}

func TestRejectsAreKeptAsFarAsThereIsRoom(t *testing.T) {
	t.Parallel()
	r, env := boundedImport(t, ImportLimits{RejectBytes: 1 << 20})
	row := "," + strings.Repeat("x", 5000) + "\n"
	imp, err := r.Run(t.Context(), r.workspace, r.imp, io.MultiReader(strings.NewReader("name,city\n"), repeated(row, 2500), strings.NewReader("Ada,\n")))
	if want := (store.ImportCounts{Rows: 2501, Imported: 1, Rejected: 2500}); err != nil || imp.ImportCounts != want || imp.Status != store.ImportCompleted {
		t.Fatalf("the import ended as %+v, %v", imp, err)
	}
	var kept struct {
		Rows  int   `db:"rows"`
		Bytes int64 `db:"bytes"`
	}
	if err := env.DB.GetContext(t.Context(), &kept, `SELECT count(*) AS rows, sum(length(record) + length(reason)) AS bytes FROM import_rejects`); err != nil {
		t.Fatal(err)
	}
	if kept.Rows < 200 || kept.Bytes > 1<<20 {
		t.Errorf("%d rejects of %d bytes are kept", kept.Rows, kept.Bytes)
	}
	if want := fmt.Sprintf("the other %d are counted only", 2500-kept.Rows); len(imp.Warnings) != 1 || !strings.Contains(imp.Warnings[0], want) {
		t.Errorf("it warns %q", imp.Warnings)
	}
}

// A stalledFile gives rows and then nothing more until it is interrupted.
type stalledFile struct {
	io.Reader
	interrupted chan struct{}
}

func stalled(rows string) *stalledFile {
	return &stalledFile{strings.NewReader(rows), make(chan struct{})}
}

func (s *stalledFile) Read(b []byte) (int, error) {
	if n, err := s.Reader.Read(b); err == nil {
		return n, nil
	}
	<-s.interrupted
	return 0, io.ErrClosedPipe
}

func (s *stalledFile) Interrupt() { close(s.interrupted) }

func TestImportsThatTakeTooLongEnd(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]io.Reader{
		"a file that stalls": stalled("name\nAda\nBea\nCy"),
		"many rows":          io.MultiReader(strings.NewReader("name\n"), endless("Ada\n")),
		"rows of nothing":    io.MultiReader(strings.NewReader("name\nAda\nBea\n"), endless("\n")),
		"one cell":           io.MultiReader(strings.NewReader("name\nAda\nBea\n"), endless("xxxxxxxx")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := boundedImport(t, ImportLimits{Time: time.Second})
			began := time.Now()
			imp, err := r.Run(t.Context(), r.workspace, r.imp, file)
			if err != nil || imp.Status != store.ImportFailed || !strings.Contains(imp.Error, "longer than 1s") || imp.Imported == 0 {
				t.Errorf("the import ended as %+v, %v", imp, err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("that took %s", took)
			}
		})
	}
}

// cancelled cancels the import of r by a store of its own, as another process does, and returns how long that took.
func cancelled(t *testing.T, env *testenv.Env, r *importRun) time.Duration {
	t.Helper()
	other, err := store.Open(t.Context(), store.Options{DatabaseURL: env.DatabaseURL})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	began := time.Now()
	if err := other.WithTx(t.Context(), func(tx *store.Tx) error {
		_, _, err := tx.CancelImport(t.Context(), r.workspace, r.imp.ID)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// progress is how far the import of r is.
func progress(t *testing.T, r *importRun) store.Import {
	t.Helper()
	imp, err := r.store.Import(t.Context(), r.workspace, uuid.Nil, r.imp.ID)
	if err != nil {
		t.Fatal(err)
	}
	return imp
}

func TestCancelledImportStopsAtOnce(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]io.Reader{
		"a small archive of very many rows": bytes.NewReader(aSmallArchiveOfManyRows(t)),
		"an archive of line ends":           bytes.NewReader(zipped(t, "\n")),
		"a workbook of nothing":             bytes.NewReader(workbook(t, "", 240)),
		"a file that stalls":                stalled("name\nAda\nBea\n"),
		"a large file":                      io.MultiReader(strings.NewReader("name\n"), endless("Ada\n")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, env := boundedImport(t, ImportLimits{})
			type end struct {
				imp store.Import
				err error
			}
			ended := make(chan end, 1)
			go func() {
				imp, err := r.Run(t.Context(), r.workspace, r.imp, file)
				ended <- end{imp, err}
			}()
			if strings.Contains(name, "many") || strings.Contains(name, "large") {
				testenv.Eventually(t, time.Minute, func() error {
					if n := progress(t, r).Rows; n == 0 {
						return fmt.Errorf("%d rows are done", n)
					}
					return nil
				})
			}
			if took := cancelled(t, env, r); took > 5*time.Second {
				t.Errorf("cancelling took %s", took)
			}
			kept, told := progress(t, r), time.Now()
			got := <-ended
			if took := time.Since(told); took > 5*time.Second {
				t.Errorf("it stopped %s later", took)
			}
			if got.err != nil || got.imp.Status != store.ImportCancelled || got.imp.ImportCounts != kept.ImportCounts {
				t.Errorf("the import ended as %+v, %v, and had %+v when it was cancelled", got.imp, got.err, kept)
			}
			var leads int64
			if err := env.DB.GetContext(t.Context(), &leads, `SELECT count(*) FROM leads`); err != nil || leads != kept.Imported {
				t.Errorf("%d leads are here, %v; the import tells of %d", leads, err, kept.Imported)
			}
		})
	}
}

// TestImportLetsGoOfWhatItStores has a chunk that takes for ever, as one that waits for a lock may.
func TestImportLetsGoOfWhatItStores(t *testing.T) {
	t.Parallel()
	r, env := boundedImport(t, ImportLimits{})
	reading, end := r.begin(t.Context(), nil)
	defer end()
	holding, attempts := make(chan struct{}, 10), 0
	stopped := make(chan error, 1)
	go func() {
		stopped <- r.givingWay(t.Context(), func(ctx context.Context) error {
			attempts++
			return r.store.WithTx(ctx, func(tx *store.Tx) error {
				if _, err := tx.ImportProgress(ctx, r.workspace, r.imp.ID); err != nil {
					return err
				}
				holding <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			})
		})
	}()
	<-holding
	if took := cancelled(t, env, r); took > 5*time.Second {
		t.Errorf("cancelling took %s", took)
	}
	if err := <-stopped; err == nil || attempts < 2 {
		t.Errorf("storing ended with %v after %d attempts", err, attempts)
	}
	testenv.Eventually(t, 10*time.Second, func() error {
		if context.Cause(reading) == nil {
			return fmt.Errorf("the file is read on")
		}
		return nil
	})
}
