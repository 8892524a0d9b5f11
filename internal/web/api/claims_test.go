package api_test

import (
	"fmt"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const onePerson = `{"name":"Ada","phone":"012-345 6789","external_id":"order-1"}`

// file imports one row with an external id and a name.
func (s *site) file(key, query, id, name string) reply {
	s.t.Helper()
	return s.upload(key, query, "external_id,name\n"+id+","+name+"\n").is(202)
}

// TestProgramsClaimNoIDs has one program bring the ids of another, of the admins and of an integration, by every way there is, before those
// bring them.
func TestProgramsClaimNoIDs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	thief, victim := s.key(store.APIKey{Role: lead.RoleIntegration}), s.key(store.APIKey{Role: lead.RoleIntegration})
	integration := s.post("/v1/integrations", `{"kind":"generic","name":"x"}`).is(201).id()
	s.file(thief, "", "order-1", "Ada")
	s.do(thief, "POST", "/v1/leads/batch", `{"leads":[{"name":"Ada","external_id":"order-2"}]}`).is(201)
	s.upload(thief, "?integration_id="+integration, "external_id,name\norder-1,Ada\n").refuses(403, "forbidden", "query.integration_id")
	for who, got := range map[string]string{
		"another program's file": s.file(victim, "", "order-1", "Ada").counts(),
		"an admin's file":        s.file(s.admin, "", "order-1", "Ada").counts(),
		"an integration's file":  s.file(s.admin, "?integration_id="+integration, "order-1", "Ada").counts(),
	} {
		if got != "completed: 1 = 1 + 0 + 0" {
			t.Errorf("%s ends as %s", who, got)
		}
	}
	s.do(victim, "POST", "/v1/leads", `{"name":"Ada","external_id":"order-2"}`).is(201)
	s.post("/v1/leads", `{"name":"Ada","external_id":"order-2"}`).is(201)
	if got := s.file(thief, "", "order-2", "Ada").counts(); got != "completed: 1 = 0 + 1 + 0" { // its own, by whatever way
		t.Errorf("what a program pushed before it imports as %s", got)
	}
}

// TestRotatedKeysKeepWhatTheyBrought pushes and imports again what was brought with the key before, and the one before that.
func TestRotatedKeysKeepWhatTheyBrought(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.post("/v1/api-keys", `{"role":"integration","name":"landing"}`).is(201)
	key := first.at("api_key").(string)
	stranger := s.key(store.APIKey{Role: lead.RoleIntegration})
	pushed := s.do(key, "POST", "/v1/leads", onePerson, idempotencyKey, "k").is(201)
	imported := s.file(key, "", "row-1", "Bea")
	content := s.upload(key, "", "name\nCyd\n").is(202)
	once := s.upload(key, "", "name\nDora\n", idempotencyKey, "f").is(202)
	id := first.id()
	for round := range 3 {
		fresh := s.post("/v1/api-keys/"+id+"/rotate", `{}`).is(201)
		before := key
		key, id = fresh.at("api_key").(string), fresh.id()
		for _, k := range []string{before, key} { // they overlap
			if got := s.do(k, "POST", "/v1/leads", onePerson).is(200); got.id() != pushed.id() || got.at("duplicate") != true {
				t.Errorf("round %d: pushed again it is %s", round, got.body)
			}
			if got := s.do(k, "POST", "/v1/leads", onePerson, idempotencyKey, "k").is(201); got.body != pushed.body {
				t.Errorf("round %d: the same request is answered %s", round, got.body)
			}
			s.do(k, "POST", "/v1/leads", `{"name":"Eve"}`, idempotencyKey, "k").refuses(422, "invalid_request")
			if got := s.do(k, "POST", "/v1/leads/batch", `{"leads":[`+onePerson+`]}`).is(201).at("ids"); fmt.Sprint(got) != "["+pushed.id()+"]" {
				t.Errorf("round %d: a batch is answered %v", round, got)
			}
			if got := s.file(k, "", "row-1", "Bea").counts() + ", " + s.upload(k, "", "name\nCyd\n").is(202).counts(); got != "completed: 1 = 0 + 1 + 0, completed: 1 = 0 + 1 + 0" {
				t.Errorf("round %d: imported again: %s", round, got)
			}
			if got := s.upload(k, "", "name\nDora\n", idempotencyKey, "f").is(202); got.id() != once.id() {
				t.Errorf("round %d: the same file under its key is import %s", round, got.body)
			}
			s.do(k, "GET", "/v1/imports/"+imported.id(), nil).is(200)
			s.do(k, "GET", "/v1/imports/"+content.id()+"/rejects", nil).is(200)
		}
	}
	if n := s.count(`SELECT count(*) FROM leads`); n != 4 {
		t.Errorf("%d leads", n)
	}
	s.do(stranger, "GET", "/v1/imports/"+imported.id(), nil).refuses(404, "not_found")
	s.do(stranger, "POST", "/v1/leads", onePerson, idempotencyKey, "k").is(201)
	if n := len(s.do(stranger, "GET", "/v1/imports", nil).items()); n != 0 {
		t.Errorf("another key sees %d imports", n)
	}
	if n := len(s.do(key, "GET", "/v1/imports", nil).items()); n != 15 {
		t.Errorf("the last key sees %d imports of its own", n)
	}
}

