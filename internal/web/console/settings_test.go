package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var shownOnce = regexp.MustCompile(`id="secret" readonly value="([^"]+)"`)

// secret is what a page shows this once.
func (p shownPage) secret() string {
	p.t.Helper()
	found := shownOnce.FindStringSubmatch(p.body)
	if found == nil {
		p.t.Fatalf("the page shows nothing to be copied:\n%s", p.body)
	}
	return found[1]
}

// as signs the site's browser in as somebody who is invited, and returns their id.
func (s *site) as(role, email string) string {
	s.t.Helper()
	invited := s.api("POST", "/v1/people", map[string]any{"name": capitalOf(role), "email": email, "role": role})
	link := invited["url"].(string)
	begun := s.api("POST", "/v1/sign-in", map[string]any{"link": link[strings.LastIndex(link, "/")+1:]})
	at, err := url.Parse(s.url + "/console/")
	if err != nil {
		s.t.Fatal(err)
	}
	s.browser.Jar.SetCookies(at, []*http.Cookie{{Name: "leadwheel_session", Value: begun["token"].(string), Path: "/console/"}})
	return invited["id"].(string)
}

func capitalOf(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// TestSettingsAreChanged with what is wrong said beside its field, and the rest kept.
func TestSettingsAreChanged(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	page := s.get("/console/settings").is(http.StatusOK).shows("Power-ups", "Time zone", "Region", "Distribution hours", "Duplicates", "Statuses", ">Save</button>",
		`href="/console/people"`, `href="/console/api-keys"`, `href="/console/audit-log"`, `href="/console/me"`, `name="leads_distribution" value="yes" id="f-leads_distribution" checked`)
	good := func(change ...string) url.Values {
		form := page.sends("name", "acme", "timezone", "Asia/Singapore", "region", "sg", "from", "08:00", "to", "20:00", "policy", "flag", "days", "14",
			"statuses", "new\r\ncalled\r\n won \r\n", "won_status", "won", "leads_distribution", "yes", "max_days", "90")
		for i := 0; i < len(change); i += 2 {
			form.Set(change[i], change[i+1])
		}
		return form
	}
	for field, wrong := range map[string]string{"timezone": "Asia/Nowhere", "region": "Malaysia", "from": "8 o'clock", "days": "many", "max_days": "x", "won_status": "lost", "name": "\u200b"} {
		s.post("/console/settings", good(field, wrong)).is(http.StatusUnprocessableEntity).shows(`id="f-`+field+`-error"`, `value="20:00"`, "called")
	}
	s.leadsTo(s.post("/console/settings", good()), "Saved.")
	w := s.api("GET", "/v1/workspace", nil)
	hours, features, duplicates := w["distribution_hours"].(map[string]any), w["features"].(map[string]any), w["duplicates"].(map[string]any)
	if w["timezone"] != "Asia/Singapore" || w["region"] != "SG" || hours["from"] != "08:00" || features["leads_distribution"] != true || features["scheduled_distribution"] != false ||
		duplicates["policy"] != "flag" || duplicates["days"] != 14.0 || len(w["statuses"].([]any)) != 3 || w["won_status"] != "won" || w["api_keys"].(map[string]any)["max_days"] != 90.0 {
		t.Errorf("the workspace is %v", w)
	}
	s.leadsTo(s.post("/console/settings/rename-status", page.sends("old", "called", "new", "rung")), "rung")
	s.post("/console/settings/rename-status", page.sends("old", "nothing", "new", "x", "once", "2")).is(http.StatusUnprocessableEntity)
}

// TestPeopleAreInvited, with a link that is shown once, changed and removed.
func TestPeopleAreInvited(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Siew Ling"})
	s.get("/console/people").is(http.StatusOK).shows("Nobody signs in as a person yet", `href="/console/people/new"`, ">Invite</a>")
	blank := s.get("/console/people/new").is(http.StatusOK).shows(">Name</label>", ">Email</label>", ">Role</label>", "Siew Ling", "Admin: does everything.")
	s.post("/console/people/new", blank.sends("name", "Mira", "email", "nowhere", "role", "manager")).is(http.StatusUnprocessableEntity).shows(`id="f-email-error"`, `value="Mira"`)
	s.post("/console/people/new", blank.sends("name", "Siew", "email", "s@example.com", "role", "agent")).is(http.StatusUnprocessableEntity).shows(`id="f-member_id-error"`)
	invited := s.post("/console/people/new", blank.sends("name", hostile, "email", "mira@example.com", "role", "manager")).is(http.StatusOK).shows("It is shown only now.").lacks("<script>alert")
	if link := invited.secret(); !strings.HasPrefix(link, s.url+"/console/sign-in/") {
		t.Errorf("the link is %q", link)
	}
	s.post("/console/people/new", blank.sends("name", "Siew", "email", "siew@example.com", "role", "agent", "member_id", m, "once", "2")).is(http.StatusOK)
	list := s.get("/console/people").is(http.StatusOK).shows(hostile, "mira@example.com", "manager", "agent", "Siew Ling").lacks("/console/sign-in/")
	id := list.ticks()[1]
	one := s.get("/console/people/"+id).is(http.StatusOK).shows("not yet", ">New link</button>", ">Remove</button>", `value="mira@example.com"`)
	s.leadsTo(s.post("/console/people/"+id, one.sends("name", "Mira", "email", "mira@example.com", "role", "admin")), "admin")
	again := s.post("/console/people/"+id+"/link", one.sends()).is(http.StatusOK).secret()
	if again == invited.secret() {
		t.Error("the new link is the old one")
	}
	s.post("/console/acts/remove-person", one.form(id)).is(http.StatusOK).shows("People: 1: <bdi>Mira</bdi>", ">Remove</button>", "signed out at once")
	sure := one.form(id)
	sure.Set("sure", "yes")
	s.leadsTo(s.post("/console/acts/remove-person", sure), "People removed: 1.")
	s.get("/console/people/" + id).is(http.StatusNotFound)
	s.get("/console/people").lacks("mira@example.com")
}

// TestKeysAreMade, shown once, followed by others and revoked.
func TestKeysAreMade(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	blank := s.get("/console/api-keys/new").is(http.StatusOK).shows("What it is for", "bring leads in, and nothing else")
	s.post("/console/api-keys/new", blank.sends("name", "phone", "role", "member")).is(http.StatusUnprocessableEntity).shows(`id="f-member_id-error"`, `value="phone"`)
	s.post("/console/api-keys/new", blank.sends("name", "past", "role", "admin", "expires_at", "2001-01-01T00:00")).is(http.StatusUnprocessableEntity).shows(`id="f-expires_at-error"`)
	s.post("/console/api-keys/new", blank.sends("name", "past", "role", "admin", "expires_at", "soon")).is(http.StatusUnprocessableEntity).shows(`id="f-expires_at-error"`)
	key := s.post("/console/api-keys/new", blank.sends("name", "website", "role", "integration")).is(http.StatusOK).shows("It is shown only now").secret()
	s.apiAs(key, "POST", "/v1/leads", map[string]any{"name": "Siti", "phone": "+60123456789"})
	list := s.get("/console/api-keys").is(http.StatusOK).shows("website", "program", `aria-label="website"`, `aria-label="a key (admin)"`).lacks(key)
	website := list.ticks()[0]
	s.post("/console/api-keys/rotate", list.form(list.ticks()...)).shows("Tick the one key")
	asked := s.post("/console/api-keys/rotate", list.form(website)).is(http.StatusOK).shows("Rotate website", `value="24"`, ">Rotate</button>")
	s.post("/console/api-keys/rotate?id="+website, asked.sends("overlap_hours", "x")).is(http.StatusUnprocessableEntity).shows(`id="f-overlap_hours-error"`)
	next := s.post("/console/api-keys/rotate?id="+website, asked.sends("overlap_hours", "1")).is(http.StatusOK).shows("The old one ends after 1 hour.").secret()
	s.apiAs(next, "POST", "/v1/leads", map[string]any{"name": "Siti", "phone": "+60123456788"})
	list = s.get("/console/api-keys")
	revoke := list.form(list.ticks()[0])
	s.post("/console/acts/revoke-key", revoke).is(http.StatusOK).shows("is refused from its next request on", ">Revoke</button>")
	revoke.Set("sure", "yes")
	s.leadsTo(s.post("/console/acts/revoke-key", revoke), "Keys revoked: 1.")
	s.send("POST", "/v1/leads", strings.NewReader(`{"name":"x"}`), "Authorization", "Bearer "+next, "Content-Type", "application/json").is(http.StatusUnauthorized)
}

// TestTheAuditLogTellsInSentences who did what, keys by their names, and which way switches went.
func TestTheAuditLogTellsInSentences(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.as("admin", "mira@example.com")
	m := s.make("members", map[string]any{"name": "Siew Ling"})
	form := s.get("/console/members/" + m).form(m)
	form.Set("sure", "yes")
	s.post("/console/acts/deactivate", form).is(http.StatusSeeOther)
	named := s.api("POST", "/v1/api-keys", map[string]any{"name": "CRM", "role": "admin"})["api_key"].(string)
	s.apiAs(named, "PATCH", "/v1/members/"+m, map[string]any{"email": "ling@example.com"})
	got := s.get("/console/audit-log").is(http.StatusOK)
	text := regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(got.body, ""), " ")
	for _, sentence := range []string{"Admin deactivated Siew Ling just now", "The key “CRM” changed email of Siew Ling", "A key (admin) added Siew Ling", "A key (admin) invited Admin", "made the key CRM"} {
		if !strings.Contains(text, sentence) {
			t.Errorf("the log does not say %q: %s", sentence, text)
		}
	}
	got.lacks("patch-member", "…")
	who := s.first("people")["id"].(string)
	s.get("/console/audit-log?person_id=" + who).is(http.StatusOK).shows("deactivated").lacks("CRM”</bdi></b>")
	s.get("/console/audit-log?from=2001-01-01&to=2001-01-02").is(http.StatusOK).shows("Nothing was done that matches.")
	if file := s.get("/console/audit-log?file=csv").is(http.StatusOK); !strings.Contains(file.body, "patch-member") {
		t.Errorf("the file is %q", file.body)
	}
}

