package leadfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// window is how much of a file is looked at at once, in bytes; a longer record makes it grow.
const window = 64 << 10

// A recordReader reads the records of a file one by one, in bounded memory, and goes on behind those that it must
// reject.
type recordReader struct {
	splitter
	src      io.Reader
	known    Known
	buf      []byte
	pos, end int   // what is read and not yet consumed: buf[pos:end]
	err      error // of src, once it has ended: io.EOF where that was its end
	line     int64 // of buf[pos], from 1

	// oneLine is how many of the next bytes hold no record of several lines, as the search for a closing quotation mark
	// has shown. It keeps a file full of stray marks from being searched again for each of them.
	oneLine int

	raw       []byte // the last record, without its line end
	startLine int64  // and the line on which it starts
}

func newRecordReader(src io.Reader, known Known) *recordReader {
	return &recordReader{src: src, known: known, buf: make([]byte, window), line: 1, splitter: splitter{comma: ','}}
}

// next reads a record into cells, raw and startLine; they are good until the next call. It returns a *Reject where the
// record cannot be read, io.EOF at the end of the file, and the source's error where that breaks off: what then stands
// half read is not a record.
func (r *recordReader) next() error {
	for {
		in := r.buf[r.pos:min(r.end, r.pos+maxRecord)]
		final := r.atEOF() && r.end-r.pos <= maxRecord
		if len(in) == 0 && r.err != nil {
			return r.err
		}
		n, v := r.split(in, final, r.oneLine > 0)
		switch {
		case v == whole:
			r.take(n)
			return nil
		case v == unclear:
			r.take(n)
			return r.record().Reject("Quotation marks stand behind backslashes on this line, and it can be read in several ways; double the marks of the text instead.")
		case v == stray:
			return r.rejectLine(n)
		case len(in) == maxRecord:
			return r.rejectLong(in)
		case r.err != nil:
			return r.err
		}
		r.fill()
	}
}

// take consumes n bytes as one record.
func (r *recordReader) take(n int) {
	record := r.buf[r.pos : r.pos+n]
	r.raw, r.startLine = bytes.TrimRight(record, "\r\n"), r.line
	r.line += r.lineEnds(record)
	r.consume(n)
}

func (r *recordReader) consume(n int) {
	r.pos += n
	r.oneLine = max(0, r.oneLine-n)
}

// rejectLine rejects the first line of a record whose quotation mark was sought in the first n bytes.
func (r *recordReader) rejectLine(n int) error {
	r.oneLine = max(r.oneLine, n)
	_, next, _ := r.lineEnd(r.buf[r.pos:r.end], 0, r.err != nil)
	r.take(next)
	return r.record().Reject("A quotation mark opens a cell on this line and is not closed; remove it, or double it where it belongs to the text.")
}

// rejectLong rejects a record of more than maxRecord bytes, or only its first line where that is shorter: then a stray
// quotation mark made the rest part of it.
func (r *recordReader) rejectLong(in []byte) error {
	if _, _, found := r.lineEnd(in, 0, false); found {
		return r.rejectLine(len(in))
	}
	long := &Reject{Line: r.line, Record: RecordText(in), Reason: "The row is longer than 1 MiB; shorten it."}
	for {
		_, next, found := r.lineEnd(r.buf[r.pos:r.end], 0, r.err != nil)
		if found {
			r.consume(next)
			r.line++
			return long
		}
		if last := r.end - 1; last >= r.pos && r.buf[last] == '\r' {
			next-- // it may be half of a CRLF
		}
		r.consume(next)
		r.fill()
	}
}

func (r *recordReader) record() Record { return Record{Cells: r.cells, Raw: r.raw, Line: r.startLine} }

// fill reads more of the source, making room where a record needs it.
func (r *recordReader) fill() {
	r.end = copy(r.buf, r.buf[r.pos:r.end])
	r.pos = 0
	if r.end > len(r.buf)/2 {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end:])
		got := r.buf[r.end : r.end+n]
		if bytes.IndexByte(got, 0) >= 0 {
			got = deleteNUL(got)
		}
		r.end += len(got)
		if r.err = endOf(err); err != nil || len(got) > 0 {
			return
		}
	}
	r.err = io.ErrNoProgress
}

// endOf keeps io.EOF for the end of the file. An error about a connection may wrap it, and is none.
func endOf(err error) error {
	if err != io.EOF && errors.Is(err, io.EOF) { //nolint:errorlint // the difference is the point
		return fmt.Errorf("%w: %v", io.ErrUnexpectedEOF, err) //nolint:errorlint // as above
	}
	return err
}

func (r *recordReader) atEOF() bool { return errors.Is(r.err, io.EOF) }

// deleteNUL takes the NULs out of b, in place. Text has none; the database refuses them.
func deleteNUL(b []byte) []byte {
	kept := b[:0]
	for _, c := range b {
		if c != 0 {
			kept = append(kept, c)
		}
	}
	return kept
}
