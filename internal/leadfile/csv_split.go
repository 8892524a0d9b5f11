package leadfile

import "bytes"

const (
	// maxRecord bounds what one row may hold in memory, in bytes.
	maxRecord = 1 << 20
	// MaxColumns is the largest number of columns that a file may have.
	MaxColumns = 1000
)

// A verdict says what stands at the start of some input.
type verdict int

const (
	whole   verdict = iota // a record
	short                  // a record that goes on beyond the input
	stray                  // a quotation mark that opens a cell which does not end properly
	unclear                // marks behind backslashes, which can be read in several ways
)

// A splitter cuts records into cells. encoding/csv does the same but for two things that files from outside need: it
// holds a cell of any size in memory, and it cannot go on behind a quotation mark that nobody closed.
//
// Quotes are read as encoding/csv reads them with LazyQuotes, save that a cell which has gone on to another line must
// end properly. Otherwise one stray mark would join the rows up to the next quoted cell into one. See csv_escapes.go for
// marks behind a backslash.
type splitter struct {
	comma byte
	// lf is set where lines end with LF or CRLF: a CR by itself is then a part of a cell.
	lf      bool
	cells   [][]byte // of the last record; parts of the input or of scratch
	scratch []byte

	odd      bool // the last record has a mark where none belongs
	escaping bool // marks behind a backslash are text, for now
	escapes  bool // the file has shown that it writes them so
}

// split reads the record at the start of in. For a whole one, n is its length with its line end. For a stray mark, n is
// how far the lines were read in search of the closing one. final means that the file ends where in ends; oneLine that
// the record must end on its line.
func (s *splitter) split(in []byte, final, oneLine bool) (n int, v verdict) {
	s.cells, s.scratch, s.odd = s.cells[:0], s.scratch[:0], false
	end, next, found := s.lineEnd(in, 0, final)
	if !found {
		return 0, short
	}
	if bytes.IndexByte(in[:end], '"') < 0 {
		s.plain(in[:end])
		return next, whole
	}
	return s.marked(cut{in: in, end: end, next: next, final: final, oneLine: oneLine})
}

// cut cuts the record at the start of c, whose first line has quotation marks.
func (s *splitter) cut(c cut) (n int, v verdict) {
	s.cells, s.scratch, s.odd = s.cells[:0], s.scratch[:0], false
	for {
		cell, more, v := s.cell(&c)
		if v != whole {
			return c.next, v
		}
		s.add(cell)
		if !more {
			return c.next, whole
		}
	}
}

// plain splits a line without quotation marks.
func (s *splitter) plain(line []byte) {
	for {
		i := bytes.IndexByte(line, s.comma)
		if i < 0 {
			s.add(line)
			return
		}
		s.add(line[:i])
		line = line[i+1:]
	}
}

// add keeps a cell; beyond the limit one more that is not empty, which tells that there are too many.
func (s *splitter) add(cell []byte) {
	if len(s.cells) < MaxColumns || len(s.cells) == MaxColumns && len(bytes.TrimSpace(cell)) > 0 {
		s.cells = append(s.cells, cell)
	}
}

// A cut is how far a record has been read: to at, on a line that ends at end and is followed by the line at next.
type cut struct {
	in             []byte
	at, end, next  int
	final, oneLine bool
}

// cell reads one cell and the delimiter behind it; more is false behind the last one.
func (s *splitter) cell(c *cut) (cell []byte, more bool, v verdict) {
	start := c.at + blanks(c.in[c.at:c.end])
	if start < c.end && c.in[start] == '"' {
		return s.quoted(c, start+1)
	}
	if bytes.HasPrefix(c.in[start:c.end], []byte(`="`)) {
		if cell, more, found := s.guarded(c, start+2); found {
			return cell, more, whole
		}
	}
	cell = c.in[c.at:c.end]
	if i := bytes.IndexByte(cell, s.comma); i >= 0 {
		cell, more = cell[:i], true
		c.at += i + 1
	}
	return s.unquoted(cell), more, whole
}