// TestManagersAreOfferedWhatTheyMay and nothing else.
func TestManagersAreOfferedWhatTheyMay(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.as("manager", "mira@example.com")
	s.get("/console/settings").is(http.StatusOK).shows("an admin", "My account").lacks(">Save<", "/console/people", "/console/api-keys", "/console/audit-log", `href="/console/sessions"`)
	for _, address := range []string{"people", "people/new", "api-keys", "audit-log"} {
		if got := s.get("/console/" + address); address != "people/new" && got.status != http.StatusForbidden {
			t.Errorf("%s: %d", address, got.status)
		}
	}
	s.post("/console/settings", url.Values{"name": {"Hers"}, "days": {"30"}}).is(http.StatusForbidden)
	w := s.make("webhooks", map[string]any{"url": "https://example.com/hook", "events": []string{"lead.received"}})
	s.get("/console/webhooks/" + w).is(http.StatusOK).lacks(">Disable<").shows("Deliver all failed again")
	s.get("/console/webhooks").is(http.StatusOK).lacks(">Disable<")
	for _, page := range []string{"", "leads", "history", "pending-leads", "pending-leads/days", "members"} {
		s.get("/console/" + page).is(http.StatusOK)
	}
}

// TestOnesOwnPage has one's role, a password, and one's sessions, which are ended one by one or all.
func TestOnesOwnPage(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.get("/console/me").is(http.StatusOK).shows("an API key").lacks("New password")
	person := s.as("manager", "mira@example.com")
	page := s.get("/console/me").is(http.StatusOK).shows("Manager", "mira@example.com", "manager", ">New password</label>", "this one").lacks("Present password", "End all others")
	s.post("/console/me/password", nil).is(http.StatusUnprocessableEntity).shows(`id="f-password-error"`)
	s.post("/console/me/password", url.Values{"password": {"short"}}).is(http.StatusUnprocessableEntity).shows("12").lacks("short\"")
	s.leadsTo(s.post("/console/me/password", url.Values{"password": {"a long enough one"}}), "Your password is set.")
	s.post("/console/me/password", url.Values{"password": {"another long one"}, "current": {"wrong"}}).is(http.StatusUnprocessableEntity).shows(`id="f-current-error"`)
	for range 2 {
		s.api("POST", "/v1/sign-in", map[string]any{"email": "mira@example.com", "password": "a long enough one"})
	}
	page = s.get("/console/me").is(http.StatusOK).shows("End all others", "Present password")
	ends := regexp.MustCompile(`action="/console/me/sessions"><input type="hidden" name="id" value="([^"]+)"`).FindAllStringSubmatch(page.body, -1)
	if len(ends) != 2 {
		t.Fatalf("%d of 2 other sessions can be ended", len(ends))
	}
	sessions := func() int { return s.count(`SELECT count(*) FROM sessions WHERE person_id = $1`, person) }
	s.leadsTo(s.post("/console/me/sessions", url.Values{"id": {ends[0][1]}}), "Signed out there.")
	if n := sessions(); n != 2 {
		t.Errorf("%d sessions are left, want 2", n)
	}
	s.leadsTo(s.post("/console/me/sessions", nil), "this one")
	if n := sessions(); n != 1 || s.count(`SELECT count(*) FROM sessions`) != 2 {
		t.Errorf("%d sessions are left, want 1, and those of others", n)
	}
}

