package api_test

import (
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func newTimedSite(t *testing.T) (*site, *testenv.Clock) {
	t.Helper()
	c := testenv.NewClock(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)) // 09:00 in Kuala Lumpur
	return newSite(t, testenv.WithClock(c.Now)), c
}

// leads adds n leads that nobody gets.
func (s *site) leads(n int) (ids []string) {
	s.t.Helper()
	leads := make([]any, n)
	for i := range leads {
		leads[i] = map[string]any{"name": fmt.Sprint("lead ", i)}
	}
	for _, id := range s.post("/v1/leads/batch", map[string]any{"leads": leads}).is(201).at("ids").([]any) {
		ids = append(ids, id.(string))
	}
	return ids
}

// audited fails the test unless every promise is kept.
func (s *site) audited() {
	s.t.Helper()
	report, err := s.Store.Audit(s.t.Context())
	if err != nil || !report.OK {
		s.t.Errorf("%+v, %v", report, err)
	}
}

func TestScheduleInTheAPI(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	ids := s.leads(4)
	at := c.Now().Add(time.Hour).Format(time.RFC3339)
	made := s.post("/v1/assignments", map[string]any{"lead_ids": ids, "group_id": g, "at": at}).is(202)
	if made.at("count") != 4.0 || made.at("at") != at || made.at("pace") != nil || made.at("seed") != nil {
		t.Error(made.body)
	}
	s.post("/v1/leads", map[string]any{"name": "x", "distribute": map[string]any{"member_ids": []any{a, b}, "at": at}}).is(201)
	s.post("/v1/leads/batch", map[string]any{"leads": []any{map[string]any{"name": "x"}}, "distribute": map[string]any{"group_id": g, "pace": "slow"}}).is(201)
	items := s.get("/v1/pending-leads").items()
	if len(items) != 7 {
		t.Fatal(items)
	}
	for _, it := range items {
		if it["trigger"] != "scheduled" || it["member_id"] == nil || it["group_id"] != nil && it["turn"] == nil {
			t.Error(it)
		}
	}
	c.Advance(time.Hour)
	s.armAll()
	s.distribute()
	s.audited()
	accepted := c.Now().Add(-time.Hour).Format(time.RFC3339)
	for _, it := range s.get("/v1/history?trigger=scheduled&group_id=" + g.String()).items() {
		if it["turn"] == nil || it["outcome"] != "succeeded" || it["accepted_at"] != accepted || it["due_at"] == accepted {
			t.Error(it)
		}
	}
	if n := len(s.get("/v1/history?trigger=immediate").items()); n > 0 {
		t.Errorf("%d went out at once", n)
	}
}

func (s *site) armAll() {
	s.t.Helper()
	if _, err := s.Store.Arm(s.t.Context(), s.workspace, s.Store.Now().Add(time.Second), 10_000); err != nil {
		s.t.Fatal(err)
	}
}

func TestScheduleRefusals(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a := s.member("A")
	ids := s.leads(1)
	body := func(with ...any) map[string]any {
		b := map[string]any{"lead_ids": ids, "member_ids": []any{a}}
		for i := 0; i < len(with); i += 2 {
			b[with[i].(string)] = with[i+1]
		}
		return b
	}
	now := c.Now()
	for _, path := range []string{"/v1/assignments", "/v1/assignments/preview"} {
		s.post(path, body("pace", "brisk")).refuses(422, "invalid_request", "body.pace")
		s.post(path, body("pace", "slow", "at", now.Add(time.Hour))).refuses(422, "invalid_request", "body.at")
		s.post(path, body("at", now)).refuses(422, "invalid_request", "body.at")
		s.post(path, body("at", now.AddDate(1, 0, 1))).refuses(422, "invalid_request", "body.at")
		s.post(path, body("at", "tomorrow")).refuses(422, "invalid_request", "body.at")
		s.post(path, body("pace", "slow", "seed", 7)).refuses(422, "invalid_request", "body.seed")
		s.post(path, body("pace", "slow", "seed", -7)).refuses(422, "invalid_request", "body.seed")
	}
	s.post("/v1/leads", map[string]any{"name": "x", "distribute": map[string]any{"member_ids": []any{a}, "at": now}}).
		refuses(422, "invalid_request", "body.distribute.at")
	s.post("/v1/imports?pace=slow", nil).refuses(422, "invalid_request", "query.pace")
	s.patch("/v1/workspace", `{"features":{"scheduled_distribution":false}}`).is(200)
	s.post("/v1/assignments", body("pace", "slow")).refuses(403, "feature_disabled")
	s.post("/v1/assignments/preview", body("pace", "slow")).refuses(403, "feature_disabled")
	s.post("/v1/assignments", body("at", now.Add(time.Hour))).refuses(403, "feature_disabled")
	s.post("/v1/leads", map[string]any{"name": "x", "distribute": map[string]any{"member_ids": []any{a}, "pace": "fast"}}).refuses(403, "feature_disabled")
	s.post("/v1/assignments", body()).is(202)
}

