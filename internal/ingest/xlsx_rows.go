package ingest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
)

// A sheetReader reads the rows of a workbook's sheet one by one.
type sheetReader struct {
	name     string
	tokens   *tokens
	shared   *sharedTexts // nil where the workbook has none
	dates    []bool       // by a cell's style, whether that shows dates
	date1904 bool

	line  int64
	text  []byte   // of the row's cells, one after another
	ends  []int    // of the cells in text
	cells [][]byte // parts of text
	raw   []byte
	long  bool // the row holds more than a row may
}

func (r *sheetReader) record() record { return record{r.cells, r.raw, r.line} }

// readHeader takes the first row that is not empty for the header.
func (r *sheetReader) readHeader() (*header, error) {
	for {
		err := r.next()
		var reject *Reject
		switch {
		case errors.Is(err, io.EOF):
			return nil, errNoSheet
		case errors.As(err, &reject):
			return nil, &FileError{"The header cannot be read. " + reject.Reason}
		case err != nil:
			return nil, err
		case len(bytes.TrimSpace(r.text)) > 0:
			return newHeader(r.cells)
		}
	}
}

// next goes on to the next row that the sheet has. At its end it reads on to the part's, where damage would show.
func (r *sheetReader) next() error {
	for {
		token, err := r.tokens.next()
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "row" {
			r.line++
			if n, err := strconv.ParseInt(attribute(e, "r"), 10, 64); err == nil && n > r.line {
				r.line = n
			}
			return r.row()
		}
	}
}

// row reads the cells of the row that was just opened.
func (r *sheetReader) row() error {
	r.text, r.ends, r.long = r.text[:0], r.ends[:0], false
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
	if r.long {
		return r.record().reject("The row is longer than 1 MiB; shorten it.")
	}
	return nil
}

// cell reads the cell that was just opened, and puts it in its column: empty ones are left out of the file. Beyond the
// limit of columns one more is kept, which tells that there are too many.
func (r *sheetReader) cell(e xml.StartElement) error {
	column := min(columnOf(attribute(e, "r"), len(r.ends)), maxColumns)
	start := len(r.text)
	for len(r.ends) < column {
		r.ends = append(r.ends, start)
	}
	text, err := r.tokens.text(r.text, func(element string) bool { return element == "v" || element == "t" })
	if err != nil {
		return err
	}
	value := string(text[start:])
	r.text = text[:start]
	switch kind := attribute(e, "t"); kind {
	case "s":
		i, err := strconv.Atoi(value)
		if err != nil && value != "" {
			return errDamaged
		}
		if value != "" {
			r.text, err = r.shared.appendTo(r.text, i)
		}
		if err != nil {
			return err
		}
	case "b":
		r.text = append(r.text, map[string]string{"1": "TRUE", "0": "FALSE"}[value]...)
	case "", "n":
		r.text = append(r.text, r.number(value, attribute(e, "s"))...)
	default: // texts, dates and errors as they are
		r.text = append(r.text, value...)
	}
	r.text = unescape(r.text, start)
	if len(r.ends) <= maxColumns {
		r.ends = append(r.ends, len(r.text))
	} else {
		r.text = r.text[:start]
	}
	return nil
}

func (r *sheetReader) number(raw, style string) string {
	if raw == "" {
		return ""
	}
	if i, err := strconv.Atoi(style); err == nil && i >= 0 && i < len(r.dates) && r.dates[i] {
		return dateText(raw, r.date1904)
	}
	return numberText(raw)
}

// columnOf is the column, from 0, of a cell such as BC7; a cell without a name stands behind the last one.
func columnOf(name string, following int) int {
	column := 0
	for i := 0; i < len(name) && name[i] >= 'A' && name[i] <= 'Z' && column <= maxColumns; i++ {
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
