package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func TestAssignments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	ids := s.post("/v1/leads/batch", `{"leads":[{"name":"1"},{"name":"2"},{"name":"3"}]}`).is(201).at("ids")
	made := s.post("/v1/assignments", map[string]any{"lead_ids": ids, "group_id": g}).is(202)
	if made.at("count") != 3.0 || made.at("group_id") != g.String() {
		t.Error(made.body)
	}
	same(t, made.object(), s.get("/v1/assignments/"+made.id()).is(200).object())
	s.distribute()
	if items := s.get("/v1/assigned-leads?member_id=" + a.String()).items(); len(items) != 2 {
		t.Errorf("A has %v", items)
	}
	toBoth := s.post("/v1/assignments", map[string]any{"lead_ids": ids, "member_ids": []any{a, b}}).is(202)
	if toBoth.at("count") != 6.0 || len(s.get("/v1/assignments").items()) != 2 {
		t.Error(toBoth.body)
	}
	l := ids.([]any)[0]
	for location, body := range map[string]any{
		"body.lead_ids[1]":   map[string]any{"lead_ids": []any{l, uuid.New()}, "group_id": g},
		"body.lead_ids[2]":   map[string]any{"lead_ids": []any{l, ids.([]any)[1], l}, "group_id": g},
		"body.group_id":      map[string]any{"lead_ids": []any{l}, "group_id": uuid.New()},
		"body.member_ids[0]": map[string]any{"lead_ids": []any{l}, "member_ids": []any{uuid.New()}},
		"body.lead_ids":      map[string]any{"lead_ids": []any{}, "group_id": g},
		"body.at":            map[string]any{"lead_ids": []any{l}, "group_id": g, "at": "2030-01-01T00:00:00Z"},
	} {
		s.post("/v1/assignments", body).refuses(422, "invalid_request", location)
	}
	s.post("/v1/assignments", map[string]any{"lead_ids": ids}).refuses(422, "invalid_request", "body.group_id")
	s.post("/v1/assignments", map[string]any{"lead_ids": ids, "group_id": g, "member_ids": []any{a}}).refuses(422, "invalid_request", "body.group_id")
}

func TestAssignmentOfAHundredThousand(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	g := s.group(s.member("A"))
	if _, err := s.DB.Exec(`INSERT INTO leads (workspace_id, lead_id, name, fields, channel, origin, decisions, created_at, updated_at)
		SELECT $1, gen_random_uuid(), 'x', '{}', 'api', 'api', 0, now(), now() FROM generate_series(1, 100000)`, s.workspace); err != nil {
		t.Fatal(err)
	}
	var ids []string
	if err := s.DB.Select(&ids, `SELECT lead_id FROM leads`); err != nil {
		t.Fatal(err)
	}
	if r := s.post("/v1/assignments", map[string]any{"lead_ids": ids, "group_id": g}).is(202); r.at("count") != 100000.0 {
		t.Error(r.body)
	}
	s.post("/v1/assignments", map[string]any{"lead_ids": append(ids, uuid.NewString()), "group_id": g}).refuses(422, "invalid_request", "body.lead_ids")
}

// TestWhatAMemberSees holds what a member's key is shown against promise: no id or time from before the assignment.
func TestWhatAMemberSees(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	source := s.source("web")
	l := s.post("/v1/leads", map[string]any{
		"name": "L", "phone": "1", "source_id": source, "fields": map[string]any{"x": "y"},
		"distribute": map[string]any{"member_ids": []any{a, b}},
	}).is(201).id()
	s.distribute()
	keyA, keyB := s.memberKey(a), s.memberKey(b)
	mine := s.do(keyA, "GET", "/v1/assigned-leads", nil).items()
	theirs := s.do(keyB, "GET", "/v1/assigned-leads", nil).items()
	if len(mine) != 1 || len(theirs) != 1 || mine[0]["id"] == theirs[0]["id"] {
		t.Fatalf("A sees %v, B sees %v", mine, theirs)
	}
	want := []string{"answer_by", "answered_at", "assigned_at", "email", "fields", "follow_up_at", "id", "name", "notes", "phone", "phone_e164", "source", "status", "updated_at", "withdrawn_at"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(mine[0]))); diff != "" {
		t.Error(diff)
	}
	if mine[0]["source"] != "web" || mine[0]["status"] != "new" || mine[0]["updated_at"] != mine[0]["assigned_at"] {
		t.Error(mine[0])
	}
	path := "/v1/assigned-leads/" + mine[0]["id"].(string)
	one := s.do(keyA, "GET", path, nil).is(200)
	csv := s.do(keyA, "GET", "/v1/assigned-leads", nil, "Accept", "text/csv").is(200)
	patched := s.do(keyA, "PATCH", path, `{"status":"won"}`).is(200)
	for _, r := range []reply{one, csv, patched} {
		for _, hidden := range []string{l, source.String(), a.String(), b.String(), theirs[0]["id"].(string)} {
			if strings.Contains(r.body, hidden) {
				t.Errorf("shows %s: %s", hidden, r.body)
			}
		}
	}
	s.do(keyB, "GET", path, nil).refuses(404, "not_found")
	s.do(keyB, "PATCH", path, `{"status":"mine"}`).refuses(404, "not_found")
	s.do(keyA, "GET", "/v1/assigned-leads?source_lead_id="+l, nil).refuses(403, "forbidden")
	s.do(keyA, "GET", "/v1/assigned-leads?member_id="+b.String(), nil).refuses(403, "forbidden")

	if items := s.get("/v1/assigned-leads?source_lead_id=" + l).items(); len(items) != 2 || items[0]["source_lead_id"] != l || items[0]["source_id"] != source.String() {
		t.Error(items)
	}
	if items := s.get("/v1/assigned-leads?member_id=" + b.String()).items(); len(items) != 1 || items[0]["member_id"] != b.String() {
		t.Error(items)
	}
}

func TestCopiesAreIndependent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	l := "/v1/leads/" + s.post("/v1/leads", map[string]any{
		"name": "L", "fields": map[string]any{"x": "y"}, "distribute": map[string]any{"member_ids": []any{a, b}},
	}).is(201).id()
	s.distribute()
	copies := s.get("/v1/assigned-leads").items()
	one, other := "/v1/assigned-leads/"+copies[0]["id"].(string), "/v1/assigned-leads/"+copies[1]["id"].(string)
	before, source := s.get(other).body, s.get(l).body

	got := s.patch(one, `{"name":"Changed","email":"new@example.com","notes":"called","status":"contacted","fields":{"x":null,"z":1}}`).is(200).object()
	if got["name"] != "Changed" || got["notes"] != "called" || got["status"] != "contacted" || !cmp.Equal(got["fields"], map[string]any{"z": 1.0}) {
		t.Error(got)
	}
	got = s.patch(one, `{"email":null,"notes":null}`).is(200).object()
	if got["email"] != nil || got["notes"] != "" || got["name"] != "Changed" {
		t.Error(got)
	}
	if s.get(other).body != before || s.get(l).body != source {
		t.Error("a copy's change went to another copy or the source lead")
	}
	changed := s.get(one).body
	s.patch(l, `{"name":"Source"}`).is(200)
	s.delete(l).is(204)
	if s.get(other).body != before || s.get(one).body != changed {
		t.Error("the source lead's change went to a copy")
	}
	for body, location := range map[string]string{
		`{"status":null}`: "body.status", `{"status":""}`: "body.status", `{"member_id":"x"}`: "body.member_id",
		`{"notes":"` + strings.Repeat("x", 1001) + `"}`: "body.notes",
	} {
		s.patch(one, body).refuses(422, "invalid_request", location)
	}
}
