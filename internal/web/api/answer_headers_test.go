package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// madeNowhere are the operations that make nothing that could be read: questions to a browser or a provider, and sessions and links, which are
// answered once.
var madeNowhere = []string{
	"begin-my-passkey", "begin-oidc-sign-in", "begin-passkey-sign-in", "oidc-sign-in", "passkey-sign-in", "post-person-link", "sign-in",
}

func TestWhatIsMadeSaysWhereItIs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	g := s.group(m)
	l := s.post("/v1/leads", `{"name":"L"}`).is(201).id()
	for path, body := range map[string]any{
		"/v1/members":                 `{"name":"A"}`,
		"/v1/sources":                 `{"name":"web"}`,
		"/v1/groups":                  ring(m),
		"/v1/leads":                   `{"name":"N"}`,
		"/v1/leads/" + l + "/convert": nil,
		"/v1/webhooks":                `{"url":"https://example.com","events":["lead.received"]}`,
		"/v1/integrations":            `{"kind":"generic","name":"g"}`,
		"/v1/api-keys":                `{"role":"integration"}`,
		"/v1/opportunities":           `{"lead_id":"` + l + `","title":"t"}`,
		"/v1/people":                  `{"name":"P","email":"p@example.com","role":"manager"}`,
		"/v1/leads/batch":             `{"leads":[{"name":"1"}]}`,
		"/v1/members/" + m.String() + "/absences": `{"from":"2030-01-01","to":"2030-01-02"}`,
	} {
		made := s.post(path, body).is(201)
		at := made.header.Get("Location")
		got := s.get(at).is(200)
		if id, is := made.object()["id"]; is && strings.HasSuffix(at, "/"+id.(string)) && got.at("id") != id {
			t.Errorf("%s: at %s there is %s", path, at, got.body)
		} else if !is && strings.Contains(at, "leads/") {
			t.Errorf("%s: is at %s", path, at)
		}
	}
	s.get("/v1/groups/" + g.String()).is(200)
	var nowhere []string
	for _, operations := range s.document().Paths {
		for _, op := range operations {
			if made, is := op.Responses["201"]; is && !slices.Contains(slices.Collect(maps.Keys(made.Headers)), "Location") {
				nowhere = append(nowhere, op.OperationID)
			}
		}
	}
	slices.Sort(nowhere)
	if diff := cmp.Diff(madeNowhere, nowhere); diff != "" {
		t.Errorf("operations that make what is nowhere (-want +got):\n%s", diff)
	}
}

func TestAnswersGivenAgainSaySo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const again = "Idempotent-Replayed"
	body := `{"name":"A"}`
	first := s.do(s.admin, "POST", "/v1/members", body, idempotencyKey, "1").is(201)
	second := s.do(s.admin, "POST", "/v1/members", body, idempotencyKey, "1").is(201)
	if first.header.Get(again) != "" || second.header.Get(again) != "true" {
		t.Errorf("first %q, then %q", first.header.Get(again), second.header.Get(again))
	}
	if at := first.header.Get("Location"); at == "" || second.header.Get("Location") != at || second.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("first %v, then %v", first.header, second.header)
	}
	refused := s.do(s.admin, "POST", "/v1/members", `{"name":"B"}`, idempotencyKey, "1")
	if refused.is(422).header.Get(again) != "" {
		t.Error("a refusal passes for an answer that is given again")
	}
}

func TestProblemsHaveTheRequestsID(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, key := range map[string]string{
		"/v1/nothing": s.admin, "/v1/leads/" + s.workspace.String(): s.admin, "/v1/leads?limit=0": s.admin, "/v1/leads?nothing=1": s.admin, "/v1/members": "lw_wrong",
	} {
		r := s.do(key, "GET", path, nil, "X-Request-Id", "order-desk")
		if r.status < 400 || r.at("request_id") != "order-desk" || r.header.Get("X-Request-Id") != "order-desk" {
			t.Errorf("%s: %d %s %v", path, r.status, r.body, r.header)
		}
	}
	s.post("/v1/members", `{`).is(400)
	if id := s.post("/v1/members", `{"name":1}`).at("request_id"); id == nil {
		t.Error("a refusal of a body has no id")
	}
	if !strings.Contains(s.logs.String(), `"request_id":"order-desk"`) {
		t.Error("the log does not have it")
	}
}
