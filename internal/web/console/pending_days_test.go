package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestPendingByDayAndPerson has a number for each person and day that leads to those leads.
func TestPendingByDayAndPerson(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	s.get("/console/pending-leads/days").is(http.StatusOK).shows("Nothing is planned.")
	a, b := s.make("members", map[string]any{"name": hostile}), s.make("members", map[string]any{"name": "Ben"})
	for i := range 9 {
		s.make("leads", map[string]any{"name": fmt.Sprint("Siti ", i), "distribute": map[string]any{"member_ids": []string{a}, "pace": "slow"}})
	}
	got := s.get("/console/pending-leads/days").is(http.StatusOK).shows(hostile, "Days are by each person’s own clock", `aria-current="page">By day and person`, "/console/pending-leads?member_id="+a)
	got.lacks("Ben</bdi></a>", "<script>alert")
	s.get("/console/pending-leads/days?member_id=" + b).is(http.StatusOK).shows("Nothing is planned that matches.")
	s.get("/console/pending-leads").shows(`href="/console/pending-leads/days"`)
	_, after, _ := strings.Cut(got.body, `href="/console/pending-leads?due_before=`)
	address, _, _ := strings.Cut(after, `"`)
	list := s.get("/console/pending-leads?due_before=" + strings.ReplaceAll(address, "&amp;", "&")).is(http.StatusOK)
	if n := len(list.ticks()); n == 0 || n == 9 || !strings.Contains(list.body, ">Distribute now</button>") {
		t.Errorf("a day leads to %d leads", n)
	}
}

// TestAllThatMatchIsAskedByNumber and not done where by then another number matches.
func TestAllThatMatchIsAskedByNumber(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Aisyah"})
	plan := func() {
		s.make("leads", map[string]any{"name": "Siti", "distribute": map[string]any{"member_ids": []string{m}, "pace": "slow"}})
	}
	for range 3 {
		plan()
	}
	address := "/console/acts/delete-pending?all=1&member_id=" + m
	asked := s.post(address, s.get("/console/pending-leads?member_id="+m).form()).is(http.StatusOK).shows("all of them, 3 in all", "Aisyah", `name="matched" value="3"`, ">Delete</button>", "Cancel")
	plan()
	sure := asked.form()
	s.post(address, sure).is(http.StatusConflict)
	if n := s.count(`SELECT count(*) FROM pending`); n != 4 {
		t.Errorf("%d are pending, want all 4: another number was confirmed", n)
	}
	s.leadsTo(s.post(address, s.post(address, asked.unsure()).is(http.StatusOK).shows("all of them, 4 in all").form()), "Pending leads deleted: 4.")
}

// unsure is the page's form without what says that somebody is sure.
func (p shownPage) unsure() url.Values {
	f := p.form()
	f.Del("sure")
	f.Del("matched")
	return f
}

// TestHistoryRetriesWhatCanSucceed, some or all that match, and leaves the rest; deletions are shown with who did them.
func TestHistoryRetriesWhatCanSucceed(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	m := s.make("members", map[string]any{"name": "Aisyah"})
	l := s.make("leads", map[string]any{"name": "Siti", "distribute": map[string]any{"member_ids": []string{m}}})
	s.distribute()
	s.make("assignments", map[string]any{"lead_ids": []string{l}, "member_ids": []string{m}}) // already has it
	s.distribute()
	s.api("PATCH", "/v1/members/"+m, map[string]any{"active": false})
	for range 3 {
		s.make("leads", map[string]any{"name": "Muthu", "distribute": map[string]any{"member_ids": []string{m}}})
	}
	s.distribute()
	s.api("PATCH", "/v1/members/"+m, map[string]any{"active": true})
	list := s.get("/console/history").is(http.StatusOK).shows("already has it", "deactivated", "given", "Retry all")
	if n := len(list.ticks()); n != 3 {
		t.Errorf("%d can be tried again, want 3: who has it already cannot get it", n)
	}
	reasons := list.body[strings.Index(list.body, `name="reason"`):]
	for _, pair := range [][2]string{{"already_assigned", "source_lead_deleted"}, {"source_lead_deleted", "member_inactive"}, {"member_inactive", "duplicate"}} {
		if strings.Index(reasons, `value="`+pair[0]) > strings.Index(reasons, `value="`+pair[1]) {
			t.Errorf("%s is not before %s", pair[0], pair[1])
		}
	}
	asked := s.post("/console/acts/retry?all=1", list.form()).is(http.StatusOK).shows("all of them, 3 in all", "1 other cannot succeed", ">Retry</button>")
	s.leadsTo(s.post("/console/acts/retry?all=1", asked.form()), "Failed distributions tried again: 3.")
	s.distribute()
	if n := s.count(`SELECT count(*) FROM assigned_leads`); n != 4 {
		t.Errorf("%d copies, want 4", n)
	}
	s.post("/console/acts/retry?all=1", func() url.Values { f := list.form(); f.Set("sure", "yes"); f.Set("once", "again"); return f }()).is(http.StatusConflict).shows("None of these can succeed")

	s.make("leads", map[string]any{"name": "Later", "distribute": map[string]any{"member_ids": []string{m}, "pace": "slow"}})
	pending := s.get("/console/pending-leads")
	sure := pending.form(pending.ticks()...)
	sure.Set("sure", "yes")
	s.post("/console/acts/delete-pending", sure).is(http.StatusSeeOther)
	s.get("/console/history?outcome=cancelled").is(http.StatusOK).shows("cancelled", "Later", "by a key (admin)")
	if file := s.get("/console/history?file=csv&outcome=cancelled").is(http.StatusOK); !strings.Contains(file.body, "cancelled") {
		t.Errorf("the file is %q", file.body)
	}
}

// TestHistoryNamesAllRows shows 500 rows by name, with a few requests for all of them.
func TestHistoryNamesAllRows(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	gone := s.make("members", map[string]any{"name": "Gone"})
	leads := make([]any, 130)
	for i := range leads {
		leads[i] = map[string]any{"name": fmt.Sprint("Siti ", i)}
	}
	s.api("POST", "/v1/leads/batch", map[string]any{"leads": leads, "distribute": map[string]any{"member_ids": []string{gone}}})
	s.distribute()
	s.api("DELETE", "/v1/members/"+gone, nil)
	got := s.get("/console/history?more=1").is(http.StatusOK).lacks("…")
	for i := range leads {
		got.shows(fmt.Sprint("Siti ", i))
	}
}
