package api_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	s.patch("/v1/members/"+a.String(), `{"active":false}`).is(200)
	l := s.post("/v1/leads", map[string]any{"name": "L", "distribute": map[string]any{"group_id": g}}).is(201).id()
	s.distribute()
	s.post("/v1/assignments", map[string]any{"lead_ids": []string{l}, "group_id": g}).is(202)
	s.distribute()

	all := s.get("/v1/history").items()
	if len(all) != 2 {
		t.Fatal(all)
	}
	failed, succeeded := all[0], all[1]
	if succeeded["outcome"] != "succeeded" || succeeded["reason"] != nil || succeeded["member_id"] != b.String() || succeeded["turn"] != 1.0 ||
		succeeded["lead_id"] != l || succeeded["group_id"] != g.String() || succeeded["trigger"] != "immediate" {
		t.Error(succeeded)
	}
	if skipped := succeeded["skipped"].([]any); len(skipped) != 1 || skipped[0].(map[string]any)["member_id"] != a.String() ||
		skipped[0].(map[string]any)["reason"] != "inactive" {
		t.Error(skipped)
	}
	if failed["outcome"] != "failed" || failed["reason"] != "already_assigned" || failed["turn"] != nil || failed["retried"] != false {
		t.Error(failed)
	}
	at := failed["at"].(string)
	for query, want := range map[string]int{
		"outcome=failed": 1, "reason=already_assigned": 1, "reason=duplicate": 0, "member_id=" + b.String(): 1, "member_id=" + a.String(): 0,
		"lead_id=" + l: 2, "lead_id=" + uuid.NewString(): 0, "group_id=" + g.String(): 2, "from=" + at: 1, "to=" + at: 1,
		"outcome=failed&group_id=" + g.String(): 1, "trigger=immediate": 2, "trigger=scheduled": 0,
	} {
		if got := s.get("/v1/history?" + query).items(); len(got) != want {
			t.Errorf("%s: %d entries, want %d", query, len(got), want)
		}
	}
	s.get("/v1/history?outcome=maybe").refuses(422, "invalid_request", "query.outcome")
	s.get("/v1/history?reason=whim").refuses(422, "invalid_request", "query.reason")
	s.get("/v1/history?trigger=whim").refuses(422, "invalid_request", "query.trigger")

	r := s.do(s.admin, "GET", "/v1/history?outcome=succeeded", nil, "Accept", "text/csv").is(200)
	rows, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != succeeded["id"] || !strings.Contains(r.body, a.String()) {
		t.Errorf("%v %s", err, r.body)
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.member("A")
	g := s.group(a)
	s.patch("/v1/members/"+a.String(), `{"active":false}`).is(200)
	s.post("/v1/leads", map[string]any{"name": "L", "distribute": map[string]any{"group_id": g}}).is(201)
	s.distribute()
	failed := s.get("/v1/history?reason=no_active_receiver").items()[0]["id"].(string)
	path := "/v1/history/" + failed + "/retry"

	s.patch("/v1/members/"+a.String(), `{"active":true}`).is(200)
	first := s.do(s.admin, "POST", path, nil, idempotencyKey, "1").is(202)
	if again := s.do(s.admin, "POST", path, nil, idempotencyKey, "1").is(202); again.body != first.body || first.id() != failed {
		t.Error(again.body)
	}
	s.post(path, nil).refuses(409, "conflict", "path.id")
	s.distribute()
	for query, want := range map[string]int{"retried=true": 1, "retried=false": 0, "outcome=failed&retried=true": 1, "outcome=succeeded&retried=true": 0} {
		if got := s.get("/v1/history?" + query).items(); len(got) != want {
			t.Errorf("%s: %d entries, want %d", query, len(got), want)
		}
	}
	s.get("/v1/history?retried=maybe").refuses(422, "invalid_request", "query.retried")
	items := s.get("/v1/history").items()
	if len(items) != 2 || items[0]["outcome"] != "succeeded" || items[0]["retry_of"] != failed || items[1]["retried"] != true {
		t.Error(items)
	}
	s.post("/v1/history/"+items[0]["id"].(string)+"/retry", nil).refuses(409, "conflict", "path.id")
	s.post("/v1/history/"+uuid.NewString()+"/retry", nil).refuses(404, "not_found")
}
