package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAnswer accepts copies, as their members and as an admin, and changes them: each is answered once, by what its member does.
func TestAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, other := s.member("Aina"), s.member("Ben")
	for range 4 {
		s.post("/v1/leads", map[string]any{"name": "L", "distribute": map[string]any{"member_ids": []any{m}}}).is(201)
	}
	s.distribute()
	key, theirs := s.memberKey(m), s.memberKey(other)
	var all []string
	for _, one := range s.get("/v1/assigned-leads").items() {
		if one["answered_at"] != nil || one["answer_by"] != nil || one["withdrawn_at"] != nil {
			t.Error(one)
		}
		all = append(all, "/v1/assigned-leads/"+one["id"].(string))
	}
	s.do(theirs, "POST", all[0]+"/accept", nil).refuses(404, "not_found")
	first := s.do(key, "POST", all[0]+"/accept", nil).is(200).object()
	if first["answered_at"] == nil || first["member_id"] != nil {
		t.Error(first)
	}
	if again := s.do(key, "POST", all[0]+"/accept", nil).is(200); again.at("answered_at") != first["answered_at"] || again.at("updated_at") != first["updated_at"] {
		t.Error(again.body)
	}
	s.post(all[1]+"/accept", nil).is(200)
	s.do(key, "PATCH", all[2], `{"follow_up_at":"2036-03-02T09:30:00+08:00"}`).is(200)
	s.patch(all[2], `{"status":"contacted"}`).is(200)
	if got := s.get(all[2]).object(); got["answered_at"] != nil {
		t.Errorf("the member did nothing yet: %v", got)
	}
	if got := s.do(key, "PATCH", all[2], `{"notes":"called"}`).is(200); got.at("answered_at") == nil {
		t.Error(got.body)
	}
	s.do(key, "POST", all[3]+"/convert", nil).is(201)
	if got := s.get(all[3]).object(); got["answered_at"] == nil {
		t.Errorf("a customer is an answer: %v", got)
	}

	s.DB.MustExec(`UPDATE assigned_leads SET withdrawn_at = now(), answered_at = NULL, email = 'a@example.com', phone = '0123456789', notes = 'old'`)
	s.do(key, "POST", all[0]+"/accept", nil).refuses(409, "conflict", "path.id")
	s.post(all[0]+"/accept", nil).refuses(409, "conflict", "path.id")
	s.do(key, "PATCH", all[0], `{"notes":"mine"}`).refuses(409, "conflict", "path.id")
	s.do(key, "POST", all[3]+"/convert", nil).refuses(409, "conflict", "path.id")
	id := all[0][len("/v1/assigned-leads/"):]
	s.do(key, "POST", "/v1/opportunities", map[string]any{"assigned_lead_id": id, "title": "x"}).refuses(422, "invalid_request", "body.assigned_lead_id")
	got := s.do(key, "GET", all[0], nil).is(200).object()
	if got["withdrawn_at"] == nil || got["name"] != "L" || got["email"] != nil || got["phone"] != nil || got["notes"] != "" {
		t.Error(got)
	}
	if got := s.get(all[0]).object(); got["email"] != "a@example.com" {
		t.Error(got)
	}
}

// TestGroupsWantAnswers says in what time a group wants answers, leaves that as it is and takes it away.
func TestGroupsWantAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	body := func(within any) map[string]any {
		g := map[string]any{"name": "G", "method": "round_robin", "slots": []any{
			map[string]any{"members": []any{map[string]any{"member_id": a}}}, map[string]any{"members": []any{map[string]any{"member_id": b}}},
		}}
		if within != "" {
			g["answer_within"] = within
		}
		return g
	}
	made := s.post("/v1/groups", body("")).is(201)
	if within, is := made.object()["answer_within"]; within != nil || !is {
		t.Error(made.body)
	}
	one := "/v1/groups/" + made.id()
	full := map[string]any{"minutes": 5.0, "count": "always", "then": "reassign", "at_most": 3.0}
	for _, step := range []struct{ given, want any }{
		{map[string]any{"minutes": 5}, full}, {"", full},
		{map[string]any{"minutes": 30, "count": "working_hours", "then": "tell"}, map[string]any{"minutes": 30.0, "count": "working_hours", "then": "tell", "at_most": 3.0}},
		{nil, nil}, {"", nil}, {map[string]any{"minutes": 5}, full},
	} {
		s.do(s.admin, "PUT", one, body(step.given)).is(200)
		if diff := cmp.Diff(step.want, s.get(one).object()["answer_within"]); diff != "" {
			t.Errorf("%v: %s", step.given, diff)
		}
	}
	for _, bad := range []map[string]any{
		{"minutes": 0}, {"minutes": 43201}, {"minutes": 1.5}, {"count": "always"}, {"minutes": 5, "count": "never"},
		{"minutes": 5, "then": "shout"}, {"minutes": 5, "at_most": 0}, {"minutes": 5, "at_most": 101}, {"minutes": 5, "hours": 1},
	} {
		s.do(s.admin, "PUT", one, body(bad)).is(422)
	}
	s.post("/v1/leads", map[string]any{"name": "L", "phone": "0123456789", "distribute": map[string]any{"group_id": made.id()}}).is(201)
	s.distribute()
	got := s.get("/v1/assigned-leads").items()[0]
	if got["answer_by"] == nil || got["member_id"] != a.String() {
		t.Error(got)
	}
	s.DB.MustExec(`UPDATE assigned_leads SET withdrawn_at = now()`)
	key := s.memberKey(a)
	if found := s.do(key, "GET", "/v1/assigned-leads?q=0123456789", nil).is(200).items(); len(found) != 0 {
		t.Error(found)
	}
	if csv := s.do(key, "GET", "/v1/assigned-leads?format=csv", nil).is(200).body; strings.Contains(csv, "123456789") || !strings.Contains(csv, "L") {
		t.Error(csv)
	}
	if found := s.get("/v1/assigned-leads?q=0123456789").items(); len(found) != 1 {
		t.Error(found)
	}
	s.do(key, "POST", "/v1/my/next-lead", nil).is(204)
	s.post("/v1/my/next-lead", nil).refuses(404, "not_found")
}
