package api_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func TestNotifications(t *testing.T) {
	t.Parallel()
	s := newSite(t, testenv.WithChannels(lead.Channels()...))
	a := s.post("/v1/members", `{"name":"A","email":"a@example.com"}`).is(201).uuid()
	b := s.post("/v1/members", `{"name":"B","telegram_chat_id":"42"}`).is(201).uuid()
	group := s.group(a, b)
	for range 4 {
		s.post("/v1/leads", map[string]any{"name": "x", "distribute": map[string]any{"group_id": group}}).is(201)
		s.distribute()
	}
	all := s.get("/v1/notifications?limit=3").items()
	if len(all) != 3 || all[0]["state"] != "owed" || all[0]["leads"] != 1.0 || all[0]["error"] != nil || all[0]["next_attempt_at"] == nil {
		t.Fatalf("%v", all)
	}
	for query, want := range map[string]int{"": 4, "?member_id=" + a.String(): 2, "?state=owed": 4, "?state=failed": 0, "?state=sent&member_id=" + b.String(): 0} {
		if got := s.get("/v1/notifications" + query).items(); len(got) != want {
			t.Errorf("%s: %d messages, want %d", query, len(got), want)
		}
	}
	s.get("/v1/notifications?state=lost").refuses(422, "invalid_request", "query.state")

	id := all[0]["id"].(string)
	s.post("/v1/notifications/"+id+"/resend", nil).refuses(404, "not_found")
	s.DB.MustExec(`UPDATE notifications SET state = 'failed', error = 'no' WHERE notification_id = $1`, id)
	s.post("/v1/notifications/"+id+"/resend", nil).is(202)
	if got := s.get("/v1/notifications?state=owed").items(); len(got) != 4 {
		t.Errorf("%d messages are owed", len(got))
	}
}

func TestTestNotification(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := "/v1/members/" + s.member("A").String()
	s.post(a+"/test-notification", nil).refuses(409, "conflict")
	s.patch(a, `{"email":"a@example.com","telegram_chat_id":"42","notify_by":["email","telegram"]}`).is(200)
	if ids := s.post(a+"/test-notification", nil).is(202).at("ids").([]any); len(ids) != 2 {
		t.Errorf("ids %v", ids)
	}
	s.post("/v1/members/"+uuid.NewString()+"/test-notification", nil).refuses(404, "not_found")
	s.post(a+"/telegram-link", nil).refuses(409, "conflict") // there is no bot
}

// TestEmailIsUsedAgain switches e-mail off as a mail server or a member does, and on again.
func TestEmailIsUsedAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := "/v1/members/" + s.post("/v1/members", `{"name":"A","email":"a@example.com"}`).is(201).id()
	for patch, want := range map[string]any{
		`{"name":"B"}`: store.EmailUndeliverable, `{"email":"a@example.com"}`: store.EmailUndeliverable,
		`{"email":"b@example.com"}`: nil, `{"notify_by":["email"]}`: nil,
	} {
		s.DB.MustExec(`UPDATE members SET email_off = 'undeliverable', email = 'a@example.com'`)
		if got := s.patch(path, patch).is(200).at("email_off"); got != want {
			t.Errorf("after %s: %v, want %v", patch, got, want)
		}
	}
}

func TestMessageTemplate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const path = "/v1/message-template"
	if r := s.get(path).is(200); r.at("default") != true || !strings.Contains(r.at("template").(string), "{{.name}}") {
		t.Errorf("%s", r.body)
	}
	mine := map[string]any{"template": "<b>{{.name}}</b> for {{.workspace}}"}
	preview := s.post(path+"/preview", mine).is(200)
	if preview.at("html") != "<b>Aisyah Tan</b> for acme" || preview.at("text") != "Aisyah Tan for acme" {
		t.Errorf("%s", preview.body)
	}
	same(t, map[string]any{"template": mine["template"], "default": false}, s.do(s.admin, "PUT", path, mine).is(200).object())
	same(t, map[string]any{"template": mine["template"], "default": false}, s.get(path).is(200).object())
	for _, bad := range []string{"{{.name", "<p>x</p>", "{{printf .name}}"} {
		s.do(s.admin, "PUT", path, map[string]any{"template": bad}).refuses(422, "invalid_request", "body.template")
		s.post(path+"/preview", map[string]any{"template": bad}).refuses(422, "invalid_request", "body.template")
	}
	s.do(s.admin, "PUT", path, `{"template":""}`).is(200)
	if r := s.get(path).is(200); r.at("default") != true {
		t.Errorf("%s", r.body)
	}
}

// TestPreviewsAreByTheWorkspacesClock, as the messages themselves are.
func TestPreviewsAreByTheWorkspacesClock(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.patch("/v1/workspace", `{"timezone":"Asia/Tokyo"}`).is(200)
	if r := s.post("/v1/message-template/preview", `{"template":"{{.time}}"}`).is(200); !strings.HasSuffix(r.at("text").(string), " JST") {
		t.Error(r.body)
	}
}
