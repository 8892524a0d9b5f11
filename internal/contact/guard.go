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
// after spaces and what nobody sees. Plain numbers are none. Where spreadsheets part cells by semicolons, as in much of
// Europe, one cell of ours is several of theirs, and some have more lines: each piece is guarded. Bare takes the apostrophes
// off again.
func Guard(text string) string {
	return eachPiece(text, func(piece string) string {
		if isFormula(strings.TrimLeft(piece, guardMark)) { // with its own apostrophes, which could not be told from ours
			return guardMark + piece
		}
		return piece
	})
}

// Bare is the text of which Guard made a cell.
func Bare(cell string) string {
	return eachPiece(cell, func(piece string) string {
		if text, marked := strings.CutPrefix(piece, guardMark); marked && isFormula(strings.TrimLeft(text, guardMark)) {
			return text
		}
		return piece
	})
}

// pieceEnds part a text into pieces.
const pieceEnds = ";\n\r"

// eachPiece changes what stands between semicolons and ends of lines. The spaces before a later piece are none of it, and
// ends of lines before the first are part of that.
func eachPiece(text string, change func(string) string) string {
	if !strings.ContainsAny(text, pieceEnds) {
		return change(text)
	}
	var changed strings.Builder
	for first := true; ; first = false {
		end := strings.IndexAny(text, pieceEnds)
		if first {
			lines := len(text) - len(strings.TrimLeft(strings.TrimLeft(text, guardMark), "\r\n"))
			if end = strings.IndexAny(text[lines:], pieceEnds); end >= 0 {
				end += lines
			}
		}
		piece := text
		if end >= 0 {
			piece = text[:end]
		}
		bare := piece
		if !first {
			bare = strings.TrimLeft(piece, " ")
		}
		changed.WriteString(piece[:len(piece)-len(bare)] + change(bare))
		if end < 0 {
			return changed.String()
		}
		changed.WriteByte(text[end])
		text = text[end+1:]
	}
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
