package api_test

import (
	"net/http"
	"testing"
)

// TestMyMessages has a member choose how they are told, by their key; who is no member has nothing to choose.
func TestMyMessages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("Aina")
	key := s.memberKey(m)
	got := s.do(key, "GET", "/v1/me/messages", nil).is(200)
	if got.at("notify_by") != nil || got.at("telegram") != false || got.at("timezone") != nil || got.at("channels").(map[string]any)["email"] != false {
		t.Error(got.body)
	}
	got = s.do(key, "PATCH", "/v1/me/messages", `{"notify_by":["email"],"quiet_hours":{"from":"22:00","to":"07:00"},"timezone":"Asia/Tokyo"}`).is(200)
	if got.at("quiet_hours").(map[string]any)["to"] != "07:00" || got.at("timezone") != "Asia/Tokyo" {
		t.Error(got.body)
	}
	if kept := s.get("/v1/members/" + m.String()); kept.at("timezone") != "Asia/Tokyo" || kept.at("quiet_hours").(map[string]any)["from"] != "22:00" {
		t.Error(kept.body)
	}
	if me := s.do(key, "GET", "/v1/me", nil).is(200); me.at("timezone") != "Asia/Tokyo" {
		t.Error(me.body)
	}
	if me := s.get("/v1/me").is(200); me.at("timezone") != "Asia/Kuala_Lumpur" {
		t.Error(me.body)
	}
	for body, location := range map[string]string{
		`{"timezone":"Mars"}`: "body.timezone", `{"quiet_hours":{"from":"x","to":"07:00"}}`: "body.quiet_hours.from", `{"notify_by":["pigeon"]}`: "body.notify_by[0]",
		`{"email":"x@example.com"}`: "body.email",
	} {
		s.do(key, "PATCH", "/v1/me/messages", body).refuses(422, "invalid_request", location)
	}
	s.do(key, "POST", "/v1/me/telegram-link", nil).is(http.StatusConflict)
	s.get("/v1/me/messages").refuses(404, "not_found")
}

// TestMembersKeysSignIn begins a session with a member's key, which sees and ends itself and no other.
func TestMembersKeysSignIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.memberKey(s.member("Aina"))
	s.post("/v1/sessions", nil).is(201)
	token := s.do(key, "POST", "/v1/sessions", nil).is(201).at("token").(string)
	if all := s.do(token, "GET", "/v1/sessions", nil).is(200).items(); len(all) != 1 || all[0]["current"] != true {
		t.Errorf("they see %v", all)
	}
	s.do(token, "GET", "/v1/leads", nil).refuses(403, "forbidden")
	s.do(token, "DELETE", "/v1/sessions/current", nil).is(204)
	s.do(token, "GET", "/v1/me", nil).is(401)
	if all := s.get("/v1/sessions").items(); len(all) != 1 {
		t.Errorf("left are %v", all)
	}
}
