package contact

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// guardMark goes before a cell that a spreadsheet would take for a formula.
const guardMark = "'"

// formulaMarks begin formulas, also in the wide and small forms that spreadsheets of East Asia take for the same.
const formulaMarks = "=+-@＝＋－＠﹦﹢﹣﹫"

var plainNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// Guard is a text as a cell that no spreadsheet takes for a formula: behind an apostrophe where it begins like one, be it
// after spaces and what nobody sees. Plain numbers are none. Bare takes the apostrophe off again.
func Guard(text string) string {
	if isFormula(strings.TrimLeft(text, guardMark)) { // with its own apostrophes, which could not be told from ours
		return guardMark + text
	}
	return text
}

// Bare is the text of which Guard made a cell.
func Bare(cell string) string {
	if text, marked := strings.CutPrefix(cell, guardMark); marked && isFormula(strings.TrimLeft(text, guardMark)) {
		return text
	}
	return cell
}

func isFormula(text string) bool {
	if text == "" || plainNumber.MatchString(text) {
		return false
	}
	if text[0] == '\t' || text[0] == '\r' {
		return true
	}
	first, size := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, func(r rune) bool { return r != utf8.RuneError && (unicode.IsSpace(r) || !seen(r)) }))
	return size > 0 && strings.ContainsRune(formulaMarks, first)
}
