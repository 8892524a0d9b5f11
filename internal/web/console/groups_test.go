package console_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// places is what a page shows between two texts.
func (p shownPage) between(from, to string) string {
	p.t.Helper()
	_, rest, found := strings.Cut(p.body, from)
	part, _, ended := strings.Cut(rest, to)
	if !found || !ended {
		p.t.Fatalf("the page has nothing from %q to %q:\n%s", from, to, p.body)
	}
	return part
}

// TestAGroupIsBuiltWithoutScripts adds receivers by the form's buttons, moves one, looks at the preview and saves.
func TestAGroupIsBuiltWithoutScripts(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	a, b, c := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"}), s.make("members", map[string]any{"name": "Chong"})
	s.get("/console/groups").is(http.StatusOK).shows("No groups yet", "New group")
	const at = "/console/groups/new"
	form := s.get(at).is(http.StatusOK).shows("Aisyah", `aria-label="Member"`, ">Weight<", ">Notify<", ">Add receiver<", ">Add receivers group<", ">Move up<", ">Move down<").sends()
	for i, m := range []string{a, b, c} {
		if i > 0 {
			form.Set("do", "add")
			s.post(at, form).is(http.StatusOK).shows(`name="weight.`+string(rune('0'+i))+`"`, `value="Sales"`)
		}
		key := string(rune('0' + i))
		form.Set("name", "Sales")
		form.Set("method", "round_robin")
		form.Add("row", key)
		form.Set("seat."+key, "0")
		form.Set("member."+key+".0", m)
		form.Set("weight."+key, "1")
		form.Set("notify."+key+".0", "yes")
	}
	form.Set("weight.2", "3")
	form.Set("do", "up:2")
	moved := s.post(at, form).is(http.StatusOK)
	if rows := moved.between("<tbody", "</table>"); strings.Index(rows, `value="2"`) > strings.Index(rows, `name="row" value="1"`) {
		t.Errorf("the third receiver did not move up:\n%s", rows)
	}
	form.Set("do", "preview")
	previewed := s.post(at, form).is(http.StatusOK).shows("Next 20", "Chong is next", "The wheel:")
	if n := strings.Count(previewed.between(`class="next"`, "</ol>"), "Chong"); n != 12 {
		t.Errorf("of the next 20, %d are of whom three of five turns are", n)
	}
	if n := s.count(`SELECT count(*) FROM groups`); n != 0 {
		t.Fatalf("a preview made %d groups", n)
	}
	form.Set("weight.1", "many")
	form.Set("do", "save")
	s.post(at, form).is(http.StatusUnprocessableEntity)
	form.Set("weight.1", "0")
	s.post(at, form).is(http.StatusUnprocessableEntity).shows(`id="row-1-error"`, `value="Sales"`, `value="3"`)
	form.Set("weight.1", "1")
	form.Set("name", "")
	s.post(at, form).is(http.StatusUnprocessableEntity).shows(`id="f-name-error"`)
	form.Set("name", "Sales")
	first := s.post(at, form).is(http.StatusSeeOther).header.Get("Location")
	if again := s.post(at, form).is(http.StatusSeeOther).header.Get("Location"); again != first || s.count(`SELECT count(*) FROM groups`) != 1 {
		t.Errorf("sent twice, the form leads to %s and %s", first, again)
	}
	s.get(first).is(http.StatusOK).shows("Sales", "Chong", "×3", "Next 20", "Fairness", "No turn was handed out yet")
	s.get("/console/groups").shows("Sales", "Aisyah", "Ben", "Chong ×3", ">next<")

	// Nobody is left out silently, and an empty ring is refused beside it.
	empty := s.get(at).sends("name", "Empty", "method", "round_robin", "do", "save")
	s.post(at, empty).is(http.StatusUnprocessableEntity).shows("Receivers", `value="Empty"`)
}

func (s *site) ring(name string, members ...string) string {
	s.t.Helper()
	var slots []any
	for _, m := range members {
		slots = append(slots, map[string]any{"members": []any{map[string]any{"member_id": m}}})
	}
	return s.make("groups", map[string]any{"name": name, "method": "round_robin", "slots": slots})
}

