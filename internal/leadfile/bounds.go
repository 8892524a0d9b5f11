package leadfile

import (
	"fmt"
	"io"
)

// A reading is what bounds the reading of a file. It reaches all that is read of it, what is unpacked included: a few bytes of
// an archive may be hours of work.
type reading struct {
	Options
	// steps are how many steps of work may still be done for an archive beside its rows; see spend. They are free, and more by its size.
	free, steps int64
	// unpacked is how much an archive may unpack to whatever its size, in bytes.
	unpacked int64
	// sheet is what is read of a workbook until its first row is there, nil from then on.
	sheet *tokens
	// rows is how many rows were read.
	rows int64
}

func newReading(o Options) *reading {
	return &reading{Options: o, free: freeSteps, unpacked: freelyUnpacked}
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
var errTooMuchWork = &Error{Final: true, Message: "The file holds far more styles, texts, sheets, empty rows or other parts than one of its size should; copy the rows of leads into a new workbook and send that, or save it as CSV."}

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
	if halted := b.reading.Halted; halted != nil {
		if cause := halted(); cause != nil {
			return 0, &haltError{cause}
		}
	}
	if b.ended != nil {
		return 0, b.ended
	}
	n, err := b.Reader.Read(data)
	b.ended = err
	return n, err
}

// count counts one row more, and returns an *Error where there may be none.
func (r *reading) count() error {
	if r.Rows > 0 && r.rows >= r.Rows {
		return &Error{Final: true, Message: fmt.Sprintf("The file has more than %d rows, those included that hold nothing; take those out, or send it in parts.", r.Rows)}
	}
	r.rows++
	return nil
}
