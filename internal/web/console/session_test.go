package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.make("members", map[string]any{"name": "Aisyah"})
	asked := s.get("/console/history?outcome=failed").is(http.StatusSeeOther).header.Get("Location")
	if want := "/console/sign-in?back=" + url.QueryEscape("/console/history?outcome=failed"); asked != want {
		t.Errorf("who is not signed in is led to %q, not %q", asked, want)
	}
	s.get(asked).is(http.StatusOK).shows(`value="/console/history?outcome=failed"`)

	for name, test := range map[string]struct {
		key    string
		status int
		says   string
	}{
		"none":            {"", 401, "Give an API key"},
		"unknown":         {"lw_" + strings.Repeat("a", 52), 401, "not valid"},
		"no text of ours": {"lw_\x01\n;", 401, "Give an API key"},
		"a program's":     {s.key(s.workspace, store.APIKey{Role: lead.RoleIntegration}), 403, "for administrators"},
	} {
		got := s.post("/console/sign-in", url.Values{"key": {test.key}}).is(test.status).shows(test.says)
		if got.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: a refused key is kept", name)
		}
		if len(test.key) > 10 {
			got.lacks(test.key)
		}
	}

	got := s.post("/console/sign-in", url.Values{"key": {" " + s.admin + "\n"}, "back": {"/console/history?outcome=failed"}}).is(http.StatusSeeOther)
	if at := got.header.Get("Location"); at != "/console/history?outcome=failed" {
		t.Errorf("signing in leads to %q", at)
	}
	for _, attribute := range []string{"leadwheel_session=lws_", "HttpOnly", "SameSite=Lax", "Path=/console/", "Max-Age=1209600"} {
		if cookie := got.header.Get("Set-Cookie"); !strings.Contains(cookie, attribute) || strings.Contains(cookie, "Secure") || strings.Contains(cookie, s.admin) {
			t.Errorf("over plain HTTP the cookie is %q; want %s and not Secure", cookie, attribute)
		}
	}
	if cookie := s.post("/console/sign-in", url.Values{"key": {s.admin}}, "X-Forwarded-Proto", "https").header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-leadwheel_session=lws_") || !strings.Contains(cookie, "Secure") || !strings.Contains(cookie, "Path=/;") {
		t.Errorf("behind a proxy that encrypts the cookie is %q", cookie)
	}
	s.get("/console/").is(http.StatusOK).shows("acme", "Nobody can be told of their leads").lacks(s.admin)

	kept := s.cookie()
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	s.get("/console/").is(http.StatusSeeOther)
	// Who has kept the cookie, or puts a key into one, is not signed in.
	for _, value := range []string{kept, s.admin} {
		s.with(value, "/console/").is(http.StatusSeeOther)
	}
}

// cookie is what the browser keeps of whoever is signed in.
func (s *site) cookie() string {
	s.t.Helper()
	at, err := url.Parse(s.url + "/console/")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range s.browser.Jar.Cookies(at) {
		if c.Name == "leadwheel_session" {
			return c.Value
		}
	}
	s.t.Fatal("the browser has no session")
	return ""
}

// with is a page as it is shown to a browser with another cookie.
func (s *site) with(cookie, address string) shownPage {
	s.t.Helper()
	jar := s.browser.Jar
	s.browser.Jar = nil
	defer func() { s.browser.Jar = jar }()
	return s.send("GET", address, nil, "Cookie", "leadwheel_session="+cookie)
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	other := s.api("POST", "/v1/sessions", nil)
	form := s.get("/console/sessions").is(http.StatusOK).shows("Signed in", "Go-http-client").lacks("lws_").form(other["id"].(string))
	form.Set("sure", "yes")
	s.post("/console/acts/end-session", form).is(http.StatusSeeOther)
	s.with(other["token"].(string), "/console/").is(http.StatusSeeOther)
	s.get("/console/").is(http.StatusOK)
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, back := range []string{
		"https://evil.example/console/", "//evil.example/console/", `/\evil.example`, "javascript:alert(1)", "/v1/leads", "/console", "/console/sign-in?x", "/console/../v1/leads", "/console/..//evil.example/x", "/console/leads/../../v1/leads", "\x00", "",
	} {
		if at := s.post("/console/sign-in", url.Values{"key": {s.admin}, "back": {back}}).is(http.StatusSeeOther).header.Get("Location"); at != "/console/" {
			t.Errorf("back to %q leads to %q", back, at)
		}
	}
}

func TestARevokedKeyIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.get("/console/leads").is(http.StatusOK)
	if _, err := s.DB.Exec(`UPDATE api_keys SET revoked_at = now()`); err != nil {
		t.Fatal(err)
	}
	got := s.get("/console/leads").is(http.StatusSeeOther)
	if !strings.HasPrefix(got.header.Get("Location"), "/console/sign-in") || !strings.Contains(got.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("a revoked key: %v", got.header)
	}
}

// Whoever another site makes send something must not have done it.
func TestOtherSitesCanDoNothing(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	member := s.make("members", map[string]any{"name": "Aisyah"})
	form := s.get("/console/members").is(http.StatusOK).form(member)
	form.Set("sure", "yes")
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}} {
		s.post("/console/acts/deactivate", form, headers...).is(http.StatusForbidden).shows("another site")
	}
	if s.api("GET", "/v1/members/"+member, nil)["active"] != true {
		t.Error("another site has deactivated a member")
	}
	h := s.get("/console/").header
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") || h.Get("Cache-Control") != "no-store" {
		t.Errorf("the headers are %v", h)
	}
}

// A person signs in by a link, once, and by a password; what opens links to look behind them uses none up.
func TestPeopleSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	invited := s.api("POST", "/v1/people", map[string]any{"name": "Mira", "email": "mira@example.com", "role": "manager"})
	link := invited["url"].(string)
	for _, sort := range [][]string{
		nil, // a program that shows what is behind links
		{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "cross-site"}, // a page of mail, or one that wants somebody to be somebody else
	} {
		got := s.send("GET", link, nil, sort...).is(http.StatusOK).shows("This link signs you in")
		if got.header.Get("Set-Cookie") != "" {
			t.Error("a link was used without anybody's doing")
		}
	}
	s.send("HEAD", link, nil, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "none").is(http.StatusOK)
	s.send("POST", link, nil, "Sec-Fetch-Site", "cross-site").is(http.StatusForbidden)
	if to := s.post(link, nil).is(http.StatusSeeOther).header.Get("Location"); to != "/console/" {
		t.Errorf("a link leads to %q", to)
	}
	s.get("/console/").is(http.StatusOK)
	s.post(link, nil).is(http.StatusUnauthorized).shows("used already")

	s.apiAs(s.cookie(), "PUT", "/v1/me/password", map[string]any{"password": "correct horse"})
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	refused := s.post("/console/sign-in", url.Values{"email": {"mira@example.com"}, "password": {"wrong pony"}}).is(http.StatusUnauthorized)
	refused.shows("do not fit together", `value="mira@example.com"`).lacks("wrong pony")
	s.post("/console/sign-in", url.Values{"email": {"Mira@example.com"}, "password": {"correct horse"}, "back": {"/console/members"}}).is(http.StatusSeeOther)
	s.get("/console/members").is(http.StatusOK)

	again := s.api("POST", "/v1/people/"+invited["id"].(string)+"/sign-in-link", nil)
	byHand := []string{"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "none"}
	s.send("GET", again["url"].(string), nil, byHand...).is(http.StatusOK).shows("This link signs you in") // who is signed in may be another
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	s.send("GET", again["url"].(string), nil, append(byHand, "Sec-Purpose", "prefetch;prerender")...).is(http.StatusOK).shows("This link signs you in")
	s.send("GET", again["url"].(string), nil, "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Site", "none").is(http.StatusSeeOther) // typed, or from a terminal
}

// Whoever works in two workspaces is asked which one is meant, and signs in there by a button.
func TestWhoeverWorksInTwoWorkspacesChooses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, other := s.newWorkspace("zenith <b>")
	for _, admin := range []string{s.admin, other} {
		invited := s.apiAs(admin, "POST", "/v1/people", map[string]any{"name": "Mira", "email": "mira@example.com", "role": "manager"})
		s.post(invited["url"].(string), nil).is(http.StatusSeeOther)
		s.apiAs(s.cookie(), "PUT", "/v1/me/password", map[string]any{"password": "correct horse"})
		s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	}
	asked := s.post("/console/sign-in", url.Values{"email": {"mira@example.com"}, "password": {"correct horse"}}).is(http.StatusOK)
	asked.shows("Where to?", "acme", "zenith <b>").lacks("correct horse", "<b>")
	links := regexp.MustCompile(`action="(/console/sign-in/lwl_[a-z0-9]+)"`).FindAllStringSubmatch(asked.body, -1)
	if len(links) != 2 || asked.header.Get("Set-Cookie") != "" {
		t.Fatalf("there are the links %v", links)
	}
	s.post(links[1][1], nil).is(http.StatusSeeOther)
	s.get("/console/").is(http.StatusOK).shows("zenith")
}
