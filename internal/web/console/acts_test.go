package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// leadsTo fails the test unless a form led back to a page that says so.
func (s *site) leadsTo(got shownPage, says string) {
	s.t.Helper()
	s.get(got.is(http.StatusSeeOther).header.Get("Location")).is(http.StatusOK).shows(says)
}

func TestFailuresAreTriedAgain(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	member := s.make("members", map[string]any{"name": "Aisyah"})
	s.api("PATCH", "/v1/members/"+member, map[string]any{"active": false})
	for i := range 3 {
		s.make("leads", map[string]any{"name": "Siti", "phone": fmt.Sprintf("+6012345678%d", i), "distribute": map[string]any{"member_ids": []string{member}}})
	}
	s.distribute()
	failures := s.get("/console/history?outcome=failed").is(http.StatusOK).shows("deactivated")
	ids := failures.ticks()
	if len(ids) != 3 {
		t.Fatalf("%d of 3 failures can be chosen", len(ids))
	}
	waitsLonger := ids[1] // the newest is first
	s.post("/console/acts/retry", failures.form()).is(http.StatusUnprocessableEntity).shows("Nothing is chosen")

	s.api("PATCH", "/v1/members/"+member, map[string]any{"active": true})
	form := failures.form(ids[:2]...)
	for range 2 { // somebody clicks twice
		s.leadsTo(s.post("/console/acts/retry", form), "Failed distributions tried again: 2.")
	}
	s.distribute()
	var first string
	if err := s.DB.Get(&first, `SELECT retry_of FROM history WHERE retry_of IS NOT NULL ORDER BY history_id LIMIT 1`); err != nil || first != waitsLonger {
		t.Errorf("%s was tried again first, not %s, which had waited longer: %v", first, waitsLonger, err)
	}
	if n := s.count(`SELECT count(*) FROM assigned_leads`); n != 2 {
		t.Errorf("two failures that were tried again made %d copies", n)
	}
	if left := s.get("/console/history?outcome=failed").ticks(); len(left) != 1 || left[0] != ids[2] {
		t.Errorf("%v can be tried again, want %s alone", left, ids[2])
	}
	// One that was tried before does not keep the other from being tried.
	s.post("/console/acts/retry", s.get("/console/history").form(ids[0], ids[2])).is(http.StatusConflict).shows("Failed distributions tried again: 1.", "These were not")
	s.distribute()
	if n := s.count(`SELECT count(*) FROM assigned_leads`); n != 3 {
		t.Errorf("three leads have %d copies", n)
	}
}

func TestLeadsAreDistributed(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	var members []string
	for _, name := range []string{"Aisyah", "Ben"} {
		members = append(members, s.make("members", map[string]any{"name": name}))
	}
	group := s.make("groups", map[string]any{"name": "Sales", "method": "round_robin", "slots": []any{
		map[string]any{"members": []any{map[string]any{"member_id": members[0]}}},
		map[string]any{"members": []any{map[string]any{"member_id": members[1]}}},
	}})
	var leads []string
	for i := range 4 {
		leads = append(leads, s.make("leads", map[string]any{"name": fmt.Sprint("Siti ", i), "phone": fmt.Sprintf("+6012345678%d", i)}))
	}
	list := s.get("/console/leads")
	asked := s.post("/console/leads/assign", list.form(list.ticks()...)).is(http.StatusOK).shows("Assign 4 leads", "Siti 0", "Sales", "Aisyah")
	sure := asked.form(list.ticks()...)
	sure.Set("do", "assign")
	s.post("/console/leads/assign", sure).is(http.StatusUnprocessableEntity).shows("Choose a group, or people.") // to nobody
	sure.Set("group_id", group)
	for range 2 {
		run := s.post("/console/leads/assign", sure).is(http.StatusSeeOther).header.Get("Location")
		s.get(run).is(http.StatusOK).shows("Assigned 4 leads", "Sales")
	}
	s.distribute()
	var got []string
	if err := s.DB.Select(&got, `SELECT lead_id::text FROM history ORDER BY turn`); err != nil {
		t.Fatal(err)
	}
	if strings.Join(got, " ") != strings.Join(leads, " ") {
		t.Errorf("the leads went out as %v, not the oldest first: %v", got, leads)
	}

	// To members, at a moment of the workspace's clock.
	form := s.get("/console/leads").form(leads[0])
	form["member_ids"] = members
	form.Set("do", "assign")
	form.Set("when", "later")
	form.Set("pace", "at")
	form.Set("at", "soon")
	s.post("/console/leads/assign", form).is(http.StatusUnprocessableEntity).shows("Time", "is no moment")
}

