package ingest

import (
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/headings"
)

// partNames are the members of an object that is a name, by what they are beyond what their own names tell.
var partNames = map[string]headings.Meaning{
	"first": headings.FirstName, "given": headings.FirstName, "middle": headings.MiddleName, "additional": headings.MiddleName,
	"last": headings.LastName, "family": headings.LastName, "full": headings.Name, "formatted": headings.Name, "display": headings.Name,
	"prefix": headings.Salutation, "value": headings.Name, "text": headings.Name,
}

// wholePhones are the members of an object that is a phone of which each is all of it, and phoneParts those that are put
// together.
var (
	wholePhones = []string{"full", "e164", "international", "internationalnumber", "formatted", "value", "text", "raw"}
	phoneParts  = []string{"countrycode", "country", "areacode", "area", "number", "phone", "phonenumber", "national", "nationalnumber"}
)

// textAs is an answer's text as that of a role, and whether it says all there is to the answer.
func (a answer) textAs(r role) (text string, all bool) {
	object, is := a.value.(map[string]any)
	switch {
	case !is:
		return a.text(), a.simple()
	case slices.Contains(nameRoles, r):
		return nameOf(object)
	case r == rolePhone:
		return phoneOf(object)
	case r == roleEmail:
		return oneOf(object, headings.Email, "value", "address", "text")
	}
	return "", false
}

// nameOf is a name of which an object holds the parts.
func nameOf(object map[string]any) (name string, all bool) {
	var w headings.Written
	salutation := false
	for _, key := range sortedKeys(object) {
		reading := headings.Of(key)
		if m, known := partNames[plainHeader(key)]; known {
			reading = headings.Reading{Meaning: m}
		}
		text := firstText(object[key])
		if text == "" {
			continue
		}
		salutation = salutation || reading.Meaning == headings.Salutation
		w.Add(headings.Part{Text: text, Reading: reading})
	}
	name, joined := w.Full()
	return name, joined && !salutation && name != "" && len(object) == w.Parts()
}

// phoneOf is a number of which an object holds the parts, or that it holds as a whole.
func phoneOf(object map[string]any) (phone string, all bool) {
	if text, all := oneOf(object, headings.None, wholePhones...); digitsIn(text) >= enoughForPhone {
		return text, all
	}
	var texts []string
	for _, name := range phoneParts {
		for _, key := range sortedKeys(object) {
			if text := firstText(object[key]); digitsIn(text) > 0 && plainHeader(key) == name {
				texts = append(texts, text)
			}
		}
	}
	return strings.Join(texts, " "), len(texts) == len(object)
}

// oneOf is the text of the one member of an object that has one of the names or, failing that, a meaning.
func oneOf(object map[string]any, m headings.Meaning, names ...string) (text string, all bool) {
	for _, name := range append(names, "") {
		for _, key := range sortedKeys(object) {
			text := firstText(object[key])
			if text != "" && (plainHeader(key) == name || name == "" && m != headings.None && headings.Of(key).Meaning == m) {
				return text, len(object) == 1
			}
		}
	}
	return "", false
}
