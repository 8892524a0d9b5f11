package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

func (r reply) warnings() string {
	text := ""
	for _, w := range r.list("warnings") {
		text += w.(string) + "\n"
	}
	return text
}

// list is a member that is a list, nil where it is not there.
func (r reply) list(name string) []any {
	all, _ := r.at(name).([]any)
	return all
}

// TestTheSameIDOfAnotherPerson pushes one external id for two people, singly, with keys and in a batch.
func TestTheSameIDOfAnotherPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A").String()
	body := func(email string) string {
		return `{"external_id":"1","name":"x","email":"` + email + `","distribute":{"member_ids":["` + m + `"]}}`
	}
	ada := s.post("/v1/leads", body("ada@example.com")).is(201)
	bea := s.post("/v1/leads", body("bea@example.com")).is(201)
	if bea.id() == ada.id() || !strings.Contains(bea.warnings(), ada.id()) || bea.at("external_id") != "1" {
		t.Error(bea.body)
	}
	for email, want := range map[string]string{"ADA@example.com": ada.id(), "bea@example.com": bea.id()} {
		if again := s.post("/v1/leads", body(email)).is(200); again.id() != want || again.warnings() != "" {
			t.Error(again.body)
		}
		if again := s.do(s.admin, "POST", "/v1/leads", body(email), "Idempotency-Key", email).is(200); again.id() != want {
			t.Error(again.body)
		}
	}
	batch := s.post("/v1/leads/batch", `{"leads":[{"external_id":"1","email":"cyd@example.com"},{"external_id":"1","email":"bea@example.com"},{"external_id":"1","email":"cyd@example.com"}]}`).is(201)
	ids := batch.list("ids")
	if ids[0] == ada.id() || ids[1] != bea.id() || ids[2] != ids[0] || !strings.HasPrefix(batch.warnings(), "leads[0].external_id") || len(batch.list("warnings")) != 1 {
		t.Error(batch.body)
	}
	if found := s.get(`/v1/leads?external_id=1`).items(); len(found) != 3 {
		t.Error(found)
	}
	s.distribute()
	if copies := s.get("/v1/assigned-leads").items(); len(copies) != 2 {
		t.Errorf("%d copies", len(copies))
	}
	s.audited()
}

// TestIDsThatAreNone pushes placeholders, each of which is as many leads as it is pushed.
func TestIDsThatAreNone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, id := range []string{"undefined", "null", "0", "N/A", "[object Object]", "{{lead.id}}", "%ID%", "\u200b"} {
		first := s.post("/v1/leads", map[string]any{"external_id": id, "name": "x"}).is(201)
		second := s.post("/v1/leads", map[string]any{"external_id": id, "name": "x"}).is(201)
		if first.id() == second.id() || first.at("external_id") != nil || second.warnings() != "" {
			t.Errorf("%q: %s", id, second.body)
		}
	}
}

// TestGuardsGo pushes what was copied from spreadsheets.
func TestGuardsGo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.post("/v1/leads", map[string]any{
		"external_id": `="900100200300401"`, "name": "\u200eDee Ng\u200e", "email": "dee@example.com\u200b", "phone": "'0123456784",
	}).is(201)
	for name, want := range map[string]string{
		"external_id": "900100200300401", "name": "Dee Ng", "email": "dee@example.com", "phone": "0123456784", "phone_e164": "+60123456784",
	} {
		if made.at(name) != want {
			t.Errorf("%s is %q", name, made.at(name))
		}
	}
	s.post("/v1/leads", map[string]any{"external_id": "l:900100200300401", "name": "x"}).is(200)
	s.post("/v1/leads", map[string]any{"name": "\u200b\u200b"}).refuses(422, "invalid_request", "body.name")
	if patched := s.patch("/v1/leads/"+made.id(), map[string]any{"name": "'Dee"}).is(200); patched.at("name") != "Dee" {
		t.Error(patched.body)
	}
	s.patch("/v1/leads/"+made.id(), map[string]any{"name": "\ufeff", "email": nil, "phone": `=""`}).refuses(422, "invalid_request", "body.name")
}

