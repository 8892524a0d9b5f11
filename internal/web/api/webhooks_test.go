package api_test

import (
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestWebhooksAreKept makes, changes and deletes a webhook, whose secret is shown once.
func TestWebhooksAreKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := map[string]any{"url": "https://crm.example.com/in", "events": []string{"lead.received"}}
	made := s.do(s.admin, "POST", "/v1/webhooks", body, "Idempotency-Key", "k").is(201)
	if again := s.do(s.admin, "POST", "/v1/webhooks", body, "Idempotency-Key", "k"); again.body != made.body {
		t.Errorf("repeated it answers %s, not %s", again.body, made.body)
	}
	secret, _ := made.at("secret").(string)
	if !strings.HasPrefix(secret, "whsec_") || made.at("enabled") != true || made.at("disabled_reason") != nil {
		t.Fatalf("made %s", made.body)
	}
	one := "/v1/webhooks/" + made.id()
	for _, answer := range []reply{s.get(one).is(200), s.get("/v1/webhooks").is(200)} {
		if strings.Contains(answer.body, secret) || strings.Contains(answer.body, "secret") {
			t.Errorf("the secret is shown again: %s", answer.body)
		}
	}
	if text := s.rows(s.workspace)["webhooks"] + s.rows(s.workspace)["idempotency_keys"]; strings.Contains(text, strings.TrimPrefix(secret, "whsec_")) {
		t.Error("the secret is stored as it is")
	}
	changed := s.patch(one, `{"url":"https://crm.example.com/other","events":["lead.updated","lead.assigned"],"enabled":false}`).is(200)
	if changed.at("url") != "https://crm.example.com/other" || changed.at("enabled") != false || len(changed.at("events").([]any)) != 2 {
		t.Errorf("changed to %s", changed.body)
	}
	if rotated := s.post(one+"/rotate-secret", nil).is(200).at("secret").(string); !strings.HasPrefix(rotated, "whsec_") || rotated == secret {
		t.Errorf("rotated to %s", rotated)
	}
	s.delete(one).is(204)
	s.get(one).refuses(404, "not_found")
	s.get(one+"/deliveries").refuses(404, "not_found")
	s.post(one+"/rotate-secret", nil).refuses(404, "not_found")
	s.post(one+"/redeliver-failed", `{}`).refuses(404, "not_found")
	s.delete(one).refuses(404, "not_found")
}

// TestWebhooksThatAreRefused names the field that is wrong.
func TestWebhooksThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for body, field := range map[string]string{
		`{"events":["lead.received"]}`:                                                               "body.url",
		`{"url":"https://example.com/"}`:                                                             "body.events",
		`{"url":"https://example.com/","events":[]}`:                                                 "body.events",
		`{"url":"https://example.com/","events":["lead.gone"]}`:                                      "body.events[0]",
		`{"url":"https://example.com/","events":["lead.received","lead.received"]}`:                  "body.events",
		`{"url":"http://example.com/","events":["lead.received"]}`:                                   "body.url",
		`{"url":"https://127.0.0.1/","events":["lead.received"]}`:                                    "body.url",
		`{"url":"https://[::1]/","events":["lead.received"]}`:                                        "body.url",
		`{"url":"https://u:p@example.com/","events":["lead.received"]}`:                              "body.url",
		`{"url":"nonsense","events":["lead.received"]}`:                                              "body.url",
		`{"url":"https://example.com/` + strings.Repeat("x", 2000) + `","events":["lead.received"]}`: "body.url",
	} {
		s.post("/v1/webhooks", body).refuses(422, "invalid_request", field)
	}
	one := "/v1/webhooks/" + s.post("/v1/webhooks", `{"url":"https://example.com/","events":["lead.received"]}`).is(201).id()
	for body, field := range map[string]string{
		`{"url":"https://10.0.0.1/"}`: "body.url",
		`{"url":null}`:                "body.url",
		`{"events":[]}`:               "body.events",
		`{"events":null}`:             "body.events",
		`{"enabled":null}`:            "body.enabled",
	} {
		s.patch(one, body).refuses(422, "invalid_request", field)
	}
}

