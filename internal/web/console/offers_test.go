package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAnAgentAcceptsAnOffer has an agent be offered two leads: they accept one, and are told that the other is taken.
func TestAnAgentAcceptsAnOffer(t *testing.T) {
	t.Parallel()
	s, member := anAgent(t, 0)
	other := s.make("members", map[string]any{"name": "Other"})
	group := s.make("groups", map[string]any{"name": "offers", "method": "first_to_accept", "answer_within": map[string]any{"minutes": 10},
		"slots": []any{map[string]any{"members": []any{map[string]any{"member_id": member}, map[string]any{"member_id": other}}}}})
	for _, name := range []string{"Aisyah Tan", "Bo Lee"} {
		s.make("leads", map[string]any{"name": name, "phone": "012-345 6789", "fields": map[string]any{"city": "Ipoh"}, "distribute": map[string]any{"group_id": group}})
	}
	s.distribute()
	page := s.get("/my/").is(http.StatusOK).shows("Offers", "Aisyah Tan", "Bo Lee", "Ipoh", "The first to accept one gets it.")
	if strings.Contains(page.body, "345 6789") || strings.Contains(page.body, "3456789") {
		t.Error("the page tells how to reach what is offered")
	}
	offers := map[string]string{}
	items, _ := s.api("GET", "/v1/offers?member_id="+member, nil)["items"].([]any)
	for _, o := range items {
		one := o.(map[string]any)
		offers[one["name"].(string)] = one["id"].(string)
	}
	s.leadsTo(s.post("/my/offers/"+offers["Aisyah Tan"]+"/accept", page.sends()), "This lead is yours to follow up.")
	others, _ := s.api("GET", "/v1/offers?state=open&member_id="+other, nil)["items"].([]any)
	s.api("POST", "/v1/offers/"+others[0].(map[string]any)["id"].(string)+"/accept", nil)
	s.leadsTo(s.post("/my/offers/"+offers["Bo Lee"]+"/accept", page.sends()), "Taken: somebody else was first.")
	s.get("/my/offers/x/accept").is(http.StatusNotFound)
}
