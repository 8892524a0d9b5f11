package ingest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/leadwheel/leadwheel/internal/jsonbounds"
)

// newXML reads XML that need not be right. Its text is UTF-8 by now, whatever it says of itself; see plain.
func newXML(body []byte) *xml.Decoder {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	decoder.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return decoder
}

// maxElements bounds the elements of a body of XML.
const maxElements = 20_000

// tooManyElements is why XML is not taken that has more.
var tooManyElements = &RejectedError{http.StatusRequestEntityTooLarge, "the body holds more XML elements, attributes or names than one delivery may; send it in several, or as JSON"}

// An element is XML that is being read: what its attributes and the elements in it say, by their names.
type element struct {
	name    string
	members map[string]any
	text    strings.Builder
}

func newElement(t xml.StartElement) *element {
	e := &element{name: t.Name.Local}
	for _, attribute := range t.Attr {
		if attribute.Name.Local != "xmlns" && attribute.Name.Space != "xmlns" {
			e.add(attribute.Name.Local, attribute.Value)
		}
	}
	return e
}

// value is an element's text, or what is in it.
func (e *element) value() any {
	text := Clean(e.text.String())
	if len(e.members) == 0 {
		return text
	}
	if text != "" {
		e.add("value", text)
	}
	return e.members
}

// add adds a member; those of one name become a list.
func (e *element) add(name string, value any) {
	if e.members == nil {
		e.members = make(map[string]any)
	}
	switch before := e.members[name].(type) {
	case nil:
		e.members[name] = value
	case []any:
		e.members[name] = append(before, value)
	default:
		e.members[name] = []any{before, value}
	}
}

// xmlAnswers reads XML of any kind, as JSON of the same members would be read.
func xmlAnswers(body []byte) ([]Answers, error) {
	decoder := newXML(body)
	names := jsonbounds.NewNames(maxNames, maxNameBytes)
	open := []*element{{}}
	for n := 0; ; {
		token, err := decoder.Token()
		if err != nil && !errors.Is(err, io.EOF) && open[0].members == nil && len(open) < 2 {
			return nil, &UnmappedError{"the body is neither XML nor JSON nor a form"}
		}
		if err != nil {
			break
		}
		switch t := token.(type) {
		case xml.StartElement:
			if n += 1 + len(t.Attr); n > maxElements || !addNames(names, t) {
				return nil, tooManyElements
			}
			if len(open) > maxNesting {
				return nil, &UnmappedError{"the body nests too deep"}
			}
			open = append(open, newElement(t))
		case xml.CharData:
			open[len(open)-1].text.Write(t)
		case xml.EndElement:
			if last := len(open) - 1; last > 0 {
				open[last-1].add(open[last].name, open[last].value())
				open = open[:last]
			}
		}
	}
	for last := len(open) - 1; last > 0; last-- { // it breaks off
		open[last-1].add(open[last].name, open[last].value())
	}
	return xmlTrees(open[0].members)
}

// addNames counts the names of an element and of its attributes, and reports whether there is room for them.
func addNames(names *jsonbounds.Names, e xml.StartElement) bool {
	return names.Add([]byte(e.Name.Local)) && !slices.ContainsFunc(e.Attr, func(a xml.Attr) bool { return !names.Add([]byte(a.Name.Local)) })
}

// xmlTrees are the leads in what a body says. What stands around all of it says nothing.
func xmlTrees(root map[string]any) ([]Answers, error) {
	for len(root) == 1 {
		inner, is := root[sortedKeys(root)[0]].(map[string]any)
		if !is {
			break
		}
		root = inner
	}
	if len(root) == 0 {
		return nil, &UnmappedError{"the body is XML that says nothing"}
	}
	trees, err := spreadOf([]any{root}, newDecoding(), nil)
	if err != nil {
		return nil, err
	}
	return answersOfTrees(trees), nil
}