// TestDeliveriesAreListed looks at what a webhook is owed, and has it sent again.
func TestDeliveriesAreListed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one := "/v1/webhooks/" + s.post("/v1/webhooks", `{"url":"https://example.com/","events":["lead.received","lead.distribution_failed"]}`).is(201).id()
	m := s.member("M")
	s.patch("/v1/members/"+m.String(), `{"active":false}`).is(200)
	id := s.post("/v1/leads", map[string]any{"name": "Siti", "phone": "012-345 6789", "distribute": map[string]any{"member_ids": []any{m}}}).is(201).id()
	s.distribute()
	all := s.get(one + "/deliveries").items()
	if len(all) != 2 || all[0]["event"] != "lead.distribution_failed" || all[1]["event"] != "lead.received" || all[1]["lead_id"] != id || all[1]["state"] != "owed" {
		t.Fatalf("the deliveries are %v", all)
	}
	failed := s.get(one + "/deliveries/" + all[0]["id"].(string)).is(200).at("body").(map[string]any)
	data := failed["data"].(map[string]any)
	if failed["type"] != "lead.distribution_failed" || data["reason"] != "member_inactive" || data["member_id"] != m.String() ||
		data["phone_e164"] != "+60123456789" || data["message"] == "" {
		t.Errorf("it tells %v", failed)
	}
	first := one + "/deliveries/" + all[1]["id"].(string)
	s.DB.MustExec(`UPDATE webhook_deliveries SET state = 'failed', error = 'it answered 500', status = 500, attempts = 10`)
	if items := s.get(one + "/deliveries?state=failed").items(); len(items) != 2 || items[0]["status"] != 500.0 || items[0]["next_attempt_at"] != nil {
		t.Errorf("failed are %v", items)
	}
	s.post(first+"/redeliver", nil).is(202)
	if got := s.get(first).is(200); got.at("state") != "owed" || got.at("next_attempt_at") == nil {
		t.Errorf("owed anew it is %s", got.body)
	}
	if n := s.post(one+"/redeliver-failed", `{"since":"2026-01-01T00:00:00Z"}`).is(202).at("count"); n != 1.0 {
		t.Errorf("%v owed anew", n)
	}
	s.post(one+"/deliveries/"+m.String()+"/redeliver", nil).refuses(404, "not_found")
	s.get(one+"/deliveries/"+m.String()).refuses(404, "not_found")
	s.get(one+"/deliveries?state=gone").refuses(422, "invalid_request", "query.state")
	s.do(s.key(store.APIKey{Role: lead.RoleIntegration}), "GET", one+"/deliveries", nil).refuses(403, "forbidden")
}

// TestWebhooksAreTried sends a test to a webhook, which shows in its deliveries, and to those that cannot be told.
func TestWebhooksAreTried(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one := "/v1/webhooks/" + s.post("/v1/webhooks", `{"url":"https://crm.example.com/in","events":["lead.deleted"]}`).is(201).id()
	d := s.post(one+"/test", nil).is(202)
	if d.at("event") != "webhook.test" || d.at("lead_id") != nil || d.at("state") != "owed" {
		t.Errorf("it answers %s", d.body)
	}
	shown := s.get(one + "/deliveries").items()
	if len(shown) != 1 || shown[0]["id"] != d.id() {
		t.Errorf("deliveries are %v", shown)
	}
	body := s.get(one + "/deliveries/" + d.id()).is(200).at("body").(map[string]any)
	if body["type"] != "webhook.test" || body["data"].(map[string]any)["test"] != true {
		t.Errorf("it is told %v", body)
	}
	again := s.do(s.admin, "POST", one+"/test", nil, "Idempotency-Key", "k").is(202)
	if s.do(s.admin, "POST", one+"/test", nil, "Idempotency-Key", "k").is(202).id() != again.id() {
		t.Error("the same request makes a second test")
	}
	s.do(s.key(store.APIKey{Role: lead.RoleManager}), "POST", one+"/test", nil).refuses(403, "forbidden")
	s.post("/v1/webhooks", `{"url":"https://example.com/","events":["webhook.test"]}`).refuses(422, "invalid_request", "body.events[0]")
	s.patch(one, `{"enabled":false}`).is(200)
	s.post(one+"/test", nil).refuses(409, "conflict")
	s.delete(one).is(204)
	s.post(one+"/test", nil).refuses(404, "not_found")
	_, foreign := s.newWorkspace("other")
	s.do(foreign, "POST", one+"/test", nil).refuses(404, "not_found")
}
