package api_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// schema is a schema of the document by its name.
func (s *site) schema(name string) map[string]any {
	s.t.Helper()
	found, is := s.described["components"].(map[string]any)["schemas"].(map[string]any)[name].(map[string]any)
	if !is {
		s.t.Fatalf("there is no schema %s", name)
	}
	return found
}

// operations are those of a section of the document, by method and path.
func (s *site) operations(section string) map[string]map[string]any {
	all := make(map[string]map[string]any)
	for path, item := range s.described[section].(map[string]any) {
		for method, op := range item.(map[string]any) {
			all[method+" "+path] = op.(map[string]any)
		}
	}
	return all
}

// TestDocumentSaysWhatToolsNeed walks the document for what generators, linters and readers make something of.
func TestDocumentSaysWhatToolsNeed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.readDocument()
	if len(s.described["servers"].([]any)) == 0 {
		t.Error("there is no server")
	}
	var tags []string
	for _, tag := range s.described["tags"].([]any) {
		tags = append(tags, tag.(map[string]any)["name"].(string))
	}
	ids, used := make(map[string]string), make(map[string]bool)
	for name, op := range s.operations("paths") {
		id, _ := op["operationId"].(string)
		if before, is := ids[id]; is || id == "" {
			t.Errorf("%s has the id %q, as %s", name, id, before)
		}
		ids[id] = name
		for _, tag := range op["tags"].([]any) {
			used[tag.(string)] = true
			if !slices.Contains(tags, tag.(string)) {
				t.Errorf("%s has the tag %q, which is not described", name, tag)
			}
		}
		if len(op["tags"].([]any)) != 1 || op["summary"] == "" || op["summary"] == nil {
			t.Errorf("%s has the tags %v and the summary %v", name, op["tags"], op["summary"])
		}
		parameters, _ := op["parameters"].([]any)
		for _, p := range parameters {
			if p := p.(map[string]any); p["description"] == nil || p["schema"].(map[string]any)["description"] != nil {
				t.Errorf("%s: the parameter %s is described as %v", name, p["name"], p)
			}
		}
		content, is := op["responses"].(map[string]any)["default"].(map[string]any)["content"].(map[string]any)[problem.ContentType]
		if !is || content.(map[string]any)["schema"].(map[string]any)["$ref"] != "#/components/schemas/Problem" {
			t.Errorf("%s: the default answer is no problem", name)
		}
	}
	for _, tag := range tags {
		if !used[tag] {
			t.Errorf("nothing has the tag %s", tag)
		}
	}
}

// TestExamplesAreAsDescribed holds the example of each body to its schema.
func TestExamplesAreAsDescribed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.readDocument()
	for name, op := range s.operations("paths") {
		body, takes := op["requestBody"].(map[string]any)
		if !takes {
			continue
		}
		found := false
		for kind, content := range body["content"].(map[string]any) {
			content := content.(map[string]any)
			example, has := content["example"]
			if found = found || has; !has {
				continue
			}
			if wrong := s.mismatch(content["schema"].(map[string]any), example); wrong != "" {
				t.Errorf("%s: the example as %s%s", name, kind, wrong)
			}
		}
		if !found {
			t.Errorf("%s has no example of its body", name)
		}
	}
}

// TestAnswersMayGrowAndRequestsMayNot looks at what stands in both.
func TestAnswersMayGrowAndRequestsMayNot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.readDocument()
	if s.schema("Lead")["additionalProperties"] != nil || s.schema("Slot")["additionalProperties"] != nil || s.schema("Problem")["additionalProperties"] != nil {
		t.Error("an answer may not have members that are not described")
	}
	if s.schema("NewLead")["additionalProperties"] != false || s.schema("SlotInput")["additionalProperties"] != false {
		t.Error("a request may have members that are not described")
	}
	refs := func(of any) string {
		text, err := json.Marshal(of)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if spec := refs(s.schema("GroupSpec")); !strings.Contains(spec, `schemas/SlotInput"`) || strings.Contains(spec, `schemas/Slot"`) {
		t.Errorf("a group to be made is described as %s", spec)
	}
	if slot := refs(s.schema("SlotInput")); !strings.Contains(slot, `schemas/ReceiverInput"`) {
		t.Errorf("a slot to be made is described as %s", slot)
	}
	if group := refs(s.schema("Group")); strings.Contains(group, "Input") {
		t.Errorf("a group is described as %s", group)
	}
}

