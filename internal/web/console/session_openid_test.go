package console_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/openid"
	"github.com/leadwheel/leadwheel/internal/openid/openidtest"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
)

// A person goes to the provider and comes back, in the same browser; who comes back in another is nobody.
func TestPeopleComeBackFromTheProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/console/sign-in").is(http.StatusOK).lacks("/sign-in/oidc")
	s.get("/console/sign-in/oidc").is(http.StatusConflict)
	p := openidtest.New(t)
	p.SetDown(true)
	provider, err := openid.New(openid.Options{Issuer: p.URL, ClientID: openidtest.ClientID, ClientSecret: openidtest.ClientSecret, Name: "Acme <A>", Redirect: "https://leads.example.com/console/sign-in/oidc/return"})
	if err != nil {
		t.Fatal(err)
	}
	s.url = webtest.Serve(t, s.Env, slog.New(slog.DiscardHandler), func(o *web.Options) { o.API.OpenID = provider }).URL
	s.api("POST", "/v1/people", map[string]any{"name": "Mira", "email": "mira@example.com", "role": "manager"})

	s.get("/console/sign-in?back=%2Fconsole%2Fmembers").is(http.StatusOK).shows(`href="/console/sign-in/oidc?back=%2fconsole%2fmembers"`, "Sign in with").lacks("<A>", "does not answer")
	s.get("/console/sign-in/oidc").is(http.StatusServiceUnavailable).shows("does not answer", "Password")
	s.get("/console/sign-in").is(http.StatusOK).shows("does not answer just now")
	p.SetDown(false)

	var to shownPage
	leave := func() (state, code string) {
		t.Helper()
		for to = s.get("/console/sign-in/oidc?back=/console/members"); to.status == http.StatusServiceUnavailable; to = s.get("/console/sign-in/oidc?back=/console/members") {
			if t.Context().Err() != nil {
				t.Fatal("the provider is not asked again")
			}
		}
		to.is(http.StatusSeeOther)
		if cookie := to.header.Get("Set-Cookie"); !strings.Contains(cookie, "leadwheel_oidc=") || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
			t.Errorf("what the answer comes with is kept by %q", cookie)
		}
		return p.SignIn(to.header.Get("Location"), openidtest.Account("1", "mira@example.com"))
	}
	comeBack := func(state, code string) shownPage {
		t.Helper()
		return s.get("/console/sign-in/oidc/return?" + url.Values{"state": {state}, "code": {code}}.Encode())
	}
	state, code := leave()
	jar := s.browser.Jar
	s.browser.Jar = nil
	comeBack(state, code).is(http.StatusUnauthorized).shows("signs nobody in here").lacks(code)
	s.browser.Jar = jar
	if to := comeBack(state, code).is(http.StatusSeeOther).header.Get("Location"); to != "/console/members" {
		t.Errorf("who came back is led to %q", to)
	}
	s.get("/console/members").is(http.StatusOK)
	comeBack(state, code).is(http.StatusUnauthorized)
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	leave()
	s.get("/console/sign-in/oidc/return?error=access_denied&error_description=%3Cb%3E").is(http.StatusUnauthorized).shows("not let in").lacks("<b>")
	for _, hostile := range []string{"", "?state=" + strings.Repeat("x", 5000), "?code=%00&state=%ff"} {
		if r := s.get("/console/sign-in/oidc/return" + hostile); r.status != 401 {
			t.Errorf("with %.20q: %d", hostile, r.status)
		}
	}
}
