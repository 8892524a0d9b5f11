package console_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// everyPage are the addresses of a furnished site's pages.
func (f furnished) everyPage() []string {
	all := []string{
		"", "settings", "members/new", "groups/new", "leads/new", "sources/new", "members/" + f.member, "members/" + f.member + "/edit", "groups/" + f.group,
		"groups/" + f.group + "/edit", "leads/" + f.lead, "leads/" + f.lead + "/edit", "leads/" + f.failed, "sources/" + f.source, "sources/" + f.source + "/edit",
	}
	return append(all,
		"leads", "assigned-leads", "pending-leads", "history", "assignments", "groups", "members", "integrations", "imports", "notifications", "webhooks",
		"customers", "sources", "opportunities", "api-keys", "sessions", "audit-log", "rules",
	)
}

var (
	idTail   = regexp.MustCompile(`>…[0-9a-f]{8}<`)
	postForm = regexp.MustCompile(`(?s)<form method="post".*?</form>`)
	snake    = regexp.MustCompile(`>[^<]*\b[a-z]+_[a-z_]+\b[^<]*<`)
)

// TestEveryPageIsAPage looks at what all pages have in common.
func TestEveryPageIsAPage(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	f.api("POST", "/v1/opportunities", map[string]any{"title": "A flat", "lead_id": f.lead})
	for _, address := range f.everyPage() {
		p := f.get("/console/" + address).is(http.StatusOK)
		for _, name := range []string{"Today", "Leads", "Groups", "Pending", "History", "Members", "Sources", "Integrations", "Imports", "Customers", "Settings"} {
			if !regexp.MustCompile(`<a href="/console/[a-z-]*"( aria-current="page")?>` + name + `</a>`).MatchString(p.body) {
				t.Errorf("%s does not lead to %s", address, name)
			}
		}
		p.lacks(`http-equiv="refresh"`, " style=", " onclick=", "<no value>", "ZgotmplZ", "%!")
		if n := strings.Count(p.body, "<script"); n != 1 {
			t.Errorf("%s has %d scripts, want ours alone", address, n)
		}
		if n := strings.Count(p.body, "<h1>"); n != 1 {
			t.Errorf("%s has %d headings of the first rank", address, n)
		}
		if found := idTail.FindString(p.body); found != "" {
			t.Errorf("%s shows an id: %s", address, found)
		}
		// The audit log's operations and what platforms and people name themselves are another matter.
		if found := snake.FindString(strings.ReplaceAll(p.body, "member_id", "")); found != "" && address != "audit-log" && !strings.Contains(found, "Asia/Kuala_Lumpur") {
			t.Errorf("%s speaks as a program does: %s", address, found)
		}
		if len(p.body) > 60<<10 {
			t.Errorf("%s has %d bytes", address, len(p.body))
		}
		ids := map[string]bool{}
		for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(p.body, -1) {
			if ids[m[1]] {
				t.Errorf("%s has two elements with the id %s", address, m[1])
			}
			ids[m[1]] = true
		}
	}
}

