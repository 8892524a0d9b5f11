package api_test

import (
	"net/url"
	"testing"
	"time"
)

// TestActivity has leads come in, go out, fail, wait and be deleted, and counts them.
func TestActivity(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	from := c.Now()
	s.patch("/v1/members/"+b.String(), `{"active":false}`).is(200)
	for _, to := range []any{a, a, b} {
		s.post("/v1/leads", map[string]any{"name": "L", "distribute": map[string]any{"member_ids": []any{to}}}).is(201)
	}
	s.distribute()
	c.Advance(time.Hour)
	later := s.post("/v1/assignments", map[string]any{"lead_ids": s.leads(3), "member_ids": []any{a}, "at": c.Now().Add(time.Hour)}).is(202)
	if n := s.get("/v1/pending-leads/count?assignment_id=" + later.id()).is(200); n.at("count") != 3.0 || n.at("more") != false {
		t.Error(n.body)
	}
	s.post("/v1/pending-leads/delete", map[string]any{"ids": []any{s.get("/v1/pending-leads").items()[0]["id"]}}).is(200)
	query := "?" + url.Values{"from": {from.Format(time.RFC3339)}, "to": {from.Add(90 * time.Minute).Format(time.RFC3339)}}.Encode()
	got := s.get("/v1/activity" + query).is(200)
	for field, want := range map[string]float64{"received": 6, "given": 2, "failed": 1, "cancelled": 1, "due": 0, "pending": 2} {
		if got.at(field) != want {
			t.Errorf("%s is %v, want %v", field, got.at(field), want)
		}
	}
	hours := got.list("hours")
	if len(hours) != 2 {
		t.Fatalf("%d hours, want 2", len(hours))
	}
	for i, want := range []map[string]float64{{"received": 3, "given": 2, "failed": 1, "cancelled": 0}, {"received": 3, "given": 0, "failed": 0, "cancelled": 1}} {
		for field, n := range want {
			if is := hours[i].(map[string]any)[field]; is != n {
				t.Errorf("in hour %d, %s is %v, want %v", i, field, is, n)
			}
		}
	}
	if m := got.list("members"); len(m) != 1 || m[0].(map[string]any)["member_id"] != a.String() || m[0].(map[string]any)["given"] != 2.0 {
		t.Error(m)
	}
	failures := func(n, untried float64) {
		t.Helper()
		if r := s.get("/v1/activity" + query).list("reasons"); len(r) != 1 || r[0].(map[string]any)["count"] != n || r[0].(map[string]any)["untried"] != untried {
			t.Error(r)
		}
	}
	failures(1, 1)
	if n := s.get("/v1/history/count?member_id=" + b.String()).is(200); n.at("count") != 1.0 || n.list("reasons")[0].(map[string]any)["reason"] != "member_inactive" {
		t.Error(n.body)
	}
	s.post("/v1/history/retry", `{"filter":{"reason":"member_inactive","matched":1}}`).is(202)
	failures(1, 0)
	if n := s.get("/v1/history/count").is(200); n.at("count") != 0.0 {
		t.Error(n.body)
	}
	if by := s.get("/v1/history?outcome=cancelled").items()[0]["cancelled_by_name"]; by == nil {
		t.Error("history does not say who cancelled")
	}
	for _, wrong := range []string{"", "?from=2026-01-01T00:00:00Z", "?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z"} {
		s.get("/v1/activity" + wrong).is(422)
	}
	if can := s.get("/v1/notifications/channels").is(200); can.at("email") != false || can.at("telegram") != false {
		t.Error(can.body)
	}
}

// TestSwitchesInTheAuditLog says which way they went.
func TestSwitchesInTheAuditLog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A").String()
	for _, body := range []string{`{"active":false}`, `{"active":true}`, `{"name":"B"}`} {
		s.patch("/v1/members/"+m, body).is(200)
	}
	entries := s.get("/v1/audit-log?operation=patch-member").items()
	for i, want := range []any{nil, "active=true", "active=false"} {
		if entries[i]["filter"] != want {
			t.Errorf("entry %d has %v, want %v", i, entries[i]["filter"], want)
		}
	}
}