// TestKeysBoundToASource imports a file that names other sources than that to which the key is bound.
func TestKeysBoundToASource(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	own, other := s.source("Expo"), s.source("Radio")
	key := s.key(store.APIKey{Role: lead.RoleIntegration, SourceID: &own})
	got := s.upload(key, "", "name,source\nAda,Radio\nBea,expo\nCyd,"+other.String()+"\nDora,Nowhere\nEve,\n").is(202)
	if n := s.count(`SELECT count(*) FROM leads WHERE source_id = $1`, own); n != 5 {
		t.Errorf("%d leads have the key's source", n)
	}
	if warnings := fmt.Sprint(got.at("warnings")); warnings != "[The API key is bound to a source, and rows name others; 3 rows came in with the key's.]" {
		t.Errorf("it warns of %s", warnings)
	}
}

// TestKeysBoundToAnIntegration are what an admin makes them, and stay so when they are rotated.
func TestKeysBoundToAnIntegration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	integrate := func() string {
		return s.post("/v1/integrations", `{"kind":"generic","name":"x"}`).is(201).id()
	}
	own, other, gone := integrate(), integrate(), integrate()
	s.delete("/v1/integrations/" + gone).is(204)
	for body, location := range map[string]string{
		`{"role":"admin","integration_id":"` + own + `"}`:                                "body.integration_id",
		`{"role":"integration","integration_id":"` + gone + `"}`:                         "body.integration_id",
		`{"role":"integration","integration_id":"01a202e7-002b-762c-9bd2-addc89c82226"}`: "body.integration_id",
	} {
		s.post("/v1/api-keys", body).refuses(422, "invalid_request", location)
	}
	made := s.post("/v1/api-keys", `{"role":"integration","integration_id":"`+own+`"}`).is(201)
	fresh := s.post("/v1/api-keys/"+made.id()+"/rotate", `{}`).is(201)
	for _, k := range []reply{made, fresh} {
		if got := s.get("/v1/api-keys/" + k.id()).at("integration_id"); got != own {
			t.Errorf("it is bound to %v", got)
		}
		key := k.at("api_key").(string)
		s.file(key, "?integration_id="+own, "1", "Ada")
		s.upload(key, "?integration_id="+other, "name\nAda\n").refuses(403, "forbidden", "query.integration_id")
	}
	if n := s.count(`SELECT count(*) FROM leads WHERE integration_id = $1`, own); n != 1 {
		t.Errorf("%d leads are the integration's", n)
	}
}
