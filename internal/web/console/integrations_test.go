package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// An integration is made step by step: the platform, what it needs, and then the address and the secret to copy, which work; the
// secret is shown once and stays where nothing is filled in later.
func TestAnIntegrationIsSetUp(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.get("/console/integrations").shows("New integration")
	s.get("/console/integrations/new").shows("Google Ads", "Meta (Facebook, Instagram)", "TikTok", "LinkedIn", "Typeform", "Any other program", "A form of your own")
	s.get("/console/integrations/new?kind=myspace").is(http.StatusNotFound)

	form := s.get("/console/integrations/new?kind=google")
	secret := inputValue(form.body, "secret")
	if len(secret) < 16 {
		t.Fatalf("the key to copy is %q", secret)
	}
	made := s.post("/console/integrations/new?kind=google", url.Values{"name": {`Villa <b>`}, "secret": {secret}})
	made.is(http.StatusOK).shows("Added.", "Villa <b>", secret, "Send test data")
	address := regexp.MustCompile(`/hooks/google/[a-z0-9]+`).FindString(made.body)
	deliver := func(key string) int {
		body := `{"lead_id":"a-1","google_key":"` + key + `","is_test":false,"user_column_data":[{"column_id":"FULL_NAME","string_value":"Aisyah"}]}`
		return s.send("POST", address, strings.NewReader(body), "Content-Type", "application/json").status
	}
	if status := deliver(secret); status != http.StatusOK {
		t.Errorf("a delivery with the copied key to the copied address is %d", status)
	}
	id := s.first("integrations")["id"].(string)
	one := s.get("/console/integrations/"+id).shows("Events", "Google Ads")
	if strings.Contains(one.body, secret) {
		t.Error("the key is shown again")
	}

	edit := "/console/integrations/" + id + "/edit"
	if got := inputValue(s.get(edit).body, "secret"); got != "" {
		t.Errorf("its form shows the secret %q", got)
	}
	s.post(edit, url.Values{"name": {"Villa 2"}, "secret": {""}, "seen": {inputValue(s.get(edit).body, "seen")}}).is(http.StatusSeeOther)
	if name := s.first("integrations")["name"]; name != "Villa 2" || deliver(secret) != http.StatusOK {
		t.Errorf("edited it is called %v, and the key works no more", name)
	}
}

// What a platform needs and was not given stands beside the field, with the rest kept.
func TestWhatAPlatformNeedsIsAskedFor(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.post("/console/integrations/new?kind=meta", url.Values{"name": {"Pages"}, "form_ids": {"77\n78"}}).
		is(http.StatusUnprocessableEntity).shows(`f-secret-error`, "Pages", "77\n78")
	s.post("/console/integrations/new?kind=meta", url.Values{"name": {"Pages"}, "secret": {"s"}, "verify_token": {"tell-me"}, "form_ids": {"77\n78"}}).
		is(http.StatusOK).shows("tell-me", "leads_retrieval")
	if forms := s.first("integrations")["form_ids"].([]any); len(forms) != 2 {
		t.Errorf("the forms are %v", forms)
	}
	s.post("/console/integrations/new?kind=form", url.Values{"name": {`My "form"`}, "title": {"Book a viewing"}}).
		is(http.StatusOK).shows(`<iframe src="http`, "/hooks/form/")
	address := s.first("integrations")["url"].(string)
	s.get(address).is(http.StatusOK).shows("Book a viewing")
	edit := "/console/integrations/" + s.first("integrations")["id"].(string) + "/edit"
	s.post(edit, url.Values{"name": {`My "form"`}, "title": {""}, "thanks": {"See you there"}, "seen": {inputValue(s.get(edit).body, "seen")}}).is(http.StatusSeeOther)
	if page := s.first("integrations")["page"].(map[string]any); page["title"] != nil || page["thanks"] != "See you there" {
		t.Errorf("its page is %v", page)
	}
}

// TestIntegrationsAreSentTests from their page, which says what became of them; what came is read again from there.
func TestIntegrationsAreSentTests(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	group := s.make("groups", map[string]any{"name": "Sales", "method": "round_robin", "slots": []any{
		map[string]any{"members": []any{map[string]any{"member_id": s.make("members", map[string]any{"name": "Ling"})}}},
	}})
	id := s.make("integrations", map[string]any{"kind": "google", "name": "Ads", "secret": "a-google-key-of-ours", "group_id": group})
	page := s.get("/console/integrations/" + id).is(http.StatusOK).shows(">Send a test</button>")
	at := s.post("/console/acts/try", page.form(id)).is(http.StatusSeeOther).header.Get("Location")
	if !strings.HasPrefix(at, "/console/integrations/"+id+"/events/") {
		t.Fatalf("the test leads to %s", at)
	}
	event := s.get(at).is(http.StatusOK).shows("Tests sent: 1.", "a test", "Test Lead", "What came", ">Replay</button>").lacks("a-google-key-of-ours")
	s.get("/console/leads").shows("Test Lead", `<span class="badge warn">test</span>`)
	if n := s.count(`SELECT count(*) FROM pending`); n != 0 {
		t.Errorf("%d tests are to be distributed", n)
	}
	s.post("/console/acts/replay", event.form(s.first("integrations/" + id + "/events")["id"].(string))).is(http.StatusSeeOther)
	s.get("/console/audit-log").shows("sent a test lead to")
	s.api("PATCH", "/v1/integrations/"+id, map[string]any{"enabled": false})
	s.get("/console/integrations/" + id).is(http.StatusOK).lacks(">Send a test</button>")
	again := page.form(id)
	again.Set("once", "another")
	s.post("/console/acts/try", again).is(http.StatusConflict).shows("resume it and send the test again")
}

// inputValue is what a page's field holds.
func inputValue(page, name string) string {
	found := regexp.MustCompile(`name="` + name + `"[^>]* value="([^"]*)"`).FindStringSubmatch(page)
	if found == nil {
		return ""
	}
	return found[1]
}
