package api_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAvailability has members whose hours, absences, duty and caps are set, told apart by a group's availability.
func TestAvailability(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b, c := s.member("A").String(), s.member("B").String(), s.member("C").String()
	s.patch("/v1/members/"+a, `{"on_duty":false}`).is(200)
	m := s.patch("/v1/members/"+b, `{"working_hours":{"mon":[{"from":"09:00","to":"12:00"},{"from":"22:00","to":"24:00"}]},"caps":{"per_day":5,"open":20}}`).is(200)
	alike(t, map[string]any{"mon": []any{map[string]any{"from": "09:00", "to": "12:00"}, map[string]any{"from": "22:00", "to": "24:00"}}}, m.at("working_hours").(map[string]any))
	alike(t, map[string]any{"per_hour": nil, "per_day": 5.0, "per_week": nil, "per_month": nil, "open": 20.0}, m.at("caps").(map[string]any))
	absence := s.post("/v1/members/"+c+"/absences", `{"from":"2030-01-07","to":"2030-01-07","note":"dentist"}`).is(201)
	s.post("/v1/members/"+c+"/absences", `{"from":"2030-01-08T09:00:00+08:00","to":"2030-01-08T10:30:00+08:00"}`).is(201)
	group := s.post("/v1/groups", `{"name":"sales","method":"round_robin","when_away":"owe","owe_at_most":3,"slots":[
		{"members":[{"member_id":"`+a+`"}]},{"members":[{"member_id":"`+b+`","caps":{"per_hour":2}}]},{"members":[{"member_id":"`+c+`"}]}]}`).is(201)
	alike(t, any("owe"), group.at("when_away"))
	path := "/v1/groups/" + group.id() + "/availability?at="
	zone := time.FixedZone("", 8*3600)
	look := func(at time.Time) (reasons, untils []any) {
		t.Helper()
		for _, one := range s.get(path + at.UTC().Format("2006-01-02T15:04:05Z")).is(200).items() {
			reasons, untils = append(reasons, one["reason"]), append(untils, one["until"])
			if one["available"] != (one["reason"] == nil) {
				t.Errorf("%v", one)
			}
		}
		return reasons, untils
	}
	reasons, untils := look(time.Date(2030, 1, 7, 10, 0, 0, 0, zone)) // a Monday
	alike(t, []any{"off_duty", nil, "away"}, reasons)
	alike(t, []any{nil, "2030-01-07T04:00:00Z", "2030-01-07T16:00:00Z"}, untils)
	reasons, untils = look(time.Date(2030, 1, 7, 13, 0, 0, 0, zone))
	alike(t, []any{"off_duty", "outside_hours", "away"}, reasons)
	alike(t, any("2030-01-07T14:00:00Z"), untils[1])
	reasons, _ = look(time.Date(2030, 1, 8, 10, 0, 0, 0, zone))
	alike(t, []any{"off_duty", "outside_hours", "away"}, reasons)
	s.do(s.admin, "DELETE", "/v1/members/"+c+"/absences/"+absence.id(), nil).is(204)
	s.do(s.admin, "DELETE", "/v1/members/"+c+"/absences/"+absence.id(), nil).is(404)
	reasons, _ = look(time.Date(2030, 1, 7, 10, 0, 0, 0, zone))
	alike(t, []any{"off_duty", nil, nil}, reasons)

	for body, location := range map[string]string{
		`{"working_hours":{"mon":[{"from":"09:00","to":"09:00"}]}}`: "body.working_hours", `{"working_hours":{"monday":[]}}`: "body.working_hours.monday",
		`{"working_hours":{"mon":[{"from":"24:00","to":"09:00"}]}}`: "body.working_hours", `{"working_hours":{"mon":[{"from":"9","to":"10:00"}]}}`: "body.working_hours",
		`{"caps":{"per_day":0}}`: "body.caps.per_day", `{"caps":{"per_year":1}}`: "body.caps.per_year", `{"on_duty":null}`: "body.on_duty",
	} {
		s.patch("/v1/members/"+b, body).refuses(422, "invalid_request", location)
	}
	for body, location := range map[string]string{
		`{"from":"2030-01-07","to":"2030-01-06"}`: "body.to", `{"from":"2030-01-07","to":"2030-01-08T00:00:00Z"}`: "body.to",
		`{"from":"soon","to":"later"}`: "body.from", `{"from":"2030-01-07T10:00:00Z","to":"2030-01-07T10:00:00Z"}`: "body.to",
		`{"from":"2030-01-07","to":"2199-01-06"}`: "body.to",
	} {
		s.post("/v1/members/"+b+"/absences", body).refuses(422, "invalid_request", location)
	}
	s.patch("/v1/members/"+b, `{"working_hours":null,"caps":null}`).is(200)
	reasons, _ = look(time.Date(2030, 1, 7, 13, 0, 0, 0, zone))
	alike(t, []any{"off_duty", nil, nil}, reasons)
}

