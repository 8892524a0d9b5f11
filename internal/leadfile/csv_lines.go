package leadfile

import "bytes"

// blanks counts the bytes at the start of b that are spaces, or marks that nobody sees: of byte order, direction or no
// width. Tabs do not count: they may be the delimiter.
func blanks(b []byte) int {
	for i := 0; i < len(b); {
		switch {
		case b[i] == ' ':
			i++
		case b[i] == 0xEF && bytes.HasPrefix(b[i:], []byte("\ufeff")):
			i += 3
		case b[i] == 0xE2 && len(b) > i+2 && b[i+1] == 0x80 && 0x8B <= b[i+2] && b[i+2] <= 0x8F: // U+200B to U+200F
			i += 3
		default:
			return i
		}
	}
	return len(b)
}

// lineEnd finds the end of the line that starts at from, be it LF, CRLF or CR, and the start of the next one. It is not
// found where the input must go on for that; final means that it does not.
func (s *splitter) lineEnd(in []byte, from int, final bool) (end, next int, found bool) {
	if !s.lf {
		return anyLineEnd(in, from, final)
	}
	i := bytes.IndexByte(in[from:], '\n')
	if i < 0 {
		end, next, found = len(in), len(in), final
	} else {
		end, next, found = from+i, from+i+1, true
	}
	for end > from && in[end-1] == '\r' {
		end--
	}
	return end, next, found
}

// anyLineEnd is lineEnd where a CR ends a line too.
func anyLineEnd(in []byte, from int, final bool) (end, next int, found bool) {
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

// lineEnds counts the lines that a record spans; one without a line end is the file's last.
func (s *splitter) lineEnds(record []byte) int64 {
	lfs := bytes.Count(record, []byte{'\n'})
	if s.lf {
		return int64(lfs)
	}
	crs, both := bytes.Count(record, []byte{'\r'}), 0
	if crs > 0 {
		both = bytes.Count(record, []byte("\r\n"))
	}
	return int64(crs + lfs - both)
}

// endsWithLF reports whether the first line of b ends with LF or CRLF, and whether that shows already. A CR between
// quotation marks ends no line.
func endsWithLF(b []byte, final bool) (lf, shows bool) {
	quoted := false
	for i, c := range b {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			return true, true
		case c == '\r' && !quoted:
			rest := bytes.TrimLeft(b[i:], "\r")
			return len(rest) > 0 && rest[0] == '\n', len(rest) > 0 || final
		}
	}
	return true, final || len(b) >= maxRecord
}