// TestDeletedLeadsComeBack deletes leads and pushes them again, in every way the API has.
func TestDeletedLeadsComeBack(t *testing.T) {
	t.Parallel()
	c := testenv.NewClock(time.Now())
	s := newSite(t, testenv.WithClock(c.Now))
	m := s.member("A").String()
	one := `{"external_id":"1","name":"Ada","email":"ada@example.com","distribute":{"member_ids":["` + m + `"]}}`
	batch := `{"leads":[{"external_id":"1","name":"Ada","email":"ada@example.com"}],"distribute":{"member_ids":["` + m + `"]}}`
	first := s.do(s.admin, "POST", "/v1/leads", one, "Idempotency-Key", "k").is(201).id()
	seen := map[string]bool{first: true}
	for n, push := range []func() string{
		func() string { return s.post("/v1/leads", one).is(201).id() },
		func() string { return s.post("/v1/leads/batch", batch).is(201).list("ids")[0].(string) },
		func() string { return s.do(s.admin, "POST", "/v1/leads", one, "Idempotency-Key", "k2").is(201).id() },
		func() string {
			c.Advance(25 * time.Hour)
			return s.do(s.admin, "POST", "/v1/leads", one, "Idempotency-Key", "k").is(201).id()
		},
	} {
		s.delete("/v1/leads/" + first).is(204)
		back := push()
		if seen[back] {
			t.Errorf("push %d brought a lead that was deleted", n)
		}
		seen[back], first = true, back
		s.get("/v1/leads/" + back).is(200)
		if again := s.post("/v1/leads", one).is(200); again.id() != back {
			t.Errorf("push %d: %s", n, again.body)
		}
	}
	s.distribute()
	if n := s.count(`SELECT count(*) FROM history WHERE outcome = $1`, lead.Succeeded); n != 1 {
		t.Errorf("%d leads were given out; the others were deleted before", n)
	}
	s.audited()
}

// TestNothingIsWrittenOfWhoWasErased changes what is left of somebody.
func TestNothingIsWrittenOfWhoWasErased(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.post("/v1/leads", `{"name":"Ada","email":"ada@example.com"}`).is(201).id()
	customer := s.post("/v1/leads/"+id+"/convert", nil).is(201).id()
	s.post("/v1/privacy/erase", `{"email":"ada@example.com"}`).is(200)
	s.patch("/v1/customers/"+customer, `{"notes":"She moved to Penang."}`).refuses(409, "conflict", "path.id")
}

// TestErasedPeopleStayErased pushes a lead of somebody who was erased.
func TestErasedPeopleStayErased(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	l := `{"external_id":"1","name":"Ada","email":"ada@example.com"}`
	id := s.post("/v1/leads", l).is(201).id()
	s.post("/v1/privacy/erase", `{"email":"ada@example.com"}`).is(200)
	again := s.post("/v1/leads", l).is(200)
	if again.id() != id || again.at("name") != nil || again.at("erased_at") == nil || !strings.Contains(again.warnings(), "erased") {
		t.Error(again.body)
	}
	if got := s.get("/v1/leads/" + id).is(200); got.at("email") != nil || got.at("erased_at") == nil {
		t.Error(got.body)
	}
	batch := s.post("/v1/leads/batch", `{"leads":[`+l+`]}`).is(201)
	if batch.list("ids")[0] != id || !strings.Contains(batch.warnings(), "leads[0].external_id") {
		t.Error(batch.body)
	}
	s.patch("/v1/leads/"+id, `{"name":"x"}`).is(404)
	s.delete("/v1/leads/" + id).is(404)
	if items := s.get("/v1/leads").items(); len(items) != 0 {
		t.Error(items)
	}
}
