package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
)

// ownColumns are the columns of a list of leads that we wrote ourselves, by their place, -1 where it has none. Such a file
// says exactly what each lead had, so that nothing in it is guessed at.
type ownColumns struct{ fields, attribution, consent, test, source int }

// ownMarks are columns that together only our lists of leads have, in their plain form.
var ownMarks = []string{"id", "phonee164", "fields", "updatedat"}

// leftOutOfOwn are columns of those lists that say what became of a lead here, which an import decides anew.
var leftOutOfOwn = []string{
	"id", "phonee164", "duplicateof", "channel", "integrationid", "createdat", "updatedat", "assignedat", "status", "memberid", "sourceleadid", "groupid",
}

// roleLeftOut is what columns become that are not kept.
const roleLeftOut = "left out"

// ownExport finds the columns of a list of ours, nil in other files.
func (t *Table) ownExport() *ownColumns {
	for _, mark := range ownMarks {
		if !slices.Contains(t.heading, mark) {
			return nil
		}
	}
	own := &ownColumns{}
	for name, place := range map[string]*int{
		"fields": &own.fields, "attribution": &own.attribution, "consent": &own.consent, "test": &own.test, "sourceid": &own.source,
	} {
		if *place = slices.Index(t.heading, name); *place >= 0 {
			t.header.columns[*place].Role = name
		}
	}
	if len(t.header.roles[roleSource]) == 0 && own.source >= 0 {
		t.header.setRoleOf(own.source, roleSource)
	}
	t.header.fields = slices.DeleteFunc(t.header.fields, func(f field) bool {
		left := slices.Contains(leftOutOfOwn, f.plain)
		if left {
			t.header.columns[f.place].Role = roleLeftOut
		}
		return left || slices.Contains([]int{own.fields, own.attribution, own.consent, own.test, own.source}, f.place)
	})
	t.header.bareID = -1
	return own
}

// setRoleOf gives a column a role after the header was settled.
func (h *header) setRoleOf(place int, r role) {
	h.columns[place].Role = string(r)
	h.roles[r] = append(h.roles[r], place)
}

// bareCells takes no more off the cells of our own list than was put on them.
func (t *Table) bareCells() bool {
	filled := false
	for _, cell := range t.record.Cells {
		cell = []byte(contacts.Bare(string(cell)))
		filled = filled || len(cell) > 0
		t.cells = append(t.cells, cell)
	}
	t.test = string(t.cell(t.own.test)) == "true"
	return filled
}

// mapOwn takes the JSON in the row's cells as it is; it returns why it cannot, empty where it can.
func (t *Table) mapOwn() string {
	for _, one := range []struct {
		place int
		into  *[]byte
	}{{t.own.fields, &t.json}, {t.own.attribution, &t.about}, {t.own.consent, &t.consent}} {
		place, cell := one.place, t.cell(one.place)
		if len(cell) == 0 {
			continue
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(cell, &object); err != nil {
			return fmt.Sprintf("The cell under %q is no JSON object, as it was when the list was exported; take it from there again.", t.header.columns[place].Header)
		}
		t.addKey(t.heading[place], cell)
		*one.into = joinObjects(*one.into, CleanJSON(cell), len(object) == 0)
	}
	if len(t.json)+len(t.about)+len(t.consent) > maxFields {
		return tooMuch
	}
	return ""
}

// joinObjects is a JSON object that has members of its own, with those of another, which come last and so hold.
func joinObjects(own, other []byte, empty bool) []byte {
	own = bytes.TrimSuffix(own, []byte("}"))
	if empty {
		return append(own, '}')
	}
	if len(own) > 1 {
		own = append(own, ',')
	}
	return append(own, bytes.TrimPrefix(bytes.TrimSpace(other), []byte("{"))...)
}
