package api_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestMovingManyPendingLeads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	var ids []any
	for range 5 {
		ids = append(ids, s.post("/v1/leads", `{"name":"x"}`).is(201).id())
	}
	day := s.Store.Now().AddDate(0, 0, 3).Truncate(24 * time.Hour).Add(4 * time.Hour)
	s.post("/v1/assignments", map[string]any{"lead_ids": ids, "member_ids": []any{a}, "at": day}).is(202)
	pending := func(member uuid.UUID) (ids []any) {
		for _, p := range s.get("/v1/pending-leads?member_id=" + member.String()).items() {
			ids = append(ids, p["id"])
		}
		return ids
	}
	planned := pending(a)
	later := day.AddDate(0, 0, 1)
	r := s.post("/v1/pending-leads/move", map[string]any{"ids": append(planned[:2:2], uuid.NewString()), "member_id": b, "at": later})
	if r.is(200).at("count") != 2.0 || len(pending(b)) != 2 {
		t.Errorf("moved two: %s", r.body)
	}
	if moved := s.get("/v1/pending-leads/" + planned[0].(string)); moved.at("moved_from") != a.String() || moved.at("due_at") != later.Format(time.RFC3339) {
		t.Error(moved.body)
	}
	filter := map[string]any{"member_id": a, "matched": 4}
	r = s.post("/v1/pending-leads/move", map[string]any{"filter": filter, "member_id": b})
	if r.refuses(409, "conflict", "body.filter.matched"); r.at("matched") != 3.0 {
		t.Error(r.body)
	}
	filter["matched"] = 3
	if r = s.post("/v1/pending-leads/move", map[string]any{"filter": filter, "member_id": b}); r.is(200).at("count") != 3.0 || len(pending(b)) != 5 {
		t.Error(r.body)
	}
	if n := s.count(`SELECT count(*) FROM audit_log WHERE operation = 'move-pending-leads'`); n != 2 {
		t.Errorf("%d moves in the audit log", n)
	}
	for location, body := range map[string]map[string]any{
		"body.at":        {"ids": planned},
		"body.ids":       {"at": later},
		"body.member_id": {"ids": planned, "member_id": uuid.New()},
	} {
		s.post("/v1/pending-leads/move", body).refuses(422, "invalid_request", location)
	}
	s.post("/v1/pending-leads/move", map[string]any{"ids": planned, "at": s.Store.Now().Add(-time.Hour)}).refuses(422, "invalid_request", "body.at")
}

// TestMovesKeepThePace moves more leads to one day than their pace allows: none is moved.
func TestMovesKeepThePace(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a, b := s.member("A"), s.member("B")
	var leads []any
	for range 20 {
		leads = append(leads, s.post("/v1/leads", `{"name":"x"}`).is(201).id())
	}
	s.post("/v1/assignments", map[string]any{"lead_ids": leads, "member_ids": []any{a}, "pace": "slow"}).is(202)
	var ids []any
	for _, p := range s.get("/v1/pending-leads").items() {
		ids = append(ids, p["id"])
	}
	day := s.Store.Now().AddDate(0, 0, 30).Truncate(24 * time.Hour).Add(4 * time.Hour)
	s.post("/v1/pending-leads/move", map[string]any{"ids": ids[:7], "at": day}).refuses(409, "conflict", "body.at")
	if n := s.count(`SELECT count(*) FROM pending_leads WHERE due_at = $1`, day); n != 0 {
		t.Errorf("%d were moved", n)
	}
	s.post("/v1/pending-leads/move", map[string]any{"ids": ids[:6], "at": day}).is(200)
	s.post("/v1/pending-leads/move", map[string]any{"ids": ids[6:7], "at": day}).refuses(409, "conflict", "body.at")
	s.post("/v1/pending-leads/move", map[string]any{"ids": ids[6:7], "at": day, "member_id": b}).is(200)
	s.post("/v1/pending-leads/move", map[string]any{"ids": ids, "member_id": b}).refuses(409, "conflict", "body.at")
}
