package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A document is an OpenAPI document, with its schemas ready to check by.
type document struct {
	root       map[string]any
	operations []*operation
}

// An operation is one of a document's.
type operation struct {
	id, method, path string
	parameters       []parameter
	// bodies are the schemas of what may be sent, by media type, and takes checks those of JSON.
	bodies   map[string]map[string]any
	examples map[string]any
	takes    *jsonschema.Schema
	required bool
	answers  map[string]answer
}

// A parameter is one of a path, query or header.
type parameter struct {
	name, in string
	required bool
	schema   map[string]any
}

// An answer is what may be answered with a status: a schema by media type, nil where the document has none.
type answer map[string]*jsonschema.Schema

// address names the document to the library.
const address = "http://leadwheel.example/openapi.json"

func readDocument(path string) (*document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	// Answers have to have the format that the document says; of requests that is left to the server.
	answers, requests := jsonschema.NewCompiler(), jsonschema.NewCompiler()
	answers.AssertFormat()
	for _, compiler := range []*jsonschema.Compiler{answers, requests} {
		if err := compiler.AddResource(address, read); err != nil {
			return nil, err
		}
	}
	d := &document{root: object(read)}
	for path, methods := range object(d.root["paths"]) {
		for method, described := range object(methods) {
			if !slices.Contains([]string{"get", "post", "put", "patch", "delete"}, method) {
				continue
			}
			o, err := newOperation(strings.ToUpper(method), path, object(described), answers, requests)
			if err != nil {
				return nil, err
			}
			d.operations = append(d.operations, o)
		}
	}
	slices.SortFunc(d.operations, func(a, b *operation) int { return strings.Compare(a.id, b.id) })
	return d, nil
}

func newOperation(method, path string, described map[string]any, answers, requests *jsonschema.Compiler) (*operation, error) {
	o := &operation{method: method, path: path, bodies: map[string]map[string]any{}, examples: map[string]any{}, answers: map[string]answer{}}
	o.id, _ = described["operationId"].(string)
	list, _ := described["parameters"].([]any)
	for _, one := range list {
		p := object(one)
		required, _ := p["required"].(bool)
		o.parameters = append(o.parameters, parameter{p["name"].(string), p["in"].(string), required, object(p["schema"])})
	}
	place := address + "#/paths/" + escape(path) + "/" + strings.ToLower(method)
	body := object(described["requestBody"])
	o.required, _ = body["required"].(bool)
	for media, one := range object(body["content"]) {
		o.bodies[media] = object(object(one)["schema"])
		o.examples[media] = object(one)["example"]
		if isJSON(media) {
			var err error
			if o.takes, err = requests.Compile(place + "/requestBody/content/" + escape(media) + "/schema"); err != nil {
				return nil, fmt.Errorf("the schema of what %s takes: %w", o.id, err)
			}
		}
	}
	for status, one := range object(described["responses"]) {
		o.answers[status] = answer{}
		for media, content := range object(object(one)["content"]) {
			o.answers[status][media] = nil
			if _, has := object(content)["schema"]; !has || !isJSON(media) {
				continue
			}
			schema, err := answers.Compile(place + "/responses/" + status + "/content/" + escape(media) + "/schema")
			if err != nil {
				return nil, fmt.Errorf("the schema of what %s answers with %s: %w", o.id, status, err)
			}
			o.answers[status][media] = schema
		}
	}
	return o, nil
}

// resolve follows a reference to where it leads.
func (d *document) resolve(schema map[string]any) map[string]any {
	for {
		to, is := schema["$ref"].(string)
		if !is {
			return schema
		}
		at := any(d.root)
		for name := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
			at = object(at)[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
		}
		schema = object(at)
	}
}

func isJSON(media string) bool { return strings.HasSuffix(media, "json") }

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D", "+", "%2B").Replace(name)
}

func object(v any) map[string]any {
	is, _ := v.(map[string]any)
	return is
}
