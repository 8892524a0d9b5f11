package ingest

import (
	"bytes"
	"errors"
	"io"
)

// delimiters are tried on the header in this order; the first of the best is taken.
const delimiters = ",;\t|"

// readHeader finds the header line and the file's delimiter. It returns a *FileError where no row of the file can be
// read.
func (r *recordReader) readHeader() (*header, error) {
	line, err := r.firstLine()
	if err != nil {
		return nil, err
	}
	if what := noTable(line); what != "" {
		return nil, &FileError{what}
	}
	if d, named := namedDelimiter(line); named {
		r.comma = d
		r.skipLine()
	} else {
		r.comma = r.sniff()
	}
	var unreadable *Reject
	switch err := r.next(); {
	case errors.As(err, &unreadable):
		return nil, &FileError{"The header line cannot be read. " + unreadable.Reason}
	case errors.Is(err, io.EOF):
		return nil, errEmpty
	case err != nil:
		return nil, err
	}
	return newHeader(r.cells)
}

// noTable says what a file is that is no text in columns, empty for one that may be. Platforms answer a download that
// failed with an error in JSON or a web page, which people save under the name of their file.
func noTable(line []byte) string {
	line = bytes.TrimSpace(line)
	switch begins := func(with string) bool { return len(line) >= len(with) && asciiFold(line[:len(with)]) == with }; {
	case begins("pk\x03\x04"), begins("\x1f\x8b\x08"):
		return "The file is an archive of a kind that is not read here; send CSV, XLSX, or a zip of these."
	case begins("\xd0\xcf\x11\xe0"):
		return "The file is an Excel file of the old kind, or protected by a password; save it as .xlsx or CSV and send that."
	case begins("%pdf"):
		return "The file is a PDF document; send CSV, XLSX, or a zip of these."
	case begins("<!doctype"), begins("<html"), begins("<?xml"):
		return "The file is a web page or XML, not CSV; download the leads again."
	case begins("{"), begins("[{"):
		return "The file is JSON, not CSV; download the leads again. It says: " + recordText(line[:min(len(line), maxShownError)])
	}
	return ""
}

// asciiFold is b with A to Z made small, and nothing else changed.
func asciiFold(b []byte) string {
	folded := bytes.Clone(b)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] += 'a' - 'A'
		}
	}
	return string(folded)
}

// maxShownError is how much of an error that stands where leads should be is shown, in bytes.
const maxShownError = 300

// firstLine goes on to the first line that is not blank and returns it, or as much of it as a record may hold.
func (r *recordReader) firstLine() ([]byte, error) {
	for {
		in := r.buf[r.pos:r.end]
		end, _, found := lineEnd(in, 0, r.atEOF())
		switch {
		case found && len(in) > 0 && len(bytes.TrimSpace(in[:end])) > 0, len(in) >= maxRecord:
			return in[:end], nil
		case found && len(in) > 0:
			r.skipLine()
			continue
		case r.atEOF():
			return nil, errEmpty
		case r.err != nil:
			return nil, r.err
		}
		r.fill()
	}
}

// skipLine consumes the line that firstLine found.
func (r *recordReader) skipLine() {
	_, next, _ := lineEnd(r.buf[r.pos:r.end], 0, r.atEOF())
	r.consume(next)
	r.line++
}

// namedDelimiter reads the line "sep=;" that spreadsheets put first to name the delimiter.
func namedDelimiter(line []byte) (byte, bool) {
	line = bytes.Trim(line, `" `)
	if len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")) && bytes.IndexByte([]byte(delimiters), line[4]) >= 0 {
		return line[4], true
	}
	return 0, false
}

// sniff is the delimiter with which the header has the most known columns, or else the most columns.
func (r *recordReader) sniff() byte {
	best, mostKnown, mostCells := r.comma, -1, -1
	for _, d := range []byte(delimiters) {
		s := splitter{comma: d}
		s.split(r.buf[r.pos:r.end], true, false)
		known := 0
		for _, c := range s.cells {
			if r, _ := roleOf(plainHeader(string(cleanCell(c)))); r != roleNone {
				known++
			}
		}
		if known > mostKnown || known == mostKnown && len(s.cells) > mostCells {
			best, mostKnown, mostCells = d, known, len(s.cells)
		}
	}
	return best
}
