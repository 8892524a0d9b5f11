package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestPendingLeadsAreMoved to another member and another time, some or all that match, after asking by name and number.
func TestPendingLeadsAreMoved(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	a, b := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"})
	off := s.make("members", map[string]any{"name": "Off duty"})
	s.api("PATCH", "/v1/members/"+off, map[string]any{"active": false})
	for i := range 5 {
		s.make("leads", map[string]any{"name": fmt.Sprint("Siti ", i), "distribute": map[string]any{"member_ids": []string{a}, "pace": "slow"}})
	}
	planned := func(member string) int { return s.count(`SELECT count(*) FROM pending WHERE member_id = $1`, member) }
	list := s.get("/console/pending-leads?member_id=" + a)
	asked := s.post("/console/acts/move-pending", list.form(list.ticks()[:2]...)).is(http.StatusOK).
		shows("Pending: 2: ", "for Aisyah", "Ben", "whoever was to get them", "Time").lacks("Off duty")
	move := func(form url.Values, fields ...string) shownPage {
		for i := 0; i < len(fields); i += 2 {
			form.Set(fields[i], fields[i+1])
		}
		return s.post("/console/acts/move-pending", form)
	}
	form := asked.form(list.ticks()[:2]...)
	again := move(form, "at", "soon").is(http.StatusUnprocessableEntity).shows("is no moment", "Pending: 2: ", `id="f-at-error"`)
	move(again.form(list.ticks()[:2]...)).is(http.StatusUnprocessableEntity).shows("Choose a member, or a time, or both.")
	move(form, "at", "2001-01-01T09:00", "member_id", b).is(http.StatusUnprocessableEntity).
		shows("a time in the future", `value="`+b+`" selected`, `value="2001-01-01T09:00"`)
	if planned(b) != 0 {
		t.Fatal("a refused move has moved something")
	}
	for range 2 { // somebody clicks twice
		s.leadsTo(move(form, "at", "", "member_id", b), "Pending leads moved: 2.")
	}
	if planned(a) != 3 || planned(b) != 2 {
		t.Errorf("%d and %d are planned", planned(a), planned(b))
	}

	// All that match, to a time.
	day := time.Now().AddDate(0, 1, 0).UTC().Format("2006-01-02T09:00")
	all := s.get("/console/pending-leads?member_id=" + a).shows("Move all").form()
	form = s.post("/console/acts/move-pending?all=1&member_id="+a, all).is(http.StatusOK).shows("3 in all").form()
	s.make("leads", map[string]any{"name": "Another", "distribute": map[string]any{"member_ids": []string{a}, "pace": "slow"}})
	form.Set("at", day)
	again = s.post("/console/acts/move-pending?all=1&member_id="+a, form).is(http.StatusUnprocessableEntity).shows("4 in all", `value="`+day+`"`)
	form = again.form()
	form.Set("at", day)
	s.leadsTo(s.post("/console/acts/move-pending?all=1&member_id="+a, form), "Pending leads moved: 4.")

	// What was moved says so once it went out.
	list = s.get("/console/pending-leads?member_id=" + b)
	form = s.post("/console/acts/distribute-now", list.form(list.ticks()...)).form(list.ticks()...)
	s.post("/console/acts/distribute-now", form).is(http.StatusSeeOther)
	s.distribute()
	if n := strings.Count(s.get("/console/history").is(http.StatusOK).body, "planned for Aisyah before"); n != 2 {
		t.Errorf("history tells of %d of 2 that were moved", n)
	}
}
