package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestDeactivatingShowsWhatIsPending(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	path := "/v1/members/" + a.String()
	g := s.group(a, b)
	at := c.Now().Add(time.Hour).Format(time.RFC3339)
	assign := func() {
		t.Helper()
		s.post("/v1/assignments", map[string]any{"lead_ids": s.leads(4), "group_id": g, "at": at}).is(202)
	}
	pending := func(r reply) string {
		t.Helper()
		return fmt.Sprint(r.is(200).at("pending"))
	}
	if got := pending(s.get(path)); got != "map[count:0 next_due_at:<nil>]" {
		t.Error(got)
	}
	assign()
	two := "map[count:2 next_due_at:" + at + "]"
	if got := pending(s.get(path)); got != two {
		t.Error(got)
	}
	for _, it := range s.get("/v1/members").items() {
		if it["pending"] != nil {
			t.Error(it)
		}
	}
	for body, location := range map[string]string{
		`{"pending":{"action":"spread"}}`:                                                    "body.pending",
		`{"active":true,"pending":{"action":"leave"}}`:                                       "body.pending",
		`{"active":false,"pending":{"action":"sell"}}`:                                       "body.pending.action",
		`{"active":false,"pending":{"action":"spread","x":1}}`:                               "body.pending.x",
		`{"active":false,"pending":{}}`:                                                      "body.pending.action",
		`{"active":false,"pending":{"action":"leave","group_id":"%g"}}`:                      "body.pending.group_id",
		`{"active":false,"pending":{"action":"spread","group_id":"%x"}}`:                     "body.pending.group_id",
		`{"active":false,"pending":{"action":"delete","member_ids":["%b"]}}`:                 "body.pending.member_ids",
		`{"active":false,"pending":{"action":"spread","member_ids":["%b","%b"]}}`:            "body.pending.member_ids",
		`{"active":false,"pending":{"action":"spread","member_ids":["%x"]}}`:                 "body.pending.member_ids[0]",
		`{"active":false,"pending":{"action":"spread","member_ids":["%a"]}}`:                 "body.pending.member_ids[0]",
		`{"active":false,"pending":{"action":"spread","member_ids":["%b"],"group_id":"%g"}}`: "body.pending.group_id",
	} {
		s.patch(path, fill(body, a, b, g)).refuses(422, "invalid_request", location)
	}
	if s.get(path).at("active") != true {
		t.Error("a request that was refused deactivated the member")
	}
	if got := pending(s.patch(path, `{"active":false}`)); got != two {
		t.Error(got)
	}
	// Having seen it, the admin chooses.
	if got := pending(s.patch(path, fill(`{"pending":{"action":"spread","group_id":"%g"}}`, a, b, g))); got != "map[count:0 next_due_at:<nil> spread:2]" {
		t.Error(got)
	}
	for _, it := range s.get("/v1/pending-leads?member_id=" + b.String()).items() {
		if it["due_at"] != at {
			t.Error(it)
		}
	}
	s.patch(path, `{"active":true}`).is(200)
	assign()
	if got := pending(s.patch(path, `{"active":false,"pending":{"action":"delete"}}`)); got != "map[count:0 deleted:2 next_due_at:<nil>]" {
		t.Error(got)
	}
	c.Advance(time.Hour)
	s.armAll()
	s.distribute()
	if n := len(s.get("/v1/history?outcome=succeeded&member_id=" + b.String()).items()); n != 6 {
		t.Errorf("B got %d", n)
	}
	s.audited()
}

// fill puts ids into a body: %a, %b, %g, and %x for one that is nobody's.
func fill(body string, a, b, g uuid.UUID) string {
	return strings.NewReplacer("%a", a.String(), "%b", b.String(), "%g", g.String(), "%x", uuid.NewString()).Replace(body)
}

func TestRemovingAMemberWithPendingLeads(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b, d := s.member("A"), s.member("B"), s.member("D")
	path := "/v1/members/" + a.String()
	s.post("/v1/assignments", map[string]any{
		"lead_ids": s.leads(6), "member_ids": []uuid.UUID{a}, "at": c.Now().Add(time.Hour).Format(time.RFC3339),
	}).is(202)
	s.delete(path+"?pending=sell").refuses(422, "invalid_request", "query.pending")
	s.delete(path+"?group_id="+uuid.NewString()).refuses(422, "invalid_request", "query.group_id")
	s.delete(path+"?pending=spread&member_ids="+a.String()).refuses(422, "invalid_request", "query.member_ids[0]")
	s.delete(path+"?pending=spread&member_ids=x").refuses(422, "invalid_request", "query.member_ids[0]")
	s.delete(path + "?pending=spread&member_ids=" + b.String() + "," + d.String()).is(204)
	s.delete(path).is(404)
	c.Advance(time.Hour)
	s.armAll()
	s.distribute()
	for _, m := range []uuid.UUID{b, d} {
		if n := len(s.get("/v1/history?outcome=succeeded&member_id=" + m.String()).items()); n != 3 {
			t.Errorf("%s got %d", m, n)
		}
	}
	s.audited()
}
