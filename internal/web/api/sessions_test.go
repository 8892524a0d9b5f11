package api_test

import (
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	begun := s.do(s.admin, "POST", "/v1/sessions", nil, "User-Agent", "Firefox on a phone").is(201)
	token, id := begun.at("token").(string), begun.id()
	if begun.at("browser") != "Firefox on a phone" || begun.at("address") != "127.0.0.1" {
		t.Errorf("the session is %s", begun.body)
	}
	s.do(token, "GET", "/v1/members", nil).is(200)
	s.do(token, "POST", "/v1/members", `{"name":"Aisyah"}`).is(201)
	s.do(token, "POST", "/v1/sessions", nil).refuses(403, "forbidden")
	s.do(s.key(store.APIKey{Role: lead.RoleIntegration}), "POST", "/v1/sessions", nil).refuses(403, "forbidden")

	other := s.do(s.admin, "POST", "/v1/sessions", nil).is(201)
	for _, one := range s.do(token, "GET", "/v1/sessions", nil).items() {
		if one["current"] != (one["id"] == id) || one["token"] != nil {
			t.Errorf("listed is %v", one)
		}
	}
	entry := s.do(s.admin, "GET", "/v1/audit-log?operation=post-session", nil).items()
	if len(entry) != 2 || entry[1]["ids"].([]any)[0] != id {
		t.Errorf("the audit log has %v of those who signed in", entry)
	}

	s.do(token, "DELETE", "/v1/sessions/"+other.id(), nil).is(204)
	s.do(other.at("token").(string), "GET", "/v1/members", nil).refuses(401, "unauthorized")
	s.do(s.admin, "DELETE", "/v1/sessions/current", nil).refuses(404, "not_found") // a key is no session

	third := s.do(s.admin, "POST", "/v1/sessions", nil).is(201)
	if n := s.do(token, "POST", "/v1/sessions/end-all", nil).is(200).at("count"); n != 1.0 {
		t.Errorf("%v sessions were ended", n)
	}
	s.do(third.at("token").(string), "GET", "/v1/members", nil).refuses(401, "unauthorized")
	s.do(token, "DELETE", "/v1/sessions/current", nil).is(204)
	s.do(token, "GET", "/v1/members", nil).refuses(401, "unauthorized")
	if ended := s.do(s.admin, "GET", "/v1/audit-log?operation=delete-session&id="+id, nil).items(); len(ended) != 1 {
		t.Errorf("the audit log has %v of the one who signed out", ended)
	}
}
