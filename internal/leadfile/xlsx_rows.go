package leadfile

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strconv"
)

// maxLine is the highest number of a row that is believed, far beyond what spreadsheets have: lines are counted on from there, and
// no two rows may come to have the same.
const maxLine = 1 << 40

// A sheetReader reads the rows of a workbook's sheet one by one.
type sheetReader struct {
	name     string
	tokens   *tokens
	shared   *sharedTexts // nil where the workbook has none
	formats  *formats
	totals   []totalsRow
	date1904 bool
	stale    bool // formulas are to be worked out before their results are looked at
	isText   func(element string) bool

	line  int64
	text  []byte   // of the row's cells, one after another
	ends  []int    // of the cells in text
	cells [][]byte // parts of text
	raw   []byte
	long  bool // the row holds more than a row may

	column         int  // of the next cell, where that does not say
	formula, value bool // what the cell being read has
	unworked       int  // formulas of the row without a result
	total          bool // the row has totals of a table, which are left out
}

func newSheetReader() *sheetReader {
	r := &sheetReader{}
	r.isText = func(element string) bool {
		r.formula = r.formula || element == "f"
		r.value = r.value || element == "v"
		return element == "v" || element == "t"
	}
	return r
}

func (r *sheetReader) record() Record {
	return Record{Cells: r.cells, Raw: r.raw, Line: r.line, Unworked: r.unworked, Total: r.total}
}

// begin has nothing to do: the sheet is open.
func (r *sheetReader) begin() error { return nil }

// next goes on to the next row that the sheet has. At its end it reads on to the part's, where damage would show.
func (r *sheetReader) next() error {
	for {
		token, err := r.tokens.next()
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "row" {
			r.line++
			if n, err := strconv.ParseInt(attribute(e, "r"), 10, 64); err == nil && n > r.line && n <= maxLine {
				r.line = n
			}
			return r.row()
		}
	}
}

// row reads the cells of the row that was just opened.
func (r *sheetReader) row() error {
	r.text, r.ends, r.long, r.unworked, r.column = r.text[:0], r.ends[:0], false, 0, 0
	for within := r.tokens.depth; ; {
		token, err := r.tokens.next()
		if err != nil {
			return unexpected(err)
		}
		if r.tokens.depth < within {
			break
		}
		e, ok := token.(xml.StartElement)
		if !ok || e.Name.Local != "c" {
			continue
		}
		if err := r.cell(e); err != nil {
			return err
		}
		if len(r.text) > maxRecord { // its other cells are read, but not kept
			r.text, r.ends, r.long = r.text[:0], r.ends[:0], true
		}
	}
	r.cells = r.cells[:0]
	start := 0
	for _, end := range r.ends {
		r.cells = append(r.cells, r.text[start:end])
		start = end
	}
	r.raw = appendLine(r.raw[:0], r.cells)
	r.total = r.leaveTotals()
	if r.long {
		return r.record().Reject("The row is longer than 1 MiB; shorten it.")
	}
	return nil
}

// cell reads the cell that was just opened, and puts it in its column: empty ones are left out of the file. Beyond the
// limit of columns one more is kept that is not empty, which tells that there are too many.
func (r *sheetReader) cell(e xml.StartElement) error {
	column, start := columnOf(attribute(e, "r"), r.column), len(r.text)
	r.column = column + 1
	r.formula, r.value = false, false
	text, err := r.tokens.text(r.text, r.isText)
	if err != nil {
		return err
	}
	value := string(text[start:])
	r.text = text[:start]
	if err := r.appendValue(attribute(e, "t"), value, attribute(e, "s")); err != nil {
		return err
	}
	r.text = unescape(r.text, start)
	if len(r.text) == start {
		return nil
	}
	if column = min(column, MaxColumns); column < len(r.ends) { // one beyond the limit is there already
		r.text = r.text[:start]
		return nil
	}
	for len(r.ends) < column {
		r.ends = append(r.ends, start)
	}
	r.ends = append(r.ends, len(r.text))
	return nil
}

// appendValue appends what people see in a cell of a kind and style to the row's text.
func (r *sheetReader) appendValue(kind, value, style string) error {
	switch {
	case r.isUnworked(kind, value):
		r.unworked++
	case value == "":
	case kind == "", kind == "n":
		r.text = append(r.text, r.formats.of(style).number(value, r.date1904)...)
	case kind == "b":
		r.text = append(r.text, map[string]string{"1": "TRUE", "0": "FALSE"}[value]...)
	case kind == "s":
		return r.appendShared(value, style)
	case kind == "str", kind == "inlineStr":
		r.text = append(r.text, r.formats.of(style).around(value)...)
	default: // dates and errors as they are
		r.text = append(r.text, value...)
	}
	return nil
}

// isUnworked reports whether the cell is a formula whose result the file has not. A text may be empty; and where formulas
// are to be worked out when the file is opened, programs write 0 for what they have not worked out.
func (r *sheetReader) isUnworked(kind, value string) bool {
	if !r.formula || value != "" && value != "0" {
		return false
	}
	if kind == "" || kind == "n" {
		return value == "" || r.stale
	}
	return value == "" && !r.value
}

// appendShared appends the shared text of a number.
func (r *sheetReader) appendShared(number, style string) error {
	i, err := strconv.Atoi(number)
	if err != nil {
		return errDamaged
	}
	start := len(r.text)
	if r.text, err = r.shared.appendTo(r.text, i); err != nil {
		return err
	}
	if f := r.formats.of(style); f.text != nil {
		r.text = append(r.text[:start], f.around(string(r.text[start:]))...)
	}
	return nil
}

// columnOf is the column, from 0, of a cell such as BC7; a cell without a name stands behind the last one.
func columnOf(name string, following int) int {
	column := 0
	for i := 0; i < len(name) && name[i] >= 'A' && name[i] <= 'Z' && column <= MaxColumns; i++ {
		column = 26*column + int(name[i]-'A') + 1
	}
	if column == 0 || column-1 < following {
		return following
	}
	return column - 1
}

// escaped is a character as spreadsheets write those that XML cannot hold.
var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescape undoes such writing in b from start on.
func unescape(b []byte, start int) []byte {
	if !bytes.Contains(b[start:], []byte("_x")) {
		return b
	}
	plain := escaped.ReplaceAllFunc(b[start:], func(e []byte) []byte {
		code, _ := strconv.ParseUint(string(e[2:6]), 16, 16)
		if code == 0 || code == '\r' {
			return nil
		}
		return []byte(string(rune(code)))
	})
	return append(b[:start], plain...)
}

// appendLine appends cells as a line of CSV.
func appendLine(b []byte, cells [][]byte) []byte {
	for i, cell := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		if bytes.ContainsAny(cell, "\",\r\n") {
			b = append(b, '"')
			b = append(b, bytes.ReplaceAll(cell, []byte(`"`), []byte(`""`))...)
			b = append(b, '"')
			continue
		}
		b = append(b, cell...)
	}
	return b
}