// TestAGroupsEditAsksWhatIsPlanned takes out a receiver for whom leads are planned.
func TestAGroupsEditAsksWhatIsPlanned(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	a, b := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"})
	group := s.ring("Sales", a, b)
	for range 2 {
		s.make("leads", map[string]any{"name": "Siti", "distribute": map[string]any{"group_id": group, "pace": "slow"}})
	}
	at := "/console/groups/" + group + "/edit"
	page := s.get(at).is(http.StatusOK)
	seen := page.between(`name="seen" value="`, `"`)
	form := page.sends("name", "Sales", "method", "round_robin", "seen", seen, "row", "1", "seat.1", "0", "member.1.0", b, "weight.1", "1", "notify.1.0", "yes", "do", "preview")
	s.post(at, form).is(http.StatusOK).shows("Leaves: <bdi>Aisyah</bdi>", "Leads are planned for who leaves", "<bdi>Aisyah</bdi>: 1", `id="p-spread" checked`)
	form.Set("do", "save")
	s.post(at, form).is(http.StatusOK).shows("<bdi>Aisyah</bdi>: 1")
	form.Set("pending", "spread")
	form.Set("pending_group", "")
	s.leadsTo(s.post(at, form), "Saved.")
	if n := s.count(`SELECT count(*) FROM pending WHERE member_id = $1`, b); n != 2 {
		t.Errorf("%d of 2 are planned for who stays", n)
	}
	// Whoever has opened it before is told, and nothing is overwritten.
	form.Set("name", "Mine")
	s.post(at, form).is(http.StatusUnprocessableEntity).shows("Somebody else has changed this group", `value="Mine"`)
	if name := s.api("GET", "/v1/groups/"+group, nil)["name"]; name != "Sales" {
		t.Errorf("the group is called %v by now", name)
	}
}

// TestTheGroupsPageSaysWhoCannotReceive deactivates one of three, and hands out more than four rounds.
func TestTheGroupsPageSaysWhoCannotReceive(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	a, b, c := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"}), s.make("members", map[string]any{"name": "Chong"})
	group := s.ring("Sales", a, b, c)
	leads := make([]any, 15)
	for i := range leads {
		leads[i] = map[string]any{"name": "Siti"}
	}
	s.api("POST", "/v1/leads/batch", map[string]any{"leads": leads, "distribute": map[string]any{"group_id": group}})
	s.distribute()
	s.api("PATCH", "/v1/members/"+b, map[string]any{"active": false})
	page := s.get("/console/groups/"+group).is(http.StatusOK).shows("Aisyah is next", "The last 12 turns", "four rounds of the wheel are counted at the most", "deactivated")
	if wheel := page.between(`<div class="wheel">`, "</div>"); strings.Count(wheel, `class="off"`) != 2 || strings.Count(wheel, "<path") != 4 {
		t.Errorf("the wheel does not grey the one of three who cannot receive:\n%s", wheel)
	}
	if next := page.between(`class="next"`, "</ol>"); strings.Contains(next, "Ben") || strings.Count(next, "<li>") != 20 {
		t.Errorf("the next 20 are %s", next)
	}
	page.lacks(a[len(a)-8:] + "<")
	s.api("DELETE", "/v1/members/"+b, nil)
	s.get("/console/groups/" + group).is(http.StatusOK).shows("removed")
	edit := s.get("/console/groups/" + group + "/edit").is(http.StatusOK).shows("(removed)")
	// A receivers group a turn: each of its members is a row of its own.
	form := edit.sends("name", "Both", "method", "round_robin_multiple", "row", "0", "seat.0", "0", "seat.0", "1", "member.0.0", a, "member.0.1", c, "weight.0", "1", "do", "save")
	where := s.post("/console/groups/new", form).is(http.StatusSeeOther).header.Get("Location")
	s.get(where).shows("Aisyah + Chong", "not told")
	form.Set("method", "round_robin")
	form.Set("do", "look")
	if rows := s.post("/console/groups/new", form).is(http.StatusOK).between("<tbody", "</table>"); strings.Count(rows, `name="row"`) != 2 {
		t.Errorf("a receivers group does not become receivers:\n%s", rows)
	}
}

