package contact

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// idPrefix stands before leads' ids in Meta's files, so that spreadsheets leave them alone.
	idPrefix = regexp.MustCompile(`^l:\d*$`)
	// reckoned is an id in exponent spelling, as distinct from one such as 5e3, and idDecimals one with decimals.
	reckoned   = regexp.MustCompile(`^\+?\d+(?:[.,]\d+[eE]\+?|[eE]\+)\d+$`)
	idDecimals = regexp.MustCompile(`^\d+\.0+$`)
	// zeros are nobody's id: 0, 0000, 0.0, the nil UUID.
	zeros = regexp.MustCompile(`^[{(]?0[0.-]*[)}]?$`)
	// placeholder is the mark of a template of one name only, in the ways of many programs; {{…}} and the like are told
	// by Nothing.
	placeholder = regexp.MustCompile(`^(?:\{[!$#]?[A-Za-z_][\w.\s:!|-]*\}|%[A-Za-z_][\w.-]*%|<[A-Za-z_][\w.\s-]*/?>|__[A-Za-z]\w*__|\[[A-Za-z_][\w.\s-]*\]|[@$]\([\w.\s-]+\)|@\{[^{}]*\}|[:$][A-Za-z_]\w*|#[\pL/0]+[!?])$`)
	braced      = regexp.MustCompile(`^\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$`)
	idSeparator = regexp.MustCompile(`[-_:/|#.,;\s]+`)
)

// noIDs are texts that programs write where they have no id, beside those that stand for nothing anywhere.
var noIDs = []string{
	"-1", "false", "true", "tbd", "tba", "blank", "empty", "missing", "string", "id", "lead id", "lead_id", "leadid",
	"external id", "external_id", "externalid", "uuid", "guid", "your_id", "example", "nil", "na", "nan", "no id",
}

// ID is an id from elsewhere as it is kept and compared: without guards, without the prefix of Meta's files, and as a whole
// number where a spreadsheet or a program made one to reckon with of it. It is empty for what is no id: words and templates
// that stand for nothing, and numbers that have lost digits.
func ID(text string) string {
	if wholeNumber(text) {
		return text
	}
	text = Unguard(text)
	if idPrefix.MatchString(text) {
		text = text[len("l:"):]
	}
	switch {
	case reckoned.MatchString(text):
		if text = whole(strings.TrimPrefix(text, "+")); len(text) > excelDigits {
			return "" // its last digits may be made up
		}
	case idDecimals.MatchString(text):
		text = text[:strings.IndexByte(text, '.')]
	case grouped.MatchString(text):
		text = whole(text)
	}
	if noID(text) {
		return ""
	}
	return text
}

// wholeNumber reports whether a text is a whole number, as most ids are.
func wholeNumber(text string) bool {
	return text != "" && text[0] != '0' && strings.Trim(text, "0123456789") == ""
}

func noID(text string) bool {
	lower := strings.ToLower(text)
	switch {
	case text == "" || Nothing(text) || zeros.MatchString(text) || slices.Contains(noIDs, lower):
		return true
	case strings.Trim(lower, "x?*.") == "": // XXX, ???
		return true
	case placeholder.MatchString(text) && !braced.MatchString(text):
		return true
	}
	return joinedOfNothing(lower)
}

// joinedOfNothing reports whether an id was put together of what was not there, as in lead-undefined and null_null. Where
// another part has a digit, that may tell leads apart.
func joinedOfNothing(lower string) bool {
	if strings.ContainsAny(lower, "0123456789") {
		return false
	}
	for _, part := range idSeparator.Split(lower, -1) {
		switch part {
		case "undefined", "null", "nan":
			return true
		}
	}
	return false
}

// excelDigits are as many digits as spreadsheets keep of a number, doubleDigits as programs do that know no others.
const excelDigits, doubleDigits = 15, 17

// Rounded reports whether an id looks like a number that lost its last digits: zeros stand in their place. Many leads may
// have it then.
func Rounded(id string) bool {
	if strings.Trim(id, "0123456789") != "" {
		return false
	}
	for _, kept := range []int{excelDigits, doubleDigits} {
		if len(id) > kept && strings.Trim(id[kept:], "0") == "" {
			return true
		}
	}
	return false
}

// exportedNumber is a number as Meta's files have it, behind a prefix that keeps spreadsheets from changing it.
var exportedNumber = regexp.MustCompile(`^p:\+?\d`)

// Number is a phone number as it was given, without guards.
func Number(text string) string {
	text = Unguard(text)
	if exportedNumber.MatchString(text) {
		return text[len("p:"):]
	}
	return text
}
