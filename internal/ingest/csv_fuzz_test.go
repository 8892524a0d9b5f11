package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// FuzzCSV holds what is promised for any file: it ends, every line is read once and in order, and every row is one
// that the database takes.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"name,email\nAda,a@b.c\n", "name;note\r\n\"A\"\"da\";\"two\r\nlines\"\r\n", "name\n\"open\nAda\n", "\ufeffname\tphone\rAda\t1",
		"sep=|\nname|id\nAda|7\n", "\xff\xfen\x00a\x00m\x00e\x00\n\x00A\x00", "name,name,mobile,phone\nJos\xe9,\x00,1,2,3\n", "name,\"a\nb\"\nx,y",
	} {
		f.Add([]byte(seed))
	}
	addFieldFiles(f, "*.csv", func(file []byte) { f.Add(file) })
	f.Fuzz(func(t *testing.T, file []byte) {
		c := NewCSV(iotest.HalfReader(bytes.NewReader(file)))
		last := int64(0)
		for {
			row, err := c.Next()
			var reject *leadfile.Reject
			switch {
			case err == nil:
				checkRow(t, row)
			case errors.As(err, &reject):
				if !utf8.ValidString(reject.Record) || !strings.HasSuffix(reject.Reason, ".") {
					t.Fatalf("rejected as %+v", reject)
				}
				row.Line = reject.Line
			default:
				var unusable *leadfile.Error
				if !errors.Is(err, io.EOF) && !errors.As(err, &unusable) {
					t.Fatalf("the file ends with %v", err)
				}
				return
			}
			if row.Line <= last {
				t.Fatalf("line %d comes after line %d", row.Line, last)
			}
			last = row.Line
		}
	})
}

// addFieldFiles gives a fuzz test files like those that users of other programs had trouble with.
func addFieldFiles(f *testing.F, pattern string, add func(file []byte)) {
	f.Helper()
	names, err := filepath.Glob("../leadfile/testdata/field/" + pattern)
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(file) < 64<<10 { // larger ones slow it down
			add(file)
		}
	}
}

func checkRow(t *testing.T, row Row) {
	t.Helper()
	if row.Name == "" && row.Email == "" && row.Phone == "" || row.ExternalID == "" {
		t.Fatalf("a row with nothing to know it by: %+v", row)
	}
	var fields map[string]string
	if err := json.Unmarshal(row.Fields, &fields); err != nil || len(row.Fields) > maxFields {
		t.Fatalf("fields %s: %v", row.Fields, err)
	}
	for _, text := range []string{row.Name, row.Email, row.Phone, row.ExternalID, row.Source, string(row.Fields)} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Fatalf("the database will refuse %q", text)
		}
	}
}
