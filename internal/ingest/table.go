package ingest

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// A Row is a row of a file as a lead.
type Row struct {
	// Line is where the row starts in the file, from 1.
	Line int64
	// Name, Email and Phone are empty where the row has none; one of them is there.
	Name, Email, Phone string
	// ExternalID is the row's own, or made of its content.
	ExternalID string
	// Source is the name of a source as the row has it.
	Source string
	// Attribution is a JSON object of the cells that say what brought the lead in, nil where none does.
	Attribution json.RawMessage
	// Fields is a JSON object of the other cells that are not empty.
	Fields json.RawMessage
	// Consent is a JSON object of what the person agreed to, nil where the file does not say.
	Consent json.RawMessage
	// Test is a platform's test.
	Test bool
	// Record is the row as it stands in the file, good until the next row is read.
	Record []byte
}

// A Table reads leads from rows under a header. It is forgiving: it cleans what it can, rejects rows one by one, and holds
// no more than one of them.
type Table struct {
	records *leadfile.Part
	header  *header
	heading []string        // the header's cells in their plain form, to know the line again
	numbers []bool          // by column, whether that holds phone numbers or ids
	ahead   []ahead         // rows that were read to find the header and tell the columns
	ended   error           // what ended the file while they were read
	record  leadfile.Record // the current row

	cells   [][]byte    // of the current row, cleaned
	texts   []byte      // the current row's texts
	json    []byte      // its fields
	about   []byte      // its attribution
	consent []byte      // of a list of ours
	own     *ownColumns // nil in others' files
	test    bool
	errors  int // its cells that held an error of a spreadsheet
	// ownIDs makes the column "id" the lead's own.
	ownIDs bool
	made   [][]byte // the current row's texts that are put together
	parts  []int    // the places of what they are put together of
	used   []int    // the places of the columns that it took
	key    []byte   // its content, of which its key is made
	notes  notes

	unusable error // why no row can become a lead
	mapping  Mapping
	region   string    // where numbers without a country's prefix are
	guesses  []string  // what was told by content alone, in sentences
	kept     []content // what became fields in the first rows, by column
	// watchedRows are the rows that are in kept.
	watchedRows int
}

// NewCSV reads src, which may be of any length: comma, semicolon, tab or pipe separated, in Unicode or an older encoding.
func NewCSV(src io.Reader) *Table {
	return FileOptions{}.table(leadfile.NewText(src, leadfile.Options{Known: knownColumns}))
}

// Columns reads the header line. It returns a *leadfile.Error where the file has none that can be used, and the source's
// error where that breaks off.
func (t *Table) Columns() ([]Column, error) {
	if t.unusable != nil {
		return nil, t.unusable
	}
	if t.header == nil {
		if t.unusable = t.findHeader(); t.unusable != nil {
			return nil, t.unusable
		}
	}
	return t.header.columns, nil
}

// Next reads the next row. It returns a *leadfile.Reject for one that cannot be imported, after which the next can be read;
// io.EOF behind the last; what Columns returns; and the source's error where that breaks off, after all rows that came
// whole.
func (t *Table) Next() (Row, error) {
	if _, err := t.Columns(); err != nil {
		return Row{}, err
	}
	for {
		if err := t.nextRecord(); err != nil {
			return Row{}, err
		}
		if t.record.Total {
			t.notes.totals = append(t.notes.totals, t.record.Line)
		}
		if t.isHeading(t.record.Cells) || !t.cleanCells() || t.takesHeading() {
			continue
		}
		return t.row()
	}
}

// nextRecord goes on to the next row, of those read ahead first.
func (t *Table) nextRecord() error {
	if len(t.ahead) > 0 {
		next := t.ahead[0]
		t.ahead = t.ahead[1:]
		t.record = next.record
		return next.err
	}
	if t.ended != nil {
		return t.ended
	}
	if err := t.records.Next(); err != nil {
		return err
	}
	t.record = t.records.Record()
	return nil
}

// cleanCells cleans the record's cells and reports whether the row holds anything.
func (t *Table) cleanCells() bool {
	t.cells, t.errors = t.cells[:0], 0
	if t.own != nil {
		return t.bareCells()
	}
	valid, filled := utf8.Valid(t.record.Raw), t.record.Unworked > 0
	t.test = bytes.Contains(t.record.Raw, []byte("<test lead: dummy data")) // as Meta's testing tool fills in
	if !valid {
		t.notes.otherBytes(t.record.Line)
	}
	for i, cell := range t.record.Cells {
		if !valid {
			cell = leadfile.CleanCell(cell)
		}
		cell = t.header.strip(i, plainCell(cell))
		if isCellError(cell) {
			t.errors++
			cell = nil
		}
		if i < len(t.numbers) && t.numbers[i] {
			cell = wholeNumber(cell)
		}
		t.cells = append(t.cells, cell)
		filled = filled || len(cell) > 0
	}
	return filled || t.errors > 0
}
