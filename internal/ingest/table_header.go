package ingest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A role is what a column means to a lead. Columns without one are kept as fields.
type role string

const (
	roleNone       role = ""
	roleName       role = "name"
	roleFirst      role = "first name"
	roleLast       role = "last name"
	roleEmail      role = "email"
	rolePhone      role = "phone"
	roleExternalID role = "external_id"
	roleSource     role = "source"
	// roleField is that of an answer which is nothing else, whatever its name says.
	roleField role = "field"
)

// aliases are the headers of each role in their plain form (see plainHeader). Where a file has several columns of one
// role, the earlier alias is preferred. A bare "id" is no external id, save in an ad platform's file: others number
// their rows with it, and the second such file would be taken for the first.
var aliases = []struct {
	role    role
	headers []string
}{
	{roleName, []string{"name", "fullname", "contactname", "leadname"}},
	{roleFirst, []string{"firstname", "givenname"}},
	{roleLast, []string{"lastname", "surname", "familyname"}},
	{roleEmail, []string{"email", "emailaddress", "useremail", "personalemail", "workemail", "workemailaddress", "businessemail", "companyemail"}},
	{rolePhone, []string{
		"phone", "phonenumber", "mobile", "mobilenumber", "mobilephone", "mobilephonenumber", "telephone", "userphone", "contactnumber", "contactno",
		"whatsapp", "whatsappnumber", "workphone", "workphonenumber", "businessphone", "companyphone", "companyphonenumber", "otherphone", "homephone",
	}},
	{roleExternalID, []string{"externalid", "leadid", "leadgenid"}},
	{roleSource, []string{"source"}},
}

// A Column is one column of an imported file.
type Column struct {
	// Header is its name, unique in the file.
	Header string `json:"header"`
	// Role is what its cells become: name, first name, last name, email, phone, external_id or source; empty where they
	// are kept under the header among the lead's fields.
	Role string `json:"role,omitempty"`
}

// A header is the first line of a file and what follows from it.
type header struct {
	columns []Column
	roles   map[role][]int
	fields  []field
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
	// plain tells the column from others for the row's content key, however the header is spelt.
	plain string
}

// newHeader reads the cells of a header line.
func newHeader(cells [][]byte) (*header, error) {
	if len(cells) > maxColumns {
		return nil, &FileError{fmt.Sprintf("The file has more than %d columns; import those that are needed.", maxColumns)}
	}
	h := &header{roles: make(map[role][]int)}
	taken, times := make(map[string]bool), make(map[string]int)
	var ranks []int
	for i, c := range cells {
		text := string(cleanCell(c))
		plain := plainHeader(text)
		r, rank := roleOf(plain)
		name := uniqueHeader(cmp.Or(text, "column "+strconv.Itoa(i+1)), taken)
		member, err := json.Marshal(name)
		if err != nil {
			return nil, fmt.Errorf("writing the header %q as JSON: %w", name, err)
		}
		if times[plain]++; times[plain] > 1 {
			plain += " " + strconv.Itoa(times[plain])
		}
		ranks, h.prefixes = append(ranks, rank), append(h.prefixes, prefixOf(plain, r))
		h.columns = append(h.columns, Column{Header: name, Role: string(r)})
		h.fields = append(h.fields, field{place: i, role: r, name: append(member, ':'), plain: plain})
		if r != roleNone {
			h.roles[r] = append(h.roles[r], i)
		}
	}
	for _, places := range h.roles {
		slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(ranks[a], ranks[b]) })
	}
	h.adoptID()
	h.findAttribution()
	h.settleFields()
	return h, h.usable()
}

// settleFields drops the columns that never become a field: the only one of its role. Of several external ids one is
// used throughout, since ids of two kinds could be the same. Fields are sorted so that two files whose columns stand in
// another order give the same content.
func (h *header) settleFields() {
	if ids := h.roles[roleExternalID]; len(ids) > 1 {
		for _, spare := range ids[1:] {
			h.fields[spare].role, h.columns[spare].Role = roleNone, ""
		}
		h.roles[roleExternalID] = ids[:1]
	}
	h.fields = slices.DeleteFunc(h.fields, func(f field) bool { return f.role != roleNone && len(h.roles[f.role]) == 1 && !h.isNamePart(f.role) })
	slices.SortFunc(h.fields, func(a, b field) int { return cmp.Compare(a.plain, b.plain) })
}

// isNamePart reports whether columns of the role become fields where a full name is there.
func (h *header) isNamePart(r role) bool {
	return (r == roleFirst || r == roleLast) && len(h.roles[roleName]) > 0
}

// usable returns a *FileError for a header without which no row can become a lead.
func (h *header) usable() error {
	for _, r := range []role{roleName, roleFirst, roleLast, roleEmail, rolePhone} {
		if len(h.roles[r]) > 0 {
			return nil
		}
	}
	var found []string
	for _, c := range h.columns {
		found = append(found, strconv.Quote(c.Header))
	}
	text := strings.Join(found, ", ")
	if len(text) > 300 {
		text = string(trimPartial([]byte(text[:300]))) + " …"
	}
	return &FileError{"The file has no column for a name, an email or a phone. The first line must be a header that names one of them, as in \"name,email,phone\"; it is: " + text}
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

func roleOf(plain string) (role, int) {
	for _, a := range aliases {
		if rank := slices.Index(a.headers, plain); rank >= 0 {
			return a.role, rank
		}
	}
	return roleNone, 0
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
