package api_test

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// conforms holds every answer that a test gets against the OpenAPI document that the same server serves: its status is
// described, and its JSON is as described.
func (s *site) conforms(method, path string, r reply) {
	s.t.Helper()
	s.readDocument()
	operation := s.operation(method, path)
	if operation == nil {
		return
	}
	name := fmt.Sprintf("%s %s: %d", method, path, r.status)
	answer, is := operation["responses"].(map[string]any)[fmt.Sprint(r.status)].(map[string]any)
	if !is {
		s.t.Errorf("%s is not described: %s", name, r.body)
		return
	}
	headers, _ := answer["headers"].(map[string]any)
	if headers["Location"] != nil && r.header.Get("Location") == "" {
		s.t.Errorf("%s: does not say where that is what it made", name)
	}
	content, _ := answer["content"].(map[string]any)
	if r.body == "" && content == nil {
		return
	}
	kind, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	described, is := content[kind].(map[string]any)
	if err != nil || !is {
		s.t.Errorf("%s is not described with the content type %q", name, kind)
		return
	}
	if !strings.HasSuffix(kind, "json") {
		return
	}
	var body any
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		s.t.Errorf("%s: %v", name, err)
	}
	if wrong := s.mismatch(described["schema"].(map[string]any), body); wrong != "" {
		s.t.Errorf("%s: body%s: %s", name, wrong, r.body)
	}
}

// served is the OpenAPI document that every server serves, as the first that was asked does: writing and reading it takes longer than
// most tests.
var served struct {
	sync.Mutex
	described map[string]any
	templates map[string]*regexp.Regexp // of its paths with parameters
}

// readDocument has the site know what it serves.
func (s *site) readDocument() {
	s.t.Helper()
	served.Lock()
	defer served.Unlock()
	if s.described == nil {
		s.described = served.described
	}
	if s.described != nil {
		return
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/v1/openapi.json", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&s.described); err != nil {
		s.t.Fatal(err)
	}
	served.described, served.templates = s.described, make(map[string]*regexp.Regexp)
	for path := range s.described["paths"].(map[string]any) {
		served.templates[path] = regexp.MustCompile("^" + pathParam.ReplaceAllString(path, "[^/]+") + "$")
	}
}

func (s *site) operation(method, path string) map[string]any {
	path, _, _ = strings.Cut(path, "?")
	if exact, is := s.described["paths"].(map[string]any)[path].(map[string]any); is {
		operation, _ := exact[strings.ToLower(method)].(map[string]any)
		return operation
	}
	for template, operations := range s.described["paths"].(map[string]any) {
		if served.templates[template].MatchString(path) {
			if operation, is := operations.(map[string]any)[strings.ToLower(method)].(map[string]any); is {
				return operation
			}
		}
	}
	return nil
}

// mismatch says where a value is not as its schema, as far as the API uses JSON Schema.
func (s *site) mismatch(schema map[string]any, v any) string {
	if ref, is := schema["$ref"].(string); is {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		return s.mismatch(s.described["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any), v)
	}
	if several, is := schema["oneOf"].([]any); is {
		fits := func(one any) bool { return s.mismatch(one.(map[string]any), v) == "" }
		if !slices.ContainsFunc(several, fits) {
			return " is none of what it may be"
		}
		return ""
	}
	types, _ := schema["type"].([]any)
	if one, is := schema["type"].(string); is {
		types = []any{one}
	}
	if len(types) > 0 && !slices.Contains(types, any(typeOf(v))) && (typeOf(v) != "number" || !slices.Contains(types, any("integer"))) {
		return fmt.Sprintf(" is %v, not %v", typeOf(v), types)
	}
	if enum, is := schema["enum"].([]any); is && v != nil && !slices.Contains(enum, v) {
		return fmt.Sprintf(" is %v, not one of %v", v, enum)
	}
	switch v := v.(type) {
	case []any:
		for i, it := range v {
			if wrong := s.mismatch(schema["items"].(map[string]any), it); wrong != "" {
				return fmt.Sprintf("[%d]%s", i, wrong)
			}
		}
	case map[string]any:
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, has := v[name.(string)]; !has {
				return fmt.Sprintf(" is without %s", name)
			}
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, it := range v {
			property, is := properties[name].(map[string]any)
			if !is && len(properties) > 0 && (schema["additionalProperties"] == nil || schema["additionalProperties"] == false) {
				return "." + name + " is not described" // others may get what is not, from later versions
			}
			if !is {
				continue
			}
			if wrong := s.mismatch(property, it); wrong != "" {
				return "." + name + wrong
			}
		}
	}
	return ""
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
