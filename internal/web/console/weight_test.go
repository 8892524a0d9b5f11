package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestPagesOfFiftyRowsAreLight fills pages with what a workspace of 50 people has, and weighs them before they are compressed.
func TestPagesOfFiftyRowsAreLight(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	var members []string
	for i := range 50 {
		members = append(members, s.make("members", map[string]any{"name": fmt.Sprintf("Nur Aisyah Rahman %d", i), "email": fmt.Sprintf("aisyah.%d@example.com", i)}))
	}
	var groups []string
	for i := range 50 {
		var slots []any
		for j := range 8 {
			slots = append(slots, map[string]any{"members": []any{map[string]any{"member_id": members[(i+j)%50]}}, "weight": 1 + j%3})
		}
		groups = append(groups, s.make("groups", map[string]any{"name": fmt.Sprintf("Condominiums in the north %d", i), "method": "round_robin", "slots": slots}))
	}
	source := s.make("sources", map[string]any{"name": "Property fair in October"})
	leads := func(n int, distribute map[string]any) {
		all := make([]any, n)
		for i := range all {
			all[i] = map[string]any{
				"name": fmt.Sprintf("Siti Nurhaliza binti Rahman %d", i), "phone": fmt.Sprintf("+60 12-345 %04d", i), "email": fmt.Sprintf("siti.nurhaliza.%d@example.com", i), "source_id": source,
			}
		}
		s.api("POST", "/v1/leads/batch", map[string]any{"leads": all, "distribute": distribute})
	}
	leads(60, map[string]any{"group_id": groups[0]})
	leads(15*8, map[string]any{"member_ids": members, "pace": "fast"})
	leads(1, map[string]any{"group_id": groups[0], "pace": "slow"})
	s.api("PATCH", "/v1/members/"+members[49], map[string]any{"active": false})
	leads(60, map[string]any{"member_ids": members[49:]})
	s.distribute()
	for address, rows := range map[string]int{
		"": 10, "leads": 50, "assigned-leads": 50, "history": 50, "history?outcome=failed": 50, "pending-leads": 50, "pending-leads/days": 40,
		"groups": 50, "members": 50, "groups/" + groups[0]: 10, "groups/" + groups[0] + "/edit": 8, "members/" + members[0]: 10, "leads/new": 0,
	} {
		p := s.get("/console/" + address).is(http.StatusOK)
		if n := strings.Count(p.body, "<tr"); n < rows {
			t.Errorf("%s has %d rows, want %d", address, n, rows)
		}
		t.Logf("%-50s %d bytes", address, len(p.body))
		if len(p.body) > heaviest {
			t.Errorf("%s has %d bytes", address, len(p.body))
		}
	}
}
