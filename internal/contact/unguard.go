package contact

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Unguard is a text as a person reads it, without what other programs put around it to keep spreadsheets from changing
// it, and without what nobody sees: ="0123", '0123 and "0123" are 0123, and so is any of them behind a byte order mark,
// a direction mark or a zero-width space. It is empty where there is nothing to be seen. Ids, names, addresses and
// numbers are compared and kept in this form, whichever way they come.
//
// Characters that a script needs stay where it needs them, as the joiners in Persian and Malayalam do.
func Unguard(text string) string {
	if unguarded(text) {
		return text
	}
	text = dropUnseen(trimUnseen(text))
	bare := text
	for range maxGuards {
		inner := dropUnseen(trimUnseen(unwrap(bare)))
		if inner == bare {
			text = bare
			break
		}
		bare = inner
	}
	if strings.ContainsFunc(text, seen) {
		return text
	}
	return ""
}

// maxGuards is how many guards may stand about each other; more are a text of marks, and stay.
const maxGuards = 8

// unguarded reports whether a text is so plain that nothing can be about it; most are.
func unguarded(text string) bool {
	if text == "" || strings.IndexByte("='\"` ", text[0]) >= 0 || text[len(text)-1] == ' ' {
		return text == ""
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// utf8Mark is a byte order mark of UTF-8 that was read as Windows-1252.
const utf8Mark = "ï»¿"

// trimUnseen takes spaces and what nobody sees off both ends.
func trimUnseen(text string) string {
	for {
		r, size := utf8.DecodeRuneInString(text)
		if rest, marked := strings.CutPrefix(text, utf8Mark); marked {
			text = rest
		} else if size > 0 && unseenAtEnds(r) {
			text = text[size:]
		} else {
			break
		}
	}
	for {
		r, size := utf8.DecodeLastRuneInString(text)
		if size == 0 || !unseenAtEnds(r) || isJoiner(r) && endsInVirama(text[:len(text)-size]) {
			return text
		}
		text = text[:len(text)-size]
	}
}

func unseenAtEnds(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !isTag(r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// isTag reports whether a character is one of those that name a region behind a flag.
func isTag(r rune) bool { return 0xE0020 <= r && r <= 0xE007F }

func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// endsInVirama reports whether a joiner behind the text changes how its last letter looks.
func endsInVirama(text string) bool {
	const virama = 9 // the combining class of all of them
	_, size := utf8.DecodeLastRuneInString(text)
	return size > 0 && norm.NFC.PropertiesString(text[len(text)-size:]).CCC() == virama
}

// seen reports whether a character leaves anything on paper.
func seen(r rune) bool {
	switch {
	case r == '\u2800': // a pattern of Braille without a dot
		return false
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return true
	}
	return !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// dropUnseen takes out what nobody sees within a text. In one of ASCII that is all, else what no script needs.
func dropUnseen(text string) string {
	ascii := !strings.ContainsFunc(text, func(r rune) bool { return r > '~' && seen(r) })
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return r
		}
		if neverNeeded(r) || ascii && r > '~' && !unicode.IsSpace(r) && !seen(r) {
			return -1
		}
		return r
	}, text)
}

func neverNeeded(r rune) bool {
	switch {
	case unicode.IsControl(r):
		return true
	case r == '\u00ad', r == '\u200b', r == '\u2060', r == '\ufeff':
		return true
	case '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u206f':
		return true
	}
	return false
}

// quotes are pairs that programs put around a whole text.
var quotes = [][2]string{{`"`, `"`}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"„", "“"}, {"‘", "’"}, {"«", "»"}}

// unwrap takes one guard off a text.
func unwrap(text string) string {
	if formula, found := strings.CutPrefix(text, "="); found {
		return unformula(text, strings.TrimSpace(formula))
	}
	for _, q := range quotes {
		inner, opened := strings.CutPrefix(text, q[0])
		inner, closed := strings.CutSuffix(inner, q[1])
		if opened && closed && !strings.Contains(inner, q[0]) && !strings.Contains(inner, q[1]) {
			return inner
		}
	}
	for _, mark := range []string{"'", "‘", "’", "`"} {
		if rest, marked := strings.CutPrefix(text, mark); marked && isGuard(mark, rest) {
			return rest
		}
	}
	return text
}

// unformula is the text that a formula says and nothing else, as ="0123" does, =T("0123") or =+60123456789. Any other
// formula stays.
func unformula(formula, says string) string {
	if inner, found := strings.CutPrefix(says, "T("); found {
		says = strings.TrimSuffix(inner, ")")
	}
	if len(says) >= 2 && says[0] == '"' && says[len(says)-1] == '"' {
		inner := strings.ReplaceAll(says[1:len(says)-1], `""`, "\x00")
		if !strings.Contains(inner, `"`) {
			return strings.ReplaceAll(inner, "\x00", `"`)
		}
	}
	if digits := strings.TrimPrefix(says, "+"); len(digits) > 1 && strings.Trim(digits, "0123456789") == "" {
		return says
	}
	return formula
}

// isGuard reports whether an apostrophe before a text is no part of it: it opens no quotation, nor a name such as
// 't Hooft or 's-Gravesande. Typographic ones stand for a guard before what spreadsheets change.
func isGuard(mark, rest string) bool {
	if mark != "'" {
		return rest != "" && strings.IndexByte("=+-@0123456789", rest[0]) >= 0
	}
	if len(rest) >= 2 && strings.IndexByte("tTsSnN", rest[0]) >= 0 && strings.IndexByte(" -", rest[1]) >= 0 {
		return false
	}
	for at := strings.IndexByte(rest, '\''); at >= 0; {
		if r, _ := utf8.DecodeRuneInString(rest[at+1:]); at+1 == len(rest) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' {
			return false
		}
		next := strings.IndexByte(rest[at+1:], '\'')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return true
}
