package contact

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// NameKey is a name in the form by which two of them are one: Radio, RADIO and Ｒａｄｉｏ are, and so are Straße and STRASSE,
// whatever spaces and invisible characters are in them. It is made here and not by the database, whose idea of case is that
// of the locale it was set up with. It is empty where there is nothing to be seen: that is no name.
func NameKey(name string) string {
	key := Unguard(name)
	for range 2 { // folding may leave what has a shorter form yet
		key = norm.NFKC.String(cases.Fold().String(norm.NFKC.String(key)))
	}
	key = strings.Map(func(r rune) rune {
		if !unicode.IsSpace(r) && !seen(r) {
			return -1
		}
		return r
	}, key)
	return strings.Join(strings.Fields(key), " ")
}
