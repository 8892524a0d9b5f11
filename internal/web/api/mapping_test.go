package api_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestImportWithAMapping(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const file = "Given,Family,Reach at,Kolom D,Agent phone\nAda,Lim,0123456781,ada@example.com,0198765432\n"
	query := "?mapping=" + url.QueryEscape(`{"name":["given","Family"],"phone":"REACH AT"}`)
	r := s.upload(s.admin, query, file).is(202)
	if got := r.counts(); got != "completed: 1 = 1 + 0 + 0" {
		t.Error(r.body)
	}
	want := []any{
		map[string]any{"heading": "Given", "becomes": "name", "by": "mapping"}, map[string]any{"heading": "Family", "becomes": "name", "by": "mapping"},
		map[string]any{"heading": "Reach at", "becomes": "phone", "by": "mapping"}, map[string]any{"heading": "Kolom D", "becomes": "email", "by": "content"},
		map[string]any{"heading": "Agent phone", "becomes": "field"},
	}
	if diff := cmp.Diff(want, r.at("columns")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{"name": []any{"given", "Family"}, "phone": "REACH AT"}, r.at("mapping")); diff != "" {
		t.Error(diff)
	}
	if warnings := r.at("warnings").([]any); len(warnings) != 2 {
		t.Errorf("the warnings are %v", warnings)
	}
	if shown := s.get("/v1/imports/" + r.id()).is(200); shown.body != r.body {
		t.Errorf("the import is %s, answered was %s", shown.body, r.body)
	}
	if l := s.get("/v1/leads").items()[0]; l["name"] != "Ada Lim" || l["email"] != "ada@example.com" || l["phone_e164"] != "+60123456781" {
		t.Errorf("the lead is %v", l)
	}

	missing := s.upload(s.admin, "?mapping="+url.QueryEscape(`{"phone":"Telephone 9"}`), file).is(202)
	if failure, _ := missing.at("error").(string); missing.at("status") != "failed" || !cmp.Equal(failure[:30], `The mapping says that "Telepho`) {
		t.Error(missing.body)
	}
	for mapping, about := range map[string]string{
		`{"surname2":"Given"}`: "query.mapping.surname2", `{"name":""}`: "query.mapping.name", `{"name":[]}`: "query.mapping.name", `name`: "query.mapping",
	} {
		s.upload(s.admin, "?mapping="+url.QueryEscape(mapping), file).refuses(422, "invalid_request", about)
	}
}

func TestMappingsOfIntegrations(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, kind := range []string{"google", "meta", "tiktok", "linkedin", "typeform", "generic", "form"} {
		body := map[string]any{"kind": kind, "name": kind, "mapping": map[string]any{"name": []any{"first", "1.6"}, "phone": "Contact No."}}
		if kind != "generic" && kind != "form" {
			body["secret"] = "a-secret"
		}
		r := s.post("/v1/integrations", body).is(201)
		if diff := cmp.Diff(body["mapping"], r.at("mapping")); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		path := "/v1/integrations/" + r.id()
		s.patch(path, map[string]any{"mapping": map[string]any{"phone": nil, "email": []any{"a", "b"}, "name": "full"}}).is(200)
		want := map[string]any{"name": "full", "email": []any{"a", "b"}}
		if diff := cmp.Diff(want, s.get(path).is(200).at("mapping")); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
	for about, mapping := range map[string]any{
		"body.mapping.name": map[string]any{"name": ""}, "body.mapping.phone": map[string]any{"phone": []any{}},
		"body.mapping.surname2": map[string]any{"surname2": "x"}, "body.mapping.email": map[string]any{"email": " "},
	} {
		s.post("/v1/integrations", map[string]any{"kind": "generic", "name": "x", "mapping": mapping}).refuses(422, "invalid_request", about)
	}
}
