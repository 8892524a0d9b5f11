package console_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAGroupsLimitsAndTimeToAnswer sets what a group's receivers get of it at the most, and in what time they are to answer.
func TestAGroupsLimitsAndTimeToAnswer(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	aina := s.make("members", map[string]any{"name": "Aina"})
	id := s.ring("sales", aina)
	group := "/console/groups/" + strings.TrimPrefix(id, "/console/groups/")
	api := "/v1/groups/" + strings.TrimPrefix(id, "/console/groups/")

	form := s.get(group + "/caps").is(http.StatusOK).shows("Aina: leads a day")
	s.post(group+"/caps", form.opened(aina+".per_day", "many")).is(http.StatusUnprocessableEntity).shows("This is no whole number above 0.")
	s.leadsTo(s.post(group+"/caps", form.opened(aina+".per_day", "5", aina+".open", "20")), "Saved.")
	if n := s.count(`SELECT count(*) FROM groups WHERE listed @> '[{"members":[{"caps":{"per_day":5,"open":20}}]}]'`); n != 1 {
		t.Error("the limits were not kept")
	}
	s.leadsTo(s.post(group+"/caps", s.get(group+"/caps").shows(`value="5"`).opened()), "Saved.")
	if n := s.count(`SELECT count(*) FROM groups WHERE listed::text LIKE '%caps%'`); n != 0 {
		t.Error("the limits were not taken away")
	}

	policy := []string{"when_away", "pass", "owe_at_most", "10", "then", "wait", "after_minutes", "0", "answer_count", "working_hours", "answer_then", "reassign"}
	wrong := s.post(group+"/policy", s.get(group+"/policy").is(http.StatusOK).opened(append(policy, "answer_minutes", "99999", "answer_at_most", "2")...))
	wrong.is(http.StatusUnprocessableEntity).shows(`id="f-answer_minutes-error"`)
	s.leadsTo(s.post(group+"/policy", s.get(group+"/policy").opened(append(policy, "answer_minutes", "15", "answer_at_most", "2")...)), "Saved.")
	within, _ := s.api("GET", api, nil)["answer_within"].(map[string]any)
	if within["minutes"] != 15.0 || within["count"] != "working_hours" || within["at_most"] != 2.0 {
		t.Error(within)
	}
	s.get(group).shows("taken up within 15 minutes of work, else it goes to the next, 2 times at most")
	s.leadsTo(s.post(group+"/policy", s.get(group+"/policy").opened(append(policy, "answer_minutes", "", "answer_at_most", "2")...)), "Saved.")
	if got := s.api("GET", api, nil)["answer_within"]; got != nil {
		t.Error(got)
	}
}
