package ingest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leadwheel/leadwheel/internal/headings"
	"github.com/leadwheel/leadwheel/store"
)

// A Mapping says where a lead's texts are: for name, email, phone and external_id the heading of a column, the question or
// key of an answer, a path into one with dots, or several of these whose texts are joined.
type Mapping map[string][]string

// MappingTargets are what a mapping may say the place of.
var MappingTargets = []string{"name", "email", "phone", "external_id"}

// mappedRoles are what a mapping may name.
var mappedRoles = map[string]role{"name": roleName, "email": roleEmail, "phone": rolePhone, "external_id": roleExternalID}

const (
	// maxMapped bounds the places that one target may have, and maxMappedText each of them, in characters.
	maxMapped     = 10
	maxMappedText = 1000
)

// ParseMapping reads a mapping as JSON: an object of texts and lists of texts. It returns a *store.FieldError that names
// what of it cannot be used.
func ParseMapping(text string) (Mapping, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return nil, &store.FieldError{Field: "mapping", Message: `this is no JSON object such as {"name":"Full name","phone":"Contact No."}`}
	}
	m := make(Mapping, len(object))
	for target, raw := range object {
		var one string
		var several []string
		switch {
		case json.Unmarshal(raw, &one) == nil && string(raw) != "null":
			m[target] = []string{one}
		case json.Unmarshal(raw, &several) == nil && several != nil:
			m[target] = several
		default:
			return nil, &store.FieldError{Field: "mapping." + target, Message: "this is neither a text nor a list of texts"}
		}
	}
	return m, m.Check()
}

// Check returns a *store.FieldError for a mapping that cannot be followed.
func (m Mapping) Check() error {
	for _, target := range slices.Sorted(maps.Keys(m)) {
		field := "mapping." + target
		switch places := m[target]; {
		case mappedRoles[target] == roleNone:
			return &store.FieldError{Field: field, Message: fmt.Sprintf("a mapping has no %q; it has %s", shorten(target, 50), strings.Join(MappingTargets, ", "))}
		case len(places) == 0:
			return &store.FieldError{Field: field, Message: "this is empty; name a heading, a question or a path, or leave it out"}
		case len(places) > maxMapped:
			return &store.FieldError{Field: field, Message: fmt.Sprintf("these are more than %d; name those that are to be joined", maxMapped)}
		}
		for _, place := range m[target] {
			switch {
			case strings.TrimSpace(place) == "":
				return &store.FieldError{Field: field, Message: "a heading, question or path in it is empty"}
			case utf8.RuneCountInString(place) > maxMappedText:
				return &store.FieldError{Field: field, Message: fmt.Sprintf("a heading, question or path in it is longer than %d characters", maxMappedText)}
			}
		}
	}
	return nil
}

// mappingOf is an integration's mapping.
func mappingOf(s store.IntegrationSettings) Mapping { return s.MappedTo() }

// enoughForPhone is how many digits make a number by themselves. Fewer are a part of one, such as a country's code.
const enoughForPhone = 6

// joined puts the texts together in which a mapping says that a lead's text is, and counts from the first how many it took.
// Of addresses, and of numbers that are whole, the first is enough.
func joined(r role, texts []string) (text string, took int) {
	switch r {
	case roleName:
		return headings.Join(texts...), len(texts)
	case roleEmail:
		return texts[0], 1
	case rolePhone:
		for took < len(texts) && digitsIn(text) < enoughForPhone {
			text = strings.TrimSpace(text + " " + texts[took])
			took++
		}
		return text, took
	}
	return strings.Join(texts, " "), len(texts)
}

func digitsIn(text string) int {
	n := 0
	for _, r := range text {
		if '0' <= r && r <= '9' {
			n++
		}
	}
	return n
}
