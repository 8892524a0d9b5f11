package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestWhatIsNotHereIsNotDeleted deletes what is another workspace's, or nobody's, by the forms of all that can be deleted one by one:
// it is not said to be done. What was deleted here before is, as when a form is sent twice.
func TestWhatIsNotHereIsNotDeleted(t *testing.T) {
	t.Parallel()
	s := signedIn(t)
	_, foreign := s.newWorkspace("rival")
	m := s.make("members", map[string]any{"name": "Aisyah"})
	ring := func(member string) map[string]any {
		return map[string]any{"name": "G", "method": "round_robin", "slots": []any{map[string]any{"members": []any{map[string]any{"member_id": member}}}}}
	}
	idOf := func(answer map[string]any) string { return answer["id"].(string) }
	theirMember := idOf(s.apiAs(foreign, "POST", "/v1/members", map[string]any{"name": "Theirs"}))
	for _, c := range []struct {
		collection, act, done, mine, theirs string
	}{
		{"leads", "delete-lead", "Leads deleted", s.make("leads", map[string]any{"name": "Siti"}), idOf(s.apiAs(foreign, "POST", "/v1/leads", map[string]any{"name": "Siti"}))},
		{"groups", "delete-group", "Groups deleted", s.make("groups", ring(m)), idOf(s.apiAs(foreign, "POST", "/v1/groups", ring(theirMember)))},
		{"sessions", "end-session", "Sessions ended", idOf(s.api("POST", "/v1/sessions", nil)), idOf(s.apiAs(foreign, "POST", "/v1/sessions", nil))},
	} {
		form := func(ids ...string) url.Values {
			return url.Values{"path": {c.collection}, "back": {"/console/" + c.collection}, "id": ids, "sure": {"yes"}, "pending": {"leave"}, "once": {"1"}}
		}
		for _, gone := range []string{c.theirs, uuid.NewString()} {
			if got := s.post("/console/acts/"+c.act, form(gone)); got.status != http.StatusNotFound || strings.Contains(got.body, c.done) {
				t.Errorf("%s of another: %d %s", c.act, got.status, got.body)
			}
		}
		got := s.post("/console/acts/"+c.act, form(c.mine, c.theirs)).is(http.StatusConflict)
		if !strings.Contains(got.body, c.done+": 1.") || !strings.Contains(got.body, c.theirs[len(c.theirs)-8:]) {
			t.Errorf("%s of both: %s", c.act, got.body)
		}
		s.leadsTo(s.post("/console/acts/"+c.act, form(c.mine)), c.done+": 1.")
	}
	if n := len(s.apiAs(foreign, "GET", "/v1/leads", nil)["items"].([]any)); n != 1 {
		t.Errorf("%d of their leads are left", n)
	}
}
