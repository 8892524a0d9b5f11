package console_test

import (
	"net/http"
	"testing"
)

// TestDeletingAGroupSettlesWhatIsPlanned, and what was deleted shows in history and in the assignment.
func TestDeletingAGroupSettlesWhatIsPlanned(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	a, b := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"})
	ring := func(m string) map[string]any {
		return map[string]any{"name": "Team of " + m, "method": "round_robin", "slots": []any{map[string]any{"members": []any{map[string]any{"member_id": m}}}}}
	}
	first, second := s.make("groups", ring(a)), s.make("groups", ring(b))
	l := s.make("leads", map[string]any{"name": "Siti"})
	assignment := s.make("assignments", map[string]any{"lead_ids": []string{l}, "group_id": first, "pace": "slow"})
	drop := func(group string, choice ...string) shownPage {
		t.Helper()
		form := s.post("/console/acts/delete-group", s.get("/console/groups/"+group).form()).is(http.StatusOK).shows("Leads planned through it").form()
		for i := 0; i < len(choice); i += 2 {
			form.Set(choice[i], choice[i+1])
		}
		return s.post("/console/acts/delete-group", form)
	}
	drop(first, "pending", "spread", "group_id", second).is(http.StatusSeeOther)
	if n := s.count(`SELECT count(*) FROM pending WHERE member_id = $1`, b); n != 1 {
		t.Errorf("%d are planned for whom they were spread to", n)
	}
	form := s.get("/console/pending-leads").form(s.get("/console/pending-leads").ticks()...)
	form.Set("sure", "yes")
	s.post("/console/acts/delete-pending", form).is(http.StatusSeeOther)
	s.get("/console/history?outcome=cancelled").is(http.StatusOK).shows("cancelled", "Siti", "Ben")
	s.get("/console/assignments").is(http.StatusOK).shows("Cancelled", "Slow (4–6 a day)")
	s.get("/console/assignments/"+assignment).is(http.StatusOK).shows("History", "cancelled")
	drop(second, "pending", "leave").is(http.StatusSeeOther)
}
