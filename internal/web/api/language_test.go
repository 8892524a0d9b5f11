package api_test

import (
	"fmt"
	"testing"
)

// TestLanguages has a workspace, a manager and an agent choose what they read: each their own, and without one the workspace's.
func TestLanguages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	siew := s.member("Siew Ling")
	mira := s.signedIn(s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"manager"}`).is(201))
	agent := s.signedIn(s.post("/v1/people", fmt.Sprintf(`{"email":"siew@example.com","role":"agent","member_id":"%s"}`, siew)).is(201))
	read := func(want string, keys ...string) {
		t.Helper()
		for _, key := range keys {
			if me := s.do(key, "GET", "/v1/me", nil).is(200); me.at("language") != want {
				t.Errorf("they read %v, want %s", me.at("language"), want)
			}
		}
	}
	read("en", s.admin, mira, agent)
	s.patch("/v1/workspace", `{"language":"ms"}`).is(200)
	read("ms", s.admin, mira, agent)
	s.do(mira, "PATCH", "/v1/me", `{"language":"en"}`).is(200)
	read("en", mira)
	s.do(agent, "PATCH", "/v1/me/messages", `{"language":"en"}`).is(200)
	if me := s.do(agent, "GET", "/v1/me", nil); me.at("language") != "en" || me.at("person").(map[string]any)["language"] != "en" {
		t.Error(me.body)
	}
	s.do(agent, "PATCH", "/v1/me", `{"language":"ms"}`).is(200) // of an agent there is one choice
	if m := s.get("/v1/members/" + siew.String()); m.at("language") != "ms" {
		t.Error(m.body)
	}
	s.do(mira, "PATCH", "/v1/me", `{"language":null}`).is(200)
	read("ms", mira)
	for _, path := range []string{"/v1/workspace", "/v1/members/" + siew.String()} {
		for _, wrong := range []string{`"tlh"`, `""`, `"MS"`, `5`} {
			s.patch(path, `{"language":`+wrong+`}`).refuses(422, "invalid_request", "body.language")
		}
	}
	s.patch("/v1/workspace", `{"language":null}`).refuses(422, "invalid_request", "body.language")
	if r := s.patch("/v1/workspace", `{"timezone":"Mars"}`).is(422); r.at("detail") == nil {
		t.Error(r.body) // answers are in English whatever is chosen
	}
}