// TestPeopleAndKeysOfOthers cannot be seen or changed.
func TestPeopleAndKeysOfOthers(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	_, foreign := s.newWorkspace("rival")
	theirs := s.apiAs(foreign, "POST", "/v1/people", map[string]any{"name": "Theirs", "email": "theirs@example.com", "role": "admin"})["id"].(string)
	key := s.apiAs(foreign, "POST", "/v1/api-keys", map[string]any{"name": "Their key", "role": "admin"})["id"].(string)
	blank := s.get("/console/people/new").sends("name", "Stolen", "email", "stolen@example.com", "role", "admin")
	for _, id := range []string{theirs, "x", "%2e%2e"} {
		s.get("/console/people/" + id).is(http.StatusNotFound).lacks("theirs@example.com")
		s.post("/console/people/"+id, blank).is(http.StatusNotFound)
		s.post("/console/people/"+id+"/link", blank).is(http.StatusNotFound).lacks("/console/sign-in/")
	}
	for _, id := range []string{key, "../people"} {
		s.post("/console/api-keys/rotate", url.Values{"id": {id}, "overlap_hours": {"0"}, "once": {"1"}}).is(http.StatusNotFound).lacks("Their key")
	}
	s.post("/console/me/sessions", url.Values{"id": {theirs}}).is(http.StatusSeeOther) // which is none of one's own
	if got := s.apiAs(foreign, "GET", "/v1/people/"+theirs, nil); got["name"] != "Theirs" {
		t.Errorf("another workspace's person is %v", got)
	}
	// Nor does another site's form do anything.
	for _, address := range []string{"people/new", "settings", "me/password", "me/sessions", "api-keys/new", "api-keys/rotate"} {
		s.send("POST", "/console/"+address, strings.NewReader(blank.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site").is(http.StatusForbidden)
	}
	s.get("/console/people").lacks("Stolen")
}
