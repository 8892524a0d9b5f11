package api_test

import (
	"strings"
	"testing"
	"time"
)

// TestFairnessInTheAPI reads what the receivers of a group were due and got, as JSON and CSV, by member and by source.
func TestFairnessInTheAPI(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	source := s.post("/v1/sources", map[string]any{"name": "=Expo", "enabled": true, "for_leads": true}).is(201).at("id")
	for i := range 3 {
		body := map[string]any{"name": "x", "distribute": map[string]any{"group_id": g}}
		if i == 0 {
			body["source_id"] = source
		}
		s.post("/v1/leads", body).is(201)
		s.distribute()
	}
	c.Advance(time.Minute)
	copied := s.get("/v1/assigned-leads?member_id=" + a.String()).items()[0]["id"].(string)
	s.post("/v1/assigned-leads/"+copied+"/accept", nil).is(200)
	of := "/v1/fairness?group_id=" + g.String()
	items := s.get(of).is(200).at("items").([]any)
	if len(items) != 2 {
		t.Fatal(items)
	}
	for _, it := range items {
		one := it.(map[string]any)
		got := 1.0
		if one["member_id"] == a.String() {
			got = 2
			if one["median_answer_seconds"] != 60.0 || one["answered_in_time"] != 1.0 {
				t.Error(one)
			}
		}
		if one["received"] != got || one["due"] != got || one["share"] != 1.5 || one["debt"] != 0.0 || one["source"] != nil {
			t.Error(one)
		}
	}
	table := s.get(of + "&by=source&format=csv").is(200).body
	if !strings.HasPrefix(table, "member_id,source,due,share,received,") || !strings.Contains(table, a.String()+",'=Expo,1,0.50,1,,0,0,") {
		t.Error(table)
	}
	s.get(of + "&from=2020-01-01T00:00:00Z").is(422)
	s.get("/v1/fairness").is(422)
	s.get("/v1/fairness?group_id=" + a.String()).is(404)
}
