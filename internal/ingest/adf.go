package ingest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

const (
	// maxElementDepth bounds how deep elements stand in one another: names are made of all that is around one.
	maxElementDepth = 32
	// maxTag bounds a tag with its attributes, which are read all at once.
	maxTag = 8 << 10
)

// tagTooLong reports whether a tag is longer than it may be.
func tagTooLong(body []byte) bool {
	for {
		_, rest, found := bytes.Cut(body, []byte("<"))
		if !found {
			return false
		}
		if bytes.HasPrefix(rest, []byte("!")) {
			_, body, _ = bytes.Cut(rest, []byte(">"))
			continue
		}
		end := tagEnd(rest)
		if end > maxTag {
			return true
		}
		body = rest[end:]
	}
}

// tagEnd is where a tag ends: at the first > that stands in no quotes.
func tagEnd(tag []byte) int {
	var quote byte
	for i, c := range tag {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return len(tag)
}

// adfAnswers reads ADF, the XML in which vehicle dealers get leads: one for each prospect. Published examples are not
// valid XML, so what can be read before it breaks off counts.
func adfAnswers(body []byte) ([]Answers, error) {
	if tagTooLong(body) {
		return nil, &ExcessError{fmt.Sprintf("the body has a tag of more than %d bytes, which is more than is read of one delivery", maxTag)}
	}
	decoder := newXML(body)
	var all []Answers
	var path []string
	var text strings.Builder
	var part string
	for n := 0; ; n++ {
		if n > 3*maxElements { // which have a beginning, a text and an end
			return nil, tooManyElements
		}
		token, err := decoder.Token()
		if err != nil {
			if len(all) == 0 {
				return xmlAnswers(body)
			}
			return all, nil
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path, part = append(path, strings.ToLower(t.Name.Local)), ""; len(path) > maxElementDepth {
				return all, nil
			}
			text.Reset()
			for _, attribute := range t.Attr {
				if attribute.Name.Local == "part" {
					part = strings.ToLower(attribute.Value)
				}
			}
			if path[len(path)-1] == "prospect" {
				all = append(all, nil)
			}
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if len(all) > 0 && len(path) > 0 {
				all[len(all)-1].addADF(path, part, text.String())
			}
			text.Reset()
			path = path[:max(0, len(path)-1)]
		}
	}
}

// addADF adds the text of an element by where it stands: that of the customer's contact is the lead's.
func (a *Answers) addADF(path []string, part, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	where := strings.Join(path, "/")
	name := path[len(path)-1]
	if !strings.Contains(where, "customer/contact/") {
		if _, below, found := strings.Cut(where, "prospect/"); found {
			name = strings.ReplaceAll(below, "/", " ")
		}
		a.Add(name, text)
		return
	}
	switch {
	case name == "name" && part == "first":
		a.addAs(roleFirst, "first name", text)
	case name == "name" && part == "last":
		a.addAs(roleLast, "last name", text)
	case name == "name":
		a.addAs(roleName, name, text)
	default:
		a.Add(name, text)
	}
}
