package ingest

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// FuzzFile holds what FuzzCSV does for archives and workbooks, of which it is given one part, and whole ones.
func FuzzFile(f *testing.F) {
	names, err := filepath.Glob("../leadfile/testdata/files/*.xlsx")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file, "")
		z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range z.File {
			r, err := part.Open()
			if err != nil {
				f.Fatal(err)
			}
			data, err := io.ReadAll(r)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, part.Name)
		}
	}
	f.Add([]byte("name,phone\nAda,1\n"), "a.csv")
	addFieldFiles(f, "*.xlsx", func(file []byte) { f.Add(file, "") })
	addFieldFiles(f, "*.ods", func(file []byte) { f.Add(file, "") })
	whole, err := os.ReadFile(names[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, part string) {
		if part != "" {
			data = replaced(t, whole, part, data)
		}
		file, err := Open(bytes.NewReader(data))
		last := int64(0)
		for err == nil {
			var row Row
			row, err = file.Next()
			var reject *leadfile.Reject
			if errors.As(err, &reject) {
				row.Line, err = reject.Line, nil
			} else if err == nil {
				checkRow(t, row)
			} else {
				break
			}
			if row.Line <= last {
				t.Fatalf("line %d comes after line %d", row.Line, last)
			}
			last = row.Line
		}
		var unusable *leadfile.Error
		if !errors.Is(err, io.EOF) && !errors.As(err, &unusable) {
			t.Fatalf("the file ends with %v", err)
		}
		if file != nil {
			file.Close()
		}
	})
}

// replaced is a workbook with another part in the place of one, or beside the others.
func replaced(t *testing.T, workbook []byte, name string, data []byte) []byte {
	z, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		if f.Name != name {
			err = errors.Join(err, w.Copy(f))
		}
	}
	part, err2 := w.Create(name)
	if err2 == nil {
		_, err2 = part.Write(data)
	}
	if err := errors.Join(err, err2, w.Close()); err != nil {
		t.Skip(err) // a name that no archive can have
	}
	return b.Bytes()
}
