package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"github.com/leadwheel/leadwheel/internal/language"
	"github.com/leadwheel/leadwheel/store"
)

// in has everybody of the workspace read a language.
func (s *site) in(tag string) {
	s.t.Helper()
	s.DB.MustExec(`UPDATE workspaces SET language = $1`, tag)
}

// data are what stands on pages and is said by nobody of ours: what people and platforms named, numbers, times, addresses and names of
// products.
var data = []*regexp.Regexp{
	regexp.MustCompile(`^(\d+ [A-Z][a-z]{2}( \d{4})?|[A-Z][a-z]{2} \d+ [A-Z][a-z]{2}),? ?(\d{4},? )?([0-9:]+)?( [A-Z+0-9]+)?$`), // Brackets has the English names of days and months
	regexp.MustCompile(`^[a-z]+/[A-Za-z_/]+$|^[A-Z][a-z]+/[A-Za-z_]+$`),                                                         // a zone
	regexp.MustCompile(`^[\w.]+@[\w.]+$|^https?://\S+$|^javascript:\S+$|^<.*>$|^/hooks/\S*$|^Go-http-client\S+$|^…[0-9a-f]{8}$`),
	regexp.MustCompile(`^(url|member_id|list|true|deep|url: javascript:alert\(1|member_id: no id)$`),             // custom fields of a lead
	regexp.MustCompile(`^(Aisyah Tan|Example campaign|Which unit\?: Condo|Budget: 500,000|WhatsApp|Leadwheel)$`), // the example in a message's preview
	regexp.MustCompile(`^(English|Bahasa Malaysia|acme|UTC|generic|no id|Off duty|Later|Failing|A flat|new|contacted|qualified|won|lost|open)$`),
	regexp.MustCompile(`^[A-Z]$|^×\d+$`),
}

var (
	bracketed = regexp.MustCompile(`⟦[^⟦⟧]*⟧`)
	// halves are the beginning and the end of a text with a link in it.
	halves = regexp.MustCompile(`⟦[^⟦⟧]*$|^[^⟦⟧]*⟧`)
)

// unsaid are the texts of a page that stand in no brackets and are no data.
func unsaid(t *testing.T, page string) (all []string) {
	t.Helper()
	look := func(text string) {
		for bracketed.MatchString(text) {
			text = bracketed.ReplaceAllString(text, "")
		}
		text = halves.ReplaceAllString(strings.ReplaceAll(text, hostile, ""), "")
		for _, line := range strings.Split(text, "\n") {
			line = strings.Trim(line, " \t,.:;·+()–")
			if strings.ContainsFunc(line, unicode.IsLetter) && !slices.ContainsFunc(data, func(d *regexp.Regexp) bool { return d.MatchString(line) }) {
				all = append(all, line)
			}
		}
	}
	within := ""
	for tokens := html.NewTokenizer(strings.NewReader(page)); ; {
		switch tokens.Next() {
		case html.ErrorToken:
			return all
		case html.TextToken:
			if !slices.Contains([]string{"code", "pre", "script", "style", "textarea"}, within) {
				look(tokens.Token().Data)
			}
		case html.StartTagToken:
			token := tokens.Token()
			if within = token.Data; within == "meta" {
				continue
			}
			for _, a := range token.Attr {
				if slices.Contains([]string{"aria-label", "title", "placeholder", "alt", "data-label"}, a.Key) || strings.HasPrefix(a.Key, "data-say-") {
					look(a.Val)
				}
			}
		case html.EndTagToken:
			within = ""
		}
	}
}

// TestNothingIsSaidPastTheCatalogue reads the pages in a language that has each text in brackets. What has none, and is no data, is said
// in English whatever somebody reads.
func TestNothingIsSaidPastTheCatalogue(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	f.api("POST", "/v1/opportunities", map[string]any{"title": "A flat", "lead_id": f.lead})
	f.in(language.Brackets)
	for _, address := range append(f.everyPage(),
		"groups/"+f.group+"/policy", "groups/"+f.group+"/caps", "groups/"+f.group+"/fairness", "members/"+f.member+"/hours", "members/"+f.member+"/absences/new",
		"pending-leads/days", "sources/counts", "sources/"+f.source+"/merge", "integrations/new", "integrations/new?kind=meta", "integrations/new?kind=form",
		"integrations/"+f.integration, "integrations/"+f.integration+"/edit", "imports/new", "webhooks/new", "webhooks/"+f.webhook, "webhooks/"+f.webhook+"/edit",
		"webhooks/"+f.webhook+"/secret", "notifications/template", "privacy", "people", "people/new", "me", "api-keys/new", "assigned-leads/"+f.first("assigned-leads")["id"].(string),
		"customers/"+f.first("customers")["id"].(string), "opportunities/"+f.first("opportunities")["id"].(string), "pending-leads/"+f.first("pending-leads")["id"].(string),
		"?done=saved", "leads?done=delete-lead&count=2", "dead-tasks", "audit",
	) {
		p := f.get("/console/" + address).is(http.StatusOK)
		for _, text := range unsaid(t, p.body) {
			t.Errorf("%s says past the catalogue: %s", address, text)
		}
	}
	for _, sent := range []struct {
		to   string
		form url.Values
	}{
		{"acts/deactivate", f.get("/console/members").form(f.member)}, {"acts/delete-lead", f.get("/console/leads").form(f.lead)},
		{"acts/move-pending", f.get("/console/pending-leads").form(f.get("/console/pending-leads").ticks()[0])},
		{"acts/delete-group", f.get("/console/groups").form(f.group)}, {"leads/assign", f.get("/console/leads").form(f.lead)},
		{"groups/new", f.get("/console/groups/new").sends("do", "save")}, {"leads/new", f.get("/console/leads/new").sends("do", "save")},
		{"members/new", f.get("/console/members/new").sends("email", "x")},
	} {
		for _, text := range unsaid(t, f.post("/console/"+sent.to, sent.form).body) {
			t.Errorf("%s, when it is sent, says past the catalogue: %s", sent.to, text)
		}
	}
	f.get("/console/nothing").is(http.StatusNotFound)
	f.post("/console/sign-out", nil)
	for _, text := range unsaid(t, f.get("/console/sign-in?lang="+language.Brackets).body) {
		t.Errorf("the page that asks who it is says past the catalogue: %s", text)
	}
}

