package jsonbounds

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanner goes through a text token by token and knows where it stands, by what was opened and not closed.
type scanner struct {
	text []byte
	// at is where the next token is looked for, behind the last one.
	at int
	// token is the last token's first byte; what begins with neither a quote nor a mark is a number or a word.
	token byte
	// start and end are the last text's bytes, without its quotes.
	start, end int
	depth      int
	frames     [MaxDepth]frame
}

// A frame is an object or array that is open.
type frame struct {
	array  bool
	commas int
	// named means that a name was read and its value has not ended; nameStart and nameEnd are the name's bytes.
	named              bool
	nameStart, nameEnd int
}

// next reads a token. It reports false at the end of the text.
func (s *scanner) next() bool {
	for s.at < len(s.text) && blank(s.text[s.at]) {
		s.at++
	}
	if s.at == len(s.text) {
		return false
	}
	s.token = s.text[s.at]
	s.at++
	switch s.token {
	case '"':
		s.start = s.at
		s.at = quoted(s.text, s.at)
		s.end = max(s.start, s.at-1)
	case '{', '[':
		if s.depth < MaxDepth {
			s.frames[s.depth] = frame{array: s.token == '['}
		}
		s.depth++
	case '}', ']':
		s.depth = max(0, s.depth-1)
	case ',', ':':
		s.mark()
	default:
		for s.at < len(s.text) && !blank(s.text[s.at]) && bytes.IndexByte(marks, s.text[s.at]) < 0 {
			s.at++
		}
	}
	return true
}

// mark notes a comma or a colon in what is open.
func (s *scanner) mark() {
	if s.depth == 0 || s.depth > MaxDepth {
		return
	}
	f := &s.frames[s.depth-1]
	if s.token == ',' {
		f.commas++
		f.named = false
		return
	}
	f.named, f.nameStart, f.nameEnd = true, s.start, s.end
}

// name is the name that the last token ended, a colon.
func (s *scanner) name() (name []byte, is bool) {
	if s.token != ':' || s.depth == 0 || s.depth > MaxDepth {
		return nil, false
	}
	f := &s.frames[s.depth-1]
	return s.text[f.nameStart:f.nameEnd], true
}

var marks = []byte(`"{}[],:`)

func blank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// quoted is where a text ends that begins at i, behind its quote.
func quoted(text []byte, i int) int {
	for i < len(text) {
		switch text[i] {
		case '\\':
			i += 2
		case '"':
			return i + 1
		default:
			i++
		}
	}
	return len(text)
}

// starts reports whether the last token is a value, or begins one.
func (s *scanner) starts() bool {
	return s.token != ',' && s.token != ':' && s.token != '}' && s.token != ']'
}

func (s *scanner) opened() bool { return s.token == '{' || s.token == '[' }

// pathName is how many characters of a name a path shows.
const pathName = 100

// path names the place of the last token in what is open, to a depth.
func (s *scanner) path(depth int) string {
	var b strings.Builder
	for _, f := range s.frames[:min(depth, s.depth, MaxDepth)] {
		switch {
		case f.array:
			b.WriteString("[" + strconv.Itoa(f.commas) + "]")
		case f.named:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(shown(s.text[f.nameStart:f.nameEnd]))
		}
	}
	return b.String()
}

// shown is a name as a path shows it: cut where it is long, and without what is no text.
func shown(name []byte) string {
	text := strings.ReplaceAll(strings.ToValidUTF8(string(name[:min(len(name), utf8.UTFMax*pathName)]), "\uFFFD"), "\x00", "")
	if runes := []rune(text); len(runes) > pathName {
		return string(runes[:pathName]) + "…"
	}
	return text
}
