package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestIntegrationsAddAndDoNotRead pushes what is there already, with a key that may only add: before and after an admin has written
// into it, after it was deleted, with an idempotency key, and where it is the same person as another's.
func TestIntegrationsAddAndDoNotRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.patch("/v1/workspace", `{"duplicates":{"policy":"flag","days":30}}`).is(200)
	theirs := s.post("/v1/leads", `{"name":"Secret","phone":"012-345 6789"}`).is(201)
	key := s.key(store.APIKey{Role: lead.RoleIntegration})
	const body = `{"name":"Ada","phone":"012-345 6789","external_id":"e"}`
	made := s.do(key, "POST", "/v1/leads", body).is(201)
	if made.at("duplicate_of") != nil || strings.Contains(made.body, theirs.id()) {
		t.Errorf("it is told of another's: %s", made.body)
	}
	if got := s.get("/v1/leads/" + made.id()).is(200); got.at("duplicate_of") != theirs.id() {
		t.Errorf("an admin is not: %s", got.body)
	}
	s.patch("/v1/leads/"+made.id(), `{"email":"added@example.com","fields":{"note":"added by an admin"}}`).is(200)
	known := func(when string, headers ...string) {
		t.Helper()
		got := s.do(key, "POST", "/v1/leads", body, headers...).is(200)
		var members map[string]any
		if err := json.Unmarshal([]byte(got.body), &members); err != nil {
			t.Fatal(err)
		}
		if names := slices.Sorted(maps.Keys(members)); strings.Join(names, " ") != "created_at duplicate external_id id" ||
			members["id"] != made.id() || members["external_id"] != "e" || members["duplicate"] != true || members["created_at"] != made.at("created_at") {
			t.Errorf("%s it is answered %s", when, got.body)
		}
	}
	known("changed,")
	known("with a key,", idempotencyKey, "1")
	known("with a key again,", idempotencyKey, "1")
	batch := s.do(key, "POST", "/v1/leads/batch", `{"leads":[`+body+`,{"name":"Bea","phone":"012-345 6789"}]}`).is(201)
	if strings.Contains(batch.body, "added") || strings.Contains(batch.body, theirs.id()) || batch.at("ids").([]any)[0] != made.id() {
		t.Errorf("a batch is answered %s", batch.body)
	}
	s.delete("/v1/leads/" + made.id()).is(204)
	if back := s.do(key, "POST", "/v1/leads", body).is(201); back.id() == made.id() || strings.Contains(back.body, "added") {
		t.Errorf("deleted, it comes back with what was added to it: %s", back.body)
	}
	if got := s.post("/v1/leads", `{"name":"Cyd","external_id":"a"}`).is(201); s.post("/v1/leads", `{"name":"Cyd","external_id":"a"}`).is(200).at("name") != "Cyd" {
		t.Errorf("an admin is not told of the lead that is there: %s", got.body)
	}
}

// TestBoundKeysClaimNoIDs imports with the external ids of integrations.
func TestBoundKeysClaimNoIDs(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mine, others, source := s.group(s.member("A")), s.group(s.member("B")), s.source("Web")
	integrate := func(more string) string {
		return s.post("/v1/integrations", `{"kind":"generic","name":"x"`+more+`}`).is(201).id()
	}
	own := integrate(`,"group_id":"` + mine.String() + `"`)
	of := uuid.MustParse(own)
	bound := s.key(store.APIKey{Role: lead.RoleIntegration, GroupID: &mine, IntegrationID: &of})
	grouped := s.key(store.APIKey{Role: lead.RoleIntegration, GroupID: &mine})
	free := s.key(store.APIKey{Role: lead.RoleIntegration})
	sourced := s.key(store.APIKey{Role: lead.RoleIntegration, SourceID: &source})
	file := func(key, integration string) reply {
		return s.do(key, "POST", "/v1/imports?integration_id="+integration, "name,external_id\nAda,1\n", "Content-Type", "text/csv")
	}
	file(bound, own).is(202)
	file(s.admin, own).is(202)
	for _, key := range []string{free, grouped} {
		file(key, own).refuses(403, "forbidden", "query.integration_id")
		file(key, "x").refuses(403, "forbidden", "query.integration_id")
	}
	for _, more := range []string{"", `,"group_id":"` + others.String() + `"`} {
		file(bound, integrate(more)).refuses(403, "forbidden", "query.integration_id")
	}
	file(sourced, own).refuses(403, "forbidden", "query.integration_id")
	file(sourced, integrate(`,"source_id":"`+source.String()+`"`)).refuses(403, "forbidden", "query.integration_id")
}
