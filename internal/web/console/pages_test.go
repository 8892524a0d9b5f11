package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const hostile = `<script>alert("x")</script>'&`

// A furnished site has something on every page, named as an attacker would name it.
type furnished struct {
	*site
	member, lone, group, source, lead, failed, integration, event, webhook string
}

func furnish(t *testing.T) furnished {
	t.Helper()
	f := furnished{site: signedIn(t)}
	f.member = f.make("members", map[string]any{"name": hostile, "email": "m@example.com"})
	f.lone = f.make("members", map[string]any{"name": "Off duty"})
	f.group = f.make("groups", map[string]any{"name": hostile, "method": "round_robin", "slots": []any{
		map[string]any{"members": []any{map[string]any{"member_id": f.member}}},
	}})
	f.source = f.make("sources", map[string]any{"name": hostile})
	f.lead = f.make("leads", map[string]any{
		"name": hostile, "email": "siti@example.com", "phone": "+60123456789", "source_id": f.source,
		"fields":     map[string]any{hostile: hostile, "member_id": "no id", "url": "javascript:alert(1)", "list": []any{hostile, map[string]any{"deep": true}}},
		"distribute": map[string]any{"group_id": f.group},
	})
	f.make("leads", map[string]any{"name": "Later", "phone": "+60123456780", "distribute": map[string]any{"group_id": f.group, "pace": "slow"}})
	f.api("PATCH", "/v1/members/"+f.lone, map[string]any{"active": false})
	f.failed = f.make("leads", map[string]any{"name": "Failing", "phone": "+60123456781", "distribute": map[string]any{"member_ids": []string{f.lone}}})
	f.distribute()

	made := f.api("POST", "/v1/integrations", map[string]any{"kind": "generic", "name": hostile, "source_id": f.source})
	f.integration = made["id"].(string)
	hook, err := url.Parse(made["url"].(string))
	if err != nil {
		t.Fatal(err)
	}
	f.send("POST", hook.Path, strings.NewReader(`{"name":"`+`<b>Hook</b>`+`","email":"hook@example.com"}`), "Content-Type", "application/json").is(http.StatusOK)
	f.event = f.first("integrations/" + f.integration + "/events")["id"].(string)
	f.webhook = f.make("webhooks", map[string]any{"url": "https://example.com/hook", "events": []string{"lead.received"}})
	f.make("webhooks", map[string]any{"url": "https://example.com/other", "events": []string{"lead.updated"}, "enabled": false})
	f.api("POST", "/v1/leads/"+f.lead+"/convert", nil)
	f.api("POST", "/v1/members/"+f.member+"/test-notification", nil)
	return f
}

// first is the first item of a list of the API.
func (s *site) first(list string) map[string]any {
	s.t.Helper()
	items := s.api("GET", "/v1/"+list, nil)["items"].([]any)
	if len(items) == 0 {
		s.t.Fatalf("%s is empty", list)
	}
	return items[0].(map[string]any)
}

func TestEveryPageShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	copied := f.first("assigned-leads")["id"].(string)
	customer := f.first("customers")["id"].(string)
	due := f.first("pending-leads")["id"].(string)
	for address, texts := range map[string][]string{
		"":                              {"Distributions that failed in the last day (deactivated): 1", "reactivate them or assign the lead to someone else", "Next pending lead is due"},
		"leads":                         {hostile, "siti@example.com", "+60123456789"},
		"leads?q=siti":                  {"siti@example.com"},
		"leads/" + f.lead:               {"javascript:alert(1)", "no id", "deep", "History", "Assigned leads"},
		"assigned-leads":                {"siti@example.com", hostile},
		"assigned-leads/" + copied:      {"siti@example.com"},
		"pending-leads":                 {"Later", "as planned", "Slow (4–6 a day)"},
		"pending-leads/" + due:          {"Later"},
		"history":                       {"given", "failed", "deactivated", "reactivate them or assign", "Off duty"},
		"groups":                        {hostile, "One member a turn"},
		"groups/" + f.group:             {"Next 20", "Whose turn it is", "Fairness", hostile},
		"members":                       {hostile, "Off duty", "deactivated", "cannot be told"},
		"members/" + f.member:           {"m@example.com", "Messages", "Pending"},
		"integrations":                  {hostile, "generic"},
		"integrations/" + f.integration: {"/hooks/generic/", "Events"},
		"integrations/" + f.integration + "/events":            {"lead"},
		"integrations/" + f.integration + "/events/" + f.event: {`<b>Hook</b>`},
		"imports":                               {"Nothing was imported yet."},
		"notifications":                         {"owed", "test"},
		"webhooks":                              {"https://example.com/hook", "off"},
		"webhooks/" + f.webhook:                 {"lead.received", "Disable"},
		"webhooks/" + f.webhook + "/deliveries": {"Deliveries"},
		"customers":                             {"siti@example.com"},
		"customers/" + customer:                 {"siti@example.com"},
		"sources":                               {hostile},
		"sources/" + f.source:                   {"For leads"},
		"audit-log":                             {"A key (admin)", "made the group", hostile},
	} {
		t.Run(address, func(t *testing.T) {
			got := f.get("/console/" + address)
			got.t = t
			got.is(http.StatusOK).shows(texts...).lacks("<script>", `<b>Hook`, `href="javascript:`, "<no value>", "ZgotmplZ")
		})
	}
}

