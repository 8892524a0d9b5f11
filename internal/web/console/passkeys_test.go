package console_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/descope/virtualwebauthn"

	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/webtest"
)

var party = virtualwebauthn.RelyingParty{ID: "leads.example.com", Name: "Leadwheel", Origin: "https://leads.example.com"}

// atHome is a site at an address where browsers give it passkeys.
func atHome(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.url = webtest.Serve(t, s.Env, slog.New(slog.DiscardHandler), func(o *web.Options) { o.API.PublicURL = party.Origin }).URL
	return s
}

// A person adds a passkey on their own page, signs in with it in the browser that was asked, renames and removes it.
func TestPasskeysOfOnesOwn(t *testing.T) {
	t.Parallel()
	s := atHome(t)
	s.get("/console/sign-in").is(http.StatusOK).shows(`data-passkeys="leads.example.com" hidden`, "Sign in with a passkey")
	invited := s.api("POST", "/v1/people", map[string]any{"name": "Mira", "email": "mira@example.com", "role": "manager"})
	s.post(invited["url"].(string), nil).is(http.StatusSeeOther)
	s.get("/console/me").is(http.StatusOK).shows("Add a passkey", `data-make="yes" hidden`)

	phone, key := virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(key.Key.AttestationData()) != 77 { // one in some hundred is written too short
		key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	asked := s.post("/console/me/passkeys/begin", nil).is(http.StatusOK)
	if cookie := asked.header.Get("Set-Cookie"); !strings.Contains(cookie, "leadwheel_passkey=lwf_") || !strings.Contains(cookie, "HttpOnly") || strings.Contains(asked.body, "lwf_") {
		t.Errorf("what the answer comes with is kept by %q", cookie)
	}
	made, err := virtualwebauthn.ParseAttestationOptions(asked.body)
	if err != nil {
		t.Fatal(err)
	}
	answer := virtualwebauthn.CreateAttestationResponse(party, phone, key, *made)
	s.post("/console/me/passkeys", url.Values{"name": {"My <phone>"}, "credential": {answer}}).is(http.StatusSeeOther)
	s.post("/console/me/passkeys", url.Values{"name": {"Again"}, "credential": {answer}}).is(http.StatusUnprocessableEntity).shows("begin again")
	s.post("/console/me/passkeys", url.Values{"credential": {"no JSON"}}).is(http.StatusUnprocessableEntity)
	own := s.get("/console/me").is(http.StatusOK).shows("My <phone>", "not used yet").lacks("<phone>")
	phone.Options.UserHandle = []byte(made.UserID)
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)

	show := func() string {
		t.Helper()
		options, err := virtualwebauthn.ParseAssertionOptions(s.post("/console/sign-in/passkey/begin", nil).is(http.StatusOK).body)
		if err != nil {
			t.Fatal(err)
		}
		return virtualwebauthn.CreateAssertionResponse(party, phone, key, *options)
	}
	shown := show()
	jar := s.browser.Jar
	s.browser.Jar = nil // another browser, which was not asked
	s.post("/console/sign-in/passkey", url.Values{"credential": {shown}}).is(http.StatusUnauthorized).shows("signs nobody in")
	s.browser.Jar = jar
	if to := s.post("/console/sign-in/passkey", url.Values{"credential": {shown}, "back": {"/console/members"}}).is(http.StatusSeeOther).header.Get("Location"); to != "/console/members" {
		t.Errorf("a passkey leads to %q", to)
	}
	one := regexp.MustCompile(`action="(/console/me/passkeys/[0-9a-f-]+)"`).FindStringSubmatch(own.body)[1]
	s.post(one, url.Values{"name": {"Old phone"}}).is(http.StatusSeeOther)
	s.post(one, url.Values{"name": {" "}}).is(http.StatusUnprocessableEntity)
	s.get("/console/me").is(http.StatusOK).shows("Old phone", "last used")
	s.post(one+"/remove", nil).is(http.StatusSeeOther)
	s.get("/console/me").lacks("Old phone")
	s.post(one+"/remove", nil).is(http.StatusNotFound)
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	s.post("/console/sign-in/passkey", url.Values{"credential": {show()}}).is(http.StatusUnauthorized).shows("signs nobody in")
}

