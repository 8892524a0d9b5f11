package leadfile

import (
	"bytes"
	"slices"
)

// delimiters are tried on the header in this order; the first of the best is taken.
const delimiters = ",;\t|"

// MaxAbove is how many rows may stand above the one that names the columns: titles, dates and the like.
const MaxAbove = 20

// shownByMarkup is how much of a file in HTML or XML shows what it is, in bytes.
const shownByMarkup = 8 << 10

// begin goes on to the file's first row, and finds its delimiter. It returns a *Error where no row of the file can be
// read.
func (r *recordReader) begin() error {
	line, err := r.firstLine()
	if err != nil {
		return err
	}
	d, named := namedDelimiter(line)
	markup := bytes.HasPrefix(bytes.TrimSpace(line), []byte("<"))
	for markup && r.end-r.pos < shownByMarkup && r.err == nil {
		r.fill()
	}
	if what := noTable(r.buf[r.pos:r.end]); what != "" {
		return &Error{Message: what}
	}
	if named {
		r.comma = d
		r.skipLine()
		return nil
	}
	var known bool
	if r.comma, known = r.sniff(); !known && !r.atEOF() { // what stands in the first line may be a title
		for r.end-r.pos < window/2 && r.err == nil {
			r.fill()
		}
		r.comma, _ = r.sniff()
	}
	return nil
}

// firstLine goes on to the first line that is not blank and returns it, or as much of it as a record may hold.
func (r *recordReader) firstLine() ([]byte, error) {
	for {
		in := r.buf[r.pos:r.end]
		lf, shows := endsWithLF(in, r.err != nil)
		r.lf = lf
		end, _, found := r.lineEnd(in, 0, r.atEOF())
		switch {
		case !shows && len(in) < maxRecord && r.err == nil:
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
	_, next, _ := r.lineEnd(r.buf[r.pos:r.end], 0, r.atEOF())
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

// sniff is the delimiter with which the first rows have the most known columns, or else the most columns; known tells
// which of these it was. The first row counts before the others.
func (r *recordReader) sniff() (best byte, known bool) {
	best = r.comma
	var most [4]int
	for i, d := range []byte(delimiters) {
		var got [4]int // known columns of the first row and of any, then all columns likewise
		s, in := splitter{comma: d, lf: r.lf}, r.buf[r.pos:r.end]
		for row := range MaxAbove {
			n, v := s.split(in, true, false)
			known, filled := r.known(s.cells)
			got[1], got[3] = max(got[1], known), max(got[3], filled)
			if row == 0 {
				got[0], got[2] = known, len(s.cells)
			}
			if in = in[n:]; v != whole || len(in) == 0 {
				break
			}
		}
		if i == 0 || slices.Compare(got[:], most[:]) > 0 {
			best, most = d, got
		}
	}
	return best, most[0]+most[1] > 0
}