// unquoted is a cell without marks around it. A mark within is odd, but as text behind a backslash.
func (s *splitter) unquoted(cell []byte) []byte {
	if bytes.IndexByte(cell, '"') < 0 {
		return cell
	}
	if s.escaping {
		cell = s.unescape(cell)
	} else {
		s.odd = true
	}
	return cell
}

// guarded reads the cell ="Tan, Ada", whose text begins at from. It is not found where that does not end on its line.
func (s *splitter) guarded(c *cut, from int) (cell []byte, more, found bool) {
	for at := from; ; {
		i := bytes.IndexByte(c.in[at:c.end], '"')
		if i < 0 {
			return nil, false, false
		}
		mark := at + i
		behind := mark + 1 + blanks(c.in[mark+1:c.end])
		switch {
		case behind == c.end:
			return s.unquote(c.in[from:mark], true, false), false, true
		case c.in[behind] == s.comma:
			c.at = behind + 1
			return s.unquote(c.in[from:mark], true, false), true, true
		case c.in[mark+1] == '"':
			at = mark + 2
		default:
			return nil, false, false
		}
	}
}

// quoted reads a cell whose opening mark stands before from.
func (s *splitter) quoted(c *cut, from int) (cell []byte, more bool, v verdict) {
	doubled, spans := false, false
	for at := from; ; {
		i := bytes.IndexByte(c.in[at:c.end], '"')
		if i < 0 {
			if v := s.nextLine(c); v != whole {
				return nil, false, v
			}
			spans, at = true, c.at
			continue
		}
		mark := at + i
		behind := mark + 1 + blanks(c.in[mark+1:c.end])
		switch {
		case s.escaping && isEscaped(c.in[from:mark]):
			doubled, at = true, mark+1
		case mark+1 < c.end && c.in[mark+1] == '"':
			doubled, at = true, mark+2
		case behind == c.end:
			return s.unquote(c.in[from:mark], doubled, spans), false, whole
		case c.in[behind] == s.comma:
			c.at = behind + 1
			return s.unquote(c.in[from:mark], doubled, spans), true, whole
		case spans:
			c.next = s.lineStart(c, mark)
			return nil, false, stray
		default:
			s.odd = true
			at = mark + 1
		}
	}
}

// nextLine moves on to the line on which a quoted cell goes on.
func (s *splitter) nextLine(c *cut) verdict {
	if c.oneLine {
		return stray
	}
	end, next, found := s.lineEnd(c.in, c.next, c.final)
	switch {
	case c.next == len(c.in) && c.final:
		return stray
	case !found:
		return short
	}
	c.at, c.end, c.next = c.next, end, next
	return whole
}

// lineStart is where the line of the byte at i begins.
func (s *splitter) lineStart(c *cut, i int) int {
	if s.lf {
		return bytes.LastIndexByte(c.in[:i], '\n') + 1
	}
	return bytes.LastIndexAny(c.in[:i], "\r\n") + 1
}

// unquote undoubles quotation marks and makes every line end in a cell a plain newline.
func (s *splitter) unquote(cell []byte, doubled, spans bool) []byte {
	if !doubled && (!spans || bytes.IndexByte(cell, '\r') < 0) {
		return cell
	}
	start := len(s.scratch)
	for i := 0; i < len(cell); i++ {
		b := cell[i]
		var following byte
		if i+1 < len(cell) {
			following = cell[i+1]
		}
		switch {
		case s.escaping && b == '\\' && (following == '"' || following == '\\'):
			b = following
			i++
		case b == '"' && following == '"':
			i++
		case b == '\r' && following == '\n':
			continue
		case b == '\r':
			b = '\n'
		}
		s.scratch = append(s.scratch, b)
	}
	return s.scratch[start:]
}
