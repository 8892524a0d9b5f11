package api_test

import (
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// TestFollowUp sets, moves and clears when a copy is followed up, as its member, and looks at it in lists, as CSV, and in what a
// webhook is told has changed.
func TestFollowUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("Aina")
	s.post("/v1/webhooks", map[string]any{"url": "https://crm.example.com/leads", "events": []lead.WebhookEvent{lead.WebhookUpdated}}).is(201)
	s.post("/v1/leads", map[string]any{"name": "L", "distribute": map[string]any{"member_ids": []any{m}}}).is(201)
	s.distribute()
	one := "/v1/assigned-leads/" + s.get("/v1/assigned-leads").items()[0]["id"].(string)
	if got := s.get(one).is(200).object(); got["follow_up_at"] != nil {
		t.Errorf("%v", got)
	}
	key := s.memberKey(m)
	got := s.do(key, "PATCH", one, `{"follow_up_at":"2036-03-02T09:30:00+08:00"}`).is(200).object()
	if got["follow_up_at"] != "2036-03-02T01:30:00Z" {
		t.Errorf("%v", got)
	}
	if csv := s.get("/v1/assigned-leads?format=csv").body; !strings.Contains(csv, ",follow_up_at,") || !strings.Contains(csv, ",2036-03-02T01:30:00Z,") {
		t.Error(csv)
	}
	if n := s.Count(t, `SELECT count(*) FROM webhook_deliveries WHERE changed = '{follow_up_at}'`); n != 1 {
		t.Errorf("%d deliveries tell that it was set", n)
	}
	for body, location := range map[string]string{
		`{"follow_up_at":"tomorrow"}`: "body.follow_up_at", `{"follow_up_at":"9999-12-31T00:00:00Z"}`: "body.follow_up_at",
		`{"follow_up_at":"0001-01-01T00:00:00Z"}`: "body.follow_up_at", `{"follow_up_at":7}`: "body.follow_up_at",
	} {
		s.do(key, "PATCH", one, body).refuses(422, "invalid_request", location)
	}
	if got := s.do(key, "PATCH", one, `{"follow_up_at":null}`).is(200).object(); got["follow_up_at"] != nil {
		t.Errorf("%v", got)
	}
}