// TestDocumentHasTheWordsOfTheDomain looks at words that are spelled out, and at null among them.
func TestDocumentHasTheWordsOfTheDomain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.readDocument()
	words := func(schema, member string) []any {
		all, _ := s.schema(schema)["properties"].(map[string]any)[member].(map[string]any)["enum"].([]any)
		return all
	}
	if got := words("Problem", "code"); len(got) != len(problem.Codes()) || len(got) < len(lead.Reasons())+8 {
		t.Errorf("a problem's codes are %v", got)
	}
	if got := words("Lead", "channel"); len(got) != len(lead.WaysIn()) || len(got) < len(lead.Kinds())+3 {
		t.Errorf("a lead's channels are %v", got)
	}
	if got := words("HistoryEntry", "reason"); len(got) != len(lead.Reasons())+1 || !slices.Contains(got, nil) {
		t.Errorf("reasons are %v, of which null is one", got)
	}
	var null func(at string, of any)
	null = func(at string, of any) {
		switch of := of.(type) {
		case map[string]any:
			types, _ := of["type"].([]any)
			enum, _ := of["enum"].([]any)
			if len(enum) > 0 && slices.Contains(types, any("null")) != slices.Contains(enum, nil) {
				t.Errorf("%s is %v, one of %v", at, types, enum)
			}
			if of["type"] == "number" && of["format"] != "double" {
				t.Errorf("%s is a number of the format %v", at, of["format"])
			}
			for _, name := range slices.Sorted(maps.Keys(of)) {
				null(at+"/"+name, of[name])
			}
		case []any:
			for _, it := range of {
				null(at, it)
			}
		}
	}
	null("", s.described["components"])
}

// TestDocumentTellsOfWebhooks looks for each event, and holds its example to what is described.
func TestDocumentTellsOfWebhooks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.readDocument()
	told := s.operations("webhooks")
	for _, event := range lead.WebhookTypes() {
		op, is := told["post "+string(event)]
		if !is || op["summary"] == nil {
			t.Errorf("%s is described as %v", event, op)
			continue
		}
		content := op["requestBody"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)
		if wrong := s.mismatch(content["schema"].(map[string]any), content["example"]); wrong != "" || content["example"].(map[string]any)["type"] != string(event) {
			t.Errorf("the example of %s%s", event, wrong)
		}
	}
	if len(told) != len(lead.WebhookTypes()) {
		t.Errorf("%d events are described", len(told))
	}
}

// update writes the document in docs/ anew: go test ./internal/web/api -run TestCommittedDocument -update.
var update = flag.Bool("update", false, "write ../../../docs/openapi.json anew")

// TestCommittedDocument holds the document in docs/ to the one that is served.
func TestCommittedDocument(t *testing.T) {
	t.Parallel()
	const file = "../../../docs/openapi.json"
	served := newSite(t).do("", "GET", "/v1/openapi.json", nil).is(200).body
	if *update {
		if err := os.WriteFile(file, []byte(served), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil || string(committed) != served {
		t.Errorf("%s is not what is served; run `make docs` (%v)", file, err)
	}
}

// TestReferenceIsServed asks for the page of the document as a browser does.
func TestReferenceIsServed(t *testing.T) {
	t.Parallel()
	r := newSite(t).do("", "GET", "/v1/docs", nil).is(200)
	if !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") || !strings.Contains(r.body, `id="list-leads"`) ||
		!strings.HasPrefix(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v %.500s", r.header, r.body)
	}
}
