package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	_, copies := s.copies(map[string]any{"name": "L"}, m)
	path := "/v1/assigned-leads/" + copies[0]
	s.patch(path, `{"status":"sold"}`).refuses(422, "invalid_request", "body.status")
	s.patch("/v1/workspace", `{"statuses":["new"," sold ","lost"],"won_status":"sold"}`).is(200)
	s.patch(path, `{"status":"sold"}`).is(200)
	s.patch(path, `{"status":"won"}`).refuses(422, "invalid_request", "body.status")

	s.patch("/v1/workspace", `{"statuses":["new","lost"]}`).refuses(422, "invalid_request", "body.statuses")
	renamed := s.post("/v1/workspace/rename-status", `{"from":"sold","to":"Closed"}`).is(200)
	if !cmp.Equal(renamed.at("statuses"), []any{"new", "Closed", "lost"}) || renamed.at("won_status") != "Closed" {
		t.Error(renamed.body)
	}
	if got := s.get(path); got.at("status") != "Closed" {
		t.Error(got.body)
	}
	if items := s.get("/v1/assigned-leads?status=Closed").items(); len(items) != 1 {
		t.Error(items)
	}
	s.post("/v1/workspace/rename-status", `{"from":"sold","to":"x"}`).refuses(422, "invalid_request", "body.from")
	s.post("/v1/workspace/rename-status", `{"from":"lost","to":"closed"}`).refuses(422, "invalid_request", "body.to")
	s.post("/v1/workspace/rename-status", `{"from":"Closed","to":"closed"}`).is(200)

	// New copies begin with the first, and a list without the won status has none.
	if got := s.patch("/v1/workspace", `{"statuses":["fresh","new","closed"]}`).is(200); got.at("won_status") != "closed" {
		t.Error(got.body)
	}
	_, later := s.copies(map[string]any{"name": "M"}, m)
	if got := s.get("/v1/assigned-leads/" + later[0]); got.at("status") != "fresh" {
		t.Error(got.body)
	}
	s.patch(path, `{"status":"new"}`).is(200)
	if got := s.patch("/v1/workspace", `{"statuses":["fresh","new"]}`).is(200); got.at("won_status") != nil {
		t.Error(got.body)
	}
	for body, location := range map[string]string{
		`{"statuses":[]}`: "body.statuses", `{"statuses":null}`: "body.statuses", `{"statuses":["fresh","new"," "]}`: "body.statuses[2]",
		`{"statuses":["fresh","new","New"]}`: "body.statuses[2]", `{"won_status":"closed"}`: "body.won_status",
		`{"statuses":["fresh","new","` + strings.Repeat("x", 101) + `"]}`: "body.statuses[2]",
	} {
		s.patch("/v1/workspace", body).refuses(422, "invalid_request", location)
	}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	_, copies := s.copies(map[string]any{"name": "L"}, a, b)
	path := "/v1/assigned-leads/" + copies[0]
	key := s.memberKey(a)
	s.do(key, "PATCH", path, `{"status":"contacted"}`).is(200)
	s.do(key, "PATCH", path, `{"status":"contacted","notes":"no change"}`).is(200)
	s.patch(path, `{"status":"won"}`).is(200)
	s.patch("/v1/assigned-leads/"+copies[1], `{"status":"lost"}`).is(200)

	steps := func(key string) (steps []string) {
		for _, it := range s.do(key, "GET", path+"/timeline", nil).items() {
			steps = append(steps, fmt.Sprint(it["from"], " ", it["to"], " ", it["by"], " ", it["api_key_id"] != nil, " ", it["member_id"] == a.String()))
		}
		return steps
	}
	if diff := cmp.Diff([]string{"contacted won admin true false", "new contacted member true true"}, steps(s.admin)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"contacted won admin false false", "new contacted member false false"}, steps(key)); diff != "" {
		t.Error(diff)
	}
	s.do(s.memberKey(b), "GET", path+"/timeline", nil).refuses(404, "not_found")
	if first := s.get(path + "/timeline?limit=1"); first.at("next_cursor") == nil || len(first.items()) != 1 {
		t.Error(first.body)
	}
}

// TestAllCopiesOfALead holds that an admin sees what became of a source lead with each member.
func TestAllCopiesOfALead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b, c := s.member("A"), s.member("B"), s.member("C")
	l, copies := s.copies(map[string]any{"name": "L"}, a, b, c)
	s.copies(map[string]any{"name": "other"}, a)
	s.patch("/v1/assigned-leads/"+copies[1], `{"status":"won","notes":"signed"}`).is(200)
	s.delete("/v1/leads/" + l).is(204)
	var progress []string
	for _, it := range s.get("/v1/assigned-leads?source_lead_id=" + l).items() {
		progress = append(progress, fmt.Sprint(it["member_id"], it["status"], it["notes"]))
	}
	want := []string{c.String() + "new", b.String() + "wonsigned", a.String() + "new"}
	if diff := cmp.Diff(want, progress); diff != "" {
		t.Error(diff)
	}
}
