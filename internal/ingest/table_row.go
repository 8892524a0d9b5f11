package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// What a lead may hold: texts in characters, the rest in bytes.
const (
	maxName       = 200
	maxText       = 1000
	maxFields     = 64 << 10
	maxExternalID = 2000 // as much as the index over them takes
)

// chosen are the places of the columns that one row's texts come from, -1 where the row has none. A name that is put
// together has its place behind all columns; first and last are then those of its parts.
type chosen struct{ name, first, last, email, phone, externalID, source int }

// row maps the current cells.
func (t *Table) row() (Row, error) {
	p := t.choose()
	reason := t.misfit(p)
	if reason == "" {
		reason = t.mapFields(p)
	}
	if reason != "" {
		return Row{}, t.record.Reject(reason)
	}
	if t.errors > 0 {
		t.notes.errors.add(t.record.Line)
	}
	if t.record.Unworked > 0 {
		t.notes.unworked.add(t.record.Line)
	}
	t.watch()
	return t.mapped(p), nil
}

// choose finds the texts of the current row: for each role its first column that is filled in.
func (t *Table) choose() chosen {
	t.made, t.parts = t.made[:0], t.parts[:0]
	p := chosen{
		name: -1, first: -1, last: -1,
		email: t.likely(roleEmail, looksLikeEmail), phone: t.likely(rolePhone, looksLikePhone),
		externalID: t.externalID(), source: t.filled(roleSource),
	}
	t.chooseName(&p)
	return p
}

func (t *Table) filled(r role) int {
	for _, place := range t.header.roles[r] {
		if len(t.cell(place)) > 0 {
			return place
		}
	}
	return -1
}

// cell is a cell of the current row, nil where the row is shorter.
func (t *Table) cell(place int) []byte {
	if place >= behind {
		return t.made[place-behind]
	}
	if place < 0 || place >= len(t.cells) {
		return nil
	}
	return t.cells[place]
}

// misfit says why the current row cannot be a lead, empty where it can.
func (t *Table) misfit(p chosen) string {
	columns := len(t.header.columns)
	if len(t.cells) > columns && slices.ContainsFunc(t.cells[columns:], func(cell []byte) bool { return len(cell) > 0 }) {
		return fmt.Sprintf("The row has %s cells, but the header names %d columns; put quotation marks around a cell that holds the delimiter.", count(len(t.cells)), columns)
	}
	if reason := t.noLead(p); reason != "" {
		return reason
	}
	switch {
	case utf8.RuneCount(t.cell(p.name)) > maxName:
		return fmt.Sprintf("The name is longer than %d characters; shorten it.", maxName)
	case len(t.cell(p.externalID)) > maxExternalID:
		return fmt.Sprintf("The external id is longer than %d bytes; shorten it.", maxExternalID)
	}
	for _, place := range []int{p.email, p.phone, p.source, p.externalID} {
		if tooLong(t.cell(place)) {
			return t.longCell(place)
		}
	}
	return ""
}

func count(cells int) string {
	if cells > leadfile.MaxColumns {
		return fmt.Sprintf("more than %d", leadfile.MaxColumns)
	}
	return strconv.Itoa(cells)
}

func tooLong(cell []byte) bool { return len(cell) > maxText && utf8.RuneCount(cell) > maxText }

func (t *Table) longCell(place int) string {
	return fmt.Sprintf("The cell under %q is longer than %d characters; shorten it.", t.header.columns[place].Header, maxText)
}

// mapFields writes the row's other cells as JSON and its whole content as key; it returns why it cannot, empty where it
// can.
func (t *Table) mapFields(p chosen) string {
	t.json, t.about, t.consent, t.key = append(t.json[:0], '{'), append(t.about[:0], '{'), append(t.consent[:0], "{}"...), t.key[:0]
	t.texts = append(t.texts[:0], t.cell(p.name)...)
	t.addKey(string(roleName), t.texts)
	t.addKey(string(roleEmail), t.cell(p.email))
	t.addKey(string(rolePhone), t.cell(p.phone))
	t.addKey(string(roleSource), t.cell(p.source))
	t.used = append(append(t.used[:0], t.parts...), p.name, p.email, p.phone, p.externalID, p.source)
	for i := range t.header.fields {
		f := &t.header.fields[i]
		cell := t.cell(f.place)
		if len(cell) == 0 || f.place == p.externalID || f.role != roleNone && slices.Contains(t.used, f.place) {
			continue
		}
		if f.takes(cell) {
			t.about = appendMember(t.about, f.attribution, cell)
		} else {
			t.json = appendMember(t.json, f.name, cell)
		}
		t.addKey(f.plain, cell)
	}
	t.json, t.about = append(t.json, '}'), append(t.about, '}')
	if t.own != nil {
		return t.mapOwn()
	}
	if len(t.json)+len(t.about) > maxFields {
		return tooMuch
	}
	return ""
}

var tooMuch = fmt.Sprintf("The row's cells are together larger than %d KiB; import fewer columns.", maxFields>>10)

// appendMember appends a cell to a JSON object that has begun; name is its name as JSON, with the colon.
func appendMember(b, name, cell []byte) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	return appendJSON(append(b, name...), cell)
}

// addKey adds to the content from which the key of a row without an external id is made. Neither part holds a NUL, so
// no two contents run together to the same bytes.
func (t *Table) addKey(name string, cell []byte) {
	if len(cell) == 0 {
		return
	}
	t.key = append(append(t.key, name...), 0)
	t.key = append(append(t.key, cell...), 0)
}

// mapped is the row as a lead. Its strings are cut from one, which costs one allocation instead of five.
func (t *Table) mapped(p chosen) Row {
	var ends [5]int
	ends[0] = len(t.texts) // the name is there
	for i, place := range []int{p.email, p.phone, p.source, p.externalID} {
		t.texts = append(t.texts, t.cell(place)...)
		ends[i+1] = len(t.texts)
	}
	if p.externalID < 0 {
		sum := sha256.Sum256(t.key)
		t.texts = hex.AppendEncode(append(t.texts, "row:"...), sum[:16])
	}
	all := string(t.texts)
	return Row{
		Attribution: objectOf(t.about), Consent: objectOf(t.consent), Test: t.test,
		Line: t.record.Line, Record: t.record.Raw, Fields: json.RawMessage(bytes.Clone(t.json)),
		Name: all[:ends[0]], Email: all[ends[0]:ends[1]], Phone: all[ends[1]:ends[2]], Source: all[ends[2]:ends[3]],
		ExternalID: all[ends[3]:],
	}
}

// objectOf is a copy of a JSON object, nil for one without members.
func objectOf(object []byte) json.RawMessage {
	if len(object) <= len("{}") {
		return nil
	}
	return bytes.Clone(object)
}

// appendJSON appends a cell as a JSON string.
func appendJSON(b, cell []byte) []byte {
	for _, c := range cell {
		if c < ' ' || c == '"' || c == '\\' {
			// No string fails to marshal.
			text, _ := json.Marshal(string(cell))
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), cell...), '"')
}