func TestPendingLeads(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	var members []string
	for _, name := range []string{"Aisyah", "Ben"} {
		m := s.make("members", map[string]any{"name": name})
		members = append(members, m)
		for i := range 4 {
			s.make("leads", map[string]any{"name": name, "phone": fmt.Sprintf("+6012345678%d", i), "distribute": map[string]any{"member_ids": []string{m}, "pace": "slow"}})
		}
	}
	pending := func(member string) int {
		return s.count(`SELECT count(*) FROM pending WHERE member_id = $1 AND trigger = 'scheduled'`, member)
	}
	list := s.get("/console/pending-leads?member_id=" + members[0]).is(http.StatusOK)
	ids := list.ticks()
	if len(ids) != 4 {
		t.Fatalf("%d of 4 can be chosen", len(ids))
	}
	s.post("/console/acts/distribute-now", list.form(ids[0])).is(http.StatusOK).shows("Pending: 1:", "Aisyah for Aisyah", ">Distribute now</button>")
	now := list.form(ids[0])
	now.Set("sure", "yes")
	s.leadsTo(s.post("/console/acts/distribute-now", now), "Pending leads that go out now: 1.")
	s.distribute()
	s.post("/console/acts/delete-pending", list.form(ids[1])).is(http.StatusOK).shows("Pending: 1", "Cancel")
	if n := pending(members[0]); n != 3 {
		t.Fatalf("asking has an effect: %d are pending", n)
	}
	sure := list.form(ids[1])
	sure.Set("sure", "yes")
	s.leadsTo(s.post("/console/acts/delete-pending", sure), "Pending leads deleted: 1.")
	if n := pending(members[0]); n != 2 {
		t.Fatalf("%d are pending, want 2", n)
	}

	// All that a filter leaves, and nothing else.
	all := list.form()
	address := "/console/acts/delete-pending?all=1&member_id=" + members[0]
	list.shows(address)
	s.post(address, all).is(http.StatusOK).shows("all of them", "Aisyah", address)
	all.Set("sure", "yes")
	s.leadsTo(s.post(address, all), "Pending leads deleted: 2.")
	if a, b := pending(members[0]), pending(members[1]); a != 0 || b != 4 {
		t.Errorf("%d and %d are pending, want 0 and 4", a, b)
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	f := furnish(t)
	for _, test := range []struct {
		collection, id, act, says, field string
		want                             any
	}{
		{"members", f.member, "deactivate", "Members deactivated: 1.", "active", false},
		{"members", f.member, "activate", "Members activated: 1.", "active", true},
		{"integrations", f.integration, "pause", "Integrations paused: 1.", "enabled", false},
		{"integrations", f.integration, "resume", "Integrations resumed: 1.", "enabled", true},
		{"webhooks", f.webhook, "disable", "Webhooks disabled: 1.", "enabled", false},
		{"webhooks", f.webhook, "enable", "Webhooks enabled: 1.", "enabled", true},
		{"webhooks", f.webhook, "redeliver-failed", "Deliveries made again: 0.", "enabled", true},
		{"members", f.member, "test-notification", "Members sent a test message: 1.", "active", true},
	} {
		one := "/console/" + test.collection + "/" + test.id
		page := f.get(one).is(http.StatusOK)
		if !strings.Contains(page.body, "/console/acts/"+test.act) {
			t.Errorf("%s does not offer to %s", test.collection, test.act)
		}
		form := page.form(test.id)
		form.Set("sure", "yes")
		got := f.post("/console/acts/"+test.act, form)
		f.leadsTo(got, test.says)
		if at := got.header.Get("Location"); !strings.HasPrefix(at, one+"?") {
			t.Errorf("%s leads to %s", test.act, at)
		}
		if got := f.api("GET", "/v1/"+test.collection+"/"+test.id, nil)[test.field]; got != test.want {
			t.Errorf("after %s, %s is %v", test.act, test.field, got)
		}
	}
	events := "/console/integrations/" + f.integration + "/events"
	f.leadsTo(f.post("/console/acts/replay", f.get(events).form(f.event)), "Events replayed: 1.")
	form := f.get("/console/leads/" + f.lead).form()
	form.Set("sure", "yes")
	for range 2 {
		f.leadsTo(f.post("/console/acts/delete-lead", form), "Leads deleted: 1.")
	}
	f.get("/console/leads/" + f.lead).is(http.StatusNotFound)
}

func TestDeactivatingSettlesWhatIsPlanned(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Aisyah"})
	s.make("leads", map[string]any{"name": "Siti", "phone": "+60123456789", "distribute": map[string]any{"member_ids": []string{m}, "pace": "slow"}})
	form := s.get("/console/members/" + m).form()
	asked := s.post("/console/acts/deactivate", form).is(http.StatusOK).shows("Leads planned for them").form()
	asked.Set("pending", "delete")
	s.post("/console/acts/deactivate", asked).is(http.StatusSeeOther)
	if n := s.count(`SELECT count(*) FROM pending`); n != 0 {
		t.Errorf("%d are still planned for a member whose plans were to be deleted", n)
	}
}

func TestHostileForms(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Aisyah"})
	_, foreign := s.newWorkspace("rival")
	theirs := s.apiAs(foreign, "POST", "/v1/members", map[string]any{"name": "Theirs"})["id"].(string)
	base := s.get("/console/members").form(m)
	for name, test := range map[string]struct {
		act    string
		change func(url.Values)
		status int
	}{
		"unknown act":           {"nothing", func(url.Values) {}, 404},
		"another's act":         {"retry", func(url.Values) {}, 404},
		"unknown place":         {"deactivate", func(f url.Values) { f.Set("path", "../v1/members") }, 404},
		"a path that climbs":    {"deactivate", func(f url.Values) { f["id"] = []string{"../groups"} }, 404},
		"a path of dots":        {"deactivate", func(f url.Values) { f["id"] = []string{".."} }, 404},
		"a place of dots":       {"replay", func(f url.Values) { f.Set("path", "integrations/../events") }, 404},
		"another workspace's":   {"deactivate", func(f url.Values) { f["id"] = []string{theirs} }, 404},
		"no id":                 {"deactivate", func(f url.Values) { f.Del("id") }, 422},
		"too large":             {"deactivate", func(f url.Values) { f.Set("x", strings.Repeat("x", 1<<20)) }, 413},
		"a query in the id":     {"deactivate", func(f url.Values) { f["id"] = []string{m + "?pending=delete"} }, 404},
		"back to somebody else": {"activate", func(f url.Values) { f.Set("back", "https://evil.example/") }, 303},
	} {
		form := url.Values{}
		for field, values := range base {
			form[field] = values
		}
		form.Set("sure", "yes")
		test.change(form)
		got := s.post("/console/acts/"+test.act, form).is(test.status)
		if at := got.header.Get("Location"); at != "" && !strings.HasPrefix(at, "/console/") {
			t.Errorf("%s: leads to %s", name, at)
		}
	}
	if s.api("GET", "/v1/members/"+m, nil)["active"] != true || s.apiAs(foreign, "GET", "/v1/members/"+theirs, nil)["active"] != true {
		t.Error("a hostile form has deactivated somebody")
	}
}