func TestPreviewInTheAPI(t *testing.T) {
	t.Parallel()
	s, _ := newTimedSite(t)
	g := s.group(s.member("A"), s.member("B"))
	body := map[string]any{"lead_ids": s.leads(30), "group_id": g, "pace": "normal"}
	preview := s.post("/v1/assignments/preview", body).is(200)
	if n := s.count(`SELECT count(*) FROM pending`); n > 0 {
		t.Fatalf("a preview made %d pending leads", n)
	}
	body["seed"] = preview.at("seed")
	again := s.post("/v1/assignments/preview", body).is(200)
	if diff := cmp.Diff(preview.object(), again.object()); diff != "" {
		t.Error(diff)
	}
	made := s.post("/v1/assignments", body).is(202)
	if made.at("seed") != preview.at("seed") || made.at("pace") != "normal" {
		t.Error(made.body)
	}
	plan := map[any]any{}
	for _, it := range preview.at("items").([]any) {
		p := it.(map[string]any)
		plan[p["lead_id"]] = []any{p["member_id"], p["due_at"]}
	}
	got := map[any]any{}
	for _, p := range s.get("/v1/pending-leads?assignment_id=" + made.id()).items() {
		got[p["lead_id"]] = []any{p["member_id"], p["due_at"]}
	}
	if diff := cmp.Diff(plan, got); diff != "" {
		t.Error(diff)
	}
	s.audited()
}

func TestImportAtAPace(t *testing.T) {
	t.Parallel()
	s, _ := newTimedSite(t)
	g := s.group(s.member("A"), s.member("B"))
	r := s.do(s.admin, "POST", "/v1/imports?pace=slow&group_id="+g.String(), "name\nAda\nBea\nCyd\n", "Content-Type", "text/csv").is(202)
	if r.at("imported") != 3.0 || r.at("pace") != "slow" || r.at("status") != "completed" {
		t.Error(r.body)
	}
	items := s.get("/v1/pending-leads?group_id=" + g.String()).items()
	if len(items) != 3 || items[0]["pace"] != "slow" {
		t.Error(items)
	}
	s.audited()
}

func TestPendingLeadsInTheAPI(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	s.post("/v1/assignments", map[string]any{"lead_ids": s.leads(5), "member_ids": []any{a, b}, "at": c.Now().Add(time.Hour)}).is(202)
	first := s.get("/v1/pending-leads?limit=7").is(200)
	next := first.at("next_cursor").(string)
	second := s.get("/v1/pending-leads?limit=7&cursor=" + next).is(200)
	if len(first.items()) != 7 || len(second.items()) != 3 || second.at("next_cursor") != nil {
		t.Error(first.body, second.body)
	}
	s.get("/v1/pending-leads?cursor=x").refuses(422, "invalid_request", "query.cursor")
	before := url.QueryEscape(c.Now().Add(time.Hour).Format(time.RFC3339))
	if items := s.get("/v1/pending-leads?due_before=" + before).items(); len(items) != 0 {
		t.Error(items)
	}
	mine := s.get("/v1/pending-leads?member_id=" + a.String()).items()
	days := s.get("/v1/pending-leads/days?member_id=" + a.String()).items()
	if len(mine) != 5 || len(days) != 1 || days[0]["count"] != 5.0 || days[0]["day"] != "2026-11-23" {
		t.Error(mine, days)
	}
	id := mine[0]["id"].(string)
	later := c.Now().Add(48 * time.Hour).Format(time.RFC3339)
	moved := s.patch("/v1/pending-leads/"+id, map[string]any{"due_at": later, "member_id": b}).is(200)
	if moved.at("due_at") != later || moved.at("member_id") != b.String() || moved.at("moved_from") != a.String() {
		t.Error(moved.body)
	}
	s.get("/v1/pending-leads/" + id).is(200)
	s.patch("/v1/pending-leads/"+id, map[string]any{"due_at": c.Now()}).refuses(422, "invalid_request", "body.due_at")
	s.patch("/v1/pending-leads/"+id, map[string]any{"member_id": uuid.New()}).refuses(422, "invalid_request", "body.member_id")
	s.patch("/v1/pending-leads/"+id, map[string]any{"member_id": nil}).refuses(422, "invalid_request", "body.member_id")
	s.patch("/v1/pending-leads/"+uuid.NewString(), map[string]any{"due_at": later}).refuses(404, "not_found")
	if r := s.delete("/v1/pending-leads/" + id).is(200); r.at("count") != 1.0 {
		t.Error(r.body)
	}
	s.delete("/v1/pending-leads/"+id).refuses(404, "not_found")

	two := []any{mine[1]["id"], mine[2]["id"], id}
	if r := s.post("/v1/pending-leads/distribute-now", map[string]any{"ids": two}).is(200); r.at("count") != 2.0 {
		t.Error(r.body)
	}
	s.patch("/v1/pending-leads/"+mine[1]["id"].(string), map[string]any{"due_at": later}).refuses(409, "conflict", "path.id")
	s.distribute()
	if r := s.post("/v1/pending-leads/delete", map[string]any{"ids": two}).is(200); r.at("count") != 0.0 {
		t.Error(r.body)
	}
	if r := s.post("/v1/pending-leads/delete", map[string]any{"all": map[string]any{"member_id": b}}).is(200); r.at("count") != 5.0 {
		t.Error(r.body)
	}
	s.post("/v1/pending-leads/delete", map[string]any{}).refuses(422, "invalid_request", "body.ids")
	s.post("/v1/pending-leads/delete", map[string]any{"ids": two, "all": map[string]any{}}).refuses(422, "invalid_request", "body.ids")
	if items := s.get("/v1/pending-leads").items(); len(items) != 2 {
		t.Error(items)
	}
	if items := s.get("/v1/history?member_id=" + a.String()).items(); len(items) != 2 || items[0]["trigger"] != "distribute_now" {
		t.Error(items)
	}
	s.audited()
}

