package leadfile

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
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

// anyFilled knows no heading.
func anyFilled(cells [][]byte) (known, filled int) {
	for _, c := range cells {
		if len(bytes.TrimSpace(c)) > 0 {
			filled++
		}
	}
	return 0, filled
}

// readLeads reads what stands in each part of a file below the first row that holds anything, until it is told that this is enough. Parts
// that cannot be read are passed over, as whoever reads leads does.
func readLeads(f *File, lead func(Record) (more bool)) error {
	for {
		part, err := f.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = part.Begin()
		}
		for heading := true; err == nil; {
			if err = part.Next(); err != nil {
				break
			}
			if _, filled := anyFilled(part.Record().Cells); filled == 0 {
				continue
			}
			if heading {
				heading = false
				continue
			}
			f.Begun()
			if !lead(part.Record()) {
				return nil
			}
		}
		var unusable *Error
		if !errors.Is(err, io.EOF) && (!errors.As(err, &unusable) || unusable.Final) {
			return err
		}
	}
}

// readAll reads a file to its end, and returns how many leads it has and the most temporary files that it had open.
func readAll(t *testing.T, archive []byte) (f *File, leads, most int) {
	t.Helper()
	f, err := Open(bytes.NewReader(archive), Options{Known: anyFilled})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	err = readLeads(f, func(Record) bool {
		leads++
		most = max(most, len(f.spools))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, leads, most
}

func TestArchiveOfManyWorkbooksHoldsOneOpen(t *testing.T) {
	t.Parallel()
	archive := archiveOf(t, 60, func(i int) (string, []byte) {
		return fmt.Sprintf("%d.xlsx", i), book(t, "xl/texts.xml", "<sst/>")
	})
	if _, rows, most := readAll(t, archive); rows != 60 || most > 3 {
		t.Errorf("of %d rows, %d temporary files were open at once", rows, most)
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
