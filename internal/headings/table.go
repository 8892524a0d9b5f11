package headings

import (
	_ "embed" // the table
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed table.txt
var tableText string

// A role is what a phrase does that is no meaning by itself.
type role string

const (
	besideEverything role = "beside everything"
	besidePeople     role = "beside people"
	besideContacts   role = "beside contacts"
	besideNames      role = "beside names"
	somebodyElse     role = "somebody else"
	otherNumbers     role = "other numbers"
	otherAddresses   role = "other addresses"
	besideMoments    role = "beside moments"
)

// is is what a phrase is: of a meaning, or of a role.
type is struct {
	meaning Meaning
	role    role
}

// An entry is one thing that a phrase is in the table.
type entry struct {
	is                      is
	rank                    int
	bare, weak, familyFirst bool
}

func (e entry) reading(rank int) Reading {
	return Reading{Meaning: e.is.meaning, Rank: rank, Bare: e.bare, Weak: e.weak, FamilyFirst: e.familyFirst}
}

// goesWith reports whether a phrase may stand around those of a meaning.
func (e entry) goesWith(m Meaning) bool {
	switch e.is.role {
	case besideEverything:
		return true
	case besidePeople:
		return m != ExternalID && m != Source && (e.rank < 10 || !slices.Contains(moments, m)) // a delivery's time is asked for
	case besideMoments:
		return slices.Contains(moments, m)
	case besideContacts:
		return m == Email || m == Phone
	case besideNames:
		return m == Name || m == FirstName || m == MiddleName || m == LastName || m == SecondLastName
	}
	return false
}

// familyFirst are the languages that put the family name first.
var familyFirst = []string{"zh", "ja", "ko", "vi"}

// A table is what is known of phrases: a tree of their letters, in which the end of each has its entries.
type table struct {
	next    map[rune]*table
	entries []entry
}

var known = sync.OnceValue(func() *table {
	t, err := parse(tableText)
	if err != nil {
		panic("headings: " + err.Error()) // a test reads the table
	}
	return t
})

// parse reads a table.
func parse(lines string) (*table, error) {
	t := &table{}
	var section entry
	n := 0
	for line := range strings.Lines(lines) {
		n++
		line = strings.TrimSpace(line)
		var err error
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section, err = parseSection(strings.Trim(line, "[]"))
		default:
			err = t.add(section, line)
		}
		if err != nil {
			return t, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return t, nil
}

// parseSection reads the head of a section, as in "name +5 bare".
func parseSection(head string) (entry, error) {
	var e entry
	name, options, _ := strings.Cut(head, " +")
	m, r := Meaning(name), role(name)
	switch {
	case slices.Contains(meanings, m), slices.Contains(moments, m):
		e.is.meaning = m
	case slices.Contains([]role{besideEverything, besidePeople, besideContacts, besideNames, somebodyElse, otherNumbers, otherAddresses, besideMoments}, r):
		e.is.role = r
	default:
		return e, fmt.Errorf("there is no section %q", name)
	}
	for i, option := range strings.Fields(options) {
		switch rank, err := strconv.Atoi(option); {
		case i == 0 && err == nil:
			e.rank = rank
		case option == "bare":
			e.bare = true
		case option == "weak":
			e.weak = true
		default:
			return e, fmt.Errorf("a section has no option %q", option)
		}
	}
	return e, nil
}

// add adds a line of phrases in one language.
func (t *table) add(e entry, line string) error {
	language, phrases, found := strings.Cut(line, ": ")
	if !found || len(language) != 2 || e.is == (is{}) {
		return fmt.Errorf("%q is no line of phrases in a section", line)
	}
	e.familyFirst = slices.Contains(familyFirst, language)
	for phrase := range strings.SplitSeq(phrases, ",") {
		letters := plain(phrase).letters
		if len(letters) == 0 {
			return fmt.Errorf("a phrase is empty in %q", line)
		}
		end := t.at(letters)
		if !slices.ContainsFunc(end.entries, func(other entry) bool { return other.is == e.is }) {
			end.entries = append(end.entries, e)
		}
	}
	return nil
}

// at is where a phrase ends in the tree, which grows as far as it must.
func (t *table) at(letters []rune) *table {
	for _, letter := range letters {
		if t.next[letter] == nil {
			if t.next == nil {
				t.next = make(map[rune]*table)
			}
			t.next[letter] = &table{}
		}
		t = t.next[letter]
	}
	return t
}
