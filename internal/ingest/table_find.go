package ingest

import (
	"bytes"
	"errors"
	"io"

	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// maxAboveBytes bounds what is kept of a file while its header is sought.
const maxAboveBytes = 256 << 10

// An ahead is a row that was read before its turn, or why it cannot be.
type ahead struct {
	record leadfile.Record
	err    error
}

// findHeader finds the row that names the columns: the first, or below titles the one with the most known columns. It
// returns a *leadfile.Error where none can be used.
func (t *Table) findHeader() error {
	if err := t.records.Begin(); err != nil {
		return err
	}
	best, mostKnown := -1, -1
	for size := 0; len(t.ahead) <= leadfile.MaxAbove && size < maxAboveBytes && mostKnown < 2; {
		var unreadable *leadfile.Reject
		switch err := t.records.Next(); {
		case errors.As(err, &unreadable):
			t.ahead = append(t.ahead, ahead{err: err, record: leadfile.Record{Line: unreadable.Line}})
			continue
		case err != nil:
			t.ended = err
		}
		if t.ended != nil {
			break
		}
		r := t.records.Record()
		known, filled := knownColumns(r.Cells)
		if filled == 0 {
			continue
		}
		t.ahead = append(t.ahead, ahead{record: r.Clone()})
		size += len(r.Raw)
		if known > mostKnown {
			best, mostKnown = len(t.ahead)-1, known
		}
		if len(t.ahead) == 1 && known > 0 && filled == len(r.Cells) {
			break // no title has so many cells
		}
	}
	return t.useHeader(best, mostKnown)
}

// useHeader takes one of the rows read for the header.
func (t *Table) useHeader(place, known int) error {
	var unreadable *leadfile.Reject
	switch {
	case len(t.ahead) == 0 && !errors.Is(t.ended, io.EOF):
		return t.ended
	case len(t.ahead) == 0:
		return t.records.Empty
	case known < 1 && errors.As(t.ahead[0].err, &unreadable):
		return &leadfile.Error{Message: "The header line cannot be read. " + unreadable.Reason}
	}
	found := t.ahead[place].record
	for _, above := range t.ahead[:place] {
		t.notes.above = append(t.notes.above, above.record.Line)
	}
	t.ahead = t.ahead[place+1:]
	return t.adopt(found, t.settleHeader)
}

// adopt makes a row the header of those that follow, once settle has said what its columns are.
func (t *Table) adopt(r leadfile.Record, settle func() error) error {
	cells := plainCells(r.Cells)
	h, err := newHeader(cells)
	if err != nil {
		return err
	}
	before := t.header
	t.header = h
	if err := settle(); err != nil {
		t.header = before
		return err
	}
	t.heading = t.heading[:0]
	t.numbers = make([]bool, len(cells))
	for i, c := range cells {
		t.heading = append(t.heading, plainHeader(string(c)))
		role := role(h.columns[i].Role)
		t.numbers[i] = role == rolePhone || role == roleExternalID || i == h.bareID
	}
	t.own = t.ownExport()
	return nil
}

// plainCells are cells as text without guards, up to the last that is not empty.
func plainCells(cells [][]byte) [][]byte {
	plain, filled := make([][]byte, len(cells)), 0
	for i, c := range cells {
		if plain[i] = bytes.Clone(plainCell(leadfile.CleanCell(c))); len(plain[i]) > 0 {
			filled = i + 1
		}
	}
	return plain[:filled]
}

// knownColumns counts the cells of a row that name a column, and those that are not empty.
func knownColumns(cells [][]byte) (known, filled int) {
	for _, c := range cells {
		plain := plainCell(leadfile.CleanCell(c))
		if len(plain) == 0 {
			continue
		}
		filled++
		if r, _ := roleOf(string(plain)); r != roleNone {
			known++
		}
	}
	return known, filled
}

// isHeading reports whether a row is the header again, as in files put together from several.
func (t *Table) isHeading(cells [][]byte) bool {
	if len(cells) == 0 || len(t.heading) == 0 {
		return false
	}
	first := cells[0]
	if len(first) > 0 && 'A' <= first[0]&^0x20 && first[0]&^0x20 <= 'Z' && (t.heading[0] == "" || t.heading[0][0] != first[0]|0x20) {
		return false // as almost every row
	}
	cells = plainCells(cells)
	if len(cells) != len(t.heading) {
		return false
	}
	for i, c := range cells {
		if plainHeader(string(c)) != t.heading[i] {
			return false
		}
	}
	return true
}

// takesHeading takes the current row for the header of those that follow it where it names columns, other ones than the
// header does or in another order: each cell where a name, an address or a number belongs is then a heading.
func (t *Table) takesHeading() bool {
	named := 0
	for _, r := range []role{roleEmail, rolePhone, roleName, roleFirst, roleLast} {
		place := t.filled(r)
		if place < 0 {
			continue
		}
		cell := t.cell(place)
		if looksLikeEmail(cell) || looksLikePhone(cell) {
			return false // as almost every row, and what a heading means takes long to tell
		}
		if known, _ := roleOf(string(cell)); known == roleNone {
			return false
		}
		named++
	}
	told := t.columnWarnings() // of the columns until here
	if known, filled := knownColumns(t.cells); named == 0 || known < 2 || known*2 < filled || t.adopt(t.record, t.followMapping) != nil {
		return false
	}
	t.guesses, t.kept, t.watchedRows = told, nil, 0
	t.notes.headings = append(t.notes.headings, t.record.Line)
	return true
}
