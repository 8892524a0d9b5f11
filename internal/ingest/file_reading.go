package ingest

import (
	"fmt"
	"io"
)

// maxBlankRows is how many rows a file may have beyond those that may be imported, since spreadsheets keep rows of nothing.
const maxBlankRows = 20_000_000

// A reading is what bounds the reading of a file. It reaches all that is read of it, what is unpacked included: a few bytes of
// an archive may be hours of work.
type reading struct {
	// halted says why nothing more is to be read, nil while it may be.
	halted func() error
	pulse  *pulse
	// steps are how many steps of work may still be done for an archive beside its rows; see spend. They are free, and more by its size.
	free, steps int64
	// sheet is what is read of a workbook until its first row is there, nil from then on.
	sheet *tokens
	// left is how many rows may still be read, those included that hold nothing; -1 for any number.
	left    int64
	tooMany *FileError
}

// freely reads a file without bounds but those of its kind.
func freely() *reading {
	return &reading{halted: func() error { return nil }, pulse: newPulse(nil, func() {}), free: freeSteps, left: -1}
}

// within bounds a reading to so many rows that are leads or rejects, and so many that hold nothing; 0 is any number.
func (r *reading) within(rows, blank int64) *reading {
	if rows > 0 {
		r.left = rows + blank
		r.tooMany = &FileError{fmt.Sprintf("The file has more than %d rows, those included that hold nothing; take those out, or send it in parts.", r.left)}
	}
	return r
}

// An archive may ask for freeSteps of work beside what is done for its rows, and for stepsPerByte more for each byte that was sent. A
// step is less than a microsecond: a token of XML, an attribute, bytesPerStep of text; a file that is opened is openFileSteps of them.
const (
	freeSteps     = 900_000
	stepsPerByte  = 3
	openFileSteps = 100
	bytesPerStep  = 32
)

// errTooMuchWork is why a file is not read that would take long before it gives its first row, whatever its size.
var errTooMuchWork = &FileError{"The file holds far more styles, texts, sheets, empty rows or other parts than one of its size should; copy the rows of leads into a new workbook and send that, or save it as CSV."}

// spend takes steps of work, and returns errTooMuchWork where there are none left.
func (r *reading) spend(steps int) error {
	if r.steps -= int64(steps); r.steps < 0 {
		return errTooMuchWork
	}
	return nil
}

// begun notes that a row is there: what follows is counted by rows.
func (r *reading) begun() {
	if r.sheet != nil {
		r.sheet.metered, r.sheet = nil, nil
	}
}

// A haltError is why a file was not read on, though it goes on.
type haltError struct{ cause error }

func (e *haltError) Error() string { return "reading the file was stopped: " + e.cause.Error() }
func (e *haltError) Unwrap() error { return e.cause }

// of makes a source one that is read within the bounds.
func (r *reading) of(src io.Reader) io.Reader { return &boundedReader{Reader: src, reading: r} }

type boundedReader struct {
	io.Reader
	reading *reading
	ended   error // comes again with each read: whoever looks ahead drops it, and a request's body then says that all came
}

// Read implements io.Reader.
func (b *boundedReader) Read(data []byte) (int, error) {
	if cause := b.reading.halted(); cause != nil {
		return 0, &haltError{cause}
	}
	b.reading.pulse.tick()
	if b.ended != nil {
		return 0, b.ended
	}
	n, err := b.Reader.Read(data)
	b.ended = err
	return n, err
}

// rows makes a table one whose rows are counted.
func (r *reading) rows(t *Table) *Table {
	t.records = &countedRecords{t.records, r}
	return t
}

type countedRecords struct {
	records
	reading *reading
}

func (c *countedRecords) next() error {
	switch c.reading.left {
	case 0:
		return c.reading.tooMany
	case -1:
	default:
		c.reading.left--
	}
	return c.records.next()
}
