package api_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/openid"
	"github.com/leadwheel/leadwheel/internal/openid/openidtest"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/store"
)

// withOpenID serves the site with a provider; change makes its settings others.
func (s *site) withOpenID(change ...func(*openid.Options)) *openidtest.Provider {
	s.t.Helper()
	p := openidtest.New(s.t)
	o := openid.Options{Issuer: p.URL, ClientID: openidtest.ClientID, ClientSecret: openidtest.ClientSecret, Name: "Our accounts", Redirect: "https://leads.example.com" + api.OpenIDReturnPath}
	for _, c := range change {
		c(&o)
	}
	provider, err := openid.New(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.serveBy(slog.New(slog.NewJSONHandler(s.logs, nil)), func(d *api.Deps) { d.OpenID = provider })
	return p
}

// asked is what a browser is sent to the provider with.
func (s *site) asked() (flow, url string) {
	s.t.Helper()
	begun := s.do("", "POST", "/v1/sign-in/oidc/begin", nil).is(201)
	return begun.at("flow").(string), begun.at("url").(string)
}

func (s *site) answerOpenID(flow, state, code string) reply {
	s.t.Helper()
	return s.do("", "POST", "/v1/sign-in/oidc", map[string]any{"flow": flow, "state": state, "code": code})
}

// byAccount signs in by an account.
func (s *site) byAccount(p *openidtest.Provider, claims openidtest.Claims) reply {
	s.t.Helper()
	flow, url := s.asked()
	state, code := p.SignIn(url, claims)
	return s.answerOpenID(flow, state, code)
}

// Who is invited signs in by the account that has their address, and by that account alone from then on; nobody else does.
func TestOpenIDConnect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.withOpenID()
	invited := s.post("/v1/people", `{"name":"Mira","email":"Mira@example.com","role":"manager"}`).is(201)
	if way := s.do("", "GET", "/v1/sign-in", nil).is(200).at("oidc").(map[string]any); way["name"] != "Our accounts" || way["answers"] != true {
		t.Error(way)
	}
	in := s.byAccount(p, openidtest.Account("42", "mira@EXAMPLE.com")).is(201)
	if me := s.do(in.at("token").(string), "GET", "/v1/me", nil).is(200); me.at("person").(map[string]any)["id"] != invited.id() {
		t.Error(me.body)
	}
	if e := s.get("/v1/audit-log?operation=sign-in").items()[0]; e["filter"] != "by=oidc" || e["person"] != "Mira" {
		t.Errorf("the audit log says %v", e)
	}
	s.byAccount(p, openidtest.Account("42", "mira.new@example.com")).is(201) // their address there has changed
	s.byAccount(p, openidtest.Claims{"sub": "42"}).is(201)
	s.byAccount(p, openidtest.Account("43", "mira@example.com")).refuses(401, "unauthorized") // another has got their address
	s.byAccount(p, openidtest.Account("44", "nobody@example.com")).refuses(401, "unauthorized")
	if n := s.count(`SELECT count(*) FROM people`); n != 1 {
		t.Errorf("there are %d people", n)
	}
	// With another address they are known anew by that.
	s.patch("/v1/people/"+invited.id(), `{"email":"mira.new@example.com"}`).is(200)
	s.byAccount(p, openidtest.Account("42", "mira@example.com")).refuses(401, "unauthorized")
	s.byAccount(p, openidtest.Account("43", "mira.new@example.com")).is(201)
	s.delete("/v1/people/" + invited.id()).is(204)
	s.byAccount(p, openidtest.Account("43", "mira.new@example.com")).refuses(401, "unauthorized")
	if n := s.count(`SELECT count(*) FROM person_identities`); n != 0 {
		t.Errorf("%d identities of a removed person are left", n)
	}
}

// What is wrong with an answer has it sign nobody in, in the same words.
func TestOpenIDConnectThatSignsNobodyIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.withOpenID()
	s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)
	refused := s.byAccount(p, openidtest.Account("9", "nobody@example.com"))
	with := func(name string, value any) openidtest.Claims {
		c := openidtest.Account("1", "mira@example.com")
		c[name] = value
		return c
	}
	for name, claims := range map[string]openidtest.Claims{
		"an address that was not seen": with("email_verified", false), "one that nothing is said of": with("email_verified", nil),
		"text that is no truth": with("email_verified", "false"), "another's nonce": with("nonce", "x"), "no nonce": with("nonce", ""),
		"another's audience": with("aud", "another"), "another issuer": with("iss", "https://evil.example"), "nobody": with("sub", ""),
		"a token that has expired": with("exp", time.Now().Add(-time.Minute).Unix()), "an address that is none": with("email", "mira@example.com, x@evil.example"),
		"two addresses": with("email", []string{"mira@example.com"}),
	} {
		if r := s.byAccount(p, claims); r.status != 401 || r.at("detail") != refused.at("detail") {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	good := openidtest.Account("1", "mira@example.com")
	flow, url := s.asked()
	_, code := p.SignIn(url, good)
	s.answerOpenID(flow, "x", code).refuses(401, "unauthorized")
	state, _ := p.SignIn(url, good)
	s.answerOpenID(flow, state, code).refuses(401, "unauthorized") // whose flow was answered, wrongly
	flow, url = s.asked()
	state, code = p.Forge(url, good)
	s.answerOpenID(flow, state, code).refuses(401, "unauthorized")
	mine, url := s.asked() // the code of another browser's flow
	_, theirs := s.asked()
	state, _ = p.SignIn(url, good)
	_, code = p.SignIn(theirs, good)
	s.answerOpenID(mine, state, code).refuses(401, "unauthorized")
	flow, url = s.asked()
	state, code = p.SignIn(url, good)
	s.answerOpenID(flow, state, code).is(201)
	s.answerOpenID(flow, state, code).refuses(401, "unauthorized") // once
	again, url := s.asked()
	state, _ = p.SignIn(url, good)
	s.answerOpenID(again, state, code).refuses(401, "unauthorized") // a code that was used
	for _, bad := range []string{"", "lwf_", "lwf_x", s.admin} {
		s.answerOpenID(bad, state, code).refuses(401, "unauthorized")
	}
	if logs := s.logs.String(); strings.Contains(logs, "mira@example.com") || strings.Contains(logs, openidtest.ClientSecret) || strings.Contains(logs, code) {
		t.Errorf("the log tells of people or secrets: %s", logs)
	}
}

// What a browser was asked is good for so long.
func TestOpenIDConnectInTime(t *testing.T) {
	t.Parallel()
	clock := testenv.NewClock(time.Now())
	s := newSite(t, testenv.WithClock(clock.Now))
	p := s.withOpenID()
	s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)
	flow, url := s.asked()
	state, code := p.SignIn(url, openidtest.Account("1", "mira@example.com"))
	clock.Advance(store.SignInFlowAge + time.Second)
	s.answerOpenID(flow, state, code).refuses(401, "unauthorized")
}

// A provider that is away keeps nobody from starting, or from signing in otherwise.
func TestOpenIDConnectThatIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.do("", "POST", "/v1/sign-in/oidc/begin", nil).refuses(409, "conflict")
	p := s.withOpenID()
	p.SetDown(true)
	invited := s.post("/v1/people", `{"name":"Mira","email":"mira@example.com","role":"admin"}`).is(201)
	down := s.do("", "POST", "/v1/sign-in/oidc/begin", nil)
	if down.refuses(503, "unavailable"); down.header.Get("Retry-After") == "" || !strings.Contains(down.body, "Our accounts") {
		t.Error(down.body)
	}
	if way := s.do("", "GET", "/v1/sign-in", nil).is(200).at("oidc").(map[string]any); way["answers"] != false {
		t.Error(way)
	}
	s.signedIn(invited)
	p.SetDown(false)
	testenv.Eventually(t, 10*time.Second, func() error {
		if r := s.do("", "POST", "/v1/sign-in/oidc/begin", nil); r.status != 201 {
			return &api503{}
		}
		return nil
	})
	flow, url := s.asked()
	state, code := p.SignIn(url, openidtest.Account("1", "mira@example.com"))
	p.SetDown(true)
	s.answerOpenID(flow, state, code).refuses(503, "unavailable")
}

type api503 struct{}

func (*api503) Error() string { return "the provider is not asked again" }

// Of some domains alone people may come; and whoever works in two workspaces chooses.
func TestOpenIDConnectOfADomain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.withOpenID(func(o *openid.Options) { o.Domains = []string{"example.com", "example.org"} })
	_, other := s.newWorkspace("zenith")
	for _, email := range []string{"mira@example.com", "mira@evil.example"} {
		s.post("/v1/people", map[string]any{"email": email, "role": "admin"}).is(201)
	}
	s.do(other, "POST", "/v1/people", `{"email":"mira@example.com","role":"admin"}`).is(201)
	s.byAccount(p, openidtest.Account("2", "mira@evil.example")).refuses(401, "unauthorized")
	chosen := s.byAccount(p, openidtest.Account("1", "mira@Example.com"))
	chosen.refuses(409, "conflict")
	if len(chosen.at("choices").([]any)) != 2 || s.count(`SELECT count(*) FROM person_identities WHERE subject = '1'`) != 2 {
		t.Error(chosen.body)
	}
	s.byAccount(p, openidtest.Claims{"sub": "1"}).refuses(401, "unauthorized") // of which no domain is seen
}
