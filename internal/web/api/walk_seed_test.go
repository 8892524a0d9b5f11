package api_test

import (
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A tenant is a workspace with something of everything in it, and keys of each role to it.
type tenant struct {
	id uuid.UUID
	// keys are who may; each can see something in every list that its role has.
	keys map[lead.Role]string
	// others are keys of the same roles, to whom nothing of that belongs.
	others map[lead.Role]string
	// own has an id for each field of a request that takes one, by the field's name.
	own map[string]string
}

// newTenant makes a workspace and fills it. The walk takes the ids for its paths from the lists of the API: a new
// resource needs one of it here.
func (s *site) newTenant(name string) tenant {
	s.t.Helper()
	id, admin := s.newWorkspace(name)
	w := tenant{id: id, keys: map[lead.Role]string{lead.RoleAdmin: admin}, own: map[string]string{}}
	post := func(path string, body any) reply { s.t.Helper(); return s.do(admin, "POST", path, body) }

	post("/v1/webhooks", `{"url":"https://example.com/","events":["lead.received","lead.updated"]}`).is(201)
	first, second := post("/v1/members", `{"name":"First","email":"first@example.com"}`).is(201).uuid(), post("/v1/members", `{"name":"Second"}`).is(201).uuid()
	post("/v1/members/"+second.String()+"/absences", `{"from":"2026-01-02","to":"2026-01-03"}`).is(201)
	group := post("/v1/groups", ring(first)).is(201).id()
	source := post("/v1/sources", `{"name":"Web"}`).is(201).id()
	w.keys[lead.RoleMember] = s.keyTo(id, store.APIKey{Role: lead.RoleMember, MemberID: &first})
	w.keys[lead.RoleIntegration] = s.keyTo(id, store.APIKey{Role: lead.RoleIntegration})
	w.others = map[lead.Role]string{
		lead.RoleMember:      s.keyTo(id, store.APIKey{Role: lead.RoleMember, MemberID: &second}),
		lead.RoleIntegration: s.keyTo(id, store.APIKey{Role: lead.RoleIntegration}),
	}

	l := post("/v1/leads", map[string]any{"name": "L", "phone": "012-345 6789", "email": "l@example.com", "source_id": source, "external_id": "1"}).is(201).id()
	post("/v1/assignments", map[string]any{"lead_ids": []string{l}, "group_id": group}).is(202)
	s.distributeAll()
	copied := s.do(admin, "GET", "/v1/assigned-leads", nil).items()[0]["id"].(string)
	s.do(w.keys[lead.RoleMember], "PATCH", "/v1/assigned-leads/"+copied, `{"notes":"n","status":"contacted"}`).is(200)
	customer := s.do(w.keys[lead.RoleMember], "POST", "/v1/assigned-leads/"+copied+"/convert", nil).is(201).id()
	s.do(w.keys[lead.RoleMember], "POST", "/v1/opportunities", map[string]any{"customer_id": customer, "title": "T"}).is(201)
	at := s.Store.Now().Add(48 * time.Hour).Format(time.RFC3339)
	post("/v1/assignments", map[string]any{"lead_ids": []string{l}, "member_ids": []any{second}, "at": at}).is(202)
	s.do(w.keys[lead.RoleIntegration], "POST", "/v1/imports", "name,email\nI,i@example.com\n,\n", "Content-Type", "text/csv").is(202)
	s.do("", "POST", post("/v1/integrations", `{"kind":"generic","name":"Any"}`).is(201).at("url").(string), `{"size":1}`).is(200)

	offering := post("/v1/groups", map[string]any{"name": "Offers", "method": "first_to_accept", "slots": []any{map[string]any{"members": []any{map[string]any{"member_id": first}}}}}).is(201).id()
	post("/v1/assignments", map[string]any{"lead_ids": []string{post("/v1/leads", `{"name":"O"}`).is(201).id()}, "group_id": offering}).is(202)
	s.distributeAll()
	s.do(w.keys[lead.RoleMember], "POST", "/v1/offers/"+s.do(admin, "GET", "/v1/offers", nil).items()[0]["id"].(string)+"/accept", nil).is(201)
	post("/v1/members/"+first.String()+"/test-notification", nil).is(202)
	post("/v1/sessions", nil).is(201)
	w.keys[lead.RoleManager] = s.signedIn(post("/v1/people", `{"name":"Mira","email":"mira@`+name+`.example.com","role":"manager"}`).is(201))
	s.keepPasskey(w.keys[lead.RoleManager])

	post("/v1/simulations", `{"last":10}`).is(202)

	w.own["member_id"], w.own["group_id"], w.own["source_id"], w.own["lead_id"] = first.String(), group, source, l
	w.own["assigned_lead_id"], w.own["source_lead_id"], w.own["customer_id"], w.own["into"] = copied, l, customer, source
	w.own["assignment_id"] = s.do(admin, "GET", "/v1/assignments", nil).items()[0]["id"].(string)
	w.own["id"] = s.do(admin, "GET", "/v1/pending-leads", nil).items()[0]["id"].(string) // of what is changed together
	return w
}

// fill adds to what a tenant's first member and integration have.
func (s *site) fill(w tenant) {
	s.t.Helper()
	admin := w.keys[lead.RoleAdmin]
	s.do(admin, "POST", "/v1/leads", map[string]any{"name": "L2", "distribute": map[string]any{"member_ids": []any{w.own["member_id"]}}}).is(201)
	post := func(path string, body any) reply { s.t.Helper(); return s.do(admin, "POST", path, body) }
	post("/v1/leads/"+w.own["lead_id"]+"/convert", nil).is(201)
	post("/v1/opportunities", map[string]any{"lead_id": w.own["lead_id"], "title": "T"}).is(201)
	s.do(w.keys[lead.RoleIntegration], "POST", "/v1/imports", "name,email\nJ,j@example.com\n", "Content-Type", "text/csv").is(202)
	s.distributeAll()
}

// distributeAll acts on every batch that is due, of all workspaces.
func (s *site) distributeAll() {
	s.t.Helper()
	var batches []struct {
		Workspace uuid.UUID `db:"workspace_id"`
		ID        uuid.UUID `db:"batch_id"`
	}
	if err := s.DB.Select(&batches, `SELECT workspace_id, batch_id FROM batches WHERE queue <> 'due'`); err != nil {
		s.t.Fatal(err)
	}
	for _, b := range batches {
		if _, err := s.Store.Distribute(s.t.Context(), b.Workspace, b.ID); err != nil {
			s.t.Fatal(err)
		}
	}
}
