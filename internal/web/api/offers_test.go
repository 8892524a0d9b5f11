package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// offeringGroup makes a group of one slot whose leads are offered to the members.
func (s *site) offeringGroup(members ...uuid.UUID) string {
	s.t.Helper()
	var slot []any
	for _, m := range members {
		slot = append(slot, map[string]any{"member_id": m})
	}
	return s.post("/v1/groups", map[string]any{
		"name": "Offers", "method": "first_to_accept", "slots": []any{map[string]any{"members": slot}}, "answer_within": map[string]any{"minutes": 10},
	}).is(201).id()
}

// TestOffers has a lead be offered to two members: they see no contact, and the first who accepts it gets it.
func TestOffers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b, c := s.member("A"), s.member("B"), s.member("C")
	keys := make(map[uuid.UUID]string)
	for _, m := range []uuid.UUID{a, b, c} {
		keys[m] = s.key(store.APIKey{Role: lead.RoleMember, MemberID: &m})
	}
	group := s.offeringGroup(a, b)
	s.post("/v1/webhooks", `{"url":"https://example.com/","events":["lead.offered"]}`).is(201)
	id := s.post("/v1/leads", fmt.Sprintf(`{"name":"Aisyah 012-345 6789","phone":"012-345 6789","email":"a@example.com","fields":{"City":"Ipoh","Budget":"9"},
		"distribute":{"group_id":%q}}`, group)).is(201).id()
	s.distributeAll()

	pending := s.get("/v1/pending-leads?state=offered").is(200).items()
	if len(pending) != 1 || pending[0]["state"] != "offered" || len(pending[0]["offered_to"].([]any)) != 2 || pending[0]["due_at"] != nil || pending[0]["answer_by"] == nil {
		t.Error(pending)
	}
	mine := s.do(keys[a], "GET", "/v1/my/offers", nil).is(200)
	for _, secret := range []string{"012-345", "345 6789", "3456789", "example.com", "Budget", id, group, a.String()} {
		if strings.Contains(mine.body, secret) {
			t.Errorf("an offer tells %q: %s", secret, mine.body)
		}
	}
	one := mine.items()[0]
	if one["name"] != "Aisyah …" || one["place"] != "Ipoh" || one["state"] != "open" || one["answer_by"] == nil {
		t.Error(one)
	}
	if got := s.do(keys[c], "GET", "/v1/my/offers", nil).is(200).items(); len(got) != 0 {
		t.Error("C sees", got)
	}
	offer := func(m uuid.UUID) string {
		return "/v1/offers/" + s.get("/v1/offers?member_id=" + m.String()).is(200).items()[0]["id"].(string) + "/accept"
	}
	s.do(keys[c], "POST", offer(a), nil).refuses(404, "not_found")
	got := s.do(keys[b], "POST", offer(b), nil).is(201)
	if got.at("phone") != "012-345 6789" || got.at("answered_at") == nil || got.at("withdrawn_at") != nil {
		t.Error(got.body)
	}
	s.do(keys[a], "POST", offer(a), nil).refuses(409, "taken")
	if again := s.do(keys[b], "POST", offer(b), nil).is(201); again.at("id") != got.at("id") {
		t.Error("another copy:", again.body)
	}
	if left := s.do(keys[a], "GET", "/v1/my/offers", nil).is(200).items(); len(left) != 0 {
		t.Error("A still sees", left)
	}
	taken := s.do(keys[a], "GET", "/v1/my/offers?state=taken", nil).is(200).items()
	if len(taken) != 1 || taken[0]["assigned_lead_id"] != nil {
		t.Error(taken)
	}
	if h := s.get("/v1/history?lead_id=" + id).is(200).items(); len(h) != 1 || h[0]["trigger"] != "accepted" || h[0]["outcome"] != "succeeded" {
		t.Error(h)
	}
	if csv := s.get("/v1/offers?format=csv").is(200).body; strings.Count(csv, "\n") != 3 || strings.Contains(csv, "345 6789") || strings.Contains(csv, "3456789") {
		t.Error(csv)
	}
	s.get("/v1/my/offers").refuses(404, "not_found")
	s.post("/v1/assignments", map[string]any{"lead_ids": []string{id}, "group_id": group, "pace": "fast"}).refuses(422, "invalid_request", "body.pace")
	s.audited()
}
