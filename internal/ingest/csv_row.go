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
)

// What a lead may hold: texts in characters, the rest in bytes.
const (
	maxName       = 200
	maxText       = 1000
	maxFields     = 64 << 10
	maxExternalID = 2000 // as much as the index over them takes
)

// chosen are the places of the columns that one row's texts come from, -1 where the row has none.
type chosen struct{ name, first, last, email, phone, externalID, source int }

// row maps the current cells.
func (c *CSV) row() (Row, error) {
	p := c.choose()
	reason := c.misfit(p)
	if reason == "" {
		reason = c.mapFields(p)
	}
	if reason != "" {
		return Row{}, c.records.reject(reason)
	}
	return c.texts(p), nil
}

// choose finds the texts of the current row: for each role its first column that is filled in.
func (c *CSV) choose() chosen {
	p := chosen{
		name: c.filled(roleName), first: -1, last: -1,
		email: c.filled(roleEmail), phone: c.filled(rolePhone), externalID: c.filled(roleExternalID), source: c.filled(roleSource),
	}
	if p.name < 0 {
		p.first, p.last = c.filled(roleFirst), c.filled(roleLast)
	}
	return p
}

func (c *CSV) filled(r role) int {
	for _, place := range c.header.roles[r] {
		if len(c.cell(place)) > 0 {
			return place
		}
	}
	return -1
}

// cell is a cell of the current row, nil where the row is shorter.
func (c *CSV) cell(place int) []byte {
	if place < 0 || place >= len(c.cells) {
		return nil
	}
	return c.cells[place]
}

// misfit says why the current row cannot be a lead, empty where it can.
func (c *CSV) misfit(p chosen) string {
	columns := len(c.header.columns)
	if len(c.cells) > columns && slices.ContainsFunc(c.cells[columns:], func(cell []byte) bool { return len(cell) > 0 }) {
		return fmt.Sprintf("The row has %s cells, but the header names %d columns; put quotation marks around a cell that holds the delimiter.", count(len(c.cells)), columns)
	}
	if p.name < 0 && p.first < 0 && p.last < 0 && p.email < 0 && p.phone < 0 {
		return "The row has no name, email or phone; fill in one of them."
	}
	name := utf8.RuneCount(c.cell(p.name))
	if p.name < 0 {
		name = utf8.RuneCount(c.cell(p.first)) + 1 + utf8.RuneCount(c.cell(p.last))
	}
	switch {
	case name > maxName:
		return fmt.Sprintf("The name is longer than %d characters; shorten it.", maxName)
	case len(c.cell(p.externalID)) > maxExternalID:
		return fmt.Sprintf("The external id is longer than %d bytes; shorten it.", maxExternalID)
	}
	for _, place := range []int{p.email, p.phone, p.source, p.externalID} {
		if tooLong(c.cell(place)) {
			return c.longCell(place)
		}
	}
	return ""
}

func count(cells int) string {
	if cells > maxColumns {
		return fmt.Sprintf("more than %d", maxColumns)
	}
	return strconv.Itoa(cells)
}

func tooLong(cell []byte) bool { return len(cell) > maxText && utf8.RuneCount(cell) > maxText }

func (c *CSV) longCell(place int) string {
	return fmt.Sprintf("The cell under %q is longer than %d characters; shorten it.", c.header.columns[place].Header, maxText)
}

// mapFields writes the row's other cells as JSON and its whole content as key; it returns why it cannot, empty where it
// can.
func (c *CSV) mapFields(p chosen) string {
	c.json, c.key = append(c.json[:0], '{'), c.key[:0]
	c.text = c.appendName(c.text[:0], p)
	c.addKey(string(roleName), c.text)
	c.addKey(string(roleEmail), c.cell(p.email))
	c.addKey(string(rolePhone), c.cell(p.phone))
	c.addKey(string(roleSource), c.cell(p.source))
	used := [...]int{p.name, p.first, p.last, p.email, p.phone, p.externalID, p.source}
	for i := range c.header.fields {
		f := &c.header.fields[i]
		cell := c.cell(f.place)
		if len(cell) == 0 || f.role != roleNone && slices.Contains(used[:], f.place) {
			continue
		}
		if tooLong(cell) {
			return c.longCell(f.place)
		}
		if len(c.json) > 1 {
			c.json = append(c.json, ',')
		}
		c.json = appendJSON(append(c.json, f.name...), cell)
		c.addKey(f.plain, cell)
	}
	if c.json = append(c.json, '}'); len(c.json) > maxFields {
		return fmt.Sprintf("The row's cells are together larger than %d KiB; import fewer columns.", maxFields>>10)
	}
	return ""
}

// addKey adds to the content from which the key of a row without an external id is made. Neither part holds a NUL, so
// no two contents run together to the same bytes.
func (c *CSV) addKey(name string, cell []byte) {
	if len(cell) == 0 {
		return
	}
	c.key = append(append(c.key, name...), 0)
	c.key = append(append(c.key, cell...), 0)
}

func (c *CSV) appendName(b []byte, p chosen) []byte {
	if p.name >= 0 {
		return append(b, c.cell(p.name)...)
	}
	b = append(b, c.cell(p.first)...)
	if p.first >= 0 && p.last >= 0 {
		b = append(b, ' ')
	}
	return append(b, c.cell(p.last)...)
}

// texts is the mapped row. Its strings are cut from one, which costs one allocation instead of five.
func (c *CSV) texts(p chosen) Row {
	var ends [5]int
	ends[0] = len(c.text) // the name is there
	for i, place := range []int{p.email, p.phone, p.source, p.externalID} {
		c.text = append(c.text, c.cell(place)...)
		ends[i+1] = len(c.text)
	}
	if p.externalID < 0 {
		sum := sha256.Sum256(c.key)
		c.text = hex.AppendEncode(append(c.text, "row:"...), sum[:16])
	}
	all := string(c.text)
	return Row{
		Line: c.records.startLine, Record: c.records.raw, Fields: json.RawMessage(bytes.Clone(c.json)),
		Name: all[:ends[0]], Email: all[ends[0]:ends[1]], Phone: all[ends[1]:ends[2]], Source: all[ends[2]:ends[3]],
		ExternalID: all[ends[3]:],
	}
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
