package api_test

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/store"
)

// Whoever has one address and one password in two workspaces chooses where to; with a password of its own, each is known by that.
func TestOneAddressInTwoWorkspaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, other := s.newWorkspace("zenith")
	people := map[string]string{} // tokens of sessions, by admin's key
	for _, admin := range []string{s.admin, other} {
		people[admin] = s.signedIn(s.do(admin, "POST", "/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201))
		s.do(people[admin], "PUT", "/v1/me/password", `{"password":"correct horse"}`).is(204)
	}
	const both = `{"email":"mira@example.com","password":"correct horse"}`
	r := s.do("", "POST", "/v1/sign-in", both)
	r.refuses(409, "conflict")
	want := map[string]string{"acme": s.admin, "zenith": other}
	choices := r.at("choices").([]any)
	if len(choices) != 2 {
		t.Fatal(r.body)
	}
	for _, c := range choices {
		choice := c.(map[string]any)
		begun := s.do("", "POST", "/v1/sign-in", map[string]any{"link": choice["link"]}).is(201)
		got := s.do(begun.at("token").(string), "GET", "/v1/workspace", nil).is(200).at("name")
		if got != choice["workspace"] || want[got.(string)] == "" {
			t.Errorf("the link to %v leads to %v", choice["workspace"], got)
		}
		s.do("", "POST", "/v1/sign-in", map[string]any{"link": choice["link"]}).refuses(401, "unauthorized")
	}
	s.do(people[other], "PUT", "/v1/me/password", `{"current":"correct horse","password":"another horse"}`).is(204)
	in := s.do("", "POST", "/v1/sign-in", both).is(201).at("token").(string)
	if got := s.do(in, "GET", "/v1/workspace", nil).at("name"); got != "acme" {
		t.Errorf("a password that is good in one workspace signed in to %v", got)
	}
}

// An agent who may do nothing any more may still sign out, and has then no session left.
func TestWhoeverIsShutOutSignsOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.member("Siew Ling")
	siew := s.signedIn(s.post("/v1/people", map[string]any{"email": "siew@example.com", "role": "agent", "member_id": member}).is(201))
	s.patch("/v1/members/"+member.String(), `{"active":false}`).is(200)
	s.do(siew, "GET", "/v1/me", nil).refuses(403, "forbidden")
	s.do(siew, "DELETE", "/v1/sessions/"+s.get("/v1/sessions").items()[0]["id"].(string), nil).refuses(403, "forbidden")
	s.do(siew, "DELETE", "/v1/sessions/current", nil).is(204)
	s.do(siew, "GET", "/v1/me", nil).refuses(401, "unauthorized")
	if left := s.get("/v1/sessions").items(); len(left) > 0 {
		t.Errorf("whoever signed out has a session: %v", left)
	}
}

// Each way of signing in has its series from the start, and counts what succeeds and what does not.
func TestSignInsAreCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	counted := s.serveBy(slog.New(slog.DiscardHandler), func(*api.Deps) {}).Metrics.SignIns
	if n := testutil.CollectAndCount(counted); n != len(metrics.SignInWays)*2 {
		t.Errorf("there are %d series of sign-ins", n)
	}
	mira := s.signedIn(s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201))
	s.do(mira, "PUT", "/v1/me/password", `{"password":"correct horse"}`).is(204)
	try := func(body string) { s.do("", "POST", "/v1/sign-in", body) }
	try(`{"link":"lwl_none"}`)
	try(`{"email":"mira@example.com","password":"wrong horse"}`)
	try(`{"email":"mira@example.com","password":"correct horse"}`)
	try(`{}`) // which tries nothing
	s.post("/v1/sessions", nil).is(201)
	s.do("lw_none", "POST", "/v1/sessions", nil).is(401)
	s.do(s.key(store.APIKey{Role: lead.RoleIntegration}), "POST", "/v1/sessions", nil).is(403)
	for way, want := range map[string][2]float64{"link": {1, 1}, "password": {1, 1}, "key": {1, 2}, "passkey": {}, "oidc": {}} {
		got := [2]float64{testutil.ToFloat64(counted.WithLabelValues(way, "succeeded")), testutil.ToFloat64(counted.WithLabelValues(way, "failed"))}
		if got != want {
			t.Errorf("by %s %v succeeded and failed, want %v", way, got, want)
		}
	}
	if e := s.get("/v1/audit-log?operation=sign-in").items(); e[0]["filter"] != "by=password" {
		t.Errorf("the audit log says %v", e[0])
	}
}
