package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever members see of a lead is not older than its assignment: when a program made its entry is for those alone who may see
// where leads come from.
func TestTimesOfEntriesAreNoFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := `{"name":"Ada","fields":{"lead_submit_time":"2026-01-01T00:59:55Z","crm":{"createdAt":1767229195,"stage":"new"},"move-in date":"2026-05-01","n":123456789012345678901}}`
	kept := map[string]any{"crm": map[string]any{"stage": "new"}, "move-in date": "2026-05-01", "n": 123456789012345678901.0}
	attribution := map[string]any{"submitted_at": "2026-01-01T00:59:55Z"}
	is := func(id string, fields, attribution any) {
		t.Helper()
		l := s.get("/v1/leads/" + id).is(200).object()
		if diff := cmp.Diff([]any{fields, attribution}, []any{l["fields"], l["attribution"]}); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	is(s.post("/v1/leads", body).is(201).id(), kept, attribution)
	ids := s.post("/v1/leads/batch", `{"leads":[`+body+`,{"name":"Bea","fields":{"a":"x"}}]}`).is(201).object()["ids"].([]any)
	is(ids[0].(string), kept, attribution)
	is(ids[1].(string), map[string]any{"a": "x"}, nil)
}
