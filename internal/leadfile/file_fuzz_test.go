package leadfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzFile holds what is promised for any file: it ends, every line is read once and in order, cells are text that can be kept, and
// what cannot be read is told in a sentence.
func FuzzFile(f *testing.F) {
	names, err := filepath.Glob("testdata/files/*.xlsx")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	addFieldFiles(f, "*", func(file []byte) { f.Add(file) })
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(iotest.HalfReader(bytes.NewReader(data)), Options{Known: anyFilled})
		if err != nil {
			isTold(t, err)
			return
		}
		defer file.Close()
		for {
			part, err := file.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				err = readInOrder(t, part)
			}
			isTold(t, err)
		}
	})
}

// isTold fails the test unless a file that came whole ends so.
func isTold(t *testing.T, err error) {
	t.Helper()
	var unusable *Error
	if !errors.Is(err, io.EOF) && (!errors.As(err, &unusable) || !strings.HasSuffix(strings.TrimSpace(unusable.Message), ".") && !strings.Contains(unusable.Message, "It says: ")) {
		t.Fatalf("it ends with %v", err)
	}
}

func readInOrder(t *testing.T, part *Part) error {
	t.Helper()
	if err := part.Begin(); err != nil {
		return err
	}
	for last := int64(0); ; {
		err := part.Next()
		r := part.Record()
		var reject *Reject
		if errors.As(err, &reject) {
			r = Record{Line: reject.Line}
		} else if err != nil {
			return err
		}
		if r.Line <= last {
			t.Fatalf("line %d comes after line %d", r.Line, last)
		}
		last = r.Line
		for _, cell := range r.Cells {
			if bytes.IndexByte(cell, 0) >= 0 {
				t.Fatalf("line %d has the cell %q", last, cell)
			}
		}
	}
}
