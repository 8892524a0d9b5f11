package headings

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A text is a heading without what does not matter in it: letters and digits one behind the other. edges[i] is set where a
// word begins or ends before letter i.
type text struct {
	letters []rune
	edges   []bool
}

// folded are letters that stand for others in headings, beyond what comes of taking their accents away.
var folded = strings.NewReplacer("đ", "d", "ı", "i", "ß", "ss", "ø", "o", "ł", "l", "æ", "ae", "œ", "oe", "ة", "ه", "ى", "ي", "ـ", "")

// plain takes case, accents, punctuation and spaces out of a heading, and notes where its words begin and end.
func plain(heading string) text {
	var t text
	var before rune
	for _, word := range parted(heading) {
		edge := true // before the next letter
		if word = stripped(word); !isASCII(word) {
			word = folded.Replace(word)
		}
		for _, r := range word {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mc, r) {
				edge = true
				continue
			}
			t.letters = append(t.letters, r)
			t.edges = append(t.edges, edge || unicode.IsDigit(r) != unicode.IsDigit(before))
			edge, before = false, r
		}
	}
	t.edges = append(t.edges, true)
	return t
}

// parted cuts a heading where words begin that are written together: firstName, HPNo.
func parted(heading string) []string {
	var words []string
	var word []rune
	letters := []rune(heading)
	for i, r := range letters {
		begins := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(letters[i-1]) || unicode.IsUpper(letters[i-1]) && i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if begins {
			words, word = append(words, string(word)), word[:0]
		}
		word = append(word, r)
	}
	return append(words, string(word))
}

// stripped is a word in lower case and without accents.
func stripped(word string) string {
	if isASCII(word) { // which most are, and what follows takes long
		return strings.ToLower(word)
	}
	decomposed := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(word))
	// Lower case may have accents of its own, as that of İ does.
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, decomposed))
}

func isASCII(word string) bool {
	return strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// spaceless are scripts that are written without spaces between words.
var spaceless = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Hangul}

func isSpaceless(letters []rune) bool {
	for _, r := range letters {
		if unicode.In(r, spaceless...) {
			return true
		}
	}
	return false
}