func TestTestsAreShownAsTests(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	made := s.api("POST", "/v1/integrations", map[string]any{"kind": "google", "name": "Ads", "secret": "a-google-key-of-ours"})
	hook, err := url.Parse(made["url"].(string))
	if err != nil {
		t.Fatal(err)
	}
	for id, test := range map[string]bool{"real": false, "trial": true} {
		body, err := json.Marshal(map[string]any{
			"lead_id": id, "google_key": "a-google-key-of-ours", "is_test": test, "form_id": 1, "campaign_id": 2, "api_version": "1.0",
			"user_column_data": []any{map[string]any{"column_id": "EMAIL", "string_value": id + "@example.com"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.send("POST", hook.Path, strings.NewReader(string(body)), "Content-Type", "application/json").is(http.StatusOK)
	}
	s.get("/console/leads").shows("real@example.com", "trial@example.com", `<span class="badge warn">test</span>`)
	s.get("/console/leads?test=true").shows("trial@example.com").lacks("real@example.com")
	s.get("/console/leads?test=false").shows("real@example.com").lacks("trial@example.com", "badge warn")
}

func TestListsAreNarrowedAndTurnedOver(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	source := s.make("sources", map[string]any{"name": "Fair"})
	leads := make([]any, 0, 120)
	for range 120 {
		leads = append(leads, map[string]any{"name": "Siti", "phone": "+60123456789", "source_id": source})
	}
	s.api("POST", "/v1/leads/batch", map[string]any{"leads": leads})
	seen := map[string]bool{}
	next := "/console/leads?source_id=" + source
	for range 3 {
		got := s.get(next).is(http.StatusOK)
		for _, id := range got.ticks() {
			seen[id] = true
		}
		before, _, found := strings.Cut(got.body, `" rel="next"`)
		if !found {
			break
		}
		next = strings.ReplaceAll(before[strings.LastIndex(before, `href="`)+len(`href="`):], "&amp;", "&")
		if !strings.Contains(next, "source_id="+source) {
			t.Errorf("the next page %q forgets the filter", next)
		}
	}
	if len(seen) != 120 {
		t.Errorf("turning the pages shows %d of 120 leads", len(seen))
	}
	if n := len(s.get("/console/leads?more=1").ticks()); n != 120 {
		t.Errorf("500 a page shows %d of 120 leads", n)
	}
	s.get("/console/leads?from=2001-01-01&to=2001-01-02").shows("Nothing here.")
	s.get("/console/leads?from=2001-01-01").lacks("Nothing here.")
	s.get("/console/leads?from=yesterday").is(http.StatusUnprocessableEntity).shows("From")
	if got := s.get("/console/leads?file=csv&from=yesterday").is(http.StatusUnprocessableEntity).shows("From"); got.header.Get("Content-Disposition") != "" {
		t.Errorf("a refusal is sent as a file: %v", got.header)
	}
	s.get("/console/leads?cursor=x").is(http.StatusUnprocessableEntity)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.make("leads", map[string]any{"name": "=1+1", "phone": "+60123456789"})
	s.make("leads", map[string]any{"name": "Siti", "phone": "+60123456780"})
	got := s.get("/console/leads?file=csv&q=%3D1").is(http.StatusOK)
	if got.header.Get("Content-Disposition") != `attachment; filename="leads.csv"` || !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") {
		t.Errorf("the headers are %v", got.header)
	}
	if lines := strings.Split(strings.TrimSpace(got.body), "\n"); len(lines) != 2 || !strings.Contains(lines[1], "'=1+1") {
		t.Errorf("the file is %q", got.body)
	}
	r := s.send("POST", "/v1/imports", strings.NewReader("name,city\nSiti,KL\n,KL\n"), "Authorization", "Bearer "+s.admin, "Content-Type", "text/csv").is(http.StatusAccepted)
	var imported struct{ ID string }
	if err := json.Unmarshal([]byte(r.body), &imported); err != nil {
		t.Fatal(err)
	}
	s.get("/console/imports/" + imported.ID).is(http.StatusOK).shows("Rejected rows as CSV")
	if got := s.get("/console/imports/" + imported.ID + "/rejects").is(http.StatusOK); !strings.HasPrefix(got.body, "line,reason,record") {
		t.Errorf("the rejected rows are %q", got.body)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	_, foreign := s.newWorkspace("rival")
	theirs := s.apiAs(foreign, "POST", "/v1/leads", map[string]any{"name": "Secret", "phone": "+60123456789"})["id"].(string)
	for _, address := range []string{
		"nothing", "leads/" + theirs, "leads/x", "leads/00000000-0000-7000-8000-000000000000", "leads/x/events", "history/" + theirs,
		"integrations/x/nothing", "leads/x/rejects", "imports/" + theirs + "/rejects", "leads/a/b/c/d", "leads/%2e%2e%2fworkspace", "leads/..%2f..%2fv1", "leads/%2e", "leads/%2e%2e", "integrations/%2e%2e/events", "imports/%2e%2e/rejects",
	} {
		s.get("/console/" + address).is(http.StatusNotFound).lacks("Secret")
	}
	s.send("DELETE", "/console/leads", nil, "Sec-Fetch-Site", "same-origin").is(http.StatusNotFound)
	s.get("/console/leads").shows("No leads yet.").lacks("Secret")
}

// TestTheOverviewCountsBeyondAPage has more failures than the API lists at a time, the newest of them tried again.
func TestTheOverviewCountsBeyondAPage(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Aisyah"})
	s.api("PATCH", "/v1/members/"+m, map[string]any{"active": false})
	leads := make([]any, 0, 620)
	for range 620 {
		leads = append(leads, map[string]any{"name": "Siti", "phone": "+60123456789"})
	}
	s.api("POST", "/v1/leads/batch", map[string]any{"leads": leads, "distribute": map[string]any{"member_ids": []string{m}}})
	s.distribute()
	s.get("/console/").shows("Distributions that failed in the last day (deactivated): 620")
	s.DB.MustExec(`INSERT INTO history_retries (workspace_id, history_id, created_at)
		SELECT workspace_id, history_id, now() FROM history ORDER BY history_id DESC LIMIT 600`)
	s.get("/console/").shows("Distributions that failed in the last day (deactivated): 20")
	if n := len(s.get("/console/history?retried=false").ticks()); n != 20 {
		t.Errorf("%d of 20 failures that were not tried again can be chosen", n)
	}
}
