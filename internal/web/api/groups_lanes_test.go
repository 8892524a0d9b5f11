package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestBalanceBy has a group keep its mix even, by a source: each source has turns of its own, which its lanes tell.
func TestBalanceBy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A").String(), s.member("B").String()
	fair := s.post("/v1/sources", `{"name":"Fair"}`).is(201).id()
	slots := `"name":"sales","method":"round_robin","slots":[{"members":[{"member_id":"` + a + `"}]},{"members":[{"member_id":"` + b + `"}]}]`
	plain := s.post("/v1/groups", `{`+slots+`}`).is(201)
	alike(t, any(nil), plain.at("balance_by"))
	group := s.post("/v1/groups", `{`+slots+`,"balance_by":"source"}`).is(201)
	alike(t, any("source"), group.at("balance_by"))
	one := "/v1/groups/" + group.id()
	alike(t, 0, len(s.get(one+"/lanes").is(200).items()))
	give := func(source string) string {
		t.Helper()
		id := s.post("/v1/leads", fmt.Sprintf(`{"name":"x"%s,"distribute":{"group_id":"%s"}}`, source, group.id())).is(201).id()
		s.distribute()
		return s.get("/v1/history?lead_id=" + id).is(200).items()[0]["member_id"].(string)
	}
	of := `,"source_id":"` + fair + `"`
	alike(t, []string{a, b, a, b}, []string{give(of), give(of), give(of), give("")})
	s.audited()
	lanes := s.get(one + "/lanes?next=1").is(200).items()
	if len(lanes) != 2 {
		t.Fatalf("lanes are %v", lanes)
	}
	alike(t, []any{"", nil, 1.0}, []any{lanes[0]["value"], lanes[0]["name"], lanes[0]["turns"]})
	alike(t, []any{fair, "Fair", 3.0}, []any{lanes[1]["value"], lanes[1]["name"], lanes[1]["turns"]})
	alike(t, any(b), lanes[1]["next"].([]any)[0].(map[string]any)["member_ids"].([]any)[0])
	alike(t, any(2.0), lanes[1]["members"].([]any)[0].(map[string]any)["leads"])
	alike(t, any(4.0), s.get(one+"/shares").is(200).at("turns"))
	next := s.get(one + "?next=2&lane=" + fair).is(200)
	alike(t, any(b), next.at("next").([]any)[0].(map[string]any)["member_ids"].([]any)[0])
	first := s.get(one + "/lanes?limit=1").is(200)
	second := s.get(one + "/lanes?limit=1&cursor=" + first.at("next_cursor").(string)).is(200)
	alike(t, any(fair), second.items()[0]["value"])
	lane := s.get("/v1/history?limit=1").is(200).items()[0]["lane"].(map[string]any)
	alike(t, map[string]any{"value": "", "name": nil, "turn": 1.0}, lane)
	if csv := s.get("/v1/history?format=csv").is(200).body; strings.Count(csv, "Fair") != 3 {
		t.Errorf("history as CSV is\n%s", csv)
	}

	put := func(body string) reply { return s.do(s.admin, "PUT", one, body) }
	put(`{` + slots + `}`).is(200)
	alike(t, any("source"), s.get(one).at("balance_by")) // left out, it stays
	put(`{` + slots + `,"balance_by":null}`).is(200)
	alike(t, any(nil), s.get(one).at("balance_by"))
	alike(t, 0, len(s.get(one+"/lanes").is(200).items()))
	alike(t, any("field:city"), put(`{`+slots+`,"balance_by":"field:city"}`).is(200).at("balance_by"))
	for _, bad := range []string{`"town"`, `"field:"`, `"field: x"`, `"Source"`, `"field:` + strings.Repeat("x", 101) + `"`} {
		s.post("/v1/groups", `{`+slots+`,"balance_by":`+bad+`}`).refuses(422, "invalid_request", "body.balance_by")
		put(`{`+slots+`,"balance_by":`+bad+`}`).refuses(422, "invalid_request", "body.balance_by")
		s.post("/v1/groups/preview", `{`+slots+`,"balance_by":`+bad+`}`).refuses(422, "invalid_request", "body.balance_by")
	}
	s.get("/v1/groups/"+uuid.NewString()+"/lanes").refuses(404, "not_found")
	s.audited()
}
