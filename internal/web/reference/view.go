package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
)

// A view is what the page shows.
type view struct {
	Title, Version string
	Style          template.CSS
	Text           []string
	Chapters       []chapter
	Told           []shown
	Schemas        []described
}

type chapter struct {
	Name, Slug string
	Text       []string
	Operations []shown
}

// A shown is an operation.
type shown struct {
	ID, Method, Path, Summary string
	Text                      []string
	Parameters                []row
	Body                      []medium
	Answers                   []answer
	// Refusals are the statuses of those that are all alike.
	Refusals []string
}

type medium struct {
	Kinds   string
	Is      []word
	Example string
}

type answer struct {
	Status, Text string
	Headers      []row
	Media        []medium
}

// A described is a schema with what it has.
type described struct {
	Name string
	Text []string
	Is   []word
	Rows []row
}

// A row is a parameter, a header or a member.
type row struct {
	Name, In, Text string
	Required       bool
	Is             []word
}

// A word is one of those that say what may be: the name of a schema, where Ref is set, or a value.
type word struct {
	Text, Ref string
	Value     bool
}

var methods = []string{"get", "post", "put", "patch", "delete"}

// operationsOf are the operations with a tag, by path.
func (d *documented) operationsOf(tag string) (all []shown) {
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range methods {
			if op, is := d.Paths[path][method]; is && slices.Contains(op.Tags, tag) {
				all = append(all, op.show(method, path))
			}
		}
	}
	return all
}

// told is what webhooks are sent.
func (d *documented) told() (all []shown) {
	for _, event := range slices.Sorted(maps.Keys(d.Webhooks)) {
		for _, method := range methods {
			if op, is := d.Webhooks[event][method]; is {
				all = append(all, op.show(method, event))
			}
		}
	}
	return all
}

func (op operation) show(method, path string) shown {
	s := shown{ID: op.OperationID, Method: strings.ToUpper(method), Path: path, Summary: op.Summary, Text: paragraphs(op.Description)}
	for _, p := range op.Parameters {
		s.Parameters = append(s.Parameters, row{p.Name, p.In, p.Description, p.Required, p.Schema.words()})
	}
	if op.RequestBody != nil {
		s.Body = mediaOf(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		if _, problem := r.Content["application/problem+json"]; problem {
			s.Refusals = append(s.Refusals, status)
			continue
		}
		a := answer{Status: status, Text: r.Description, Media: mediaOf(r.Content)}
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			a.Headers = append(a.Headers, row{Name: name, Text: r.Headers[name].Description})
		}
		s.Answers = append(s.Answers, a)
	}
	return s
}

// mediaOf gathers the kinds of bodies that are described alike.
func mediaOf(all map[string]content) (media []medium) {
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		m := medium{Kinds: kind, Is: all[kind].Schema.words(), Example: exampleText(all[kind].Example)}
		same := slices.IndexFunc(media, func(other medium) bool {
			return slices.Equal(other.Is, m.Is) && (other.Example == m.Example || m.Example == "" || other.Example == "")
		})
		if same < 0 {
			media = append(media, m)
			continue
		}
		media[same].Kinds += ", " + kind
		media[same].Example = max(media[same].Example, m.Example)
	}
	return media
}

func exampleText(example json.RawMessage) string {
	var text string
	if json.Unmarshal(example, &text) == nil {
		return text
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, example, "", "  "); err != nil {
		return ""
	}
	return indented.String()
}

// schemas are those that have names, with their members. What stands in a member without a name of its own is listed under it.
func (d *documented) schemas() (all []described) {
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		s := d.Components.Schemas[name]
		one := described{Name: name, Text: paragraphs(s.Description), Rows: s.rows("")}
		if one.Rows == nil {
			one.Is = s.words()
		}
		all = append(all, one)
	}
	return all
}

func (s *schema) rows(under string) (rows []row) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		member := s.Properties[name]
		rows = append(rows, row{under + name, "", member.Description, slices.Contains(s.Required, name), member.words()})
		rows = append(rows, member.rows(under+name+".")...)
		if member.Items != nil {
			rows = append(rows, member.Items.rows(under+name+"[].")...)
		}
	}
	return rows
}

// words say what a schema takes: as in "list of Slot, at least 1" or "text (uuid) or null".
func (s *schema) words() []word {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
		return []word{{Text: name, Ref: name}}
	}
	var all []word
	for i, one := range s.OneOf {
		if i > 0 {
			all = append(all, word{Text: "or"})
		}
		all = append(all, one.words()...)
	}
	for _, name := range s.types() {
		if len(all) > 0 {
			all = append(all, word{Text: "or"})
		}
		all = append(all, s.typeWords(name)...)
	}
	if bounds := s.bounds(); bounds != "" {
		all = append(all, word{Text: bounds})
	}
	return all
}

// names are what JSON's types are called.
var names = map[string]string{"string": "text", "integer": "whole number", "boolean": "true or false"}

func (s *schema) typeWords(name string) []word {
	var of schema
	switch {
	case name == "array":
		return append([]word{{Text: "list of"}}, s.Items.words()...)
	case name == "object" && s.Properties == nil && json.Unmarshal(s.AdditionalProperties, &of) == nil && len(of.words()) > 0:
		return append([]word{{Text: "object, each member"}}, of.words()...)
	case len(s.Enum) > 0 && name != "null":
		var values []word
		for _, v := range s.Enum {
			if v != nil {
				values = append(values, word{Text: fmt.Sprint(v), Value: true})
			}
		}
		return values
	}
	if called, is := names[name]; is {
		name = called
	}
	if s.Format != "" && name != "null" {
		name += " (" + s.Format + ")"
	}
	return []word{{Text: name}}
}

// bounds are the limits of what a schema takes.
func (s *schema) bounds() string {
	var all []string
	add := func(format string, v any) { all = append(all, fmt.Sprintf(format, v)) }
	if s.Minimum != nil {
		add("from %s", *s.Minimum)
	}
	if s.Maximum != nil {
		add("up to %s", *s.Maximum)
	}
	if s.MinLength != nil {
		add("%d characters or more", *s.MinLength)
	}
	if s.MaxLength != nil {
		add("%d characters at the most", *s.MaxLength)
	}
	if s.MinItems != nil {
		add("%d or more", *s.MinItems)
	}
	if s.MaxItems != nil {
		add("%d at the most", *s.MaxItems)
	}
	if s.Pattern != "" {
		add("as %s", s.Pattern)
	}
	if s.Default != nil {
		add("%s unless given", string(s.Default))
	}
	if len(all) == 0 {
		return ""
	}
	return "(" + strings.Join(all, ", ") + ")"
}

func paragraphs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n\n")
}

// slug is a name as a part of an address.
func slug(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }
