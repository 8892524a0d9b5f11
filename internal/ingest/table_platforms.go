package ingest

import (
	"bytes"
	"slices"
	"strconv"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
)

// exportPrefixes stand before ids, phone numbers and post codes in Meta's files, so that spreadsheets leave them alone; by
// the plain form of the header under which they do.
var exportPrefixes = map[string]string{
	"id": leadPrefix, "leadid": leadPrefix, "adid": "ag:", "adsetid": "as:", "campaignid": "c:", "formid": "f:",
	"postcode": "z:", "zipcode": "z:", "zip": "z:",
}

const (
	leadPrefix  = "l:"
	phonePrefix = "p:"
)

// exportColumns tell a file that an ad platform wrote: its column "id" is the lead's, not the row's number.
var exportColumns = []string{"adid", "adsetid", "campaignid", "formid", "isorganic"}

// prefixOf is what may stand before the cells of a column.
func prefixOf(plain string, r role) string {
	if r == rolePhone {
		return phonePrefix
	}
	return exportPrefixes[plain]
}

// adoptID makes the column "id" of a platform's file its external id, unless the file has another. In other files it is
// remembered, for ids that say by their prefix what they are.
func (h *header) adoptID() {
	h.bareID = slices.IndexFunc(h.all, func(f field) bool { return f.plain == "id" })
	exported := slices.ContainsFunc(h.all, func(f field) bool { return slices.Contains(exportColumns, f.plain) })
	if h.bareID < 0 || !exported || len(h.roles[roleExternalID]) > 0 {
		return
	}
	h.setRole(h.bareID, roleExternalID, "")
	h.bareID = -1
}

// findAttribution finds the columns that say what brought a lead in, the first of each name.
func (h *header) findAttribution() {
	taken := make(map[string]bool)
	for i := range h.all {
		f := &h.all[i]
		name, known := attributionNames[f.plain]
		if !known {
			name, known = momentNames[f.plain]
		}
		if known && f.role == roleNone && !taken[name] {
			taken[name] = true
			f.attribution = []byte(strconv.Quote(name) + ":")
			h.columns[i].Role = "attribution." + name
		}
	}
}

// strip takes the prefix off a cell.
func (h *header) strip(place int, cell []byte) []byte {
	if place >= len(h.prefixes) || h.prefixes[place] == "" || place == h.bareID {
		return cell
	}
	return bytes.TrimPrefix(cell, []byte(h.prefixes[place]))
}

// externalID finds the lead's own id in the current row, -1 where there is none to rely on: what stands there stands for
// nothing, or a spreadsheet has been at it and it would stand for many leads.
func (t *Table) externalID() int {
	place := t.likely(roleExternalID, func([]byte) bool { return true })
	if id := t.cell(t.header.bareID); place < 0 && len(id) > 0 && (t.ownIDs || bytes.HasPrefix(id, []byte(leadPrefix))) {
		place = t.header.bareID
		t.cells[place] = bytes.TrimPrefix(id, []byte(leadPrefix))
	}
	if place < 0 {
		return -1
	}
	id := contacts.ID(string(t.cells[place]))
	if id == "" {
		return -1
	}
	t.cells[place] = []byte(id)
	return place
}
