package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func ruleOf(name, when, then string) string {
	return fmt.Sprintf(`{"name":%q,"when":%q,"then":%s}`, name, when, then)
}

func rulesOf(version int, rules ...string) string {
	return fmt.Sprintf(`{"version":%d,"rules":[%s]}`, version, strings.Join(rules, ","))
}

// dig is what stands in an answer at a path of names and places.
func dig(r reply, path ...any) any {
	r.t.Helper()
	var at any = r.object()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			at = at.(map[string]any)[step]
		case int:
			at = at.([]any)[step]
		}
	}
	return at
}

// TestRules are saved as a whole over the version that was read; what is wrong is said with its place.
func TestRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	group := s.post("/v1/groups", ring(s.member("A"))).is(201).id()
	to := `{"group_id":"` + group + `"}`
	empty := s.get("/v1/rules").is(200)
	if strings.TrimSpace(empty.body) != `{"version":0,"rules":[],"saved_at":null}` {
		t.Error(empty.body)
	}
	saved := s.do(s.admin, "PUT", "/v1/rules", rulesOf(0, ruleOf("fair", `source == "Fair"`, to), ruleOf("rest", "", `{"none":true}`))).is(200)
	if saved.at("version") != 1.0 || dig(saved, "rules", 1, "when") != "true" || dig(saved, "rules", 0, "enabled") != true || dig(saved, "rules", 1, "then", "none") != true {
		t.Error(saved.body)
	}
	// Over another version, and over none.
	s.do(s.admin, "PUT", "/v1/rules", rulesOf(0)).refuses(409, "conflict", "body.version")
	s.do(s.admin, "PUT", "/v1/rules", `{"rules":[]}`).refuses(422, "invalid_request", "body.version")
	s.do(s.admin, "PUT", "/v1/rules", `{"rules":[]}`, "If-Match", empty.header.Get("ETag")).refuses(412, "conflict")
	s.do(s.admin, "PUT", "/v1/rules", rulesOf(1, ruleOf("all", "true", to)), "If-Match", saved.header.Get("ETag")).is(200)
	// What is wrong.
	got := s.do(s.admin, "PUT", "/v1/rules", rulesOf(2, ruleOf("a", `source = "x"`, to), ruleOf("b", `sorce == "x"`, to)))
	got.refuses(422, "invalid_request", "body.rules[0].when", "body.rules[1].when")
	if !strings.Contains(got.body, "line 1, column 8") || !strings.Contains(got.body, "line 1, column 1") {
		t.Error(got.body)
	}
	for _, wrong := range []struct{ rules, field string }{
		{ruleOf("a", "true", `{}`), "body.rules[0].then"},
		{ruleOf("a", "true", `{"none":true,"group_id":"`+group+`"}`), "body.rules[0].then"},
		{ruleOf("a", "true", `{"group_id":"`+uuid.NewString()+`"}`), "body.rules[0].then.group_id"},
		{ruleOf("a", "true", to) + "," + ruleOf("a", "true", to), "body.rules[1].name"},
		{ruleOf(" ", "true", to), "body.rules[0].name"},
		{ruleOf("a", "", to) + "," + ruleOf("b", "", to), "body.rules[0].when"},
	} {
		s.do(s.admin, "PUT", "/v1/rules", rulesOf(2, wrong.rules)).refuses(422, "invalid_request", wrong.field)
	}
	// The audit log has each that changed something, and no other.
	s.do(s.admin, "PUT", "/v1/rules", rulesOf(2, ruleOf("all", "true", to))).is(200)
	if n := len(s.get("/v1/audit-log?operation=put-rules").is(200).items()); n != 2 {
		t.Errorf("the audit log has %d", n)
	}
	s.delete("/v1/groups/" + group).is(204)
	s.do(s.admin, "PUT", "/v1/rules", rulesOf(2, ruleOf("all", "true", to), ruleOf("more", "test", `{"none":true}`))).refuses(422, "invalid_request", "body.rules[0].then.group_id")
}

