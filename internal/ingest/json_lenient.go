package ingest

import (
	"bytes"
	"strings"
)

// lenientJSON writes JSON that was put together from text as it should have been written: line ends and tabs in strings,
// commas behind the last member, members without a value, names without quotes or with single ones, and what other
// languages write for nothing, true and false. It goes through the text once, and what it gives is twice as long at the
// most. Text that is no JSON then is none still.
func lenientJSON(text []byte) []byte {
	l := lenient{in: text, out: make([]byte, 0, len(text)+len(text)/8+16)}
	for l.at < len(l.in) {
		switch c := l.in[l.at]; c {
		case ' ', '\t', '\r', '\n':
			l.at++
		case ',':
			l.at++
			l.empty()
			l.comma = l.last != '{' && l.last != '[' && l.last != 0
		case '}', ']':
			l.at++
			l.comma = false
			l.empty()
			l.put(c)
		case '"', '\'':
			l.text(c)
		case '{', '[', ':':
			l.at++
			l.put(c)
		default:
			l.word()
		}
	}
	return l.out
}

// lenient is a text that is being written as JSON.
type lenient struct {
	in, out []byte
	at      int
	// last is the last character that was written outside of strings, and comma that one is to be written before what comes
	// next.
	last  byte
	comma bool
}

// put writes a character, behind the comma that is owed.
func (l *lenient) put(c byte) {
	l.owed()
	l.out, l.last = append(l.out, c), c
}

func (l *lenient) owed() {
	if l.comma {
		l.out, l.comma, l.last = append(l.out, ','), false, ','
	}
}

// empty gives a member that has none a value.
func (l *lenient) empty() {
	if l.last == ':' {
		l.out, l.last = append(l.out, "null"...), 'l'
	}
}

// text writes a string, in whichever quotes it stands.
func (l *lenient) text(quote byte) {
	l.put('"')
	for l.at++; l.at < len(l.in); l.at++ {
		switch c := l.in[l.at]; {
		case c == quote:
			l.at++
			l.out = append(l.out, '"')
			return
		case c == '"':
			l.out = append(l.out, '\\', '"')
		case c == '\\':
			l.escape()
		case c == '\n':
			l.out = append(l.out, '\\', 'n')
		case c == '\r':
			l.out = append(l.out, '\\', 'r')
		case c == '\t':
			l.out = append(l.out, '\\', 't')
		case c < ' ':
			l.out = append(l.out, ' ')
		default:
			l.out = append(l.out, c)
		}
	}
}

// escape writes a backslash and what stands behind it. One that escapes nothing stands for itself.
func (l *lenient) escape() {
	if l.at+1 >= len(l.in) {
		return
	}
	next := l.in[l.at+1]
	switch {
	case strings.IndexByte(`"\/bfnrt`, next) >= 0, next == 'u' && isHex(l.in[l.at+2:min(l.at+6, len(l.in))]):
		l.out = append(l.out, '\\', next)
		l.at++
	case next == '\'':
		l.out = append(l.out, '\'')
		l.at++
	case next == '\n':
		l.at++
	default:
		l.out = append(l.out, '\\', '\\')
	}
}

func isHex(text []byte) bool {
	return len(text) == 4 && len(bytes.Trim(text, "0123456789abcdefABCDEF")) == 0
}

// foreignWords are what programs write for what JSON writes otherwise.
var foreignWords = map[string]string{
	"NaN": "null", "nan": "null", "Infinity": "null", "inf": "null", "Inf": "null", "undefined": "null", "None": "null", "nil": "null",
	"Null": "null", "NULL": "null", "True": "true", "TRUE": "true", "False": "false", "FALSE": "false",
}

// word writes what stands without quotes: numbers and words as JSON has them, and the names of members in quotes.
func (l *lenient) word() {
	from := l.at
	for l.at < len(l.in) && bytes.IndexByte([]byte(" \t\r\n,:{}[]\"'"), l.in[l.at]) < 0 {
		l.at++
	}
	word := string(l.in[from:l.at])
	l.owed()
	l.last = 'w'
	if isName(word) && (len(l.out) > 0 && (l.out[len(l.out)-1] == '{' || l.out[len(l.out)-1] == ',')) && l.before(':') {
		l.out = append(append(append(l.out, '"'), word...), '"')
		return
	}
	if other, known := foreignWords[strings.TrimLeft(word, "+-")]; known {
		word = other
	}
	l.out = append(l.out, word...)
}

// before reports whether a character comes next, and passes over the space before it.
func (l *lenient) before(c byte) bool {
	for l.at < len(l.in) && bytes.IndexByte([]byte(" \t\r\n"), l.in[l.at]) >= 0 {
		l.at++
	}
	return l.at < len(l.in) && l.in[l.at] == c
}

func isName(word string) bool {
	return strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$-") == "" && word != ""
}