// Where passkeys cannot be used none is offered; one's name can be changed there as everywhere.
func TestOnesOwnName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/console/sign-in").is(http.StatusOK).lacks("passkey")
	s.post("/console/sign-in/passkey/begin", nil).is(http.StatusConflict)
	invited := s.api("POST", "/v1/people", map[string]any{"name": "Mira", "email": "mira@example.com", "role": "manager"})
	s.post(invited["url"].(string), nil).is(http.StatusSeeOther)
	s.get("/console/me").is(http.StatusOK).shows(`value="Mira"`).lacks("passkey")
	s.post("/console/me", url.Values{"name": {" Mira <M> "}}).is(http.StatusSeeOther)
	s.get("/console/me").is(http.StatusOK).shows(`value="Mira <M>"`)
	s.post("/console/me", url.Values{"name": {"\u200b"}}).is(http.StatusUnprocessableEntity).shows("at least one character", "New password")
	s.post("/console/me/password", url.Values{"password": {"short"}}).is(http.StatusUnprocessableEntity).shows(`value="Mira <M>"`).lacks(`value="short"`)
}

// An admin takes the password and the passkeys of others away, and not their own.
func TestPasswordsAndPasskeysAreTakenAway(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	invited := s.api("POST", "/v1/people", map[string]any{"name": "Mira", "email": "mira@example.com", "role": "manager"})
	s.post(invited["url"].(string), nil).is(http.StatusSeeOther)
	s.apiAs(s.cookie(), "PUT", "/v1/me/password", map[string]any{"password": "correct horse"})
	s.post("/console/sign-in", url.Values{"key": {s.admin}}).is(http.StatusSeeOther)
	one := "/console/people/" + invited["id"].(string)
	s.get(one).is(http.StatusOK).shows("Take password and passkeys away", "Passkeys")
	s.post(one+"/reset", nil).is(http.StatusSeeOther)
	s.get(one).is(http.StatusOK).lacks("Take password and passkeys away")
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	s.post("/console/sign-in", url.Values{"email": {"mira@example.com"}, "password": {"correct horse"}}).is(http.StatusUnauthorized)
}

// TestAgentsHavePasskeys on their own settings: added on their phone, and removed.
func TestAgentsHavePasskeys(t *testing.T) {
	t.Parallel()
	s := atHome(t)
	m := s.make("members", map[string]any{"name": "Aina"})
	invited := s.api("POST", "/v1/people", map[string]any{"name": "Aina", "email": "aina@example.com", "role": "agent", "member_id": m})
	s.post(invited["url"].(string), nil).is(http.StatusSeeOther)
	s.get("/my/settings").is(http.StatusOK).shows("Add a passkey", `action="/my/settings/passkeys" data-passkeys="leads.example.com"`)

	phone, key := virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(key.Key.AttestationData()) != 77 { // one in some hundred is written too short
		key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	made, err := virtualwebauthn.ParseAttestationOptions(s.post("/my/settings/passkeys/begin", nil).is(http.StatusOK).body)
	if err != nil {
		t.Fatal(err)
	}
	answer := virtualwebauthn.CreateAttestationResponse(party, phone, key, *made)
	if at := s.post("/my/settings/passkeys", url.Values{"name": {"My <phone>"}, "credential": {answer}}).is(http.StatusSeeOther).header.Get("Location"); at != "/my/settings?done=added" {
		t.Errorf("a passkey leads to %s", at)
	}
	s.post("/my/settings/passkeys", url.Values{"credential": {answer}}).is(http.StatusUnprocessableEntity).shows(`role="alert"`, "begin again", "How I am told")
	own := s.get("/my/settings").is(http.StatusOK).shows("My <phone>", "not used yet").lacks("<phone>")
	id := own.between(`action="/my/settings/passkeys/`, `"`)
	if at := s.post("/my/settings/passkeys/"+id, url.Values{"name": {"Work phone"}}).is(http.StatusSeeOther).header.Get("Location"); at != "/my/settings?done=saved" {
		t.Errorf("renaming leads to %s", at)
	}
	s.post("/my/settings/passkeys/"+id+"/remove", nil).is(http.StatusSeeOther)
	s.get("/my/settings").is(http.StatusOK).lacks("Work phone")
	s.post("/my/settings/passkeys/x", url.Values{"name": {"x"}}).is(http.StatusNotFound)
}
