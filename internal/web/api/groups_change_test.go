package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// with is a body with another field.
func with(body map[string]any, name string, value any) map[string]any {
	more := maps.Clone(body)
	more[name] = value
	return more
}

// planFor plans n leads through a group for an hour from now.
func (s *site) planFor(c *testenv.Clock, group uuid.UUID, n int) {
	s.t.Helper()
	at := c.Now().Add(time.Hour).Format(time.RFC3339)
	s.post("/v1/assignments", map[string]any{"lead_ids": s.leads(n), "group_id": group, "at": at}).is(202)
}

// pendingBy counts what is pending by member, in the order given.
func (s *site) pendingBy(members ...uuid.UUID) string {
	s.t.Helper()
	var all []string
	for _, m := range members {
		all = append(all, fmt.Sprint(len(s.get("/v1/pending-leads?limit=500&member_id="+m.String()).items())))
	}
	return strings.Join(all, " ")
}

func TestEditingAGroupAsksWhatBecomesOfWhatIsPlanned(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b, d := s.member("A"), s.member("B"), s.member("D")
	g := s.group(a, b)
	path := "/v1/groups/" + g.String()
	s.planFor(c, g, 6)

	preview := s.post("/v1/groups/preview?next=3", with(ring(b, d), "id", g)).is(200)
	if got, want := fmt.Sprint(preview.at("pending"), preview.at("joins"), preview.at("leaves")), fmt.Sprintf("[map[count:3 member_id:%s]] [%s] [%s]", a, d, a); got != want {
		t.Errorf("the preview says %s, not %s", got, want)
	}
	refused := s.do(s.admin, "PUT", path, ring(b, d))
	refused.refuses(409, "conflict")
	if got, want := fmt.Sprint(refused.at("pending")), fmt.Sprintf("[map[count:3 member_id:%s]]", a); got != want {
		t.Errorf("the refusal says %s, not %s", got, want)
	}
	if v := s.get(path).at("version"); v != 1.0 {
		t.Errorf("a refused edit made version %v", v)
	}
	// What takes no receiver away, or none with something planned, asks nothing.
	if got := fmt.Sprint(s.do(s.admin, "PUT", path, with(ring(d, b, a), "name", "more")).is(200).at("pending")); got != "map[count:0]" {
		t.Error(got)
	}
	s.do(s.admin, "PUT", path, ring(b, a)).is(200)
	for body, location := range map[string]string{
		`{"action":"sell"}`: "body.pending.action",
		`{}`:                "body.pending.action",
		fill(`{"action":"leave","group_id":"%g"}`, a, b, g):                      "body.pending.group_id",
		fill(`{"action":"spread","member_ids":["%a"]}`, a, b, g):                 "body.pending.member_ids[0]",
		fill(`{"action":"spread","member_ids":["%x"]}`, a, b, g):                 "body.pending.member_ids[0]",
		fill(`{"action":"spread","group_id":"%x"}`, a, b, g):                     "body.pending.group_id",
		fill(`{"action":"spread","group_id":"%g","member_ids":["%b"]}`, a, b, g): "body.pending.group_id",
	} {
		s.do(s.admin, "PUT", path, with(ring(b, d), "pending", json.RawMessage(body))).refuses(422, "invalid_request", location)
	}
	if got := s.pendingBy(a, b, d); got != "3 3 0" {
		t.Fatalf("pending before the choice: %s", got)
	}
	choose := func(choice map[string]any, members ...uuid.UUID) string {
		t.Helper()
		return fmt.Sprint(s.do(s.admin, "PUT", path, with(ring(members...), "pending", choice)).is(200).at("pending"))
	}
	if got := choose(map[string]any{"action": "leave"}, b); got != "map[count:3]" {
		t.Error(got)
	}
	choose(map[string]any{"action": "leave"}, a, b)
	if got := choose(map[string]any{"action": "spread"}, b, d); got != "map[count:0 spread:3]" || s.pendingBy(a) != "0" {
		t.Error(got, s.pendingBy(a, b, d))
	}
	if got := choose(map[string]any{"action": "delete"}, d); !strings.HasPrefix(got, "map[count:0 deleted:") {
		t.Error(got)
	}
	deleted := len(s.get("/v1/history?outcome=cancelled").items())
	if deleted == 0 || s.pendingBy(b) != "0" {
		t.Errorf("%d cancelled, pending %s", deleted, s.pendingBy(a, b, d))
	}
	log := s.get("/v1/audit-log?operation=put-group").items()[0]
	if log["count"] != float64(deleted) || len(log["ids"].([]any)) != 1+deleted {
		t.Errorf("the audit log has %v", log)
	}
	for _, h := range s.get("/v1/history?act_id=" + log["id"].(string)).items() {
		if h["cancelled_by"] != log["api_key_id"] || h["reason"] != nil || h["trigger"] != "scheduled" {
			t.Error(h)
		}
	}
	c.Advance(time.Hour)
	s.armAll()
	s.distribute()
	if n := len(s.get("/v1/history?outcome=succeeded").items()); n != 6-deleted {
		t.Errorf("%d went out", n)
	}
	s.audited()
}

