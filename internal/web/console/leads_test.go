package console_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestALeadIsKeyedInAndItsStoryTold keys in two, of which the second passes over whom is deactivated.
func TestALeadIsKeyedInAndItsStoryTold(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	ling, muthu, farid := s.make("members", map[string]any{"name": "Siew Ling"}), s.make("members", map[string]any{"name": "Muthu"}), s.make("members", map[string]any{"name": "Farid"})
	group := s.ring("Sales", ling, muthu, farid)
	source := s.make("sources", map[string]any{"name": "Fair"})
	s.make("sources", map[string]any{"name": "Closed", "enabled": false})
	s.get("/console/leads").is(http.StatusOK).shows("New lead", "No leads yet")
	const at = "/console/leads/new"
	blank := s.get(at).is(http.StatusOK).shows(">Name</label>", ">Email</label>", ">Phone</label>", ">Source</label>", ">Notes</label>", ">Group</label>", ">Now</label>", ">Later</label>",
		">Slow (4–6 a day)</label>", ">Normal (5–7 a day)</label>", ">Fast (8–12 a day)</label>", "Fair").lacks("Closed")

	s.post(at, blank.sends("notes", "Calls back")).is(http.StatusUnprocessableEntity).shows(`id="f-name-error"`, "Calls back")
	s.post(at, blank.sends("name", "Siti", "more", "no colon")).is(http.StatusUnprocessableEntity).shows(`id="f-more-error"`, "no colon")
	s.post(at, blank.sends("name", "Siti", "group_id", group, "member_ids", ling)).is(http.StatusUnprocessableEntity).shows("Choose either a group or people, not both")
	s.post(at, blank.sends("name", "Siti", "group_id", group, "when", "later", "pace", "at")).is(http.StatusUnprocessableEntity).shows("Say at what time")

	good := blank.sends("name", "Siti", "phone", "012-345 6789", "source_id", source, "notes", "Calls\r\nback", "more", "City: Ipoh\nBudget: 500k", "group_id", group, "when", "now")
	first := s.post(at, good).is(http.StatusSeeOther).header.Get("Location")
	if again := s.post(at, good).is(http.StatusSeeOther).header.Get("Location"); again != first || s.count(`SELECT count(*) FROM leads`) != 1 {
		t.Errorf("sent twice, the form leads to %s and %s", first, again)
	}
	s.get(first).is(http.StatusOK).shows("On its way: ", "is about to give it")
	s.distribute()
	shown := s.get(first).is(http.StatusOK).shows("Ipoh", "Calls\nback", "Fair", `href="tel:+60123456789"`)
	if story := shown.story(); story != "Given to Siew Ling: turn 0 of Sales was theirs. Next was Muthu." {
		t.Errorf("the story is %q", story)
	}
	s.api("PATCH", "/v1/members/"+muthu, map[string]any{"active": false})
	second := s.post(at, s.get(at).sends("name", "Second", "group_id", group, "when", "now")).is(http.StatusSeeOther).header.Get("Location")
	s.distribute()
	if story := s.get(second).story(); story != "Given to Farid: turn 2 of Sales was theirs; Muthu (turn 1) was passed over: deactivated. Next was Siew Ling." {
		t.Errorf("the story is %q", story)
	}
	failed := s.make("leads", map[string]any{"name": "Third", "distribute": map[string]any{"member_ids": []string{muthu}}})
	s.distribute()
	if story := s.get("/console/leads/" + failed).story(); !strings.HasPrefix(story, "Not given to Muthu: the member is deactivated") {
		t.Errorf("the story is %q", story)
	}
	s.get("/console/leads?assigned=false").shows("Third", "Not given to anybody").lacks(">Second<")
	s.get("/console/leads").shows("Siew Ling", "Given to")
}

// story is what a lead's page tells of it, as text.
func (p shownPage) story() string {
	p.t.Helper()
	text := p.between(`<span class="what`, "</span></li>")
	_, text, _ = strings.Cut(text, ">")
	for strings.Contains(text, "<") {
		before, rest, _ := strings.Cut(text, "<")
		_, after, _ := strings.Cut(rest, ">")
		text = before + after
	}
	return text
}

// TestALeadIsEdited keeps what the form cannot show.
func TestALeadIsEdited(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	id := s.make("leads", map[string]any{"name": "Siti", "phone": "+60123456789", "fields": map[string]any{"City": "Ipoh", "list": []any{1, 2}, "notes": "old"}})
	at := "/console/leads/" + id + "/edit"
	form := s.get(at).is(http.StatusOK).shows("City: Ipoh", ">old</textarea>", `value="Siti"`).lacks("list").sends("name", "Siti R", "phone", "", "email", "siti@example.com", "more", "Town: Ipoh")
	s.leadsTo(s.post(at, form), "Saved.")
	l := s.api("GET", "/v1/leads/"+id, nil)
	if got := fmt.Sprintf("%v %v %v %v", l["name"], l["phone"], l["email"], l["fields"]); got != "Siti R <nil> siti@example.com map[Town:Ipoh list:[1 2]]" {
		t.Errorf("the lead is %s", got)
	}
	for _, name := range []string{"name", "phone", "email"} {
		form.Set(name, "")
	}
	s.post(at, form).is(http.StatusUnprocessableEntity).shows(`id="f-name-error"`)
}