// TestLargeGroupsAreEdited has more receivers than could each list every member, and sends their form back whole.
func TestLargeGroupsAreEdited(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	var members []string
	for i := range 60 {
		members = append(members, s.make("members", map[string]any{"name": fmt.Sprintf("Member %02d", i)}))
	}
	group := s.ring("Many", members...)
	at := "/console/groups/" + group + "/edit"
	page := s.get(at).is(http.StatusOK)
	if len(page.body) > 120<<10 || strings.Count(page.body, "Member 07</option>") != 2 { // where it is chosen, and for the script
		t.Errorf("the form has %d bytes, and names a member %d times", len(page.body), strings.Count(page.body, "Member 07</option>"))
	}
	form := page.sends("name", "Many", "method", "round_robin", "seen", page.between(`name="seen" value="`, `"`), "do", "save")
	for i, m := range slices.Backward(members) {
		key := fmt.Sprint(i)
		form.Add("row", key)
		form.Set("seat."+key, "0")
		form.Set("member."+key+".0", m)
		form.Set("weight."+key, "2")
	}
	s.leadsTo(s.post(at, form), "Saved.")
	next := s.api("GET", "/v1/groups/"+group, nil)["slots"].([]any)
	if first := next[0].(map[string]any)["members"].([]any)[0].(map[string]any)["member_id"]; first != members[59] || len(next) != 60 {
		t.Errorf("the first of %d receivers is %v", len(next), first)
	}
	// A form of a thousand receivers is no hostile one.
	long := page.sends("name", "Many", "method", "round_robin", "do", "look")
	for i := range 1000 {
		key := fmt.Sprint(i)
		long.Add("row", key)
		long.Set("seat."+key, "0")
		long.Set("member."+key+".0", members[i%60])
		long.Set("weight."+key, "1")
		long.Set("notify."+key+".0", "yes")
	}
	s.post("/console/groups/new", long).is(http.StatusOK).shows("Member 00", "more slots")
}

// TestHostileGroupForms are refused in words, or shown again, and never fail.
func TestHostileGroupForms(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": hostile})
	_, foreign := s.newWorkspace("rival")
	theirs := s.apiAs(foreign, "POST", "/v1/members", map[string]any{"name": "Theirs"})["id"].(string)
	blank := s.get("/console/groups/new").is(http.StatusOK).lacks("<script>")
	for name, fields := range map[string][]string{
		"no member":           {"row", "0", "seat.0", "0", "member.0.0", "x"},
		"another workspace's": {"row", "0", "seat.0", "0", "member.0.0", theirs},
		"a method of none":    {"row", "0", "seat.0", "0", "member.0.0", m, "method", "none"},
		"a huge weight":       {"row", "0", "seat.0", "0", "member.0.0", m, "weight.0", "99999999999999999999"},
		"a negative weight":   {"row", "0", "seat.0", "0", "member.0.0", m, "weight.0", "-1"},
		"rows twice":          {"row", "0", "row", "0", "seat.0", "0", "seat.0", "0", "member.0.0", m, "weight.0", "0"},
		"a row of marks":      {"row", hostile, "seat." + hostile, hostile, "member." + hostile + "." + hostile, m, "weight." + hostile, hostile},
		"a name of marks":     {"name", hostile, "row", "0"},
	} {
		for _, do := range []string{"save", "preview", "look", "up:0", "down:0", "drop:0", "drop-seat:0.0", "add-in:0", "up:", "drop-seat:", hostile} {
			form := blank.sends(append([]string{"do", do}, fields...)...)
			got := s.post("/console/groups/new", form)
			if got.status != http.StatusOK && got.status != http.StatusUnprocessableEntity || strings.Contains(got.body, "<script>") || strings.Contains(got.body, "Theirs") {
				t.Errorf("%s, %s: status %d: %s", name, do, got.status, got.body)
			}
		}
	}
	if n := s.count(`SELECT count(*) FROM groups`); n != 0 {
		t.Errorf("hostile forms made %d groups", n)
	}
}
