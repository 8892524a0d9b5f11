package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// cleanText reports whether Postgres can hold the text.
func cleanText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// checkText refuses a JSON body with what Postgres cannot hold: NULs, bare or escaped, and text that is not Unicode.
func checkText(body []byte) *problem.Problem {
	at := badText(body)
	if at < 0 {
		return nil
	}
	return problem.New(http.StatusBadRequest, "the body has text that cannot be stored; leave out NULs and send UTF-8",
		problem.Field{Location: locate(body, at), Message: "this has a NUL or is not Unicode text"})
}

// badText is the offset of the first thing that cannot be stored, or -1.
func badText(body []byte) int {
	for i := 0; i < len(body); {
		switch b := body[i]; {
		case b == 0:
			return i
		case b == '\\':
			n := escapeLength(body[i:])
			if n == 0 {
				return i
			}
			i += n
		case b < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(body[i:])
			if r == utf8.RuneError && n == 1 {
				return i
			}
			i += n
		}
	}
	return -1
}

// escapeLength is the length of the escape that text starts with, 0 where it stands for a NUL or half a character.
// Malformed ones pass: the decoder refuses them with better words.
func escapeLength(text []byte) int {
	unit, ok := escapedUnit(text)
	switch {
	case !ok && len(text) > 1 && 0 < text[1] && text[1] < utf8.RuneSelf:
		return 2
	case !ok:
		return 1
	case unit == 0 || 0xDC00 <= unit && unit <= 0xDFFF:
		return 0
	case 0xD800 <= unit && unit <= 0xDBFF:
		if low, ok := escapedUnit(text[6:]); !ok || low < 0xDC00 || low > 0xDFFF {
			return 0
		}
		return 12
	}
	return 6
}

func escapedUnit(text []byte) (uint64, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return unit, err == nil
}

// maxLocated is how deep locate looks, whoever sent the body.
const maxLocated = 64

// locate names the field in which the byte at offset stands, as far as the body is JSON.
func locate(body []byte, offset int) string {
	l := locator{decoder: json.NewDecoder(bytes.NewReader(body)), offset: int64(offset)}
	l.decoder.UseNumber()
	where, _ := l.value("body", 0)
	return where
}

type locator struct {
	decoder *json.Decoder
	offset  int64
}

// value reads the value at path, until the one in which the offset stands is found.
func (l *locator) value(path string, depth int) (where string, found bool) {
	token, passed := l.next()
	if passed || depth == maxLocated {
		return path, true
	}
	opened, is := token.(json.Delim)
	if !is {
		return path, false
	}
	for i := 0; l.decoder.More(); i++ {
		child := fmt.Sprintf("%s[%d]", path, i)
		if opened == '{' {
			name, passed := l.next()
			if passed {
				return path, true
			}
			child = fmt.Sprintf("%s.%v", path, name)
		}
		if where, found := l.value(child, depth+1); found {
			return where, true
		}
	}
	_, passed = l.next()
	return path, passed
}

// next reads a token, and tells whether the offset, or the end of what is JSON, was passed with it.
func (l *locator) next() (token json.Token, passed bool) {
	token, err := l.decoder.Token()
	return token, err != nil || l.decoder.InputOffset() > l.offset
}
