package contact

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// aboutNames are words that stand about names and tell nobody from another: titles, and what joins names to those of parents and
// places.
var aboutNames = wordSet(`
	mr mrs ms miss mx dr prof professor sir madam mdm sr jr ir ar
	encik en puan pn cik tuan datuk dato datin tun tan sri haji hj hajjah hjh bin binti bt bte ap al anak
	bapak pak ibu bu tn ny khun ông bà anh chị
	herr frau monsieur madame mme mlle señor señora sr sra srta don doña senhor senhora signor signora
	von van der den de del della di da do dos la le el y`)

// withoutMarks takes out what stands within names and tells nothing: apostrophes, and what stands behind Chinese and Japanese names
// without a space.
var withoutMarks = strings.NewReplacer("'", "", "’", "", "ʼ", "", "`", "", "先生", "", "女士", "", "小姐", "", "太太", "", "さん", "", "様", "")

// AnotherName reports whether two names are clearly those of different people: some word of the shorter one has none in the other
// that is like it. Case, accents, spaces, order, titles, parts that were added, initials and slips of the pen make no other person.
// What has no name, or none that can be read, is nobody else.
func AnotherName(one, other string) bool {
	x, y := nameWords(one), nameWords(other)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) == 0 || strings.Join(x, "") == strings.Join(y, "") {
		return false
	}
	return !among(x, y) && (len(x) < len(y) || !among(y, x))
}

// among reports whether each of some words has one of its own among others, the same or else one that is like it.
func among(words, others []string) bool {
	others = slices.Clone(others)
	for _, is := range []func(a, b string) bool{func(a, b string) bool { return a == b }, alike} {
		words = slices.DeleteFunc(slices.Clone(words), func(word string) bool {
			at := slices.IndexFunc(others, func(other string) bool { return is(word, other) })
			if at >= 0 {
				others = slices.Delete(others, at, at+1)
			}
			return at >= 0
		})
	}
	return len(words) == 0
}

// nameWords are the words of a name that tell people apart, or all of them where none does. A single letter is an initial, or nothing.
func nameWords(name string) []string {
	var all, telling []string
	for _, word := range wordsOf(withoutMarks.Replace(NameKey(name))) {
		if initial(word) {
			continue
		}
		all = append(all, word)
		if !aboutNames[word] {
			telling = append(telling, word)
		}
	}
	if len(telling) == 0 {
		return all
	}
	return telling
}

// initial reports whether a word is one letter of an alphabet; one of another script may be a name.
func initial(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	return size == len(word) && unicode.IsLetter(r) && r < firstSyllable
}

const (
	// firstSyllable is where scripts begin of which one character says more than a letter does: Hangul, and the ideographs.
	firstSyllable = '\u1100'
	// minSlip is how many letters a word must have for another to be a slip of the pen away from it, minTwo for two of them.
	minSlip, minTwo = 4, 7
	// minBeginning is how many letters the beginning of a word must have to stand for it, as Moh does for Mohammed.
	minBeginning = 3
)

// alike reports whether two words of names that are not the same may be one: one is the other's beginning, or spelt a little
// differently. With digits in them they are two.
func alike(a, b string) bool {
	if utf8.RuneCountInString(a) > utf8.RuneCountInString(b) {
		a, b = b, a
	}
	if strings.ContainsFunc(a+b, unicode.IsDigit) {
		return false
	}
	x, y := []rune(a), []rune(b)
	switch {
	case unicode.In(x[0], unicode.Han, unicode.Hiragana, unicode.Katakana):
		return false
	case len(x) >= minBeginning && strings.HasPrefix(b, a):
		return true
	case len(x) >= minTwo:
		return within(x, y, 2)
	}
	return len(x) >= minSlip && x[0] == y[0] && within(x, y, 1)
}

// within reports whether so few letters must be added, left out, changed or swapped to make one word of another. The first is no
// longer than the second.
func within(x, y []rune, slips int) bool {
	if len(y)-len(x) > slips {
		return false
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			changed := last[j-1]
			if x[i-1] != y[j-1] {
				changed++
			}
			row[j] = min(changed, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)] <= slips
}

// nameMark is where marks of names begin, above those of addresses and numbers.
const nameMark = 1 << 16

// NameMark is 16 bits of a name: enough to tell that somebody was called so, too little to tell how. See Identity.Keys.
func NameMark(name string) int {
	sum := sha256.Sum256([]byte(NameKey(name)))
	return nameMark + int(binary.BigEndian.Uint16(sum[:]))
}
