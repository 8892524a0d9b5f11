package leadfile

import "bytes"

// Some programs write a quotation mark in a cell as \" where CSV has "". Read as CSV, such a cell ends too early, and what
// follows stands one column further on. But a cell may also end with a backslash, as "C:\" does; so a record is read
// with backslashes only where it makes no sense without them, or where the file has had such a record.

// backslashed is a quotation mark as such programs write it.
const backslashed = `\"`

// marked cuts a record that has quotation marks.
func (s *splitter) marked(c cut) (n int, v verdict) {
	if s.escapes {
		if n, v := s.withEscapes(c); v != unclear {
			return n, v
		}
	}
	n, v = s.cut(c)
	if !s.odd && v != stray || !bytes.Contains(c.in[:max(n, c.end)], []byte(backslashed)) {
		return n, v
	}
	m, w := s.withEscapes(c)
	if w == unclear && v != whole {
		return n, v
	}
	if w == unclear {
		return n, unclear
	}
	s.escapes = s.escapes || w == whole
	return m, w
}

// withEscapes cuts a record whose marks behind backslashes are text. It is unclear where other marks are in its way then,
// or it has no such mark.
func (s *splitter) withEscapes(c cut) (n int, v verdict) {
	s.escaping = true
	n, v = s.cut(c)
	s.escaping = false
	if v == stray || s.odd || v == whole && !bytes.Contains(c.in[:n], []byte(backslashed)) {
		return n, unclear
	}
	return n, v
}

// isEscaped reports whether an odd number of backslashes stands at the end of b.
func isEscaped(b []byte) bool {
	n := len(b) - len(bytes.TrimRight(b, `\`))
	return n%2 == 1
}

// unescape takes the backslashes off the marks and backslashes in a cell without marks around it.
func (s *splitter) unescape(cell []byte) []byte {
	if bytes.IndexByte(cell, '\\') < 0 {
		return cell
	}
	start := len(s.scratch)
	for i := 0; i < len(cell); i++ {
		if cell[i] == '\\' && i+1 < len(cell) && (cell[i+1] == '"' || cell[i+1] == '\\') {
			i++
		}
		s.scratch = append(s.scratch, cell[i])
	}
	return s.scratch[start:]
}
