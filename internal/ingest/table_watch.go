package ingest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/leadwheel/leadwheel/internal/headings"
)

// watched is how many rows are looked at for addresses and numbers that become fields.
const watched = 200

// watch notes what became fields in the current row, in the first rows of a file.
func (t *Table) watch() {
	if t.watchedRows == watched {
		return
	}
	if t.watchedRows++; t.kept == nil {
		t.kept = make([]content, len(t.header.columns))
	}
	for _, f := range t.header.fields {
		if f.attribution != nil || f.role != roleNone { // a second phone stands in where the first is missing
			continue
		}
		if cell := t.cell(f.place); len(cell) > 0 && !slices.Contains(t.used, f.place) && f.place < len(t.kept) {
			t.kept[f.place].add(cell, t.region)
		}
	}
}

// columnWarnings say which columns were told by their content alone, and which of addresses and numbers became fields.
func (t *Table) columnWarnings() []string {
	all := slices.Clone(t.guesses)
	var emails, phones []string
	for place, c := range t.kept {
		name := t.header.columns[place].Header
		switch {
		case c.emails > 0 && c.most(c.emails):
			emails = append(emails, strconv.Quote(name))
		case c.phones > 0 && c.most(c.phones) && !headings.OfNumber(name):
			phones = append(phones, strconv.Quote(name))
		}
	}
	return append(append(all, keptAsFields("addresses of e-mail", "email", emails)...), keptAsFields("phone numbers", "phone", phones)...)
}

// maxNamed bounds the columns that a warning names.
const maxNamed = 20

func keptAsFields(what, target string, columns []string) []string {
	if len(columns) == 0 {
		return nil
	}
	named, more := columns, ""
	if len(named) > maxNamed {
		named, more = named[:maxNamed], fmt.Sprintf(" and %d more", len(columns)-maxNamed)
	}
	said := "The columns %s hold %s and became fields; if one of them is the lead's %s, send the file with a mapping that says so."
	if len(columns) == 1 {
		said = "The column %s holds %s and became a field; if it is the lead's %s, send the file with a mapping that says so."
	}
	return []string{fmt.Sprintf(said, strings.Join(named, ", ")+more, what, target)}
}
