package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/headings"
	"github.com/leadwheel/leadwheel/internal/leadfile"
)

const (
	// sampled is how many rows are looked at to tell columns by their content, and sampledBytes how much of them.
	sampled      = 50
	sampledBytes = 256 << 10
)

// readAhead reads the rows that columns are told by, as far as it has not.
func (t *Table) readAhead() {
	size := 0
	for len(t.ahead) < sampled && size < sampledBytes && t.ended == nil {
		var unreadable *leadfile.Reject
		switch err := t.records.Next(); {
		case errors.As(err, &unreadable):
			t.ahead = append(t.ahead, ahead{err: err, record: leadfile.Record{Line: unreadable.Line}})
		case err != nil:
			t.ended = err
		default:
			r := t.records.Record()
			t.ahead = append(t.ahead, ahead{record: r.Clone()})
			size += len(r.Raw)
		}
	}
}

// settleHeader makes the columns what the mapping says and, where no heading says which hold addresses, numbers or names,
// what they hold. It returns why no row can become a lead, nil where some can.
func (t *Table) settleHeader() error {
	if err := t.header.follow(t.mapping); err != nil {
		return err
	}
	t.settleVague()
	if t.header.lacks() && !t.header.isData(t.region) {
		t.readAhead()
		t.guess()
	}
	return t.header.usable()
}

// followMapping makes the columns what their headings and the mapping say, and nothing else: the rows are under way. It
// returns why no row can become a lead, nil where some can.
func (t *Table) followMapping() error {
	if err := t.header.follow(t.mapping); err != nil {
		return err
	}
	return t.header.usable()
}

// lacks reports whether something is not known of a lead that a column's content may tell.
func (h *header) lacks() bool {
	return len(h.roles[roleEmail]) == 0 || len(h.roles[rolePhone]) == 0
}

// isData reports whether the line that should be a header is a row: then its columns have no names by which to keep them.
func (h *header) isData(region string) bool {
	return slices.ContainsFunc(h.columns, func(c Column) bool {
		return contact.Email(c.Header) != "" || isPhone([]byte(c.Header), region)
	})
}

// A content is what the sampled cells of a column are.
type content struct{ filled, emails, phones, shaped, words int }

func (c *content) add(cell []byte, region string) {
	text := string(cell)
	c.filled++
	switch {
	case contact.Email(text) != "":
		c.emails++
	case isPhone(cell, region):
		c.phones++
		c.shaped++
	case phoneShaped.MatchString(text) && digitsIn(text) >= enoughForPhone:
		c.shaped++
	case bytes.IndexFunc(cell, unicode.IsLetter) >= 0 && bytes.IndexFunc(cell, unicode.IsDigit) < 0:
		c.words++
	}
}

// most reports whether so many of the cells are most of those that are filled in.
func (c *content) most(n int) bool { return n*2 > c.filled }

// isPhone reports whether a cell is a number that can be called. Where no region is known a number that begins with one zero
// is taken for one of the country's.
func isPhone(cell []byte, region string) bool {
	text := string(bytes.TrimPrefix(cell, []byte(phonePrefix)))
	if digitsIn(text) < enoughForPhone {
		return false
	}
	return contact.Phone(text, region) != "" || region == "" && homePhone(text)
}

func homePhone(text string) bool {
	n := digitsIn(text)
	return strings.HasPrefix(text, "0") && !strings.HasPrefix(text, "00") && 9 <= n && n <= 11 && phoneShaped.MatchString(text)
}

// guess tells columns by what is in them where no heading tells which holds the address, the number or the name.
func (t *Table) guess() {
	cells := t.sample()
	h := t.header
	for place := range h.columns {
		c := cells[place]
		if h.readings[place].Meaning != headings.Contact || h.all[place].role != roleNone {
			continue
		}
		switch {
		case c.filled == 0:
		case c.most(c.emails) && len(h.roles[roleEmail]) == 0:
			t.becomes(place, roleEmail)
		case c.most(c.shaped) && len(h.roles[rolePhone]) == 0:
			t.becomes(place, rolePhone)
		case c.most(c.words) && !h.hasNameParts() && len(h.roles[roleName]) == 0:
			t.becomes(place, roleName)
		}
	}
	t.guessMost(roleEmail, cells, func(c content) int { return c.emails })
	t.guessMost(rolePhone, cells, func(c content) int { return c.phones })
	h.settleFields()
}

// guessMost takes the column that has the most cells of a kind, if these are most of its cells and no column is known.
func (t *Table) guessMost(r role, cells []content, count func(content) int) {
	if len(t.header.roles[r]) > 0 || t.header.mapped[r] {
		return
	}
	best := -1
	for place, f := range t.header.all {
		c := cells[place]
		if f.role != roleNone || f.attribution != nil || !c.most(count(c)) || headings.OfOther(t.header.columns[place].Header, headings.Meaning(r)) {
			continue
		}
		if best < 0 || count(c) > count(cells[best]) {
			best = place
		}
	}
	if best >= 0 {
		t.becomes(best, r)
	}
}

func (t *Table) becomes(place int, r role) {
	t.header.setRole(place, r, byContent)
	t.guesses = append(t.guesses, fmt.Sprintf("The column %q was taken for the lead's %s by what is in it; send the file with a mapping if it is something else.",
		t.header.columns[place].Header, r))
}

// sample is what the columns hold in the rows that were read ahead.
func (t *Table) sample() []content {
	all := make([]content, len(t.header.columns))
	for _, a := range t.ahead {
		if t.record = a.record; a.err != nil || !t.cleanCells() {
			continue
		}
		for place := range all {
			if cell := t.cell(place); len(cell) > 0 {
				all[place].add(cell, t.region)
			}
		}
	}
	return all
}