// TestAgentsReadNothingPastTheCatalogue does the same for the pages of agents.
func TestAgentsReadNothingPastTheCatalogue(t *testing.T) {
	t.Parallel()
	s, member := anAgent(t, 2)
	s.api("PATCH", "/v1/members/"+member, map[string]any{"working_hours": map[string]any{"mon": []any{map[string]any{"from": "09:00", "to": "18:00"}}}})
	s.in(language.Brackets)
	one := s.get("/my/").leads()[0]
	lead := s.get(one)
	s.post(one+"/follow-up", lead.sends("in", "tomorrow")).is(http.StatusSeeOther)
	s.post(one+"/opportunity", s.get(one+"/opportunity").sends("title", "Condo")).is(http.StatusSeeOther)
	for _, address := range []string{"/my/", "/my/?q=nobody", one, one + "/opportunity", "/my/settings", "/my/?done=saved"} {
		for _, text := range unsaid(t, s.get(address).is(http.StatusOK).body) {
			if !regexp.MustCompile(`^(Lead \d+|Condo|Unit|Aina|contacted)$`).MatchString(text) {
				t.Errorf("%s says past the catalogue: %s", address, text)
			}
		}
	}
	for _, text := range unsaid(t, s.post(one+"/follow-up", lead.sends("follow_up_at", "x")).is(http.StatusUnprocessableEntity).body) {
		if !regexp.MustCompile(`^(Lead \d+|Condo|Unit)$`).MatchString(text) {
			t.Errorf("a follow-up that is refused says past the catalogue: %s", text)
		}
	}
}

// TestEachReadsTheirOwnLanguage has a workspace and a manager choose.
func TestEachReadsTheirOwnLanguage(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.as("manager", "mira@example.com")
	s.get("/console/").is(http.StatusOK).shows(`<html lang="en">`, "Today")
	s.api("PATCH", "/v1/workspace", map[string]any{"language": "ms"})
	s.get("/console/").shows(`<html lang="ms">`, ">Hari ini</a>", "Tiga langkah")
	s.make("leads", map[string]any{"name": "Today", "phone": "+60123456789"})
	s.get("/console/leads").shows("<bdi>Today</bdi>", "baru sahaja") // a name is no text of ours

	s.get("/console/me").shows("bahasa ruang kerja: Bahasa Malaysia")
	s.post("/console/me", url.Values{"name": {"Mira"}, "language": {"en"}}).is(http.StatusSeeOther)
	s.get("/console/me?done=saved").shows(`<html lang="en">`, "Saved.", `<option value="en" selected>English`)
	s.post("/console/sign-out", nil)
	s.get("/console/sign-in").shows(`<html lang="en">`, "Password") // as was read in this browser
	s.get("/console/sign-in?lang=ms").shows(`<html lang="ms">`, "Kata laluan")
	s.get("/console/sign-in").shows("Kata laluan")
	s.post("/console/sign-in", url.Values{"email": {"mira@example.com"}, "password": {"wrong password"}}).is(http.StatusUnauthorized).shows("Alamat dan kata laluan tidak sepadan.")
}

// TestTheSignInPageGoesByTheBrowser until it is known who somebody is.
func TestTheSignInPageGoesByTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for header, tag := range map[string]string{
		"": "en", "ms": "ms", "ms-MY,ms;q=0.9,en;q=0.8": "ms", "en-GB,en;q=0.9,ms;q=0.8": "en", "de": "en", "*": "en", ";;;": "en",
		strings.Repeat("x", 5000): "en", "zh-MY, ms;q=0.5": "ms", "id": "en",
	} {
		if p := s.send("GET", "/console/sign-in", nil, "Accept-Language", header); !strings.Contains(p.body, `<html lang="`+tag+`">`) {
			t.Errorf("who asks for %.40q reads another language than %s", header, tag)
		}
	}
	s.get("/console/sign-in?lang=%3Cscript%3E").is(http.StatusOK).shows(`<html lang="en">`).lacks("<script>")
}

