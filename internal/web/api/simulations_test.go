package api_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// simulated works out the simulation that a reply has made, and reads it.
func (s *site) simulated(made reply) reply {
	s.t.Helper()
	if made.is(202).at("state") != "running" {
		s.t.Fatal(made)
	}
	var workspace uuid.UUID
	if err := s.DB.Get(&workspace, `SELECT workspace_id FROM simulations WHERE simulation_id = $1`, made.id()); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Store.Simulate(s.t.Context(), workspace, made.uuid()); err != nil {
		s.t.Fatal(err)
	}
	return s.get("/v1/simulations/" + made.id()).is(200)
}

// TestSimulationsInTheAPI replays leads through what is and what might be, and names the field of what cannot be.
func TestSimulationsInTheAPI(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	source := s.post("/v1/sources", map[string]any{"name": "Expo"}).is(201).id()
	for i := range 4 {
		body := map[string]any{"name": "x", "distribute": map[string]any{"group_id": g}}
		if i == 0 {
			body["source_id"] = source
		}
		s.post("/v1/leads", body).is(201)
		s.distribute()
		c.Advance(time.Minute)
	}
	same := s.simulated(s.post("/v1/simulations", `{"last":10}`))
	if same.at("state") != "done" || same.at("leads") != 4.0 || same.at("moved") != 0.0 || same.at("differs") != nil || same.at("error") != nil {
		t.Error(same)
	}
	only := map[string]any{"id": g, "name": "Only B", "method": "round_robin", "slots": []any{map[string]any{"members": []any{map[string]any{"member_id": b}}}}}
	other := s.simulated(s.post("/v1/simulations", map[string]any{
		"from": c.Now().Add(-time.Hour), "to": c.Now(), "groups": []any{only},
		"members": []any{map[string]any{"id": a, "caps": map[string]any{"per_day": 1}}},
	}))
	if other.at("moved") != 2.0 || other.at("waiting") != 0.0 || len(other.at("first_changed").([]any)) != 2 {
		t.Error(other)
	}
	for _, one := range other.at("per_member").([]any) {
		m := one.(map[string]any)
		by := m["by_source"].([]any)
		switch {
		case m["member_id"] == a.String():
			of := slices.IndexFunc(by, func(x any) bool { return x.(map[string]any)["source_id"] == source })
			if m["was"] != 2.0 || m["would"] != 0.0 || of < 0 || by[of].(map[string]any)["was"] != 1.0 {
				t.Error(m)
			}
		case m["was"] != 2.0 || m["would"] != 4.0:
			t.Error(m)
		}
	}
	changed := other.at("first_changed").([]any)[0].(map[string]any)
	if would := changed["would"].(map[string]any); would["state"] != "given" || would["member_ids"].([]any)[0] != b.String() || would["group_id"] != g.String() {
		t.Error(changed)
	}
	if len(s.get("/v1/simulations").items()) != 2 {
		t.Error("the list lacks one")
	}
	rules := []any{map[string]any{"name": "all", "when": "nothing ==", "then": map[string]any{"none": true}}}
	for body, field := range map[string]string{
		`{}`:              "body.from",
		`{"last":0}`:      "body.last",
		`{"last":100001}`: "body.last",
		`{"last":1,"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"}`:                                                                                 "body.last",
		`{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}`:                                                                                          "body.to",
		`{"last":1,"members":[{"id":"` + uuid.NewString() + `"}]}`:                                                                                             "body.members[0].id",
		`{"last":1,"members":[{"id":"` + a.String() + `","absences":[{"from":"x","to":"y"}]}]}`:                                                                "body.members[0].absences[0].from",
		`{"last":1,"groups":[{"id":"` + uuid.NewString() + `","name":"x","method":"round_robin","slots":[{"members":[{"member_id":"` + a.String() + `"}]}]}]}`: "body.groups[0].id",
	} {
		s.post("/v1/simulations", body).refuses(422, "invalid_request", field)
	}
	s.post("/v1/simulations", map[string]any{"last": 1, "rules": rules}).refuses(422, "invalid_request", "body.rules[0].when")
	s.get("/v1/simulations/" + uuid.NewString()).is(404)
}
