package ingest

import (
	"bytes"
	"encoding/json"
	"slices"

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

// findAttribution finds the columns that say what brought a lead in, the first of each name, and all that say when.
func (h *header) findAttribution() {
	taken := make(map[string]bool)
	for i := range h.all {
		f := &h.all[i]
		name, known := attributionNames[f.plain]
		if !known {
			if name, f.vague = momentSlot(h.columns[i].Header); name == "" {
				continue
			}
			f.moment = true
			if taken[name] {
				name = uniqueHeader(snake(h.columns[i].Header), taken)
			}
		}
		if f.role != roleNone || taken[name] && known {
			continue
		}
		taken[name] = true
		member, err := json.Marshal(name)
		if err != nil {
			continue // which text never is
		}
		f.attribution = append(member, ':')
		h.columns[i].Role = "attribution." + name
	}
}

// takes reports whether a cell of a column says what brought the lead in.
func (f *field) takes(cell []byte) bool {
	if f.attribution == nil || tooLong(cell) {
		return false
	}
	if !f.moment {
		return true
	}
	if len(cell) > maxMoment {
		return false
	}
	at, byClock := moment(string(cell))
	return at != "" && (byClock || !f.vague)
}

// settleVague tells what columns become whose headings name a time and no more, by what most of their first cells are.
func (t *Table) settleVague() {
	if !slices.ContainsFunc(t.header.all, func(f field) bool { return f.vague && f.attribution != nil }) {
		return
	}
	t.readAhead()
	filled, times := make([]int, len(t.header.all)), make([]int, len(t.header.all))
	for _, a := range t.ahead {
		if t.record = a.record; a.err != nil || !t.cleanCells() {
			continue
		}
		for i := range t.header.all {
			if cell := t.cell(i); t.header.all[i].vague && len(cell) > 0 {
				filled[i]++
				if t.header.all[i].takes(cell) {
					times[i]++
				}
			}
		}
	}
	for i, f := range t.header.all {
		if f.vague && f.attribution != nil && 2*times[i] <= filled[i] {
			t.header.columns[i].Role = ""
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
