package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// withoutTimes ignores what differs from run to run, and what only one of an answer to a POST and to a GET has.
var withoutTimes = cmpopts.IgnoreMapEntries(func(name string, _ any) bool {
	return slices.Contains([]string{"id", "created_at", "updated_at", "given_to", "already_assigned"}, name)
})

func same(t *testing.T, want, got map[string]any) {
	t.Helper()
	if diff := cmp.Diff(want, got, withoutTimes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWorkspace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	want := map[string]any{"name": "acme", "timezone": "Asia/Kuala_Lumpur", "region": "MY", "language": "en", "distribution_hours": map[string]any{"from": "09:00", "to": "21:00"},
		"statuses": []any{"new", "contacted", "qualified", "won", "lost"}, "won_status": "won", "duplicates": map[string]any{"policy": "allow", "days": 30.0},
		"features": map[string]any{"leads_distribution": true, "scheduled_distribution": true}, "api_keys": map[string]any{"max_days": nil}, "message_links": true, "closed_statuses": []any{"won", "lost"}, "undo_minutes": 60.0}
	same(t, want, s.get("/v1/workspace").is(200).object())

	s.patch("/v1/workspace", `{"features":{"leads_distribution":false}}`).is(200)
	s.patch("/v1/workspace", `{"features":{"scheduled_distribution":false},"distribution_hours":{"from":"22:30","to":"06:00"}}`).is(200)
	s.patch("/v1/workspace", `{"features":{},"distribution_hours":{},"duplicates":{}}`).is(200)
	s.patch("/v1/workspace", `{"duplicates":{"policy":"flag"}}`).is(200)
	s.patch("/v1/workspace", `{"duplicates":{"days":7}}`).is(200)
	s.do(s.admin, "PATCH", "/v1/workspace", `{"name":" Acme ","timezone":"Europe/Berlin","region":"DE"}`, "Content-Type", "application/merge-patch+json").is(200)
	want = map[string]any{"name": "Acme", "timezone": "Europe/Berlin", "region": "DE", "language": "en", "distribution_hours": map[string]any{"from": "22:30", "to": "06:00"},
		"statuses": []any{"new", "contacted", "qualified", "won", "lost"}, "won_status": "won", "duplicates": map[string]any{"policy": "flag", "days": 7.0},
		"features": map[string]any{"leads_distribution": false, "scheduled_distribution": false}, "api_keys": map[string]any{"max_days": nil}, "message_links": true, "closed_statuses": []any{"won", "lost"}, "undo_minutes": 60.0}
	same(t, want, s.get("/v1/workspace").is(200).object())

	for body, location := range map[string]string{
		`{"timezone":"Mars/Olympus"}`: "body.timezone", `{"timezone":""}`: "body.timezone", `{"timezone":"Local"}`: "body.timezone",
		`{"timezone":"../etc/passwd"}`: "body.timezone", `{"timezone":null}`: "body.timezone", `{"region":"my"}`: "body.region",
		`{"region":"MYS"}`: "body.region", `{"name":"  "}`: "body.name", `{"name":null}`: "body.name",
		`{"features":{"leads_distribution":null}}`: "body.features.leads_distribution", `{"features":{"x":true}}`: "body.features.x",
		`{"message_links":null}`: "body.message_links", `{"id":"x"}`: "body.id", `{"distribution_hours":{"from":"9:00"}}`: "body.distribution_hours.from",
		`{"distribution_hours":{"to":"22:30"}}`: "body.distribution_hours", `{"distribution_hours":{"to":null}}`: "body.distribution_hours.to",
		`{"duplicates":{"policy":"keep"}}`: "body.duplicates.policy", `{"duplicates":{"policy":null}}`: "body.duplicates.policy",
		`{"duplicates":{"days":0}}`:                    "body.duplicates.days",
		`{"features":{"scheduled_distribution":null}}`: "body.features.scheduled_distribution",
	} {
		s.patch("/v1/workspace", body).refuses(422, "invalid_request", location)
	}
	same(t, want, s.get("/v1/workspace").is(200).object())
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.post("/v1/members", `{"name":"Aina","email":"aina@example.com","telegram_chat_id":"42","timezone":"Asia/Jakarta"}`).is(201)
	path := "/v1/members/" + made.id()
	want := map[string]any{"name": "Aina", "email": "aina@example.com", "telegram_chat_id": "42", "timezone": "Asia/Jakarta", "language": nil, "active": true,
		"notify_by": nil, "quiet_hours": nil, "email_off": nil, "on_duty": true, "working_hours": nil, "caps": nil, "external_id": nil, "metadata": map[string]any{}}
	same(t, want, made.object())
	want["pending"] = map[string]any{"count": 0.0, "next_due_at": nil}
	same(t, want, s.get(path).is(200).object())

	want["active"] = false
	same(t, want, s.patch(path, `{"active":false}`).is(200).object())
	want["email"], want["timezone"] = nil, nil
	same(t, want, s.patch(path, `{"email":null,"timezone":null}`).is(200).object())
	same(t, want, s.patch(path, `{}`).is(200).object())
	want["notify_by"], want["quiet_hours"] = []any{"email", "telegram"}, map[string]any{"from": "22:00", "to": "07:30"}
	same(t, want, s.patch(path, `{"notify_by":["email","telegram"],"quiet_hours":{"from":"22:00","to":"07:30"}}`).is(200).object())
	want["notify_by"], want["quiet_hours"] = []any{}, nil
	same(t, want, s.patch(path, `{"notify_by":[],"quiet_hours":null}`).is(200).object())
	want["notify_by"] = nil
	same(t, want, s.patch(path, `{"notify_by":null}`).is(200).object())
	for body, location := range map[string]string{
		`{"notify_by":["pigeon"]}`: "body.notify_by[0]", `{"notify_by":["email","email"]}`: "body.notify_by",
		`{"quiet_hours":{"from":"22:00","to":"22:00"}}`: "body.quiet_hours", `{"quiet_hours":{"from":"25:00","to":"22:00"}}`: "body.quiet_hours.from",
		`{"quiet_hours":{"from":"22:00"}}`: "body.quiet_hours.to",
		`{"name":null}`:                    "body.name", `{"active":null}`: "body.active", `{"timezone":"x"}`: "body.timezone", `{"email":"x"}`: "body.email",
		`{"active":"no"}`: "body.active", `{"role":"x"}`: "body.role",
	} {
		s.patch(path, body).refuses(422, "invalid_request", location)
	}
	s.post("/v1/members", `{"email":"a@example.com"}`).refuses(422, "invalid_request", "body.name")
	s.post("/v1/members", `{"name":" "}`).refuses(422, "invalid_request", "body.name")

	s.delete(path).is(204)
	s.get(path).refuses(404, "not_found")
	s.patch(path, `{"active":true}`).is(404)
	s.delete(path).is(404)
	if items := s.get("/v1/members").items(); len(items) != 0 {
		t.Errorf("a removed member is listed: %v", items)
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.post("/v1/sources", `{"name":"Web","for_customers":false}`).is(201)
	path := "/v1/sources/" + made.id()
	same(t, map[string]any{"name": "Web", "enabled": true, "for_leads": true, "for_customers": false, "external_id": nil, "metadata": map[string]any{}}, s.get(path).is(200).object())
	s.post("/v1/sources", `{"name":"web"}`).refuses(409, "conflict", "body.name")
	s.post("/v1/sources", `{"name":"Off","enabled":false}`).is(201)
	s.post("/v1/sources", `{"name":"Shop","for_leads":false}`).is(201)

	names := func(key, query string) (names []string) {
		for _, it := range s.do(key, "GET", "/v1/sources"+query, nil).items() {
			names = append(names, it["name"].(string))
		}
		return names
	}
	member := s.memberKey(s.member("A"))
	for query, want := range map[string][]string{"": {"Shop", "Off", "Web"}, "?for=lead": {"Web"}, "?for=customer": {"Shop"}} {
		if diff := cmp.Diff(want, names(s.admin, query)); diff != "" {
			t.Errorf("%q: %s", query, diff)
		}
		if query != "" && !cmp.Equal(want, names(member, query)) {
			t.Errorf("%q: a member sees %v", query, names(member, query))
		}
	}
	s.do(member, "GET", "/v1/sources", nil).refuses(403, "forbidden")
	s.get("/v1/sources?for=x").refuses(422, "invalid_request", "query.for")

	s.patch(path, `{"enabled":false,"name":"Website"}`).is(200)
	same(t, map[string]any{"name": "Website", "enabled": false, "for_leads": true, "for_customers": false, "external_id": nil, "metadata": map[string]any{}}, s.get(path).is(200).object())
	s.patch(path, `{"name":"SHOP"}`).refuses(409, "conflict", "body.name")
	s.patch(path, `{"enabled":null}`).refuses(422, "invalid_request", "body.enabled")
}

func TestGroups(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A").String(), s.member("B").String()
	made := s.post("/v1/groups", `{"name":"sales","method":"round_robin","slots":[
		{"members":[{"member_id":"`+a+`"}]},{"members":[{"member_id":"`+b+`","notify":false}],"weight":2}]}`).is(201)
	path := "/v1/groups/" + made.id()
	slots := []any{
		map[string]any{"members": []any{map[string]any{"member_id": a, "notify": true}}, "weight": 1.0},
		map[string]any{"members": []any{map[string]any{"member_id": b, "notify": false}}, "weight": 2.0},
	}
	want := map[string]any{"answer_within": nil, "balance_by": nil, "when_away": "pass", "owe_at_most": 10.0, "overflow": map[string]any{"then": "wait"}, "external_id": nil, "metadata": map[string]any{}, "name": "sales", "method": "round_robin", "version": 1.0, "slots": slots}
	same(t, want, made.object())
	same(t, want, s.get(path).is(200).object())

	next := s.get(path + "?next=3").is(200).at("next").([]any)
	if len(next) != 3 || next[0].(map[string]any)["turn"] != 0.0 || len(next[0].(map[string]any)["member_ids"].([]any)) != 1 {
		t.Errorf("next: %v", next)
	}
	s.get(path+"?next=-1").refuses(422, "invalid_request", "query.next")

	put := s.do(s.admin, "PUT", path, `{"name":"team","method":"round_robin_multiple","slots":[{"members":[{"member_id":"`+a+`"},{"member_id":"`+b+`"}]}]}`).is(200)
	if put.at("version") != 2.0 || put.at("name") != "team" {
		t.Error(put.body)
	}
	for body, location := range map[string]string{
		`{"name":"x","method":"round_robin","slots":[]}`:                                                                  "body.slots",
		`{"name":" ","method":"round_robin","slots":[{"members":[{"member_id":"` + a + `"}]}]}`:                           "body.name",
		`{"name":"x","method":"other","slots":[{"members":[{"member_id":"` + a + `"}]}]}`:                                 "body.method",
		`{"name":"x","method":"round_robin","slots":[{"members":[{"member_id":"x"}]}]}`:                                   "body.slots[0].members[0].member_id",
		`{"name":"x","method":"round_robin","slots":[{"members":[{"member_id":"` + made.id() + `"}]}]}`:                   "body.slots[0].members[0].member_id",
		`{"name":"x","method":"round_robin","slots":[{"members":[{"member_id":"` + a + `"}],"weight":0}]}`:                "body.slots[0].weight",
		`{"name":"x","method":"round_robin","slots":[{"members":[{"member_id":"` + a + `"},{"member_id":"` + b + `"}]}]}`: "body.slots[0].members",
	} {
		s.post("/v1/groups", body).refuses(422, "invalid_request", location)
		s.do(s.admin, "PUT", path, body).refuses(422, "invalid_request", location)
	}
	s.delete(path).is(204)
	s.get(path).is(404)
	s.get(path + "?next=1").is(404)
	s.delete(path).is(404)
}

func TestFeatureSwitchedOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	g := s.group(s.member("A"))
	l := s.post("/v1/leads", `{"name":"L"}`).is(201).id()
	s.patch("/v1/workspace", `{"features":{"leads_distribution":false}}`).is(200)

	to := `"distribute":{"group_id":"` + g.String() + `"}`
	s.post("/v1/leads", `{"name":"x",`+to+`}`).refuses(403, "feature_disabled")
	s.post("/v1/leads/batch", `{"leads":[{"name":"x"}],`+to+`}`).refuses(403, "feature_disabled")
	s.post("/v1/assignments", map[string]any{"lead_ids": []string{l}, "group_id": g}).refuses(403, "feature_disabled")
	if n := s.count(`SELECT count(*) FROM leads`); n != 1 {
		t.Errorf("%d leads", n)
	}
	bound := s.key(store.APIKey{Role: lead.RoleIntegration, GroupID: &g})
	r := s.do(bound, "POST", "/v1/leads", `{"name":"kept"}`).is(201)
	if warnings, _ := r.at("warnings").([]any); len(warnings) != 1 {
		t.Error(r.body)
	}
	if n := s.count(`SELECT count(*) FROM pending`); n != 0 {
		t.Errorf("%d pending leads", n)
	}
}

// TestShares reads what each receiver of a group got.
func TestShares(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	path := "/v1/groups/" + g.String() + "/shares"
	if r := s.get(path); r.status != 200 || !strings.Contains(r.body, `"counted":0`) {
		t.Errorf("of a group that has given nothing: %d %s", r.status, r.body)
	}
	for range 3 {
		s.post("/v1/leads", `{"name":"x","distribute":{"group_id":"`+g.String()+`"}}`)
	}
	s.distribute()
	got := s.get(path)
	var shares struct {
		Turns   int
		Members []struct {
			MemberID uuid.UUID `json:"member_id"`
			Slots    int
			Leads    int
		}
	}
	if err := json.Unmarshal([]byte(got.body), &shares); err != nil {
		t.Fatal(err)
	}
	leads := make(map[uuid.UUID]int)
	for _, m := range shares.Members {
		leads[m.MemberID] = m.Leads
	}
	if shares.Turns != 3 || leads[a] != 2 || leads[b] != 1 {
		t.Errorf("shares are %s", got.body)
	}
	s.get("/v1/groups/"+uuid.NewString()+"/shares").refuses(404, "not_found")
}
