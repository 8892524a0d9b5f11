package ingest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/leadwheel/leadwheel/internal/headings"
	"github.com/leadwheel/leadwheel/internal/leadfile"
)

// A role is what a column means to a lead. Columns without one are kept as fields.
type role string

const (
	roleNone       role = ""
	roleName            = role(headings.Name)
	roleFirst           = role(headings.FirstName)
	roleMiddle          = role(headings.MiddleName)
	roleLast            = role(headings.LastName)
	roleSecondLast      = role(headings.SecondLastName)
	roleEmail           = role(headings.Email)
	rolePhone           = role(headings.Phone)
	roleExternalID      = role(headings.ExternalID)
	roleSource          = role(headings.Source)
	// roleContact is a phone, an address or a name: what is under the heading tells.
	roleContact = role(headings.Contact)
	// roleField is that of an answer which is nothing else, whatever its name says.
	roleField role = "field"
)

// nameRoles are the roles of names and their parts.
var nameRoles = []role{roleName, roleFirst, roleMiddle, roleLast, roleSecondLast}

// A Column is one column of an imported file.
type Column struct {
	// Header is its name, unique in the file.
	Header string `json:"heading"`
	// Role is what its cells become: name, first name, middle name, last name, second last name, email, phone, external_id,
	// source, or attribution. and what of it; empty where they are kept under the header among the lead's fields.
	Role string `json:"becomes"`
	// By is how that is known where its heading does not tell: by the mapping, or by its content.
	By string `json:"by,omitempty"`
}

// Becomes is what the column's cells become in words: its role, or a field.
func (c Column) Becomes() string { return cmp.Or(c.Role, "field") }

// MarshalJSON writes the column as imports show it.
func (c Column) MarshalJSON() ([]byte, error) {
	type column Column
	c.Role = c.Becomes()
	return json.Marshal(column(c))
}

// How it is known what a column becomes, other than by its heading.
const (
	byMapping = "mapping"
	byContent = "content"
)

// A header is the first line of a file and what follows from it.
type header struct {
	columns []Column
	roles   map[role][]int
	// readings are what the headings mean, by column.
	readings []headings.Reading
	// mapped are the roles whose columns are named by a mapping: the texts of several are joined.
	mapped map[role]bool
	// all are the columns in their order, and fields those of them that may become one of the lead's fields.
	all, fields []field
	// prefixes may stand before the cells of each column, empty where none does. bareID is the column "id" where that is
	// no external id, -1 where there is none.
	prefixes []string
	bareID   int
}

// A field is a column that may become one of the lead's fields.
type field struct {
	place int
	role  role
	// name is the header as the start of a JSON member, with its colon.
	name []byte
	// attribution is the name of what brought the lead in, as the start of a JSON member, nil for other columns.
	attribution []byte
	// moment is set where that is a time, and vague where a form may have asked for it: cells tell then.
	moment, vague bool
	// plain tells the column from others for the row's content key, however the header is spelt.
	plain string
}

// newHeader reads the cells of a header line. Whether rows under it can become leads says usable.
func newHeader(cells [][]byte) (*header, error) {
	if len(cells) > leadfile.MaxColumns {
		return nil, &leadfile.Error{Message: fmt.Sprintf("The file has more than %d columns; import those that are needed.", leadfile.MaxColumns)}
	}
	h := &header{roles: make(map[role][]int)}
	taken, times := make(map[string]bool), make(map[string]int)
	for i, c := range cells {
		text := string(leadfile.CleanCell(c))
		plain, reading := plainHeader(text), headings.Of(text)
		r := roleOfReading(reading)
		name := uniqueHeader(cmp.Or(text, "column "+strconv.Itoa(i+1)), taken)
		member, err := json.Marshal(name)
		if err != nil {
			return nil, fmt.Errorf("writing the header %q as JSON: %w", name, err)
		}
		if times[plain]++; times[plain] > 1 {
			plain += " " + strconv.Itoa(times[plain])
		}
		h.readings, h.prefixes = append(h.readings, reading), append(h.prefixes, prefixOf(plain, r))
		h.columns = append(h.columns, Column{Header: name, Role: string(r)})
		h.all = append(h.all, field{place: i, role: r, name: append(member, ':'), plain: plain})
		if r != roleNone {
			h.roles[r] = append(h.roles[r], i)
		}
	}
	for _, places := range h.roles {
		slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(h.readings[a].Rank, h.readings[b].Rank) })
	}
	h.adoptID()
	h.findAttribution()
	h.settleFields()
	return h, nil
}

// settleFields drops the columns that never become a field: the only one of its role. Of several external ids one is
// used throughout, since ids of two kinds could be the same. Fields are sorted so that two files whose columns stand in
// another order give the same content.
func (h *header) settleFields() {
	if ids := h.roles[roleExternalID]; len(ids) > 1 && !h.mapped[roleExternalID] {
		for _, spare := range ids[1:] {
			h.setRole(spare, roleNone, "")
		}
	}
	h.fields = nil
	for _, f := range h.all {
		if f.role == roleNone || len(h.roles[f.role]) > 1 || slices.Contains(nameRoles, f.role) {
			h.fields = append(h.fields, f)
		}
	}
	slices.SortStableFunc(h.fields, func(a, b field) int { return cmp.Compare(a.plain, b.plain) })
}

// setRole makes a column something else than its heading says; by is how that is known.
func (h *header) setRole(place int, r role, by string) {
	f := &h.all[place]
	h.roles[f.role] = slices.DeleteFunc(h.roles[f.role], func(other int) bool { return other == place })
	f.role, f.attribution = r, nil
	h.columns[place].Role, h.columns[place].By = string(r), by
	h.prefixes[place] = prefixOf(f.plain, r)
	if r != roleNone {
		h.roles[r] = append(h.roles[r], place)
	}
}

// usable returns a *leadfile.Error for a header without which no row can become a lead.
func (h *header) usable() error {
	for _, r := range append(nameRoles[:len(nameRoles):len(nameRoles)], roleEmail, rolePhone) {
		if slices.ContainsFunc(h.roles[r], func(place int) bool { return !h.readings[place].Weak }) {
			return nil
		}
	}
	return &leadfile.Error{Message: "The file has no column for a name, an email or a phone. The first line must be a header that names one of them, as in \"name,email,phone\"; it is: " + h.shown()}
}

// shown lists the headings for a message, or the first of them.
func (h *header) shown() string {
	var found []string
	for _, c := range h.columns {
		found = append(found, strconv.Quote(c.Header))
	}
	text := strings.Join(found, ", ")
	if len(text) > 300 {
		text = string(leadfile.TrimPartial([]byte(text[:300]))) + " …"
	}
	return text
}

// plainHeader is a header without case, spaces, underscores and hyphens.
func plainHeader(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// roleOf is what a heading is to a lead, and how sure that is: the lower the surer.
func roleOf(heading string) (role, int) {
	r := headings.Of(heading)
	return roleOfReading(r), r.Rank
}

// roleOfReading is what a heading is to a lead by itself. What holds a phone, an address or a name, nobody knows which, is a
// field until its content tells.
func roleOfReading(r headings.Reading) role {
	if r.Meaning == headings.Salutation || r.Meaning == headings.Contact {
		return roleNone
	}
	return role(r.Meaning)
}

// uniqueHeader tells headers of one name apart: the second becomes "name (2)".
func uniqueHeader(name string, taken map[string]bool) string {
	unique := name
	for n := 2; taken[unique]; n++ {
		unique = fmt.Sprintf("%s (%d)", name, n)
	}
	taken[unique] = true
	return unique
}
