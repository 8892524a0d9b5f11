package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// anAgent is a site whose browser is signed in as the agent Aina, who has so many leads.
func anAgent(t *testing.T, leads int) (s *site, member string) {
	t.Helper()
	s = newSite(t)
	member = s.make("members", map[string]any{"name": "Aina", "email": "aina@example.com", "timezone": "Asia/Tokyo"})
	source := s.make("sources", map[string]any{"name": "Secret fair"})
	for i := range leads {
		s.make("leads", map[string]any{
			"name": fmt.Sprintf("Lead %02d", i), "phone": fmt.Sprintf("+6012345%04d", i), "email": fmt.Sprintf("lead%d@example.com", i), "source_id": source,
			"fields": map[string]any{"Unit": "Condo"}, "distribute": map[string]any{"member_ids": []any{member}},
		})
	}
	s.distribute()
	person := s.make("people", map[string]any{"name": "Aina", "email": "aina@example.com", "role": "agent", "member_id": member})
	made := s.api("POST", "/v1/people/"+person+"/sign-in-link", nil)["url"].(string)
	at := s.post(made[strings.Index(made, "/console/"):], nil).is(http.StatusSeeOther).header.Get("Location")
	if at != "/my/" {
		t.Fatalf("an agent is led to %q", at)
	}
	return s, member
}

var leadAddress = regexp.MustCompile(`href="(/my/leads/[0-9a-f-]+)"`)

func (p shownPage) leads() (all []string) {
	for _, m := range leadAddress.FindAllStringSubmatch(p.body, -1) {
		all = append(all, m[1])
	}
	return all
}

// TestAnAgentWorks has an agent do all that there is to do about a lead, without a script.
func TestAnAgentWorks(t *testing.T) {
	t.Parallel()
	s, _ := anAgent(t, 2)
	list := s.get("/my/").is(http.StatusOK).shows("Lead 01", "Lead 00", "new")
	if strings.Index(list.body, "Lead 01") > strings.Index(list.body, "Lead 00") {
		t.Error("the newest is not first")
	}
	s.get("/my/?q=0123450001").is(http.StatusOK).shows("Lead 01").lacks("Lead 00")
	one := list.leads()[0]
	s.get(one).is(http.StatusOK).shows(`href="tel:+60123450001"`, `href="https://wa.me/60123450001"`, `href="mailto:lead1@example.com"`, "Condo", "Given to you")

	s.get(one).shows("Accept", `data-accept="`+one+`/accept"`)
	s.post(one+"/accept", nil).is(http.StatusSeeOther)
	s.get(one).shows("Answered").lacks("Accept", "data-accept")

	s.post(one+"/status", url.Values{"status": {"contacted"}}).is(http.StatusSeeOther)
	s.get("/my/?status=contacted").is(http.StatusOK).shows("Lead 01").lacks("Lead 00")
	s.post(one+"/status", url.Values{"status": {"on the moon"}}).is(http.StatusUnprocessableEntity).shows("no such status")

	s.post(one+"/notes", url.Values{"notes": {"call after lunch"}}).is(http.StatusSeeOther)
	s.post(one+"/notes", url.Values{"notes": {strings.Repeat("x", 1001)}}).is(http.StatusUnprocessableEntity).shows("longer than 1000", strings.Repeat("x", 1001))
	s.get(one).is(http.StatusOK).shows("call after lunch")

	s.post(one+"/follow-up", url.Values{"follow_up_at": {"2036-03-02T09:30"}}).is(http.StatusSeeOther)
	s.get(one).is(http.StatusOK).shows(`value="2036-03-02T09:30"`, "Sun 2 Mar 2036, 09:30:00 JST") // by their own clock
	s.post(one+"/follow-up", url.Values{"follow_up_at": {"some day"}}).is(http.StatusUnprocessableEntity).shows("Choose a day and a time", `value="some day"`)
	s.get("/my/").shows("follow up")
	for _, in := range []string{"hour", "tomorrow", "week"} {
		s.post(one+"/follow-up", url.Values{"in": {in}}).is(http.StatusSeeOther)
		if n := s.count(`SELECT count(*) FROM assigned_leads WHERE follow_up_at > now() AND remind_at = follow_up_at`); n != 1 {
			t.Errorf("%s: %d are followed up", in, n)
		}
	}
	s.post(one+"/follow-up", url.Values{"in": {"never"}}).is(http.StatusSeeOther)
	if n := s.count(`SELECT count(*) FROM assigned_leads WHERE follow_up_at IS NOT NULL`); n != 0 {
		t.Errorf("%d are followed up", n)
	}

	s.post(one+"/convert", url.Values{"once": {"c"}}).is(http.StatusSeeOther)
	s.post(one+"/opportunity", url.Values{"title": {""}, "amount": {"12"}}).is(http.StatusUnprocessableEntity).shows("This is needed", `value="12"`)
	s.post(one+"/opportunity", url.Values{"title": {"Condo"}, "amount": {"lots"}}).is(http.StatusUnprocessableEntity).shows("Write a number", `value="lots"`)
	s.post(one+"/opportunity", url.Values{"title": {"Condo"}, "amount": {"500,000"}, "currency": {"myr"}, "once": {"o"}}).is(http.StatusSeeOther)
	found := regexp.MustCompile(`/my/opportunities/[0-9a-f-]+`).FindString(s.get(one).shows("Condo", "MYR 500000").body)
	s.post(found, url.Values{"title": {"Villa"}, "stage": {"viewing"}}).is(http.StatusSeeOther)
	s.get(one).shows("Villa", "viewing")
	s.get(found).is(http.StatusOK).shows(`value="viewing"`)

	other := list.leads()[1]
	s.DB.MustExec(`UPDATE assigned_leads SET answer_by = now() + interval '1 hour' WHERE answered_at IS NULL`)
	s.get(other).is(http.StatusOK).shows("Accept", "Answer by")
	s.get("/my/").shows("answer by")
	s.DB.MustExec(`UPDATE assigned_leads SET withdrawn_at = now() WHERE answered_at IS NULL`)
	s.get(other).is(http.StatusOK).shows("Taken back").lacks("Accept", "lead0@example.com", "123450000", "Condo")
	s.get("/my/").shows("taken back")
	s.post(other+"/status", url.Values{"status": {"contacted"}}).is(http.StatusOK).shows("Taken back")
}

