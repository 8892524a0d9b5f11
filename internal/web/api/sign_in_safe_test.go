package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/web/api"
)

// A postbox has to whom something was posted.
type postbox chan string

func (p postbox) Post(_ context.Context, to string, _ notify.Content) error {
	p <- to
	return nil
}

// A manager may say where a member's messages go. Were an admin's links sent there, a manager could become one.
func TestNoLinkOfAnAdminGoesWhereAManagerSays(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sent := make(postbox, 10)
	s.serveBy(slog.New(slog.DiscardHandler), func(d *api.Deps) { d.Posters = map[lead.Channel]notify.Poster{lead.Telegram: sent} })
	member := func(name string) string { return s.post("/v1/members", map[string]any{"name": name}).is(201).id() }
	boss, siew := member("Boss"), member("Siew Ling")
	for _, p := range []map[string]any{
		{"name": "Boss", "email": "boss@example.com", "role": "admin", "member_id": boss},
		{"name": "Boss too", "email": "lead@example.com", "role": "manager", "member_id": boss},
		{"name": "Siew Ling", "email": "siew@example.com", "role": "agent", "member_id": siew},
	} {
		s.post("/v1/people", p).is(201)
	}
	mira := s.signedIn(s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"manager"}`).is(201))
	s.do(mira, "PATCH", "/v1/members/"+boss, `{"telegram_chat_id":"666"}`).is(200)
	s.do(mira, "PATCH", "/v1/members/"+siew, `{"telegram_chat_id":"42"}`).is(200)
	for _, email := range []string{"boss@example.com", "lead@example.com", "siew@example.com"} { // sent one after another
		s.do("", "POST", "/v1/sign-in/link", map[string]any{"email": email}).is(202)
	}
	if to := <-sent; to != "42" {
		t.Errorf("the first link went to %s, want the agent's alone", to)
	}
}

// However many addresses somebody guesses from, they guess at one person's password a few times, and at nobody's as often.
func TestGuessingAtOnePersonIsLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	limited(s, api.Limits{SignIns: 1000}, s.Redis)
	mira := s.signedIn(s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201))
	s.do(mira, "PUT", "/v1/me/password", `{"password":"correct horse"}`).is(204)
	guess := func(email string, i int) reply {
		return s.do("", "POST", "/v1/sign-in", map[string]any{"email": email, "password": "wrong horse"}, from(fmt.Sprintf("198.51.100.%d", i))...)
	}
	for i := range 20 {
		guess("mira@example.com", i).is(401)
		guess("nobody@example.com", i).is(401)
	}
	guess("Mira@Example.com", 21).asksToWait()
	guess("nobody@example.com", 21).asksToWait()
	s.do(mira, "PUT", "/v1/me/password", `{"password":"another horse","current":"wrong horse"}`).asksToWait()
	link := s.post("/v1/people/"+s.get("/v1/people").items()[0]["id"].(string)+"/sign-in-link", nil).is(201)
	s.do("", "POST", "/v1/sign-in", map[string]any{"link": linkOf(link)}).is(201)
}

// A password is the same however a keyboard composes its letters.
func TestPasswordsAreOneInAllSpellings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mira := s.signedIn(s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201))
	s.do(mira, "PUT", "/v1/me/password", map[string]any{"password": "cafe\u0301 au lait \U0001F40E"}).is(204)
	for password, status := range map[string]int{"caf\u00e9 au lait \U0001F40E": 201, "caf\u00e9 au\u00a0lait \U0001F40E": 201, "cafe au lait \U0001F40E": 401} {
		s.do("", "POST", "/v1/sign-in", map[string]any{"email": "mira@example.com", "password": password}).is(status)
	}
}

// Whose password was forgotten, or given by somebody else, has none after an admin took it away, and no session that it began.
func TestAPasswordIsTakenAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	invited := s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)
	mira, one := s.signedIn(invited), "/v1/people/"+invited.id()
	waiting := s.post(one+"/sign-in-link", nil).is(201)
	s.do(mira, "PUT", "/v1/me/password", `{"password":"correct horse"}`).is(204)
	s.do("", "POST", "/v1/sign-in", map[string]any{"link": linkOf(waiting)}).refuses(401, "unauthorized") // links end too
	s.patch(one, `{"has_password":true}`).refuses(422, "invalid_request", "body.has_password")
	s.patch(one, `{"has_password":false}`).is(200)
	s.do(mira, "GET", "/v1/me", nil).refuses(401, "unauthorized")
	s.do("", "POST", "/v1/sign-in", `{"email":"mira@example.com","password":"correct horse"}`).refuses(401, "unauthorized")
	again := s.signedIn(s.post(one+"/sign-in-link", nil).is(201))
	s.do(again, "PUT", "/v1/me/password", `{"password":"another horse"}`).is(204)
}

// An answer that showed a secret opens for the session that got it. Another is told so, and not that something went wrong.
func TestSecretsAreNotShownToAnotherSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	invited := s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)
	one := s.signedIn(invited)
	other := s.signedIn(s.post("/v1/people/"+invited.id()+"/sign-in-link", nil).is(201))
	const role = `{"role":"admin"}`
	made := s.do(one, "POST", "/v1/api-keys", role, "Idempotency-Key", "k").is(201)
	if again := s.do(one, "POST", "/v1/api-keys", role, "Idempotency-Key", "k").is(201); again.body != made.body {
		t.Error(again.body)
	}
	s.do(other, "POST", "/v1/api-keys", role, "Idempotency-Key", "k").refuses(422, "invalid_request", "header.Idempotency-Key")
}

// Whoever is invited has a name that can be seen, and an address that can be written to.
func TestPeopleHaveNamesAndAddresses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if p := s.post("/v1/people", `{"email":"mira@example.com","role":"admin"}`).is(201); p.at("name") != "mira@example.com" {
		t.Error(p.body)
	}
	s.post("/v1/people", map[string]any{"name": "\u200b\u200b", "email": "a@example.com", "role": "admin"}).refuses(422, "invalid_request", "body.name")
	for _, email := range []string{"a@b.example\r\nBcc: x@evil.example", "a\u0001@example.com", "=\"a@example.com\"", "a(x)@example.com", "a@@example.com"} {
		s.post("/v1/people", map[string]any{"name": "A", "email": email, "role": "admin"}).refuses(422, "invalid_request", "body.email")
	}
}
