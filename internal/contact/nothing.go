package contact

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// nothings are words that programs write where they have nothing, in lower case.
var nothings = []string{
	"null", "undefined", "none", "n/a", "n.a.", "n.a", "n\\a", "#n/a", "#n/a n/a", "#ref!", "#name?", "#value!", "#div/0!", "#null!", "#num!",
	"nil value", "not applicable", "not available", "not provided", "not set", "not specified", "no data", "no value", "no answer",
	"unspecified", "unknown", "[object object]", "[object undefined]", "[object null]", "(blank)", "(empty)", "\\n",
}

// nothingsAsSpelt are such words that are people's names in another spelling: Nan, Nil and Na are.
var nothingsAsSpelt = []string{"nan", "NaN", "NAN", "nil", "NIL", "NA"}

// template is how programs mark the place of a value, as in {{name}}, ${name}, %%name%%, *|NAME|* or <%= name %>.
var template = regexp.MustCompile(`\{\{[^{}]*\}\}|\{%[^{}]*%\}|[$#]\{[^{}]*\}|<%[^<>]*%>|%%[^%]*%%|\[\[[^\[\]]*\]\]|\*\|[^|]*\|\*`)

// Nothing reports whether a text stands for nothing: null, undefined, N/A, a dash, the mark of a template that was not
// filled in. As a name, an address, a number or an id it is none; as the answer to a question it may be one.
func Nothing(text string) bool {
	text = strings.TrimFunc(text, invisible)
	said := text
	if strings.ContainsAny(text, "{<%[*") { // one stands in every mark of a template
		said = template.ReplaceAllString(text, "")
	}
	if strings.IndexFunc(said, says) < 0 {
		return true
	}
	lower := strings.ToLower(text)
	return listed(text, lower) || listed(strings.Trim(text, `"'()<>[]`), strings.Trim(lower, `"'()<>[]`))
}

func listed(text, lower string) bool {
	return slices.Contains(nothingsAsSpelt, text) || slices.Contains(nothings, lower)
}

// invisible reports whether nobody sees a character.
func invisible(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf) }

// says reports whether a character can say something by itself. Dashes, dots and a lone plus don't.
func says(r rune) bool {
	return !unicode.In(r, unicode.P, unicode.Z, unicode.Sm, unicode.Cc, unicode.Cf)
}
