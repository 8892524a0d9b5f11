package contact

import (
	"regexp"
	"strings"
	"unicode"
)

// addressLike is what may be an address, however somebody has written it.
var addressLike = regexp.MustCompile(`(?i)[\pL\pN][^@＠]*(?:@|＠|\(at\)|\[at\]|\{at\}|\sat\s)\s*[\pL\pN]`)

// minHandle is how many letters and digits a text has that may be a name in some network, or words about a number.
const minHandle = 5

// Somebody reports whether a lead tells of somebody: it has a name that does not stand for nothing, or an address or a number by which
// they may be reached. That may be spelt in any way, and stand in the place of the other.
func Somebody(name, email, phone string) bool {
	return named(name) || strings.ContainsAny(plainPhone(phone), "123456789") || reachedBy(phone) || reachedBy(email)
}

// reachedBy reports whether a text may be an address or a number: it looks like one, or says enough to be what somebody uses instead.
func reachedBy(text string) bool {
	if text == "" || Nothing(text) {
		return false
	}
	says := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			says++
		}
	}
	return says >= minHandle || addressLike.MatchString(text)
}

// named reports whether a name may be one: not a word for nothing, a mark of a template, or dashes and dots. Whatever else was typed
// may be.
func named(text string) bool {
	text = strings.TrimFunc(text, invisible)
	if strings.Trim(template.ReplaceAllString(text, ""), " \t-‐‑‒–—−_.…·,;:?!/+*~=|<>()[]{}") == "" {
		return false
	}
	lower := strings.ToLower(text)
	return !listed(text, lower) && !listed(strings.Trim(text, `"'()<>[]`), strings.Trim(lower, `"'()<>[]`))
}
