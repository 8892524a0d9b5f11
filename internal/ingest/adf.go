package ingest

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// maxElements bounds the elements of an ADF body.
const maxElements = 10_000

// adfAnswers reads ADF, the XML in which vehicle dealers get leads: one for each prospect. Published examples are not
// valid XML, so what can be read before it breaks off counts.
func adfAnswers(body []byte) ([]Answers, error) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) {
		return charmap.Windows1252.NewDecoder().Reader(in), nil
	}
	var all []Answers
	var path []string
	var text strings.Builder
	var part string
	for n := 0; n < maxElements; n++ {
		token, err := decoder.Token()
		if err != nil {
			if len(all) == 0 {
				return nil, &UnmappedError{"the body is XML and no ADF; send JSON or a form"}
			}
			return all, nil
		}
		switch t := token.(type) {
		case xml.StartElement:
			path, part = append(path, strings.ToLower(t.Name.Local)), ""
			text.Reset()
			for _, attribute := range t.Attr {
				if attribute.Name.Local == "part" {
					part = strings.ToLower(attribute.Value)
				}
			}
			if path[len(path)-1] == "prospect" && len(all) < maxLeads {
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
	return all, nil
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