// TestEnterDoesNothingByItself presses, without a script, Enter in a tick box: a browser then sends the form by its first button, as this
// does. Each page is shown again, and nothing is done.
func TestEnterDoesNothingByItself(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	enter := func(p shownPage, form url.Values) shownPage {
		for _, text := range postForm.FindAllString(p.body, -1) {
			if !strings.Contains(text, `type="checkbox"`) && !strings.Contains(text, `type="radio"`) {
				continue
			}
			button := regexp.MustCompile(`<button[^>]*>`).FindString(text)
			name, value, address := attribute(button, "name"), attribute(button, "value"), attribute(button, "formaction")
			if address == "" {
				address = attribute(text, "action")
			}
			form.Del("sure")
			if name != "" {
				form.Set(name, value)
			}
			return f.post(address, form)
		}
		t.Fatalf("the page has no form with something to tick:\n%s", p.body)
		return p
	}
	before := f.count(`SELECT (SELECT count(*) FROM history) * 1000 + (SELECT count(*) FROM pending) * 100 + (SELECT count(*) FROM members WHERE active)
		+ (SELECT count(*) FROM leads WHERE deleted_at IS NULL)`)
	for _, name := range []string{"pending-leads", "leads", "members", "groups", "history?outcome=failed", "integrations", "webhooks", "sessions"} {
		list := f.get("/console/" + name).is(http.StatusOK)
		again := enter(list, list.form(list.ticks()...)).is(http.StatusOK)
		if n := strings.Count(again.body, " checked>"); n != len(list.ticks()) {
			t.Errorf("after Enter in %s, %d of %d are ticked", name, n, len(list.ticks()))
		}
	}
	list := f.get("/console/members")
	for _, act := range []string{"deactivate", "remove-member"} {
		asked := f.post("/console/acts/"+act, list.form(f.member)).is(http.StatusOK).shows("Leads planned for them")
		enter(asked, asked.form(f.member)).is(http.StatusOK).shows("Leads planned for them")
	}
	asked := f.post("/console/leads/assign", f.get("/console/leads").form(f.lead)).is(http.StatusOK)
	enter(asked, asked.sends("id", f.lead, "group_id", f.group)).is(http.StatusOK).shows("Assign 1 lead")
	if after := f.count(`SELECT (SELECT count(*) FROM history) * 1000 + (SELECT count(*) FROM pending) * 100 + (SELECT count(*) FROM members WHERE active)
		+ (SELECT count(*) FROM leads WHERE deleted_at IS NULL)`); after != before {
		t.Errorf("Enter has done something: %d is not %d", after, before)
	}
}

// attribute is the value of the first attribute of this name in a text.
func attribute(text, name string) string {
	_, rest, _ := strings.Cut(text, " "+name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// TestEveryRowHasNames lists more than are looked up one by one.
func TestEveryRowHasNames(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Aisyah"})
	leads := make([]any, 230)
	for i := range leads {
		leads[i] = map[string]any{"name": fmt.Sprintf("Siti %d.", i)}
	}
	s.api("POST", "/v1/leads/batch", map[string]any{"leads": leads, "distribute": map[string]any{"member_ids": []string{m}}})
	s.distribute()
	one := s.first("leads")["id"].(string)
	s.api("DELETE", "/v1/leads/"+one, nil)
	p := s.get("/console/history?more=1").is(http.StatusOK).shows("a lead that is gone")
	if n := strings.Count(p.body, "<bdi>Siti "); n != 229 || idTail.MatchString(p.body) {
		t.Errorf("%d of 229 leads are named", n)
	}
}

// TestPagesAreSentSmall to browsers that take them so.
func TestPagesAreSentSmall(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	for encoding, small := range map[string]bool{"gzip, br": true, "gzip;q=0": false, "br": false, "identity": false, "gzip;q=0.5": true} {
		for _, address := range []string{"/console/leads", s.get("/console/leads").between(`stylesheet" href="`, `"`)} {
			got := s.send("GET", address, nil, "Accept-Encoding", encoding).is(http.StatusOK)
			if is := got.header.Get("Content-Encoding") == "gzip"; is != small || small && !strings.Contains(got.header.Get("Vary"), "Accept-Encoding") {
				t.Errorf("%s with %s: %v", address, encoding, got.header)
			}
			if !small {
				continue
			}
			z, err := gzip.NewReader(strings.NewReader(got.body))
			if err != nil {
				t.Fatal(err)
			}
			if plain, err := io.ReadAll(z); err != nil || len(plain) <= len(got.body) {
				t.Errorf("%s: %d bytes of %d: %v", address, len(got.body), len(plain), err)
			}
		}
	}
	s.get("/console/assets/..%2fframe.html").is(http.StatusNotFound)
	s.get("/console/assets/nothing").is(http.StatusNotFound)
	if csp := s.get("/console/").header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is %s", csp)
	}
	if at := s.get("/").is(http.StatusSeeOther).header.Get("Location"); at != "/console/" {
		t.Errorf("/ leads to %s", at)
	}
}