// TestLeadsAreAssignedAsPreviewed assigns forty later, at the slow pace: the plan that is shown is made.
func TestLeadsAreAssignedAsPreviewed(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	a, b, off := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"}), s.make("members", map[string]any{"name": "Off duty"})
	group, idle := s.ring("Sales", a, b), s.ring("Idle", off)
	s.api("PATCH", "/v1/members/"+off, map[string]any{"active": false})
	leads := make([]any, 40)
	for i := range leads {
		leads[i] = map[string]any{"name": fmt.Sprint("Siti ", i)}
	}
	s.api("POST", "/v1/leads/batch", map[string]any{"leads": leads})
	list := s.get("/console/leads").is(http.StatusOK).shows(`aria-label="Siti 7"`, ">Select all</label>", ">Assign</button>", ">Delete</button>", ">Export</button>")
	// Without a script, the box for all stands for every row of the page.
	ticked := list.form()
	ticked.Set("every", "page")
	asked := s.post("/console/leads/assign", ticked).is(http.StatusOK).shows("Assign 40 leads", "Aisyah", ">Preview</button>", ">Assign leads</button>")
	asked.lacks("Off duty", idle) // nobody is offered who cannot receive
	form := asked.sends("group_id", group, "when", "later", "pace", "slow", "do", "preview")
	form["id"] = list.ticks()
	previewed := s.post("/console/leads/assign", form).is(http.StatusOK).shows("40 leads to 2 people", "Aisyah", "Day by day")
	if n := s.count(`SELECT count(*) FROM pending`); n != 0 {
		t.Fatalf("a preview planned %d leads", n)
	}
	sure := previewed.sends("group_id", group, "when", "later", "pace", "slow", "do", "assign")
	sure["id"] = list.ticks()
	run := s.post("/console/leads/assign", sure).is(http.StatusSeeOther).header.Get("Location")
	s.get(run).is(http.StatusOK).shows("Assigned 40 leads", "Slow (4–6 a day)", `<b class="plain">40</b> Pending`, `<b class="good">0</b> Given`)
	s.api("POST", "/v1/pending-leads/delete", map[string]any{"ids": s.get("/console/pending-leads").ticks()[:3]})
	s.get(run).is(http.StatusOK).shows(`<b class="plain">37</b> Pending`, `<b class="warn">3</b> Deleted`)
	var seed string
	if err := s.DB.Get(&seed, `SELECT seed::text FROM assignments`); err != nil || seed != sure.Get("seed") {
		t.Errorf("the plan was made with seed %s, not %s as previewed: %v", seed, sure.Get("seed"), err)
	}
	// Leads that somebody is to get are left out where that is wished.
	sure.Set("only", "yes")
	sure.Set("once", "another")
	s.post("/console/leads/assign", sure).is(http.StatusSeeOther)
	if n := s.count(`SELECT count(*) FROM pending`); n != 40 {
		t.Errorf("%d are pending, want the 37 and the three that were deleted", n)
	}
}

// TestAllThatMatch assigns and deletes more than a page shows, and nothing where another number matches by now.
func TestAllThatMatch(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Aisyah"})
	source := s.make("sources", map[string]any{"name": "Fair"})
	leads := make([]any, 130)
	for i := range leads {
		leads[i] = map[string]any{"name": fmt.Sprint("Siti ", i), "source_id": source}
	}
	s.api("POST", "/v1/leads/batch", map[string]any{"leads": leads})
	s.make("leads", map[string]any{"name": "Other"})
	list := s.get("/console/leads?source_id=" + source).is(http.StatusOK).shows("Select all that match")
	all := s.get(strings.ReplaceAll(list.between(`<a href="`, `">Select all that match`)[strings.LastIndex(list.between(`<a href="`, `">Select all that match`), `"`)+1:], "&amp;", "&"))
	all.is(http.StatusOK).shows("All 130 that match are selected")
	form := url.Values{"path": {"leads"}, "back": {"/console/leads"}, "once": {"x"}, "matched": {"130"}, "filter": {"source_id=" + source}}
	s.post("/console/leads/assign", form).is(http.StatusOK).shows("All 130 that match")
	file := s.post("/console/leads/export", form).is(http.StatusOK)
	if rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll(); err != nil || len(rows) != 131 {
		t.Errorf("the file has %d lines: %v", len(rows), err)
	}
	form.Set("matched", "129")
	form.Set("do", "assign")
	form.Set("member_ids", m)
	s.post("/console/leads/assign", form).is(http.StatusUnprocessableEntity).shows("By now 130 leads match", `name="matched" value="130"`)
	if n := s.count(`SELECT count(*) FROM pending`); n != 0 {
		t.Fatalf("%d were assigned though another number matches", n)
	}
	form.Set("matched", "130")
	s.post("/console/leads/assign", form).is(http.StatusSeeOther)
	if n := s.count(`SELECT count(*) FROM pending`); n != 130 {
		t.Errorf("%d of 130 were assigned", n)
	}
	s.post("/console/acts/delete-lead", form).is(http.StatusOK).shows("all 130 that match")
	form.Set("sure", "yes")
	s.leadsTo(s.post("/console/acts/delete-lead", form), "Leads deleted: 130.")
	if n := len(s.api("GET", "/v1/leads", nil)["items"].([]any)); n != 1 {
		t.Errorf("%d leads are left, want the one of no source", n)
	}
}