// TestMembersCannotTellAScheduledLead compares what a member reads of leads that came to them at once and on schedule.
func TestMembersCannotTellAScheduledLead(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a := s.member("A")
	old := s.leads(1)
	c.Advance(24 * time.Hour)
	s.post("/v1/assignments", map[string]any{"lead_ids": old, "member_ids": []any{a}, "at": c.Now().Add(time.Hour)}).is(202)
	c.Advance(time.Hour)
	s.post("/v1/leads", map[string]any{"name": "lead 0", "distribute": map[string]any{"member_ids": []any{a}}}).is(201)
	s.armAll()
	s.distribute()
	items := s.do(s.memberKey(a), "GET", "/v1/assigned-leads", nil).items()
	if len(items) != 2 {
		t.Fatal(items)
	}
	same(t, items[0], items[1])
	for _, path := range []string{"/v1/pending-leads", "/v1/pending-leads/days", "/v1/history", "/v1/assignments"} {
		s.do(s.memberKey(a), "GET", path, nil).refuses(403, "forbidden")
	}
}

func TestForeignPendingLeadsAreNotFound(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	s.post("/v1/assignments", map[string]any{"lead_ids": s.leads(2), "member_ids": []any{s.member("A")}, "at": c.Now().Add(time.Hour)}).is(202)
	id := s.get("/v1/pending-leads").items()[0]["id"].(string)
	_, other := s.newWorkspace("other")
	for _, r := range []reply{
		s.do(other, "GET", "/v1/pending-leads/"+id, nil), s.do(other, "DELETE", "/v1/pending-leads/"+id, nil),
		s.do(other, "PATCH", "/v1/pending-leads/"+id, map[string]any{"due_at": c.Now().Add(time.Hour)}),
	} {
		r.refuses(404, "not_found")
	}
	for _, action := range []string{"delete", "distribute-now"} {
		for _, body := range []any{map[string]any{"ids": []any{id}}, map[string]any{"all": map[string]any{}}} {
			if r := s.do(other, "POST", "/v1/pending-leads/"+action, body).is(200); r.at("count") != 0.0 {
				t.Error(r.body)
			}
		}
	}
	if items := s.do(other, "GET", "/v1/pending-leads", nil).items(); len(items) != 0 {
		t.Error(items)
	}
}

// TestManyClientsChangeTheSameLeads counts every pending lead once, whoever got hold of it.
func TestManyClientsChangeTheSameLeads(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	s.post("/v1/assignments", map[string]any{"lead_ids": s.leads(200), "member_ids": []any{s.member("A")}, "at": c.Now().Add(time.Hour)}).is(202)
	pending, err := s.Store.PendingLeads(t.Context(), s.workspace, store.PendingFilter{}, store.PendingPage{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]uuid.UUID, len(pending))
	for i, p := range pending {
		ids[i] = p.ID
	}
	var deleted atomic.Int64
	var clients sync.WaitGroup
	for n := range 12 {
		clients.Go(func() {
			for i := n; i < len(ids); i += 10 {
				switch (i + n) % 3 {
				case 0:
					deleted.Add(int64(s.post("/v1/pending-leads/delete", map[string]any{"ids": ids[max(0, i-5):i]}).is(200).at("count").(float64)))
				case 1:
					s.post("/v1/pending-leads/distribute-now", map[string]any{"ids": ids[max(0, i-5) : i+1]})
				default:
					s.patch("/v1/pending-leads/"+ids[i].String(), map[string]any{"due_at": c.Now().Add(2 * time.Hour)})
				}
			}
		})
	}
	clients.Wait()
	c.Advance(3 * time.Hour)
	s.armAll()
	s.distribute()
	s.audited()
	if n := s.count(`SELECT count(*) FROM history WHERE outcome = $1`, lead.Succeeded); n+int(deleted.Load()) != len(ids) {
		t.Errorf("%d went out and %d were deleted", n, deleted.Load())
	}
}
