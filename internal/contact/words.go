package contact

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers/v2"
	"golang.org/x/text/unicode/norm"
)

const (
	maxWords = 32
	maxWord  = 80 // bytes
	// minDigits is how many digits look like a part of a phone number.
	minDigits = 3
	// fromTheEnd marks a number that is spelt backwards, so that its last digits find it too.
	fromTheEnd = "<"
)

// Words are what a contact is found by: each is found by its beginning. e164 is the phone's, empty where it has none.
// Words with which others begin are left out. Where they are too many, the address and the number are among those that are kept.
func Words(name, email, phone, e164 string) []string {
	var words []string
	if email != "" {
		words = emailWords(email)
	}
	digits := strings.TrimPrefix(e164, "+")
	if digits == "" {
		digits = phoneDigits(phone)
	}
	if len(digits) >= minDigits {
		words = append(words, digits, fromTheEnd+backwards(digits))
	}
	words = append(words, wordsOf(name)...)
	words = append(words, wordsOf(email)...)
	words = longest(words)
	words = words[:min(len(words), maxWords)]
	slices.Sort(words)
	return words
}

// longest leaves out of words those with which another of them begins: whoever looks for a beginning of theirs finds that one.
func longest(words []string) []string {
	sorted := slices.Sorted(slices.Values(words))
	left := make(map[string]bool, len(words))
	for i, word := range sorted {
		left[word] = word != "" && (i+1 == len(sorted) || sorted[i+1] == word || !strings.HasPrefix(sorted[i+1], word))
	}
	return slices.DeleteFunc(words, func(word string) bool {
		keep := left[word]
		left[word] = false // once
		return !keep
	})
}

// A Term is one thing that a contact must have to be found: a word that begins with any of these.
type Term []string

// Terms are what a search asks for, all of them. A phone number is one term, in whatever spelling, also where it is only
// the first or the last digits of one.
func Terms(query, region string) []Term {
	if digits := phoneLike(query); digits != "" {
		return []Term{phoneTerm(query, digits, region)}
	}
	var terms []Term
	for _, part := range strings.Fields(query) {
		if digits := phoneLike(part); digits != "" {
			terms = append(terms, phoneTerm(part, digits, region))
			continue
		}
		if strings.IndexByte(part, '@') > 0 {
			terms = append(terms, emailTerm(part))
			continue
		}
		for _, word := range wordsOf(part) {
			terms = append(terms, Term{word})
		}
	}
	return terms[:min(len(terms), maxWords)]
}

func phoneTerm(text, digits, region string) Term {
	term := Term{digits, fromTheEnd + backwards(digits)}
	if e164 := Phone(text, region); e164 != "" {
		return append(term, e164[1:])
	}
	// The beginning of a number of the region, with or without what is dialled before it there.
	rest := strings.TrimPrefix(digits, phonenumbers.GetNddPrefixForRegion(region, true))
	if code := phonenumbers.GetCountryCodeForRegion(region); code > 0 && rest != "" {
		term = append(term, strconv.Itoa(code)+rest)
	}
	return term
}

// emailTerm is an address or its beginning. Words have addresses as they are compared and as they are spelt.
func emailTerm(text string) Term {
	text = strings.Trim(text, "<>()\"',;")
	term := Term{clip(fold(text))}
	if key := Email(text); key != "" {
		term = append(term, clip(key))
	}
	return term
}

// emailWords are an address as it is spelt and as it is compared.
func emailWords(email string) []string {
	words := []string{clip(fold(strings.Join(strings.Fields(email), "")))}
	if key := Email(email); key != "" {
		words = append(words, clip(key))
	}
	return words
}

// wordsOf splits text at what is neither letter nor digit. Characters of scripts that put no spaces between words are
// words by themselves.
func wordsOf(text string) []string {
	var words []string
	for _, part := range strings.FieldsFunc(fold(text), notInWord) {
		start := 0
		for i, r := range part {
			if !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) {
				continue
			}
			if start < i {
				words = append(words, clip(part[start:i]))
			}
			start = i + utf8.RuneLen(r)
			words = append(words, part[i:start])
		}
		if start < len(part) {
			words = append(words, clip(part[start:]))
		}
	}
	return words
}

func notInWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// fold takes from text what people leave out when they search: case and accents.
func fold(text string) string {
	text = strings.ToLower(text)
	if isASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || r == 0 {
			return -1
		}
		return r
	}, norm.NFKD.String(text))
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf || text[i] == 0 {
			return false
		}
	}
	return true
}

// clip cuts a word to what is worth keeping of it.
func clip(word string) string {
	if len(word) <= maxWord {
		return word
	}
	end := maxWord
	for !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}

// phoneLike is the digits of text that holds nothing but digits and what stands between them in phone numbers.
func phoneLike(text string) string {
	for _, r := range text {
		if !unicode.IsDigit(r) && !strings.ContainsRune("+-()./ \u00a0", r) {
			return ""
		}
	}
	if digits := digitsOf(text); len(digits) >= minDigits {
		return digits
	}
	return ""
}

// digitsOf is the digits of a text, as many as a word holds.
func digitsOf(text string) string {
	var digits strings.Builder
	for i := 0; i < len(text) && digits.Len() < maxWord; i++ {
		if '0' <= text[i] && text[i] <= '9' {
			digits.WriteByte(text[i])
		}
	}
	return digits.String()
}

func backwards(digits string) string {
	turned := []byte(digits)
	slices.Reverse(turned)
	return string(turned)
}