// TestTicksAreKept has somebody think again: what they ticked is ticked still.
func TestTicksAreKept(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	for i := range 4 {
		s.make("leads", map[string]any{"name": fmt.Sprint("Siti ", i)})
	}
	list := s.get("/console/leads?q=siti")
	ids := list.ticks()
	form := s.post("/console/acts/delete-lead", list.form(ids[1], ids[2])).is(http.StatusOK).shows(`formaction="/console/acts/back"`).form(ids[1], ids[2])
	back := s.post("/console/acts/back", form).is(http.StatusOK).shows("Leads", `name="q" value="siti"`)
	for i, id := range ids {
		_, rest, _ := strings.Cut(back.body, `value="`+id+`" `)
		if tag, _, _ := strings.Cut(rest, ">"); strings.Contains(tag, "checked") != (i == 1 || i == 2) {
			t.Errorf("of lead %d the box is %q", i, tag)
		}
	}
	file := s.post("/console/leads/export", form).is(http.StatusOK)
	if rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll(); err != nil || len(rows) != 3 {
		t.Errorf("the file of two has %d lines: %v", len(rows), err)
	}
	// What cannot be gone back to with ticks is gone back to without.
	form.Set("back", "/console/leads/"+ids[0])
	if at := s.post("/console/acts/back", form).is(http.StatusSeeOther).header.Get("Location"); at != "/console/leads/"+ids[0] {
		t.Errorf("going back leads to %s", at)
	}
	form.Set("back", "https://evil.example/")
	if at := s.post("/console/acts/back", form); at.status != http.StatusSeeOther || at.header.Get("Location") != "/console/" {
		t.Errorf("going back leads to %v", at.header)
	}
}

// TestACrowdIsChosenFrom a list, and those who have a lead are named as far as there is room.
func TestACrowdIsChosenFrom(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	var members []string
	for i := range 70 {
		members = append(members, s.make("members", map[string]any{"name": fmt.Sprintf("Member %02d", i)}))
	}
	blank := s.get("/console/leads/new").is(http.StatusOK).shows(`<select name="member_ids"`, "Member 69</option>")
	if len(blank.body) > 60<<10 {
		t.Errorf("the form has %d bytes", len(blank.body))
	}
	form := blank.sends("name", "Siti", "when", "now")
	form["member_ids"] = members[:8]
	s.post("/console/leads/new", form).is(http.StatusSeeOther)
	s.distribute()
	s.get("/console/leads").is(http.StatusOK).shows("Member 04", "3 more").lacks("Member 05")
	form.Set("email", strings.Repeat("x", 2000))
	s.post("/console/leads/new", form).is(http.StatusUnprocessableEntity).shows(`value="`+members[7]+`" selected`, "longer than 1000 characters")
}

// TestWhatFailsIsNotReportedAsDone assigns to somebody who is deactivated while the form is open: they were offered, and cannot receive.
func TestWhatFailsIsNotReportedAsDone(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Aisyah"})
	id := s.make("leads", map[string]any{"name": "Siti"})
	asked := s.post("/console/leads/assign", s.get("/console/leads").form(id)).is(http.StatusOK).shows("Aisyah")
	s.api("PATCH", "/v1/members/"+m, map[string]any{"active": false})
	run := s.post("/console/leads/assign", asked.sends("id", id, "member_ids", m, "do", "assign")).is(http.StatusSeeOther).header.Get("Location")
	s.distribute()
	s.get(run).is(http.StatusOK).shows(`<b class="bad">1</b> Failed`, `<b class="good">0</b> Given`, "deactivated")
	s.post("/console/leads/assign", s.get("/console/leads").form(id)).is(http.StatusOK).lacks("Aisyah")
	preview := asked.sends("id", id, "member_ids", m, "do", "preview")
	s.post("/console/leads/assign", preview).is(http.StatusOK).shows("1 lead of Aisyah will fail", "deactivated now")
}
