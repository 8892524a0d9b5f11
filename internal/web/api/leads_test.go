package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func TestLead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	source := s.source("web").String()
	made := s.post("/v1/leads", `{"name":" Aina ","phone":"012-345 6789","fields":{"b":[1,2.50],"a":"x"},"source_id":"`+source+`","external_id":"e1"}`).is(201)
	path := "/v1/leads/" + made.id()
	want := map[string]any{
		"name": "Aina", "email": nil, "phone": "012-345 6789", "phone_e164": "+60123456789", "fields": map[string]any{"a": "x", "b": []any{1.0, 2.5}},
		"source_id": source, "duplicate_of": nil, "channel": "api", "external_id": "e1", "push_channel": nil, "integration_id": nil, "test": false,
	}
	same(t, want, made.object())
	same(t, want, s.get(path).is(200).object())

	want["email"], want["source_id"] = "a@example.com", nil
	want["fields"] = map[string]any{"b": map[string]any{"c": 1.0}, "d": "new"}
	s.patch(path, `{"email":"a@example.com","source_id":null,"fields":{"a":null,"b":{"c":1,"x":null},"d":"new"}}`).is(200)
	same(t, want, s.get(path).is(200).object())
	want["fields"] = map[string]any{}
	same(t, want, s.patch(path, `{"fields":null}`).is(200).object())
	for body, location := range map[string]string{
		`{"external_id":"x"}`: "body.external_id", `{"name":null,"email":null,"phone":""}`: "body.name", `{"fields":1}`: "body.fields",
	} {
		s.patch(path, body).refuses(422, "invalid_request", location)
	}
	s.patch(path, `{"source_id":"`+uuid.NewString()+`"}`).refuses(422, "source_not_eligible", "body.source_id")
	same(t, want, s.get(path).is(200).object())

	s.delete(path).is(204)
	s.get(path).is(404)
	s.patch(path, `{}`).is(404)
	s.delete(path).is(404)
	if items := s.get("/v1/leads").items(); len(items) != 0 {
		t.Error(items)
	}
}

func TestNumbersInFieldsStayExact(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.post("/v1/leads", `{"name":"x","fields":{"ad":123456789012345678901}}`).is(201)
	r := s.patch("/v1/leads/"+made.id(), `{"fields":{"form":987654321098765432109}}`).is(200)
	if !strings.Contains(r.body, "123456789012345678901") || !strings.Contains(r.body, "987654321098765432109") {
		t.Error(r.body)
	}
}

func TestExternalIDs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	g := s.group(s.member("A"))
	body := `{"name":"x","external_id":"e","distribute":{"group_id":"` + g.String() + `"}}`
	first := s.post("/v1/leads", body).is(201)
	if again := s.post("/v1/leads", body).is(200); again.id() != first.id() {
		t.Error(again.body)
	}
	if again := s.do(s.admin, "POST", "/v1/leads", body, idempotencyKey, "1").is(200); again.id() != first.id() {
		t.Error(again.body)
	}
	batch := s.post("/v1/leads/batch", `{"leads":[{"name":"y","external_id":"f"},{"name":"x","external_id":"e"},{"name":"z","external_id":"f"}]}`).is(201)
	ids := batch.at("ids").([]any)
	if ids[1] != first.id() || ids[0] != ids[2] || ids[0] == ids[1] {
		t.Error(batch.body)
	}
	if n := s.count(`SELECT count(*) FROM pending`); n != 1 {
		t.Errorf("%d pending leads", n)
	}
	for i, key := range []string{s.key(store.APIKey{Role: lead.RoleIntegration}), s.key(store.APIKey{Role: lead.RoleIntegration})} {
		theirs := s.do(key, "POST", "/v1/leads", `{"name":"x","external_id":"e"}`).is(201)
		if again := s.do(key, "POST", "/v1/leads", `{"name":"x","external_id":"e"}`).is(200); again.id() != theirs.id() || again.id() == first.id() {
			t.Errorf("integration %d: %s", i, again.body)
		}
	}
	if s.post("/v1/leads", `{"name":"another admin's"}`).is(201).id() == first.id() {
		t.Error("leads without external id are one")
	}
	s.delete("/v1/leads/" + first.id()).is(204)
	if again := s.post("/v1/leads", body).is(201); again.id() == first.id() {
		t.Error("a deleted lead came back under its id:", again.body)
	}
}

func TestBatchIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.post("/v1/leads/batch", `{"leads":[{"name":"x"},{}]}`).refuses(422, "invalid_request", "body.leads[1].name")
	s.post("/v1/leads/batch", `{"leads":[{"name":"x"},{"name":"y","source_id":"`+uuid.NewString()+`"}]}`).refuses(422, "source_not_eligible", "body.leads[1].source_id")
	s.post("/v1/leads/batch", `{"leads":[]}`).refuses(422, "invalid_request", "body.leads")
	many := func(n int) string {
		return `{"leads":[` + strings.TrimSuffix(strings.Repeat(`{"name":"x"},`, n), ",") + `]}`
	}
	s.post("/v1/leads/batch", many(1001)).refuses(422, "invalid_request", "body.leads")
	if n := s.count(`SELECT count(*) FROM leads`); n != 0 {
		t.Errorf("%d leads", n)
	}
	ids := s.post("/v1/leads/batch", many(1000)).is(201).at("ids").([]any)
	if len(ids) != 1000 || !slices.IsSortedFunc(ids, func(a, b any) int { return strings.Compare(a.(string), b.(string)) }) {
		t.Errorf("%d ids, in order?", len(ids))
	}
}

