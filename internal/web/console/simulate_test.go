package console_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// simulates works out simulations as a worker does, until the test ends.
func (s *site) simulates() {
	ended := make(chan struct{})
	s.t.Cleanup(func() { close(ended) })
	ctx := context.WithoutCancel(s.t.Context())
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(20 * time.Millisecond):
				for _, h := range s.TakeHints() {
					if h.Queue == lead.QueueSimulate {
						_ = s.Store.Simulate(ctx, h.Workspace, h.ID)
					}
				}
			}
		}
	}()
}

// TestDraftsAreTriedOnLastMonth tries a group and rules while they are edited, without scripts: bars are shown, nothing is saved, and what is
// wrong stands where it stands on saving.
func TestDraftsAreTriedOnLastMonth(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	aisyah, ben := s.make("members", map[string]any{"name": "Aisyah"}), s.make("members", map[string]any{"name": "Ben"})
	slot := func(id string) any { return map[string]any{"members": []any{map[string]any{"member_id": id}}} }
	group := s.make("groups", map[string]any{"name": "Klang", "method": "round_robin", "slots": []any{slot(aisyah), slot(ben)}})
	s.api("PUT", "/v1/rules", map[string]any{"version": 0, "rules": []any{map[string]any{"name": "all", "then": map[string]any{"group_id": group}}}})
	at := "/console/groups/" + group + "/edit"
	form := s.get(at).is(http.StatusOK).shows(">Try on last month<").sends("do", "try", "name", "Klang", "method", "round_robin")
	form["row"] = []string{"0", "1"}
	for key, member := range map[string]string{"0": aisyah, "1": ben} {
		form.Set("seat."+key, "0")
		form.Set("weight."+key, "1")
		form.Set("member."+key+".0", member)
	}
	for range 4 {
		s.api("POST", "/v1/leads", map[string]any{"name": "L " + uuid.NewString(), "distribute": map[string]any{"route": true}})
		s.distribute()
	}
	s.simulates()
	s.post(at, form).is(http.StatusOK).shows("Of 4 leads of the last 30 days 0 would have gone elsewhere; 0 would wait, and 0 would have failed.",
		`data-label="Got">2</td><td class="num" data-label="Would have got">2</td>`).lacks("does not reproduce")
	form.Set("member.1.0", aisyah)
	s.post(at, form).is(http.StatusOK).shows("Of 4 leads of the last 30 days 2 would have gone elsewhere",
		`data-label="Got">2</td><td class="num" data-label="Would have got">4</td>`, `data-label="Got">2</td><td class="num" data-label="Would have got">0</td>`)
	s.get("/console/groups/" + group).is(http.StatusOK).shows("Ben") // nothing is saved
	form.Set("weight.1", "0")
	s.post(at, form).is(http.StatusUnprocessableEntity)

	rules := s.get("/console/rules").is(http.StatusOK).shows(">Try on last month<").sends("do", "try")
	fillRule(rules, "0", map[string]string{"name": "all", "by": "all", "to": "none"})
	s.post("/console/rules", rules).is(http.StatusOK).shows("Of 4 leads of the last 30 days 4 would have gone elsewhere")
	rules.Set("by.0", "text")
	rules.Set("when.0", "nonsense ==")
	s.post("/console/rules", rules).is(http.StatusUnprocessableEntity).shows(`id="f-when.0-error"`)
	s.get("/console/groups/new").is(http.StatusOK).lacks("Try on last month")
}