// TestOverflowOfAGroup has groups take over from each other, and no circle.
func TestOverflowOfAGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A").String(), s.member("B").String()
	ring := func(name, member, more string) string {
		return `{"name":"` + name + `","method":"round_robin","slots":[{"members":[{"member_id":"` + member + `"}]}]` + more + `}`
	}
	second := s.post("/v1/groups", ring("second", b, "")).is(201).id()
	first := s.post("/v1/groups", ring("first", a, `,"overflow":{"then":"group","group_id":"`+second+`","after_minutes":30}`)).is(201)
	alike(t, map[string]any{"then": "group", "group_id": second, "after_minutes": 30.0}, first.at("overflow").(map[string]any))
	put := func(id, body string) reply { t.Helper(); return s.do(s.admin, "PUT", "/v1/groups/"+id, body) }
	put(second, ring("second", b, `,"overflow":{"then":"group","group_id":"`+first.id()+`"}`)).refuses(422, "invalid_request", "body.overflow.group_id")
	put(second, ring("second", b, `,"overflow":{"then":"group","group_id":"`+second+`"}`)).refuses(422, "invalid_request", "body.overflow.group_id")
	put(second, ring("second", b, `,"overflow":{"then":"wait","after_minutes":5}`)).refuses(422, "invalid_request", "body.overflow.then")
	// What is not said stays.
	alike(t, map[string]any{"then": "group", "group_id": second, "after_minutes": 30.0}, put(first.id(), ring("first", a, "")).is(200).at("overflow").(map[string]any))
	put(first.id(), ring("first", a, `,"overflow":{"then":"group","group_id":"`+second+`","after_minutes":0}`)).is(200)

	s.patch("/v1/members/"+a, `{"on_duty":false}`).is(200)
	s.post("/v1/leads", `{"name":"L","distribute":{"group_id":"`+first.id()+`"}}`).is(201)
	s.distributeAll()
	entry := s.get("/v1/history").is(200).items()[0]
	alike(t, []any{second, b, "overflow", "succeeded"}, []any{entry["group_id"], entry["member_id"], entry["trigger"], entry["outcome"]})
	alike(t, any([]any{map[string]any{"member_id": a, "reason": "off_duty"}}), entry["skipped"])
	alike(t, any([]any{first.id()}), entry["overflowed"])

	s.patch("/v1/members/"+b, `{"on_duty":false}`).is(200)
	l := s.post("/v1/leads", `{"name":"M","distribute":{"group_id":"`+first.id()+`"}}`).is(201).id()
	s.distributeAll()
	waiting := s.get("/v1/pending-leads?state=waiting").is(200).items()
	alike(t, 1, len(waiting))
	alike(t, []any{l, second, "waiting", nil}, []any{waiting[0]["lead_id"], waiting[0]["group_id"], waiting[0]["state"], waiting[0]["due_at"]})
	alike(t, waiting[0]["id"], s.get("/v1/pending-leads").is(200).items()[0]["id"])
	s.post("/v1/pending-leads/delete", `{"ids":["`+waiting[0]["id"].(string)+`"]}`).is(200)
	alike(t, 0, len(s.get("/v1/pending-leads").is(200).items()))

	put(first.id(), ring("first", a, `,"overflow":{"then":"fail"}`)).is(200)
	s.post("/v1/leads", `{"name":"N","distribute":{"group_id":"`+first.id()+`"}}`).is(201)
	s.distributeAll()
	alike(t, any("nobody_available"), s.get("/v1/history").is(200).items()[0]["reason"])
}

func alike(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