func TestIneligibleSources(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	off, customers := s.source("off"), s.source("customers")
	s.patch("/v1/sources/"+off.String(), `{"enabled":false}`).is(200)
	s.patch("/v1/sources/"+customers.String(), `{"for_leads":false}`).is(200)
	integration := s.key(store.APIKey{Role: lead.RoleIntegration})
	for _, id := range []uuid.UUID{off, customers, uuid.New(), uuid.Nil} {
		body := `{"name":"x","source_id":"` + id.String() + `"}`
		s.post("/v1/leads", body).refuses(422, "source_not_eligible", "body.source_id")
		r := s.do(integration, "POST", "/v1/leads", body).is(201)
		if warnings, _ := r.at("warnings").([]any); len(warnings) != 1 || r.at("source_id") != nil {
			t.Error(r.body)
		}
	}
	r := s.do(integration, "POST", "/v1/leads/batch", `{"leads":[{"name":"x"},{"name":"y","source_id":"`+off.String()+`"}]}`).is(201)
	if warnings, _ := r.at("warnings").([]any); len(warnings) != 1 || !strings.HasPrefix(warnings[0].(string), "leads[1].") {
		t.Error(r.body)
	}
}

func TestBoundIntegration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	g, other := s.group(m), s.group(m)
	source, otherSource := s.source("web"), s.source("shop")
	key := s.key(store.APIKey{Role: lead.RoleIntegration, GroupID: &g, SourceID: &source})
	r := s.do(key, "POST", "/v1/leads", `{"name":"x"}`).is(201)
	if r.at("source_id") != source.String() || s.count(`SELECT count(*) FROM pending WHERE group_id = $1`, g) != 1 {
		t.Error(r.body)
	}
	s.do(key, "POST", "/v1/leads", `{"name":"x","source_id":"`+source.String()+`","distribute":{"group_id":"`+g.String()+`"}}`).is(201)
	s.do(key, "POST", "/v1/leads", `{"name":"x","distribute":{"group_id":"`+other.String()+`"}}`).refuses(403, "forbidden", "body.distribute")
	s.do(key, "POST", "/v1/leads", `{"name":"x","distribute":{"member_ids":["`+m.String()+`"]}}`).refuses(403, "forbidden", "body.distribute")
	s.do(key, "POST", "/v1/leads", `{"name":"x","source_id":"`+otherSource.String()+`"}`).refuses(403, "forbidden", "body.source_id")

	s.patch("/v1/sources/"+source.String(), `{"enabled":false}`).is(200)
	r = s.do(key, "POST", "/v1/leads", `{"name":"x"}`).is(201)
	if warnings, _ := r.at("warnings").([]any); len(warnings) != 1 || r.at("source_id") != nil {
		t.Error(r.body)
	}
}

func TestDistributeToMembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A").String(), s.member("B").String()
	to := func(ids ...string) map[string]any {
		return map[string]any{"name": "x", "distribute": map[string]any{"member_ids": ids}}
	}
	s.post("/v1/leads", to(a, b)).is(201)
	s.distribute()
	if items := s.get("/v1/assigned-leads").items(); len(items) != 2 {
		t.Error(items)
	}
	s.post("/v1/leads", to(a, b, a)).refuses(422, "invalid_request", "body.distribute.member_ids[2]")
	s.post("/v1/leads", to(a, uuid.NewString())).refuses(422, "invalid_request", "body.distribute.member_ids[1]")
	s.post("/v1/leads", to()).refuses(422, "invalid_request", "body.distribute.group_id")
	both := to(a)
	both["distribute"].(map[string]any)["group_id"] = s.group(s.member("C"))
	s.post("/v1/leads", both).refuses(422, "invalid_request", "body.distribute.group_id")
	s.post("/v1/leads", `{"name":"x","distribute":{"group_id":"`+uuid.Nil.String()+`"}}`).refuses(422, "invalid_request", "body.distribute.group_id")
	s.post("/v1/leads", `{"name":"x","distribute":{"group_id":"`+a+`","speed":"slow"}}`).refuses(422, "invalid_request", "body.distribute.speed")

	// Whoever was removed is still known: the lead is accepted and ends as failed history.
	s.delete("/v1/members/" + a).is(204)
	s.post("/v1/leads", to(a)).is(201)
	s.distribute()
	if items := s.get("/v1/history?reason=member_inactive").items(); len(items) != 1 {
		t.Error(items)
	}
}

func TestLeadFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	source := s.source("web")
	s.post("/v1/leads", `{"name":"1","external_id":"e"}`).is(201)
	s.post("/v1/leads", `{"name":"2","source_id":"`+source.String()+`"}`).is(201)
	created := s.get("/v1/leads").items()[0]["created_at"].(string)
	at, err := time.Parse(time.RFC3339Nano, created)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]string{
		"": {"2", "1"}, "source_id=" + source.String(): {"2"}, "external_id=e": {"1"}, "channel=api": {"2", "1"}, "channel=import": nil,
		"from=" + created: {"2"}, "to=" + created: {"1"}, "from=" + at.Add(time.Second).Format(time.RFC3339): nil,
	} {
		var got []string
		for _, it := range s.get("/v1/leads?" + query).items() {
			got = append(got, fmt.Sprint(it["name"]))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	s.get("/v1/leads?from=yesterday").refuses(422, "invalid_request", "query.from")
}