// TestWaysInThatGoByRules: leads one by one and together, an integration and an import.
func TestWaysInThatGoByRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	group := s.post("/v1/groups", ring(s.member("A"))).is(201).id()
	s.do(s.admin, "PUT", "/v1/rules", rulesOf(0, ruleOf("mine", `fields["size"] == 3 or channel == "import"`, `{"group_id":"`+group+`"}`))).is(200)

	one := s.post("/v1/leads", `{"name":"L","fields":{"size":"3"},"distribute":{"route":true}}`).is(201)
	if one.at("rule") != "mine" || one.at("rules_version") != 1.0 {
		t.Error(one.body)
	}
	two := s.post("/v1/leads/batch", `{"leads":[{"name":"M"},{"name":"N","fields":{"size":3}}],"distribute":{"route":true}}`).is(201)
	hook := s.post("/v1/integrations", `{"kind":"generic","name":"Any","route":true}`).is(201)
	if hook.at("route") != true {
		t.Error(hook.body)
	}
	s.do("", "POST", hook.at("url").(string), `{"name":"O","size":3}`).is(200)
	s.do(s.admin, "POST", "/v1/imports?route=true", "name,email\nI,i@example.com\n", "Content-Type", "text/csv").is(202)
	s.distribute()
	if n := len(s.get("/v1/assigned-leads").is(200).items()); n != 4 {
		t.Errorf("%d were given", n)
	}
	missed := s.get("/v1/history?reason=no_rule").is(200).items()
	if len(missed) != 1 || missed[0]["lead_id"] != dig(two, "ids", 0) || missed[0]["rule"] != nil || missed[0]["rules_version"] != 1.0 {
		t.Error(missed)
	}
	s.do(s.admin, "PUT", "/v1/rules", rulesOf(1, ruleOf("rest", "", `{"group_id":"`+group+`"}`))).is(200)
	s.post("/v1/history/"+missed[0]["id"].(string)+"/retry", nil).is(202)
	s.distribute()
	if l := s.get("/v1/leads/" + missed[0]["lead_id"].(string)).is(200); l.at("rule") != "rest" || dig(l, "given_to", 0) == nil {
		t.Error(l.body)
	}
	// What excludes each other.
	both := `{"route":true,"group_id":"` + group + `"}`
	s.post("/v1/leads", `{"name":"L","distribute":`+both+`}`).refuses(422, "invalid_request", "body.distribute.route")
	s.post("/v1/integrations", `{"kind":"generic","name":"Any",`+both[1:]).refuses(422, "invalid_request", "body.route")
	s.patch("/v1/integrations/"+hook.id(), `{"group_id":"`+group+`"}`).refuses(422, "invalid_request", "body.route")
	s.patch("/v1/integrations/"+hook.id(), `{"route":false,"group_id":"`+group+`"}`).is(200)
	s.do(s.admin, "POST", "/v1/imports?route=true&group_id="+group, "name\nI\n", "Content-Type", "text/csv").refuses(422, "invalid_request", "query.route")
	s.post("/v1/assignments", map[string]any{"lead_ids": []string{one.id()}, "route": true}).refuses(422, "invalid_request", "body.route")
	id := uuid.MustParse(group)
	bound := s.key(store.APIKey{Role: lead.RoleIntegration, GroupID: &id})
	s.do(bound, "POST", "/v1/leads", `{"name":"L","distribute":{"route":true}}`).refuses(403, "forbidden", "body.distribute")
	s.do(bound, "POST", "/v1/imports?route=true", "name\nI\n", "Content-Type", "text/csv").refuses(403, "forbidden", "query.route")
}

// TestRulesAreChecked without effect: saved ones and a draft, about leads that are here and one that is made up.
func TestRulesAreChecked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	group := s.post("/v1/groups", ring(s.member("A"))).is(201).id()
	l := s.post("/v1/leads", `{"name":"L","fields":{"size":3}}`).is(201).id()
	draft := `"rules":[` + ruleOf("big", `fields["size"] > 2`, `{"group_id":"`+group+`"}`) + `]`
	got := s.post("/v1/rules/check", `{`+draft+`,"lead_ids":["`+l+`"],"lead":{"source":"Fair"}}`).is(200)
	if dig(got, "items", 0, "rule") != "big" || dig(got, "items", 0, "group_id") != group || dig(got, "items", 1, "rule") != nil || dig(got, "items", 1, "broken", 0, "rule") != "big" {
		t.Error(got.body)
	}
	s.post("/v1/rules/check", `{"rules":[`+ruleOf("big", `size > 2`, `{"none":true}`)+`]}`).refuses(422, "invalid_request", "body.rules[0].when")
	if got := s.post("/v1/rules/check", `{"lead":{}}`).is(200); got.at("version") != 0.0 || dig(got, "items", 0, "rule") != nil {
		t.Error(got.body)
	}
}