// TestSettingsHaveALanguage has an admin choose for the workspace, in the settings.
func TestSettingsHaveALanguage(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	page := s.get("/console/settings").shows(`name="language"`, `<option value="en" selected>English`)
	form := page.sends("name", "acme", "timezone", "Asia/Kuala_Lumpur", "region", "MY", "from", "09:00", "to", "21:00", "policy", "allow", "days", "30", "statuses", "new\r\ncontacted\r\nqualified\r\nwon\r\nlost", "language", "ms")
	s.post("/console/settings", form).is(http.StatusSeeOther)
	s.get("/console/settings").shows(`<html lang="ms">`, `<option value="ms" selected>Bahasa Malaysia`, "Waktu pengagihan")
	form.Set("language", "tlh")
	form.Set("seen", s.get("/console/settings").between(`name="seen" value="`, `"`))
	s.post("/console/settings", form).is(http.StatusUnprocessableEntity).shows(`id="f-language-error"`)
}

// nextPage is the link that leads on in a list.
var nextPage = regexp.MustCompile(`<a href="/console/([^"]*)" rel="next">`)

// TestTheAuditLogIsInWords has words for whatever the log tells of: each operation of the API that changes something or exports, and each command.
func TestTheAuditLogIsInWords(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	var document struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	text, err := os.ReadFile("../../../docs/openapi.json")
	if err == nil {
		err = json.Unmarshal(text, &document)
	}
	if err != nil {
		t.Fatal(err)
	}
	operations := []string{
		"up", "apikey create", "apikey revoke", "workspace create", "person invite", "person link", "person remove", "dead retry", "dead delete",
		"open-message-link", "passkey-copied",
	}
	silent := regexp.MustCompile(`^(get|count|read|preview|check|begin|send|oidc|passkey)-|^post-(lead|lead-batch|simulation)$|^(health|ready|test-message-template)`)
	for _, path := range document.Paths {
		for method, op := range path {
			if !silent.MatchString(op.OperationID) && (method != "get" || strings.HasPrefix(op.OperationID, "list-")) {
				operations = append(operations, op.OperationID)
			}
		}
	}
	if len(operations) < 80 {
		t.Fatalf("only %d operations were found", len(operations))
	}
	for _, op := range operations {
		s.DB.MustExec(`INSERT INTO audit_log (workspace_id, entry_id, operation, ids, fields, at) VALUES ($1, gen_random_uuid(), $2, '{}', '{}', now())`, s.workspace, op)
	}
	s.in(language.Brackets)
	pages, address := 0, "audit-log"
	for ; address != ""; pages++ {
		p := s.get("/console/" + html.UnescapeString(address)).is(http.StatusOK)
		for _, text := range unsaid(t, p.body) {
			t.Errorf("the audit log says past the catalogue: %s", text)
		}
		address = ""
		if next := nextPage.FindStringSubmatch(p.body); next != nil {
			address = next[1]
		}
	}
	if pages < 2 {
		t.Errorf("%d pages of the log were read", pages)
	}
}

// TestWhatTheAPISaysIsInTheReadersLanguage meets refusals, warnings and promises where they are shown.
func TestWhatTheAPISaysIsInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	integration := s.make("integrations", map[string]any{"kind": "generic", "name": "Portal"})
	s.DB.MustExec(`UPDATE integrations SET warning = 'The source "Face %d book" is unknown or not offered for leads; the lead came in without a source.', warned_at = now()`)
	if err := s.Store.KeepAudit(t.Context(), store.AuditReport{At: time.Now(), Checks: []store.AuditCheck{
		{Name: "turns", Promise: "every decision takes effect once", OK: true}, {Name: "lanes", Promise: "a group has at most 500 lanes", Found: 2, Remedy: store.RemedyReport},
	}}); err != nil {
		t.Fatal(err)
	}
	s.in(language.Malay)
	s.get("/console/audit").is(http.StatusOK).shows("setiap keputusan berkuat kuasa sekali", "kumpulan mempunyai 500 lorong paling banyak").lacks("every decision")
	const warned = "Sumber \"Face %d book\" tidak dikenali atau tidak ditawarkan untuk prospek; prospek itu masuk tanpa sumber."
	s.get("/console/").shows(warned)
	s.get("/console/integrations/" + integration).shows(warned)

	form := s.get("/console/members/new").sends("name", "\u200b", "email", "nobody")
	s.post("/console/members/new", form).is(http.StatusUnprocessableEntity).lacks("e-mail address;", "a name needs")
	s.post("/console/groups/new", s.get("/console/groups/new").sends("do", "save", "name", strings.Repeat("x", 300))).is(http.StatusUnprocessableEntity).shows("Ini lebih daripada", "aksara")
	s.post("/console/people/new", s.get("/console/people/new").sends("name", "Aisyah", "email", "nobody", "role", "agent")).is(http.StatusUnprocessableEntity)
}
