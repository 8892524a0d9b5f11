package api_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// counts is what an assignment's answer says became of it.
func counts(r reply) string {
	r.t.Helper()
	o := r.object()
	return fmt.Sprint(o["count"], o["given"], o["pending"], o["failed"], o["cancelled"], o["withdrawn"])
}

func TestAnAssignmentTellsWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	ids := s.leads(4)
	at := c.Now().Add(time.Hour).Format(time.RFC3339)
	made := s.post("/v1/assignments", map[string]any{"lead_ids": ids, "member_ids": []uuid.UUID{a, b}, "at": at}).is(202)
	path := "/v1/assignments/" + made.id()
	if got := counts(made) + fmt.Sprint(" ", made.at("already_assigned")); got != "8 0 8 0 0 0 0" {
		t.Error(got)
	}
	pending := s.get("/v1/pending-leads?assignment_id=" + made.id()).items()
	s.delete("/v1/pending-leads/" + pending[0]["id"].(string)).is(200)
	s.delete("/v1/leads/" + pending[2]["lead_id"].(string)).is(204)
	s.post("/v1/pending-leads/distribute-now", map[string]any{"ids": []any{pending[7]["id"]}}).is(200)
	if got := counts(s.get(path)); got != "8 0 7 0 1 0" {
		t.Error(got)
	}
	c.Advance(time.Hour)
	s.armAll()
	s.distribute()
	if got := counts(s.get(path)); got != "8 5 0 2 1 0" && got != "8 6 0 1 1 0" {
		t.Error(got)
	}
	at2 := s.post("/v1/assignments", map[string]any{"lead_ids": s.leads(3), "member_ids": []uuid.UUID{a}}).is(202)
	if got := counts(at2); got != "3 0 3 0 0 0" {
		t.Error("folded:", got)
	}
	first := s.get("/v1/pending-leads").items()[0]["id"].(string)
	s.delete("/v1/pending-leads/" + first).is(200) // which unfolds its batch
	if got := counts(s.get("/v1/assignments/" + at2.id())); got != "3 0 2 0 1 0" {
		t.Error("unfolded:", got)
	}
	if got := s.get("/v1/assignments").items()[0]["cancelled"]; got != 1.0 {
		t.Error("in the list:", got)
	}
	if n := len(s.get("/v1/history?outcome=cancelled&assignment_id=" + at2.id()).items()); n != 1 {
		t.Error(n)
	}
	s.audited()
}

func TestOnlyUnassignedLeadsAreAssigned(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	ids := s.leads(5)
	s.post("/v1/assignments", map[string]any{"lead_ids": ids[:2], "member_ids": []any{a}}).is(202)
	s.distribute()
	at := s.Store.Now().Add(time.Hour).Format(time.RFC3339)
	s.post("/v1/assignments", map[string]any{"lead_ids": ids[2:3], "member_ids": []any{a}, "at": at}).is(202)
	body := map[string]any{"lead_ids": ids, "member_ids": []any{b}}
	if got := s.post("/v1/assignments/preview", with(body, "only_unassigned", true)).is(200).at("items").([]any); len(got) != 2 {
		t.Errorf("previewed %v", got)
	}
	var sending sync.WaitGroup
	got := make([]string, 4)
	for i := range got { // sent at once, one of them gives out the leads and the others find that it did
		sending.Go(func() {
			r := s.post("/v1/assignments", with(body, "only_unassigned", true))
			got[i] = fmt.Sprint(r.status, r.at("count"), r.at("already_assigned"))
		})
	}
	sending.Wait()
	seen := map[string]int{}
	for _, one := range got {
		seen[one]++
	}
	if seen["202 2 3"] != 1 || seen["202 0 5"] != 3 {
		t.Error(got)
	}
	if r := s.post("/v1/assignments", body).is(202); r.at("already_assigned") != 5.0 || r.at("count") != 5.0 {
		t.Error(r.body)
	}
	s.distribute()
	s.audited()
}

func TestLeadsShowWhoHasThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	ids := s.leads(3)
	s.post("/v1/assignments", map[string]any{"lead_ids": ids[:1], "member_ids": []any{a, b}}).is(202)
	s.distribute()
	l := s.get("/v1/leads/" + ids[0]).is(200)
	given := l.at("given_to").([]any)
	if len(given) != 2 || given[0].(map[string]any)["member_id"] != a.String() {
		t.Error(l.body)
	}
	s.get("/v1/assigned-leads/" + given[1].(map[string]any)["assigned_lead_id"].(string)).is(200)
	for query, want := range map[string]int{"assigned=true": 1, "assigned=false": 2, "assigned=true&q=lead": 1, "assigned=false&channel=api": 2} {
		items := s.get("/v1/leads?" + query).items()
		if len(items) != want {
			t.Errorf("%s: %d", query, len(items))
		}
		for _, it := range items {
			if (len(it["given_to"].([]any)) > 0) != (want == 1) {
				t.Error(query, it)
			}
		}
	}
	s.get("/v1/leads?assigned=maybe").refuses(422, "invalid_request", "query.assigned")
}

// TestAllThatMatch has each route take a filter, refuse another number, and do it to all.
func TestAllThatMatch(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	s.leads(7)
	all := func(n int, more ...any) map[string]any {
		f := map[string]any{"matched": n}
		for i := 0; i < len(more); i += 2 {
			f[more[i].(string)] = more[i+1]
		}
		return map[string]any{"filter": f}
	}
	refused := func(path string, body map[string]any, matches int) {
		t.Helper()
		r := s.post(path, body)
		r.refuses(409, "conflict", "body.filter.matched")
		if r.at("matched") != float64(matches) {
			t.Errorf("%s: %s", path, r.body)
		}
	}
	plan := with(with(all(6, "assigned", false), "group_id", g), "at", c.Now().Add(time.Hour).Format(time.RFC3339))
	refused("/v1/assignments", plan, 7)
	refused("/v1/assignments/preview", plan, 7)
	s.post("/v1/assignments", with(plan, "lead_ids", s.leads(1))).refuses(422, "invalid_request", "body.lead_ids")
	s.delete("/v1/leads/" + s.get("/v1/leads").items()[0]["id"].(string)).is(204)
	if r := s.post("/v1/assignments", with(plan, "filter", all(7)["filter"])).is(202); r.at("count") != 7.0 {
		t.Error(r.body)
	}
	refused("/v1/pending-leads/delete", all(3, "member_id", a), 4)
	if r := s.post("/v1/pending-leads/delete", all(4, "member_id", a)).is(200); r.at("count") != 4.0 {
		t.Error(r.body)
	}
	refused("/v1/pending-leads/distribute-now", all(4, "group_id", g), 3)
	s.patch("/v1/members/"+b.String(), `{"active":false}`).is(200)
	if r := s.post("/v1/pending-leads/distribute-now", all(3, "group_id", g)).is(200); r.at("count") != 3.0 {
		t.Error(r.body)
	}
	// They are going out, and still match.
	if r := s.post("/v1/pending-leads/distribute-now", all(3, "group_id", g)).is(200); r.at("count") != 3.0 {
		t.Error(r.body)
	}
	s.distribute()
	s.patch("/v1/members/"+b.String(), `{"active":true}`).is(200)
	failed := s.get("/v1/history?outcome=failed").items()
	refused("/v1/history/retry", all(4, "reason", "member_inactive"), 3)
	s.post("/v1/history/retry", `{}`).refuses(422, "invalid_request", "body.ids")
	s.post("/v1/history/retry", all(3, "reason", "mood")).refuses(422, "invalid_request", "body.filter.reason")
	if r := s.post("/v1/history/retry", map[string]any{"ids": []any{failed[0]["id"], failed[0]["lead_id"]}}).is(202); r.at("count") != 1.0 {
		t.Error(r.body)
	}
	if r := s.post("/v1/history/retry", all(2, "member_id", b)).is(202); r.at("count") != 2.0 {
		t.Error(r.body)
	}
	refused("/v1/history/retry", all(2), 0)
	s.distribute()
	if n := len(s.get("/v1/history?outcome=succeeded").items()); n != 3 {
		t.Errorf("%d succeeded", n)
	}
	refused("/v1/leads/delete", all(9, "assigned", true), 3)
	if r := s.post("/v1/leads/delete", all(3, "assigned", true, "channel", "api")).is(200); r.at("count") != 3.0 {
		t.Error(r.body)
	}
	rest := s.get("/v1/leads").items()
	if r := s.post("/v1/leads/delete", map[string]any{"ids": []any{rest[0]["id"], uuid.New()}}).is(200); r.at("count") != 1.0 {
		t.Error(r.body)
	}
	if got := s.get("/v1/leads").items(); len(got) != len(rest)-1 {
		t.Errorf("%d leads are left", len(got))
	}
	s.audited()
}
