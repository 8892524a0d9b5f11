package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A tree is a part of the document as JSON has it.
type tree = map[string]any

const schemaRef = "#/components/schemas/"

// publish writes the document as others get it. Requests are checked by what it is made of; in it, answers may have members that
// are not described, since later versions add some, and what holds of null is said in full. What stands in requests and in answers
// is described twice, since the first may not have such members.
func publish(o *huma.OpenAPI) ([]byte, error) {
	data, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	var doc tree
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // or a limit such as 1e15 would be written otherwise
	if err := decoder.Decode(&doc); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document again: %w", err)
	}
	partInputs(doc)
	eachOperation(doc, "paths", mendOpen)
	eachOperation(doc, "webhooks", mendOpen)
	walkTree(doc, mendNull)
	walkTree(doc, mendBound)
	walkTree(doc, mendPattern)
	walkTree(doc, mendParameter)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(doc); err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	return out.Bytes(), nil
}

// partInputs gives schemas that requests and answers share a second name for requests, and opens those of answers.
func partInputs(doc tree) {
	schemas := doc["components"].(tree)["schemas"].(tree)
	var inputs, answers []tree
	eachOperation(doc, "paths", func(op tree) {
		inputs, answers = append(inputs, part(op, "requestBody")), append(answers, part(op, "responses"))
	})
	eachOperation(doc, "webhooks", func(op tree) { answers = append(answers, op) })
	asked, answered := reached(schemas, inputs), reached(schemas, answers)
	renamed := make(map[string]string)
	for name := range asked {
		if answered[name] {
			renamed[schemaRef+name] = schemaRef + name + "Input"
			schemas[name+"Input"] = cloneTree(schemas[name])
		}
	}
	rename := func(s tree) {
		if to, is := renamed[fmt.Sprint(s["$ref"])]; is {
			s["$ref"] = to
		}
	}
	for _, input := range inputs {
		walkTree(input, rename)
	}
	for name := range asked {
		if answered[name] {
			name += "Input"
		}
		walkTree(schemas[name].(tree), rename)
	}
	open := func(s tree) {
		if s["additionalProperties"] == false {
			delete(s, "additionalProperties")
		}
	}
	for _, answer := range answers {
		walkTree(answer, open)
	}
	for name := range answered {
		walkTree(schemas[name].(tree), open)
	}
}

// eachOperation goes through the operations of a section of the document.
func eachOperation(doc tree, section string, do func(op tree)) {
	paths, _ := doc[section].(tree)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, op := range paths[path].(tree) {
			if op, is := op.(tree); is {
				do(op)
			}
		}
	}
}

func part(op tree, name string) tree {
	found, _ := op[name].(tree)
	return found
}

// reached are the names of the schemas to which parts of the document lead.
func reached(schemas tree, from []tree) map[string]bool {
	found := make(map[string]bool)
	var follow func(s tree)
	follow = func(s tree) {
		ref, _ := s["$ref"].(string)
		name, is := strings.CutPrefix(ref, schemaRef)
		if is && !found[name] {
			found[name] = true
			walkTree(schemas[name].(tree), follow)
		}
	}
	for _, one := range from {
		walkTree(one, follow)
	}
	return found
}

// mendOpen says of what is for anybody that it needs no key: huma leaves out a list without any, and some tools ask for a key that
// has no name where there is one of none.
func mendOpen(op tree) {
	if keys, _ := op["security"].([]any); len(keys) == 1 && len(keys[0].(tree)) == 0 {
		op["security"] = []any{}
	}
}

// mendNull adds null to the words of what may be null.
func mendNull(s tree) {
	types, _ := s["type"].([]any)
	words, _ := s["enum"].([]any)
	if slices.Contains(types, any("null")) && len(words) > 0 && !slices.Contains(words, nil) {
		s["enum"] = append(words, nil)
	}
}

// mendBound writes bounds that are not within their range in words that older generators read too: OpenAPI 3.0 had exclusiveMinimum
// as a yes or no, and some take nothing else.
func mendBound(s tree) {
	if bound, is := s["exclusiveMinimum"].(json.Number); is {
		delete(s, "exclusiveMinimum")
		s["minimum"], s["not"] = bound, tree{"const": bound}
	}
}

// mendPattern has what a pattern means among the words that are for people: huma keeps it where nobody else looks.
func mendPattern(s tree) {
	if text, is := s["patternDescription"].(string); is {
		delete(s, "patternDescription")
		if s["description"] == nil {
			s["description"] = strings.ToUpper(text[:1]) + text[1:] + "."
		}
	}
}

// mendParameter says what a parameter is for once: huma says it of its schema too.
func mendParameter(p tree) {
	schema, is := p["schema"].(tree)
	if is && p["in"] != nil && schema["description"] == p["description"] {
		delete(schema, "description")
	}
}

// walkTree does something to each object of a part of the document. Examples are nobody's schemas.
func walkTree(at any, do func(tree)) {
	switch at := at.(type) {
	case tree:
		do(at)
		for name, it := range at {
			if name != "example" && name != "examples" {
				walkTree(it, do)
			}
		}
	case []any:
		for _, it := range at {
			walkTree(it, do)
		}
	}
}

func cloneTree(at any) any {
	switch at := at.(type) {
	case tree:
		cloned := make(tree, len(at))
		for name, it := range at {
			cloned[name] = cloneTree(it)
		}
		return cloned
	case []any:
		cloned := make([]any, len(at))
		for i, it := range at {
			cloned[i] = cloneTree(it)
		}
		return cloned
	}
	return at
}
