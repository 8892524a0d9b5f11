package leadfile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// A charset is an encoding of older days, and what tells text in it.
type charset struct {
	name     string // for people
	encoding encoding.Encoding
	script   []*unicode.RangeTable // of its letters
	common   map[rune]bool         // most of the letters, syllables or words of text in it
	// mixes tells of letters that stand among those of ASCII, as é does; others' words have none of these.
	mixes bool
	wide  bool // most characters are of two bytes
}

// charsetOf is the encoding of text that is no UTF-8, nil where it is, or where only some of it is not: that is then
// cleaned cell by cell.
func charsetOf(sample []byte) *charset {
	if strings.HasPrefix(string(sample), "\x1b$") || strings.HasPrefix(string(sample), "\x1b(") {
		return iso2022
	}
	whole, broken := utf8Characters(sample)
	if broken == 0 || whole >= broken {
		return nil
	}
	var best *charset
	most := 0.0
	for _, set := range charsets {
		if got := set.likeness(sample); got > most {
			best, most = set, got
		}
	}
	return best
}

// utf8Characters counts the characters beyond ASCII that are whole, and the bytes that are a part of none.
func utf8Characters(text []byte) (whole, broken int) {
	text = TrimPartial(text)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			broken++
		case size > 1:
			whole++
		}
		text = text[size:]
	}
	return whole, broken
}

// What a character tells of whether text is in an encoding.
const (
	tellsCommon  = 1.0
	tellsLetter  = 0.3
	tellsSymbol  = -0.1
	tellsMisfit  = -1.0 // a letter that stands where its script has none
	tellsNothing = -3.0 // bytes that are no character
)

// likeness is how much a text is like one in the encoding, from below 0 to 1, by bytes that are not ASCII.
func (set *charset) likeness(sample []byte) float64 {
	text, _ := set.encoding.NewDecoder().Bytes(sample) // what is no character becomes U+FFFD
	sum, all := 0.0, 0.0
	before, beforeBefore := ' ', ' '
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r >= utf8.RuneSelf {
			next, _ := utf8.DecodeRune(text[at+size:])
			weight := 1.0
			if set.wide && !unicode.Is(unicode.Katakana, r) || set.wide && r < 0xFF00 {
				weight = 2
			}
			sum += weight * set.tells(beforeBefore, before, r, next)
			all += weight
		}
		beforeBefore, before = before, r
		at += size
	}
	if all == 0 {
		return 0
	}
	return sum / all
}

// tells is what one character says, between its neighbours.
func (set *charset) tells(beforeBefore, before, r, next rune) float64 {
	switch {
	case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Co, r):
		return tellsNothing
	case !unicode.In(r, set.script...):
		if set.mixes && isASCIILetter(before) && isASCIILetter(next) {
			return tellsMisfit // a symbol within a word
		}
		return tellsSymbol
	case set.misfits(beforeBefore, before, r, next):
		return tellsMisfit
	case set.common[r]:
		return tellsCommon
	}
	return tellsLetter
}

// misfits reports whether a letter stands where its script has none.
func (set *charset) misfits(beforeBefore, before, r, next rune) bool {
	switch {
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return true
	case unicode.Is(unicode.Mn, r) && !unicode.IsLetter(before) && !unicode.Is(unicode.M, before):
		return true // a vowel of Thai that stands on nothing
	case set.mixes: // words have no three such letters together
		return isOtherLetter(before) && isOtherLetter(beforeBefore)
	}
	return isASCIILetter(before) || isASCIILetter(next)
}

func isOtherLetter(r rune) bool { return r >= utf8.RuneSelf && unicode.IsLetter(r) }

func isASCIILetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }
