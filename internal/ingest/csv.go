package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// A FileError says in a sentence why no row of a file can be imported.
type FileError struct{ Message string }

func (e *FileError) Error() string { return e.Message }

var errEmpty = &FileError{"The file is empty; send a CSV file with a header line and a row for each lead."}

// A Reject is a row that cannot be imported.
type Reject struct {
	// Line is where the row starts in the file, from 1.
	Line int64 `json:"line"`
	// Reason is a sentence for whoever mends the file.
	Reason string `json:"reason"`
	// Record is the row as it stands in the file, or its beginning.
	Record string `json:"record"`
}

func (r *Reject) Error() string { return fmt.Sprintf("line %d: %s", r.Line, r.Reason) }

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
	// Fields is a JSON object of the other cells that are not empty.
	Fields json.RawMessage
	// Record is the row as it stands in the file, good until the next row is read.
	Record []byte
}

// A CSV reads leads from a file: comma, semicolon, tab or pipe separated, in UTF-8, UTF-16 or Windows-1252, with a
// header. It is forgiving: it cleans what it can, rejects rows one by one, and holds no more than one of them.
type CSV struct {
	records *recordReader
	header  *header

	cells [][]byte // of the current row, cleaned
	text  []byte   // the current row's texts
	json  []byte   // its fields
	key   []byte   // its content, of which its key is made
}

// NewCSV reads src, which may be of any length.
func NewCSV(src io.Reader) *CSV {
	return &CSV{records: newRecordReader(decodeText(src))}
}

// Columns reads the header line. It returns a *FileError where the file has none that can be used, and the source's
// error where that breaks off.
func (c *CSV) Columns() ([]Column, error) {
	if c.header == nil {
		h, err := c.records.readHeader()
		if err != nil {
			return nil, err
		}
		c.header = h
	}
	return c.header.columns, nil
}

// Next reads the next row. It returns a *Reject for one that cannot be imported, after which the next can be read;
// io.EOF behind the last; what Columns returns; and the source's error where that breaks off, after all rows that came
// whole.
func (c *CSV) Next() (Row, error) {
	if _, err := c.Columns(); err != nil {
		return Row{}, err
	}
	for {
		if err := c.records.next(); err != nil {
			return Row{}, err
		}
		if c.header.is(c.records.cells) || !c.cleanCells() {
			continue
		}
		return c.row()
	}
}

// cleanCells cleans the record's cells and reports whether one of them is not empty.
func (c *CSV) cleanCells() bool {
	c.cells = c.cells[:0]
	valid, filled := utf8.Valid(c.records.raw), false
	for _, cell := range c.records.cells {
		if valid {
			cell = bytes.TrimSpace(cell)
		} else {
			cell = cleanCell(cell)
		}
		c.cells = append(c.cells, cell)
		filled = filled || len(cell) > 0
	}
	return filled
}
