package ingest

import (
	"bytes"

	"github.com/leadwheel/leadwheel/internal/headings"
)

// behind is where the places begin of texts that stand in no cell but are put together of several.
const behind = 1 << 20

// make keeps a text that is put together and returns its place.
func (t *Table) make(text string) int {
	t.made = append(t.made, []byte(text))
	return behind + len(t.made) - 1
}

// chooseName finds the name of the current row: in its own cell, or put together of its parts.
func (t *Table) chooseName(p *chosen) {
	if t.header.mapped[roleName] {
		p.name = t.joinedOf(roleName)
		return
	}
	if !t.header.hasNameParts() {
		p.name = t.filled(roleName)
		return
	}
	var w headings.Written
	places := make(map[role]int, len(nameRoles))
	for _, r := range nameRoles {
		if places[r] = t.filled(r); places[r] >= 0 {
			w.Add(headings.Part{Text: string(t.cell(places[r])), Reading: t.header.readings[places[r]]})
		}
	}
	name, joined := w.Full()
	switch {
	case !joined:
		p.name = places[roleName]
	case name != "":
		p.name, p.first, p.last = t.make(name), places[roleFirst], places[roleLast]
		for _, place := range places {
			t.parts = append(t.parts, place)
		}
	}
}

// hasNameParts reports whether names may have to be put together.
func (h *header) hasNameParts() bool {
	return len(h.roles[roleFirst])+len(h.roles[roleMiddle])+len(h.roles[roleLast])+len(h.roles[roleSecondLast]) > 0
}

// joinedOf is the text of a role whose columns a mapping names: of several columns joined, -1 where all are empty.
func (t *Table) joinedOf(r role) int {
	var texts []string
	var places []int
	for _, place := range t.header.roles[r] {
		if cell := t.cell(place); len(cell) > 0 {
			texts, places = append(texts, string(cell)), append(places, place)
		}
	}
	switch len(places) {
	case 0:
		return -1
	case 1:
		return places[0]
	}
	text, took := joined(r, texts)
	t.parts = append(t.parts, places[:took]...)
	if took == 1 {
		return places[0]
	}
	return t.make(text)
}

// likely is the column of a role that a row's text comes from: the first that is filled in and looks like what it should be,
// or else the first that is filled in.
func (t *Table) likely(r role, looks func(cell []byte) bool) int {
	if t.header.mapped[r] {
		return t.joinedOf(r)
	}
	first := -1
	for _, place := range t.header.roles[r] {
		cell := t.cell(place)
		if len(cell) > 0 && looks(cell) {
			return place
		}
		if len(cell) > 0 && first < 0 {
			first = place
		}
	}
	return first
}

func looksLikeEmail(cell []byte) bool { return bytes.IndexByte(cell, '@') > 0 }

// looksLikePhone reports whether a cell has as many digits as a number must.
func looksLikePhone(cell []byte) bool { return digitsIn(string(cell)) >= enoughForPhone }
