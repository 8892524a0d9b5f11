package contact

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/net/idna"
)

// What stands between an address or a number and what precedes it in encoded text, where that is no part of it.
const (
	// percent begins a character as a form encodes it; within a form it may be encoded more than once.
	percent = `%(?:25)*`
	// noAddress are the characters of a form that no address has.
	noAddress = percent + `(?:[0189a-f][0-9a-f]|2[0-9acf]|3[a-f]|40|5[b-e]|60|7[b-f])`
	// escaped are characters as JSON has them, and bytes as Postgres shows them.
	escaped = `\\+u[0-9a-f]{4}|\\+[bfnrt]|\\[0-3][0-7]{2}`
)

// addressPattern is a regular expression for an address in text of any kind; see Identity.Pattern.
func addressPattern(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	gap := ""
	if domain == "gmail.com" || domain == "googlemail.com" {
		local, gap = strings.ReplaceAll(local, ".", ""), `(?:\.|`+percent+`2e)?`
	}
	local, domain = spelled(local, gap), spelled(domain, "")
	return `(?:(?:^|[^a-z0-9.+_-]|` + noAddress + `|` + escaped + `)` + local + spelled("@", "") +
		`|\+` + local + percent + `40)` + // a plus is a space where forms encode the @
		domain + `(?:$|[^a-z0-9.-]|\.(?:$|[^a-z0-9]))`
}

// spellings are an address as it was given and as it is compared, with its domain in ASCII and as people write it.
func (i Identity) spellings() []string {
	all := []string{i.Email, i.spelt}
	local, domain, _ := strings.Cut(i.Email, "@")
	if written, err := idna.ToUnicode(domain); err == nil {
		all = append(all, local+"@"+written)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// spelled is a text in lower case as it may be encoded: each character as itself, or as forms, JSON, HTML and XML write it, or
// as Postgres shows bytes. gap stands between them.
func spelled(text, gap string) string {
	var all []string
	for _, c := range text {
		ways := []string{regexp.QuoteMeta(string(c))}
		for _, one := range []rune{c, unicode.ToUpper(c)} {
			ways = append(ways, encodings(one)...)
		}
		if c == '+' { // who reads a form takes one that was not encoded for a space
			ways = append(ways, " ", percent+"20")
		}
		slices.Sort(ways)
		all = append(all, "(?:"+strings.Join(slices.Compact(ways), "|")+")")
	}
	return strings.Join(all, gap)
}

// encodings are the ways of writing a character that are not itself.
func encodings(c rune) []string {
	var form, shown, json strings.Builder
	for _, b := range []byte(string(c)) {
		form.WriteString(percent + fmt.Sprintf("%02x", b))
		fmt.Fprintf(&shown, `\\%03o`, b)
	}
	for _, unit := range utf16.Encode([]rune{c}) {
		fmt.Fprintf(&json, `\\+u%04x`, unit)
	}
	ways := []string{form.String(), json.String(), fmt.Sprintf("&#0*%d;", c), fmt.Sprintf("&#x0*%x;", c)}
	if c > unicode.MaxASCII {
		ways = append(ways, shown.String())
	}
	return ways
}
