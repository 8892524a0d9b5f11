package api_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/store"
)

// linkOf is the token in an answer's link.
func linkOf(r reply) string {
	r.t.Helper()
	return strings.TrimPrefix(r.at("url").(string), api.SignInPath)
}

// signedIn is the token of the session that an answer's link begins.
func (s *site) signedIn(r reply) string {
	s.t.Helper()
	return s.do("", "POST", "/v1/sign-in", map[string]any{"link": linkOf(r)}).is(201).at("token").(string)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	invited := s.post("/v1/people", `{"name":" Mira ","email":"Mira@Example.com","role":"manager"}`).is(201)
	if invited.at("name") != "Mira" || invited.at("email") != "Mira@Example.com" || invited.at("has_password") != false {
		t.Error(invited.body)
	}
	s.post("/v1/people", `{"name":"Other","email":"mira@example.com","role":"admin"}`).refuses(409, "conflict", "body.email")
	s.post("/v1/people", `{"name":"No","email":"nowhere","role":"admin"}`).refuses(422, "invalid_request", "body.email")
	s.post("/v1/people", `{"name":"No","email":"a@example.com","role":"agent"}`).refuses(422, "invalid_request", "body.member_id")
	s.post("/v1/people", `{"name":"No","email":"a@example.com","role":"member"}`).refuses(422, "invalid_request", "body.role")

	mira := s.signedIn(invited)
	me := s.do(mira, "GET", "/v1/me", nil).is(200)
	if me.at("role") != "manager" || me.at("person").(map[string]any)["id"] != invited.id() || me.at("api_key_id") != nil {
		t.Error(me.body)
	}
	made := s.do(mira, "POST", "/v1/members", `{"name":"Siew Ling"}`).is(201)
	s.do(mira, "GET", "/v1/people", nil).refuses(403, "forbidden")
	s.do(mira, "POST", "/v1/api-keys", `{"role":"admin"}`).refuses(403, "forbidden")
	s.do(mira, "PATCH", "/v1/workspace", `{"name":"Hers"}`).refuses(403, "forbidden")
	entry := s.get("/v1/audit-log?operation=post-member").items()[0]
	if entry["person"] != "Mira" || entry["person_id"] != invited.id() || entry["api_key_id"] != nil || entry["ids"].([]any)[0] != made.id() {
		t.Errorf("the audit log says %v of what a person did", entry)
	}
	if of := s.get("/v1/audit-log?person_id=" + invited.id()).items(); len(of) != 2 { // and that she signed in
		t.Errorf("the audit log has %v of Mira", of)
	}

	agent := s.post("/v1/people", map[string]any{"email": "siew@example.com", "role": "agent", "member_id": made.id()}).is(201)
	if agent.at("name") != "Siew Ling" {
		t.Error(agent.body)
	}
	siew := s.signedIn(agent)
	s.do(siew, "GET", "/v1/assigned-leads", nil).is(200)
	s.do(siew, "GET", "/v1/leads", nil).refuses(403, "forbidden")
	s.patch("/v1/members/"+made.id(), `{"active":false}`).is(200)
	s.do(siew, "GET", "/v1/assigned-leads", nil).refuses(403, "forbidden")
}

func TestARoleThatChangesEndsSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, change := range map[string]func(id string){
		"role":    func(id string) { s.patch("/v1/people/"+id, `{"role":"manager"}`).is(200) },
		"address": func(id string) { s.patch("/v1/people/"+id, `{"email":"new@example.com"}`).is(200) },
		"removal": func(id string) { s.delete("/v1/people/" + id).is(204) },
	} {
		invited := s.post("/v1/people", map[string]any{"name": name, "email": name + "@example.com", "role": "admin"}).is(201)
		token, waiting := s.signedIn(invited), s.post("/v1/people/"+invited.id()+"/sign-in-link", nil).is(201)
		s.do(token, "GET", "/v1/members", nil).is(200)
		s.do(token, "PATCH", "/v1/people/"+invited.id(), `{"role":"manager"}`).refuses(422, "invalid_request", "body.role")
		s.do(token, "DELETE", "/v1/people/"+invited.id(), nil).refuses(422, "invalid_request", "body.id")
		change(invited.id())
		s.do(token, "GET", "/v1/members", nil).refuses(401, "unauthorized")
		s.do("", "POST", "/v1/sign-in", map[string]any{"link": linkOf(waiting)}).refuses(401, "unauthorized")
	}
	s.patch("/v1/people/"+s.post("/v1/people", `{"name":"N","email":"n@example.com","role":"admin"}`).is(201).id(), `{"name":"M"}`).is(200)
}

// A link signs in one browser, however many use it at once, and not after its time.
func TestALinkSignsInOnce(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
	s := newSite(t, testenv.WithClock(clock.Now))
	invited := s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)
	var in, refused int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			r := s.do("", "POST", "/v1/sign-in", map[string]any{"link": linkOf(invited)})
			mu.Lock()
			defer mu.Unlock()
			switch r.status {
			case 201:
				in++
			case 401:
				refused++
			}
		})
	}
	all.Wait()
	if in != 1 || refused != 7 {
		t.Errorf("a link that was used 8 times at once signed in %d, and %d were refused", in, refused)
	}
	late := s.post("/v1/people/"+invited.id()+"/sign-in-link", nil).is(201)
	clock.Advance(store.SignInLinkAge + time.Second)
	s.do("", "POST", "/v1/sign-in", map[string]any{"link": linkOf(late)}).refuses(401, "unauthorized")
	for _, wrong := range []string{"lwl_", "x", linkOf(late) + "a", strings.ToUpper(linkOf(late)), s.admin} {
		s.do("", "POST", "/v1/sign-in", map[string]any{"link": wrong}).refuses(401, "unauthorized")
	}
	s.do("", "POST", "/v1/sign-in", `{}`).refuses(422, "invalid_request", "body.link")
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	invited := s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)
	token := s.signedIn(invited)
	by := func(email, password string) reply {
		return s.do("", "POST", "/v1/sign-in", map[string]any{"email": email, "password": password})
	}
	by("mira@example.com", "correct horse").refuses(401, "unauthorized")
	s.do(token, "PUT", "/v1/me/password", `{"password":"short"}`).refuses(422, "invalid_request", "body.password")
	s.do(s.admin, "PUT", "/v1/me/password", `{"password":"correct horse"}`).refuses(403, "forbidden")
	s.do(token, "PUT", "/v1/me/password", `{"password":"correct horse"}`).is(204)
	other := by("MIRA@example.com", "correct horse").is(201).at("token").(string)
	wrong, unknown := by("mira@example.com", "wrong horse"), by("nobody@example.com", "wrong horse")
	if wrong.status != 401 || wrong.at("detail") != unknown.at("detail") {
		t.Errorf("who is here can be told: %s and %s", wrong.body, unknown.body)
	}
	s.do(token, "PUT", "/v1/me/password", `{"password":"another horse","current":"wrong horse"}`).refuses(422, "invalid_request", "body.current")
	s.do(token, "PUT", "/v1/me/password", `{"password":"another horse","current":"correct horse"}`).is(204)
	s.do(other, "GET", "/v1/me", nil).refuses(401, "unauthorized") // other sessions end
	s.do(token, "GET", "/v1/me", nil).is(200)
	by("mira@example.com", "correct horse").refuses(401, "unauthorized")
	by("mira@example.com", "another horse").is(201)
	if text := s.rows(s.workspace)["people"]; strings.Contains(text, "horse") || !strings.Contains(text, "argon2id") {
		t.Error(text)
	}
}
