package api

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/jsonbounds"
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
		problem.Field{Location: bodyPath(jsonbounds.Path(body, at)), Message: "this has a NUL or is not Unicode text"})
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
	var unit uint64
	for _, digit := range text[2:6] {
		switch {
		case '0' <= digit && digit <= '9':
			unit = unit<<4 | uint64(digit-'0')
		case 'a' <= digit|0x20 && digit|0x20 <= 'f':
			unit = unit<<4 | uint64(digit|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return unit, true
}
