package ingest

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// archiveOf is an archive of so many files, made each by do.
func archiveOf(t *testing.T, n int, do func(i int) (name string, data []byte)) []byte {
	t.Helper()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for i := range n {
		name, data := do(i)
		how := zip.Store // packing thousands of small files takes the race detector a minute
		if len(data) > 1000 {
			how = zip.Deflate
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: how})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// readAll reads a file to its end, and returns its rows and the most temporary files that it had open.
func readAll(t *testing.T, archive []byte) (f *File, rows, most int) {
	t.Helper()
	f, err := Open(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	for ; ; rows++ {
		if _, err := f.Next(); errors.Is(err, io.EOF) {
			return f, rows, most
		} else if err != nil {
			t.Fatal(err)
		}
		most = max(most, len(f.spools))
	}
}

func TestArchiveOfManyWorkbooksHoldsOneOpen(t *testing.T) {
	t.Parallel()
	cell := `<row><c t="inlineStr"><is><t>%s</t></is></c></row>`
	archive := archiveOf(t, 60, func(i int) (string, []byte) {
		return fmt.Sprintf("%d.xlsx", i), workbook(t, fmt.Sprintf(cell+cell, "name", fmt.Sprint("Ada ", i)), 0)
	})
	if _, rows, most := readAll(t, archive); rows != 60 || most > 3 {
		t.Errorf("of %d rows, %d temporary files were open at once", rows, most)
	}
}

func TestArchiveOfManyFilesWarnsOfSome(t *testing.T) {
	t.Parallel()
	archive := archiveOf(t, 5000, func(i int) (string, []byte) {
		if i == 4999 {
			return "z.csv", []byte("name\nAda\n")
		}
		return fmt.Sprintf("a%d.csv", i), []byte("firm\nAcme\n")
	})
	f, rows, _ := readAll(t, archive)
	if all := f.Warnings(); rows != 1 || len(all) != maxWarnings+1 || !strings.Contains(all[maxWarnings], "4899 more warnings") {
		t.Errorf("of %d rows there are %d warnings, the last of them %q", rows, len(all), all[len(all)-1])
	}
}

// Each archive within another could else unpack to as much as if it were sent by itself, before it is known what it is.
func TestArchivesWithinAnotherShareItsAllowance(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	types := archiveOf(t, 1, func(int) (string, []byte) {
		return "[Content_Types].xml", append([]byte("<Types>"), bytes.Repeat([]byte("<a/>"), size/4)...)
	})
	archive := archiveOf(t, 4, func(i int) (string, []byte) {
		if i == 3 {
			return "z.csv", []byte("name\nAda\n")
		}
		return fmt.Sprintf("%d.xlsx", i), types
	})
	f, rows, _ := readAll(t, archive)
	if used := freelyUnpacked - *f.archive.left; rows != 1 || used < 3*size {
		t.Errorf("of %d rows, %d bytes were counted as unpacked", rows, used)
	}
}

func TestCheckOfAnEndlessFileEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stop := errors.New("stopped")
	begun := func(e endless) io.Reader { return io.MultiReader(strings.NewReader("name\nAda\n"), e) }
	for name, file := range map[string]io.Reader{
		"rows": begun("Ada\n"), "rows of nothing": begun("\n"), "one cell": begun("x"), "nothing at all": endless("\n"),
		"an archive": bytes.NewReader(aSmallArchiveOfManyRows(t)), "a workbook": bytes.NewReader(workbook(t, "", 240)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer time.AfterFunc(300*time.Millisecond, func() { cancel(stop) }).Stop()
			if _, err := (FileOptions{}).Check(ctx, file); !errors.Is(err, stop) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestLinesOfAWorkbookStayApart(t *testing.T) {
	t.Parallel()
	row := `<row r="%s"><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>`
	var rows strings.Builder
	rows.WriteString(`<row><c t="inlineStr"><is><t>name</t></is></c><c t="inlineStr"><is><t>city</t></is></c></row>`)
	for _, number := range []string{"9223372036854775807", "5", "9223372036854775807", "5", "1099511627776", "-7", "5"} {
		fmt.Fprintf(&rows, row, number)
	}
	r := faultyImport(t, testenv.New(t).Store)
	imp, err := r.Run(t.Context(), r.workspace, r.imp, bytes.NewReader(workbook(t, rows.String(), 0)))
	if err != nil || imp.Status != store.ImportCompleted || imp.Rejected != 7 {
		t.Errorf("the import ended as %+v, %v", imp, err)
	}
}