// TestAgentsSeeNothingElse looks through an agent's pages for other people, sources, and ids and times of before they had a lead.
func TestAgentsSeeNothingElse(t *testing.T) {
	t.Parallel()
	s, member := anAgent(t, 1)
	other := s.make("members", map[string]any{"name": "Muthu"})
	s.api("POST", "/v1/leads", map[string]any{"name": "Theirs", "distribute": map[string]any{"member_ids": []any{other}}})
	s.distribute()
	theirs := s.api("GET", "/v1/assigned-leads?member_id="+other, nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	s.get("/my/leads/" + theirs).is(http.StatusNotFound).lacks("Theirs")
	s.post("/my/leads/"+theirs+"/notes", url.Values{"notes": {"x"}}).is(http.StatusNotFound)
	s.get("/my/leads/" + uuid.NewString()).is(http.StatusNotFound)
	s.get("/my/leads/x").is(http.StatusNotFound)
	s.DB.MustExec(`UPDATE leads SET created_at = '2020-01-01T00:00:00Z', updated_at = '2020-01-01T00:00:00Z'`)
	source := s.api("GET", "/v1/leads", nil)["items"].([]any)[0].(map[string]any)["id"].(string)
	one := s.get("/my/").leads()[0]
	for _, address := range []string{"/my/", one, one + "/opportunity", "/my/settings", "/my/?q=Lead"} {
		page := s.get(address).is(http.StatusOK).lacks("Muthu", "Theirs", "Secret fair", source, member, other, s.workspace.String(), "2020")
		for _, id := range regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{22}`).FindAllString(page.body, -1) {
			if !strings.HasSuffix(one, id) {
				t.Errorf("%s shows the id %s", address, id)
			}
		}
	}
	for _, address := range []string{"/console/", "/console/leads", "/console/settings"} {
		if at := s.get(address).header.Get("Location"); address != "/console/settings" && at != "/my/" {
			t.Errorf("%s leads an agent to %q", address, at)
		}
	}
}

// TestAgentsSettings has an agent choose how they are told.
func TestAgentsSettings(t *testing.T) {
	t.Parallel()
	s, member := anAgent(t, 0)
	s.get("/my/").is(http.StatusOK).shows("No leads yet")
	s.get("/my/settings").is(http.StatusOK).shows("How I am told", "Asia/Tokyo", "not connected", "Set password")
	s.post("/my/settings", url.Values{"notify_by": {"none"}, "from": {"22:00"}, "to": {"07:00"}, "timezone": {"Europe/Berlin"}}).is(http.StatusSeeOther)
	kept := s.api("GET", "/v1/members/"+member, nil)
	if kept["timezone"] != "Europe/Berlin" || kept["quiet_hours"].(map[string]any)["from"] != "22:00" || kept["email"] != "aina@example.com" || kept["name"] != "Aina" {
		t.Errorf("kept %v", kept)
	}
	s.post("/my/settings", url.Values{"from": {"22:00"}, "to": {"22:00"}, "timezone": {"Mars"}}).is(http.StatusUnprocessableEntity).shows("not a time zone", `value="Mars"`)
	s.post("/my/settings/password", url.Values{"password": {"short"}}).is(http.StatusUnprocessableEntity).shows("shorter than 12 characters").lacks("value=\"short\"")
	s.post("/my/settings/password", url.Values{"password": {"correct horse battery"}}).is(http.StatusSeeOther)
	s.post("/my/settings/sessions", url.Values{"once": {"x"}}).is(http.StatusSeeOther)
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	s.get("/my/").is(http.StatusSeeOther)
	if at := s.post("/console/sign-in", url.Values{"email": {"aina@example.com"}, "password": {"correct horse battery"}, "back": {"/my/settings"}}).
		is(http.StatusSeeOther).header.Get("Location"); at != "/my/settings" {
		t.Errorf("led to %q", at)
	}
}

// TestWhoIsAtHomeWhere signs in with a member's key, and looks at an agent's pages as an admin.
func TestWhoIsAtHomeWhere(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	if at := s.get("/my/").is(http.StatusSeeOther).header.Get("Location"); at != "/console/" {
		t.Errorf("an admin is led to %q", at)
	}
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	member := uuid.MustParse(s.make("members", map[string]any{"name": "Aina"}))
	if at := s.post("/console/sign-in", url.Values{"key": {s.key(s.workspace, store.APIKey{Role: lead.RoleMember, MemberID: &member})}}).
		is(http.StatusSeeOther).header.Get("Location"); at != "/my/" {
		t.Errorf("a member's key leads to %q", at)
	}
	s.get("/my/").is(http.StatusOK)
	s.get("/my/settings").is(http.StatusOK).lacks("Set password")
	s.get("/my/nothing").is(http.StatusNotFound)
	s.post("/console/sign-out", nil).is(http.StatusSeeOther)
	s.get("/my/").is(http.StatusSeeOther)
}

// TestAgentsPagesAreSmall has a page of 50 leads be of 40 KB at the most, with all that it loads on a first visit.
func TestAgentsPagesAreSmall(t *testing.T) {
	t.Parallel()
	s, _ := anAgent(t, 60)
	page := s.get("/my/").is(http.StatusOK)
	if n := len(page.leads()); n != 50 {
		t.Fatalf("%d leads on a page", n)
	}
	if size := len(page.body); size > 40<<10 {
		t.Errorf("the list has %d bytes", size)
	}
	older := regexp.MustCompile(`href="(/my/\?cursor=[^"]+)"`).FindStringSubmatch(page.body)
	if older == nil || len(s.get(strings.ReplaceAll(older[1], "&amp;", "&")).is(http.StatusOK).leads()) != 10 {
		t.Errorf("older leads are at %v", older)
	}
	if size := len(s.get(page.leads()[0]).is(http.StatusOK).body); size > 40<<10 {
		t.Errorf("a lead has %d bytes", size)
	}
	manifest := s.get("/console/assets/app.webmanifest").is(http.StatusOK).shows(`"start_url": "/my/"`)
	for _, icon := range regexp.MustCompile(`/console/assets/icon-\d+\.png`).FindAllString(manifest.body, -1) {
		if got := s.get(icon).is(http.StatusOK); got.header.Get("Content-Type") != "image/png" || !strings.HasPrefix(got.body, "\x89PNG") {
			t.Errorf("%s: %v", icon, got.header)
		}
	}
	page.shows(`rel="manifest" href="/console/assets/app.webmanifest"`, `name="theme-color"`)
}
