package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	s, clock := newTimedSite(t)
	m := s.member("A")
	soon := clock.Now().Add(time.Hour).Format(time.RFC3339)
	made := s.post("/v1/api-keys", map[string]any{"role": "member", "member_id": m, "name": " Aina's phone ", "expires_at": soon}).is(201)
	key := made.at("api_key").(string)
	if !strings.HasPrefix(key, "lw_") || made.at("name") != "Aina's phone" || made.at("expires_at") != soon || made.at("revoked_at") != nil {
		t.Error(made.body)
	}
	path := "/v1/api-keys/" + made.id()
	s.do(key, "GET", "/v1/assigned-leads", nil).is(200)
	for _, r := range []reply{s.get(path), s.get("/v1/api-keys")} {
		if r.is(200); strings.Contains(r.body, key[40:]) || !strings.Contains(r.body, m.String()) {
			t.Errorf("the key is shown again, or not at all: %s", r.body)
		}
	}
	clock.Advance(time.Hour)
	s.do(key, "GET", "/v1/assigned-leads", nil).refuses(401, "unauthorized")
	s.delete(path).is(204)
	s.delete(path).refuses(404, "not_found")
	if s.get(path).is(200).at("revoked_at") == nil {
		t.Error("a revoked key does not say so")
	}
}

func TestAPIKeysThatCannotBe(t *testing.T) {
	t.Parallel()
	s, clock := newTimedSite(t)
	m := s.member("A")
	g := s.group(m)
	for body, location := range map[string]string{
		`{"role":"owner"}`:  "body.role",
		`{"role":"member"}`: "body.member_id", `{"role":"admin","member_id":"` + m.String() + `"}`: "body.member_id",
		`{"role":"admin","group_id":"` + g.String() + `"}`:                         "body.group_id",
		`{"role":"admin","expires_at":"` + clock.Now().Format(time.RFC3339) + `"}`: "body.expires_at",
		`{"role":"integration","group_id":"01a202e7-002b-762c-9bd2-addc89c82226"}`: "body.group_id",
		`{"role":"admin","name":"` + strings.Repeat("x", 201) + `"}`:               "body.name",
	} {
		s.post("/v1/api-keys", body).refuses(422, "invalid_request", location)
	}
	s.delete("/v1/members/" + m.String()).is(204)
	s.post("/v1/api-keys", map[string]any{"role": "member", "member_id": m}).refuses(422, "invalid_request", "body.member_id")
	s.delete("/v1/groups/" + g.String()).is(204)
	s.post("/v1/api-keys", map[string]any{"role": "integration", "group_id": g}).refuses(422, "invalid_request", "body.group_id")
	if n := len(s.get("/v1/api-keys").items()); n != 1 {
		t.Errorf("there are %d keys, want the one that there was", n)
	}
}

// TestAPIKeyCreatedTwice sends the request again: the answer has the same key, which the database nevertheless has
// nowhere.
func TestAPIKeyCreatedTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	again := func(by string) reply {
		return s.do(by, "POST", "/v1/api-keys", `{"role":"integration"}`, "Idempotency-Key", "k1")
	}
	first := again(s.admin).is(201)
	if second := again(s.admin).is(201); second.body != first.body {
		t.Errorf("first %s, then %s", first.body, second.body)
	}
	key := first.at("api_key").(string)
	for table, rows := range s.rows(s.workspace) {
		if strings.Contains(rows, key[40:]) {
			t.Errorf("%s has the key: %s", table, rows)
		}
	}
	if other := again(s.key(store.APIKey{Role: lead.RoleAdmin})).is(201); other.id() == first.id() {
		t.Error("another caller is given the key")
	}
}

