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

func TestArchiveOfManyFilesWarnsOfSome(t *testing.T) {
	t.Parallel()
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for i := range 5000 {
		name, data := fmt.Sprintf("a%d.csv", i), "firm\nAcme\n"
		if i == 4999 {
			name, data = "z.csv", "name\nAda\n"
		}
		// Stored as it is: packing thousands of small files takes the race detector a minute.
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = io.WriteString(w, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(&archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := 0
	for ; err == nil; rows++ {
		_, err = f.Next()
	}
	if all := f.Warnings(); rows-1 != 1 || !errors.Is(err, io.EOF) || len(all) != maxWarnings+1 || !strings.Contains(all[maxWarnings], "4899 more warnings") {
		t.Errorf("of %d rows there are %d warnings, the last of them %q", rows-1, len(all), all[len(all)-1])
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