func TestDeletingAGroupAsksWhatBecomesOfWhatIsPlanned(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b, d := s.member("A"), s.member("B"), s.member("D")
	g := s.group(a, b)
	path := "/v1/groups/" + g.String()
	s.planFor(c, g, 4)
	refused := s.delete(path)
	refused.refuses(409, "conflict")
	if len(refused.at("pending").([]any)) != 2 {
		t.Error(refused.body)
	}
	s.delete(path+"?pending=sell").refuses(422, "invalid_request", "query.pending")
	s.delete(path+"?pending=spread").refuses(422, "invalid_request", "query.group_id")
	s.delete(path+"?pending=spread&group_id="+g.String()).refuses(422, "invalid_request", "query.group_id")
	s.delete(path+"?member_ids="+d.String()).refuses(422, "invalid_request", "query.member_ids")
	s.get(path).is(200)
	// One of those for whom they are planned may be among those who get them.
	s.delete(path + "?pending=spread&member_ids=" + a.String() + "," + d.String()).is(204)
	s.delete(path + "?pending=leave").is(404)
	if got := s.pendingBy(a, b, d); got != "2 0 2" {
		t.Errorf("pending: %s", got)
	}
	other := s.group(b)
	s.planFor(c, other, 2)
	s.delete("/v1/groups/" + other.String() + "?pending=delete").is(204)
	last := s.group(b)
	s.planFor(c, last, 3)
	s.delete("/v1/groups/" + last.String() + "?pending=leave").is(204)
	s.delete("/v1/groups/" + s.group(b).String()).is(204)
	c.Advance(time.Hour)
	s.armAll()
	s.distribute()
	if got := len(s.get("/v1/history?outcome=succeeded").items()); got != 7 {
		t.Errorf("%d went out", got)
	}
	s.audited()
}

// TestAGroupWithARemovedMemberIsSavedAsItWasRead and nobody who was removed can join another.
func TestAGroupWithARemovedMemberIsSavedAsItWasRead(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	path := "/v1/groups/" + g.String()
	s.planFor(c, g, 2)
	s.delete("/v1/members/" + a.String()).is(204)
	read := s.get(path).object()
	if got := fmt.Sprint(read["slots"]); strings.Count(got, "removed:true") != 1 {
		t.Error(got)
	}
	if got := fmt.Sprint(s.get("/v1/groups").items()[0]["slots"]); strings.Count(got, "removed:true") != 1 {
		t.Error(got)
	}
	body := map[string]any{"name": read["name"], "method": read["method"], "slots": read["slots"]}
	saved := s.do(s.admin, "PUT", path, body).is(200).object()
	if fmt.Sprint(saved["slots"], saved["version"]) != fmt.Sprint(read["slots"], 1) {
		t.Errorf("saved as %v", saved)
	}
	s.post("/v1/groups/preview", with(body, "id", g)).is(200)
	s.post("/v1/groups", body).refuses(422, "invalid_request", "body.slots[0].members[0].member_id")
	s.do(s.admin, "PUT", "/v1/groups/"+s.group(b).String(), body).refuses(422, "invalid_request", "body.slots[0].members[0].member_id")
	// What is planned for them is asked after when they are taken out of it.
	refused := s.do(s.admin, "PUT", path, ring(b))
	refused.refuses(409, "conflict")
	s.do(s.admin, "PUT", path, with(ring(b), "pending", json.RawMessage(`{"action":"spread"}`))).is(200)
	if got := s.pendingBy(b); got != "2" {
		t.Error(got)
	}
	s.audited()
}

func TestPreviewingANewGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	before := s.rows(s.workspace)
	p := s.post("/v1/groups/preview?next=3", ring(a, b)).is(200)
	var turns []string
	for _, turn := range p.at("next").([]any) {
		turns = append(turns, turn.(map[string]any)["member_ids"].([]any)[0].(string))
	}
	if !slices.Equal(turns, []string{a.String(), b.String(), a.String()}) {
		t.Error(turns)
	}
	if got := fmt.Sprint(p.at("pending"), p.at("joins"), p.at("leaves")); got != fmt.Sprintf("[] [%s %s] []", a, b) {
		t.Error(got)
	}
	s.post("/v1/groups/preview", with(ring(a), "id", uuid.New())).refuses(422, "invalid_request", "body.id")
	if fmt.Sprint(before) != fmt.Sprint(s.rows(s.workspace)) {
		t.Error("a preview changed something")
	}
}

// TestAPreviewIsWhatTheEditMakes for edits in the middle of a round.
func TestAPreviewIsWhatTheEditMakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b, d := s.member("A"), s.member("B"), s.member("D")
	g := s.group(a, b, d)
	path := "/v1/groups/" + g.String()
	for i, next := range [][]uuid.UUID{{b, a}, {a, b, b, d}, {d}, {d, a, b}, {b, d, a}} {
		s.post("/v1/leads/batch", map[string]any{"leads": []any{map[string]any{"name": "x"}, map[string]any{"name": "y"}},
			"distribute": map[string]any{"group_id": g}}).is(201)
		s.distribute()
		preview := s.post("/v1/groups/preview?next=7", with(ring(next...), "id", g)).is(200).at("next")
		s.do(s.admin, "PUT", path, ring(next...)).is(200)
		if made := s.get(path + "?next=7").at("next"); fmt.Sprint(made) != fmt.Sprint(preview) {
			t.Errorf("edit %d: previewed %v, made %v", i, preview, made)
		}
	}
	s.audited()
}

func TestSpreadingWhatAnActiveMemberHasPending(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	path := "/v1/members/" + a.String() + "/pending"
	s.planFor(c, g, 6)
	s.post(path, `{"action":"spread","member_ids":["`+a.String()+`"]}`).refuses(422, "invalid_request", "body.member_ids[0]")
	s.post("/v1/members/"+uuid.NewString()+"/pending", `{"action":"leave"}`).refuses(404, "not_found")
	if got := fmt.Sprint(s.post(path, `{"action":"spread"}`).is(200).object()); got != "map[count:0 next_due_at:<nil> spread:3]" {
		t.Error(got)
	}
	if got := s.pendingBy(a, b); got != "0 6" || s.get("/v1/members/"+a.String()).at("active") != true {
		t.Error(got)
	}
	if got := fmt.Sprint(s.post("/v1/members/"+b.String()+"/pending", `{"action":"delete"}`).is(200).object()); got != "map[count:0 deleted:6 next_due_at:<nil>]" {
		t.Error(got)
	}
	if n := len(s.get("/v1/history?outcome=cancelled").items()); n != 6 {
		t.Errorf("%d cancelled", n)
	}
	s.audited()
}
