package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

var onceOnly = []string{"once", "back", "matched", "filter", "seed", "mark"}

// sends is the page's form that is sent to an address, as far as hidden fields go.
func (p shownPage) sends(fields ...string) url.Values {
	p.t.Helper()
	form := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(p.body, -1) {
		for _, name := range onceOnly {
			if field[1] == name && !form.Has(name) {
				form.Set(name, field[2])
			}
		}
	}
	if form.Get("once") == "" {
		p.t.Fatalf("the page has no form:\n%s", p.body)
	}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return form
}

// TestMembersAreAdded adds one, with what is wrong said beside its field and the rest kept, and once however often it is sent.
func TestMembersAreAdded(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.get("/console/members").is(http.StatusOK).shows("New member", "No members yet")
	blank := s.get("/console/members/new").is(http.StatusOK)
	for _, name := range []string{"Name", "Email", "Time zone"} {
		blank.shows(">" + name + "</label>")
	}
	wrong := s.post("/console/members/new", blank.sends("name", " ", "email", "not one", "timezone", "Asia/Kuala_Lumpur")).is(http.StatusUnprocessableEntity)
	wrong.shows(`id="f-email-error">This is no e-mail address`, `value="not one"`, `value="Asia/Kuala_Lumpur"`, `aria-invalid="true"`, `href="#f-email"`)
	s.post("/console/members/new", blank.sends("name", "Siew Ling", "timezone", "Asia/Nowhere")).is(http.StatusUnprocessableEntity).shows(`id="f-timezone-error"`, `value="Siew Ling"`)
	s.post("/console/members/new", blank.sends("name", "\u200b\u200b")).is(http.StatusUnprocessableEntity).shows(`id="f-name-error"`)
	s.post("/console/members/new", blank.sends("name", strings.Repeat("x", 5000))).is(http.StatusUnprocessableEntity).shows("longer than 200 characters")

	good := blank.sends("name", "Siew Ling", "email", "ling@example.com", "notify_by", "email", "from", "22:00", "to", "07:00")
	first := s.post("/console/members/new", good).is(http.StatusSeeOther).header.Get("Location")
	if again := s.post("/console/members/new", good).is(http.StatusSeeOther).header.Get("Location"); again != first {
		t.Errorf("sent twice, the form leads to %s and %s", first, again)
	}
	if n := s.count(`SELECT count(*) FROM members`); n != 1 {
		t.Errorf("%d members were added, want 1", n)
	}
	shown := s.get(first).is(http.StatusOK).shows("Added.", "Siew Ling", "ling@example.com", "22:00 to 07:00", "active")
	here := first[:strings.Index(first, "?")]
	shown.shows(`href="` + here + `/edit"`)

	edit := s.get(here+"/edit").is(http.StatusOK).shows(`value="Siew Ling"`, `value="22:00"`)
	s.leadsTo(s.post(here+"/edit", edit.sends("name", "Ling")), "Saved.")
	m := s.api("GET", "/v1"+strings.TrimPrefix(here, "/console"), nil)
	if m["name"] != "Ling" || m["email"] != nil || m["notify_by"] != nil || m["quiet_hours"] != nil {
		t.Errorf("what was emptied is kept: %v", m)
	}
	s.get(here).shows("cannot be told")
	s.leadsTo(s.post(here+"/edit", edit.sends("name", "Ling", "notify_by", "none")), "not at all")
	_, foreign := s.newWorkspace("rival")
	theirs := s.apiAs(foreign, "POST", "/v1/members", map[string]any{"name": "Theirs"})["id"].(string)
	for _, id := range []string{theirs, "x", "%2e%2e"} {
		s.get("/console/members/" + id + "/edit").is(http.StatusNotFound).lacks("Theirs")
		s.post("/console/members/"+id+"/edit", edit.sends("name", "Stolen")).is(http.StatusNotFound)
		s.post("/console/members/"+id+"/telegram", edit.sends()).is(http.StatusNotFound)
	}
	if s.apiAs(foreign, "GET", "/v1/members/"+theirs, nil)["name"] != "Theirs" {
		t.Error("another workspace's member was renamed")
	}
}

// TestDeactivatingSpreadsUnlessToldOtherwise has leads planned for whom is deactivated, or removed: what is chosen beforehand does
// not make them fail.
func TestDeactivatingSpreadsUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	for _, act := range []string{"deactivate", "remove-member"} {
		s := signedIn(t)
		a, b := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"})
		group := s.make("groups", map[string]any{"name": "Sales", "method": "round_robin", "slots": []any{
			map[string]any{"members": []any{map[string]any{"member_id": a}}}, map[string]any{"members": []any{map[string]any{"member_id": b}}},
		}})
		for range 4 {
			s.make("leads", map[string]any{"name": "Siti", "distribute": map[string]any{"group_id": group, "pace": "slow"}})
		}
		asked := s.post("/console/acts/"+act, s.get("/console/members/"+a).form(a)).is(http.StatusOK)
		asked.shows("Leads planned for them: 2", "Aisyah", `value="spread" id="spread" checked`).lacks(`value="leave" id="leave" checked`)
		sure := asked.form(a)
		sure.Set("pending", "spread")
		sure.Set("group_id", "")
		s.post("/console/acts/"+act, sure).is(http.StatusSeeOther)
		if n := s.count(`SELECT count(*) FROM pending WHERE member_id = $1`, b); n != 4 {
			t.Errorf("%s: %d of 4 are planned for the other", act, n)
		}
		// Who has nothing planned is not asked what becomes of it.
		s.post("/console/acts/"+act, s.get("/console/members").form(s.make("members", map[string]any{"name": "New"}))).is(http.StatusOK).lacks("planned for them")
	}
}
