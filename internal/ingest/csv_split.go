package ingest

import "bytes"

const (
	// maxRecord bounds what one row may hold in memory, in bytes.
	maxRecord = 1 << 20
	// maxColumns is the largest number of columns that a file may have.
	maxColumns = 1000
)

// A verdict says what stands at the start of some input.
type verdict int

const (
	whole verdict = iota // a record
	short                // a record that goes on beyond the input
	stray                // a quotation mark that opens a cell which does not end properly
)

// A splitter cuts records into cells. encoding/csv does the same but for two things that files from outside need: it
// holds a cell of any size in memory, and it cannot go on behind a quotation mark that nobody closed.
//
// Quotes are read as encoding/csv reads them with LazyQuotes, save that a cell which has gone on to another line must
// end properly. Otherwise one stray mark would join the rows up to the next quoted cell into one.
type splitter struct {
	comma   byte
	cells   [][]byte // of the last record; parts of the input or of scratch
	scratch []byte
}

// split reads the record at the start of in. For a whole one, n is its length with its line end. For a stray mark, n is
// how far the lines were read in search of the closing one. final means that the file ends where in ends; oneLine that
// the record must end on its line.
func (s *splitter) split(in []byte, final, oneLine bool) (n int, v verdict) {
	s.cells, s.scratch = s.cells[:0], s.scratch[:0]
	end, next, found := lineEnd(in, 0, final)
	if !found {
		return 0, short
	}
	c := cut{in: in, end: end, next: next, final: final, oneLine: oneLine}
	if bytes.IndexByte(in[:end], '"') < 0 {
		s.plain(in[:end])
		return next, whole
	}
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

// add keeps a cell; beyond the limit one more, which tells that there are too many.
func (s *splitter) add(cell []byte) {
	if len(s.cells) <= maxColumns {
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
	line := c.in[c.at:c.end]
	i := bytes.IndexByte(line, s.comma)
	if i < 0 {
		return line, false, whole
	}
	c.at += i + 1
	return line[:i], true, whole
}

// quoted reads a cell whose opening mark stands before from.
func (s *splitter) quoted(c *cut, from int) (cell []byte, more bool, v verdict) {
	doubled, spans := false, false
	for at := from; ; {
		i := bytes.IndexByte(c.in[at:c.end], '"')
		if i < 0 {
			if v := c.nextLine(); v != whole {
				return nil, false, v
			}
			spans, at = true, c.at
			continue
		}
		mark := at + i
		behind := mark + 1 + blanks(c.in[mark+1:c.end])
		switch {
		case mark+1 < c.end && c.in[mark+1] == '"':
			doubled, at = true, mark+2
		case behind == c.end:
			return s.unquote(c.in[from:mark], doubled, spans), false, whole
		case c.in[behind] == s.comma:
			c.at = behind + 1
			return s.unquote(c.in[from:mark], doubled, spans), true, whole
		case spans:
			c.next = c.lineStart(mark)
			return nil, false, stray
		default:
			at = mark + 1
		}
	}
}

// nextLine moves on to the line on which a quoted cell goes on.
func (c *cut) nextLine() verdict {
	if c.oneLine {
		return stray
	}
	end, next, found := lineEnd(c.in, c.next, c.final)
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
func (c *cut) lineStart(i int) int { return bytes.LastIndexAny(c.in[:i], "\r\n") + 1 }

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

// blanks counts the spaces at the start of b. Tabs do not count: they may be the delimiter.
func blanks(b []byte) int {
	for i, c := range b {
		if c != ' ' {
			return i
		}
	}
	return len(b)
}

// lineEnd finds the end of the line that starts at from, be it LF, CRLF or CR, and the start of the next one. It is not
// found where the input must go on for that; final means that it does not.
func lineEnd(in []byte, from int, final bool) (end, next int, found bool) {
	// In small steps, since a file without a single LF would else be searched to the end for each of its lines.
	const step = 4 << 10
	for at := from; at < len(in); at += step {
		part := in[at:min(at+step, len(in))]
		if i := bytes.IndexByte(part, '\n'); i >= 0 {
			end, next, found = at+i, at+i+1, true
			part = part[:i]
		}
		if i := bytes.IndexByte(part, '\r'); i >= 0 {
			return carriageReturn(in, at+i, final)
		}
		if found {
			return end, next, true
		}
	}
	return len(in), len(in), final
}

// carriageReturn is lineEnd where the line ends with the CR at i.
func carriageReturn(in []byte, i int, final bool) (end, next int, found bool) {
	switch {
	case i+1 == len(in):
		return i, i + 1, final
	case in[i+1] == '\n':
		return i, i + 2, true
	default:
		return i, i + 1, true
	}
}