// TestRevokedAtOnce revokes a key at one server, and uses it at another.
func TestRevokedAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere := &site{Env: s.Env, t: t, workspace: s.workspace, admin: s.admin, logs: s.logs}
	elsewhere.serve()
	made := s.post("/v1/api-keys", `{"role":"admin"}`).is(201)
	key := made.at("api_key").(string)
	for range 3 {
		elsewhere.do(key, "GET", "/v1/workspace", nil).is(200)
	}
	s.delete("/v1/api-keys/" + made.id()).is(204)
	elsewhere.do(key, "GET", "/v1/workspace", nil).refuses(401, "unauthorized")

	m := s.member("A")
	hers := s.memberKey(m)
	elsewhere.do(hers, "GET", "/v1/assigned-leads", nil).is(200)
	s.patch("/v1/members/"+m.String(), `{"active":false}`).is(200)
	elsewhere.do(hers, "GET", "/v1/assigned-leads", nil).refuses(403, "forbidden")
}

func TestRotateAPIKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	old := s.post("/v1/api-keys", `{"role":"integration","name":"landing"}`).is(201)
	fresh := s.post("/v1/api-keys/"+old.id()+"/rotate", `{}`).is(201)
	for _, k := range []reply{old, fresh} {
		s.do(k.at("api_key").(string), "POST", "/v1/leads", `{"name":"A"}`).is(201)
	}
	if fresh.at("name") != "landing" || s.get("/v1/api-keys/"+old.id()).at("expires_at") == nil {
		t.Errorf("the new key is %s", fresh.body)
	}
	again := s.post("/v1/api-keys/"+fresh.id()+"/rotate", `{"overlap_hours":0}`).is(201)
	s.do(fresh.at("api_key").(string), "POST", "/v1/leads", `{"name":"A"}`).refuses(401, "unauthorized")
	s.do(again.at("api_key").(string), "POST", "/v1/leads", `{"name":"A"}`).is(201)
	s.post("/v1/api-keys/"+fresh.id()+"/rotate", `{}`).refuses(404, "not_found")
	s.post("/v1/api-keys/"+again.id()+"/rotate", `{"overlap_hours":721}`).refuses(422, "invalid_request")

	s.patch("/v1/workspace", `{"api_keys":{"max_days":30}}`).is(200)
	if got := s.get("/v1/workspace").at("api_keys").(map[string]any)["max_days"]; got != 30.0 {
		t.Errorf("keys last %v days", got)
	}
	s.post("/v1/api-keys", `{"role":"admin","expires_at":"2099-01-01T00:00:00Z"}`).refuses(422, "invalid_request")
	s.patch("/v1/workspace", `{"api_keys":{"max_days":0}}`).refuses(422, "invalid_request")
	s.patch("/v1/workspace", `{"api_keys":{"max_days":null}}`).is(200)
	testenv.Eventually(t, 10*time.Second, func() error {
		used, _ := s.get("/v1/api-keys/" + again.id()).at("addresses").([]any)
		if len(used) != 1 || used[0].(map[string]any)["address"] != "127.0.0.1" {
			return fmt.Errorf("it was used from %v", used)
		}
		return nil
	})
}

// TestTheLastAdminKeyStays has admin keys revoke themselves, two at once, and the last one alone.
func TestTheLastAdminKeyStays(t *testing.T) {
	t.Parallel()
	s, clock := newTimedSite(t)
	soon := clock.Now().Add(time.Hour).Format(time.RFC3339)
	mine := "/v1/api-keys/" + s.get("/v1/api-keys").items()[0]["id"].(string)
	s.post("/v1/api-keys", map[string]any{"role": "manager"}).is(201)
	s.delete(mine).refuses(409, "conflict")
	other := s.post("/v1/api-keys", map[string]any{"role": "admin", "expires_at": soon}).is(201)
	clock.Advance(2 * time.Hour)
	s.delete(mine).refuses(409, "conflict") // the other has expired
	s.delete("/v1/api-keys/" + other.id()).is(204)
	other = s.post("/v1/api-keys", map[string]any{"role": "admin"}).is(201)
	key := other.at("api_key").(string)
	statuses := make(chan int, 2)
	go func() { statuses <- s.do(key, "DELETE", "/v1/api-keys/"+other.id(), nil).status }()
	statuses <- s.delete(mine).status
	if a, b := <-statuses, <-statuses; a+b != 204+409 {
		t.Errorf("two that revoke themselves at once get %d and %d", a, b)
	}
}
