package api_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestUndoInTheAPI undoes a run, also by many at once, and again: all get the same answer, and the leads go to whom they would have gone.
func TestUndoInTheAPI(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	ids := s.leads(5)
	run := s.post("/v1/assignments", map[string]any{"lead_ids": ids, "group_id": g}).is(202)
	if want := c.Now().Add(time.Hour).Format(time.RFC3339); run.at("undo_until") != want || run.at("undone_at") != nil {
		t.Error(run.body)
	}
	path := "/v1/assignments/" + run.at("id").(string)
	s.distribute()
	copied := s.get("/v1/assigned-leads?member_id=" + b.String()).items()[0]["id"].(string)
	s.post("/v1/assigned-leads/"+copied+"/accept", nil).is(200)
	var answers [20]string
	var asked sync.WaitGroup
	for i := range answers {
		asked.Go(func() { answers[i] = s.post(path+"/undo", nil).is(200).body })
	}
	asked.Wait()
	for _, answer := range answers {
		if answer != answers[0] {
			t.Errorf("%s is not %s", answer, answers[0])
		}
	}
	done := s.do(s.admin, "POST", path+"/undo", nil, "Idempotency-Key", "once").is(200)
	if done.at("deleted") != 0.0 || done.at("withdrawn") != 4.0 || done.at("kept_count") != 1.0 || done.at("state") != "done" {
		t.Error(done.body)
	}
	if diff := cmp.Diff([]any{map[string]any{"assigned_lead_id": copied, "why": "answered"}}, done.at("kept")); diff != "" {
		t.Error(diff)
	}
	if again := s.do(s.admin, "POST", path+"/undo", nil, "Idempotency-Key", "once").is(200); again.body != done.body {
		t.Errorf("again it answers %s", again.body)
	}
	shown := s.get(path).is(200)
	if shown.at("undone") != 4.0 || shown.at("undone_at") == nil || shown.at("undo_until") != nil {
		t.Error(shown.body)
	}
	if n := len(s.get("/v1/history?outcome=undone").items()); n != 4 {
		t.Errorf("history has %d", n)
	}
	if n := len(s.get("/v1/audit-log?operation=undo-assignment").items()); n != 1 {
		t.Errorf("the audit log has it %d times", n)
	}
	s.audited()
	c.Advance(2 * time.Hour)
	s.post(path+"/undo", nil).is(200)
	late := s.post("/v1/assignments", map[string]any{"lead_ids": ids[:1], "member_ids": []any{a}}).is(202).at("id").(string)
	c.Advance(2 * time.Hour)
	s.post("/v1/assignments/"+late+"/undo", nil).is(409)
	if set := s.do(s.admin, "PATCH", "/v1/workspace", map[string]any{"undo_minutes": 180}).is(200); set.at("undo_minutes") != 180.0 {
		t.Error(set.body)
	}
	s.post("/v1/assignments/"+late+"/undo", nil).is(200)
	s.do(s.admin, "PATCH", "/v1/workspace", map[string]any{"undo_minutes": -1}).is(422)
	s.do(s.admin, "PATCH", "/v1/workspace", map[string]any{"undo_minutes": 43201}).is(422)
	s.post("/v1/assignments/"+a.String()+"/undo", nil).is(404)
}

// TestUndoAnImport undoes an import: what it distributed, and its leads but for those that somebody has, or has done something with.
func TestUndoAnImport(t *testing.T) {
	t.Parallel()
	s, c := newTimedSite(t)
	a, b := s.member("A"), s.member("B")
	g := s.group(a, b)
	file := "name,email\n" + strings.Join([]string{"L1,l1@x.example", "L2,l2@x.example", "L3,l3@x.example", "L4,l4@x.example", "L5,l5@x.example"}, "\n")
	send := func() (id string, leads []string) {
		id = s.do(s.admin, "POST", "/v1/imports?group_id="+g.String(), file, "Content-Type", "text/csv").is(202).at("id").(string)
		for _, l := range s.get("/v1/leads").items() {
			leads = append(leads, l["id"].(string))
		}
		return id, leads
	}
	run, leads := send()
	s.distribute()
	c.Advance(time.Second)
	s.do(s.admin, "PATCH", "/v1/leads/"+leads[0], map[string]any{"name": "Edited"}).is(200)
	s.post("/v1/leads/"+leads[1]+"/convert", nil).is(201)
	s.post("/v1/assignments", map[string]any{"lead_ids": leads[2:3], "member_ids": []any{s.member("C")}}).is(202)
	done := s.post("/v1/imports/"+run+"/undo", nil).is(200)
	if done.at("withdrawn") != 5.0 || done.at("leads_deleted") != 2.0 || done.at("leads_kept") != 3.0 {
		t.Error(done.body)
	}
	s.distribute()
	s.audited()
	if again := s.post("/v1/imports/"+run+"/undo", nil).is(200); again.body != done.body {
		t.Errorf("again it answers %s", again.body)
	}
	again, _ := send()
	if imp := s.get("/v1/imports/" + again).is(200); imp.at("imported") != 2.0 || imp.at("duplicates") != 3.0 {
		t.Errorf("sent again it brings %s", imp.body)
	}
	done = s.post("/v1/imports/"+again+"/undo", nil).is(200)
	if done.at("deleted") != 2.0 || done.at("withdrawn") != 0.0 || done.at("leads_deleted") != 2.0 {
		t.Error(done.body)
	}
	s.distribute()
	s.audited()
}

// TestUndoAnImportThatIsRead undoes an import whose file is still coming in.
func TestUndoAnImportThatIsRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	up := s.uploadHeld("name,email\n" + strings.Repeat("L,l@x.example\n", 10))
	s.post("/v1/imports/"+up.id+"/undo", nil).is(200)
	_ = up.file.Close()
	<-up.answer
	if status := s.get("/v1/imports/" + up.id).at("status"); status != "cancelled" {
		t.Errorf("it is %v", status)
	}
	if n := len(s.get("/v1/leads").items()); n != 0 {
		t.Errorf("%d leads are left", n)
	}
	s.audited()
}
