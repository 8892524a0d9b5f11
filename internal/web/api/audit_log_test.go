package api_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// log is the audit log, oldest first, each entry in a line.
func (s *site) log(query string) (lines []string) {
	s.t.Helper()
	for _, it := range s.get("/v1/audit-log?limit=500" + query).items() {
		lines = append([]string{fmt.Sprint(it["operation"], " ", it["ids"], " ", it["fields"], " ", it["count"])}, lines...)
	}
	return lines
}

func TestAuditLog(t *testing.T) {
	t.Parallel()
	s, clock := newTimedSite(t)
	start := clock.Now()
	a := s.member("Secret Person")
	g := s.group(a)
	clock.Advance(time.Hour)
	s.patch("/v1/members/"+a.String(), `{"email":"secret@example.com","active":true}`).is(200)
	s.patch("/v1/members/"+a.String(), `{"active":"no"}`).is(422)
	s.do(s.admin, "PUT", "/v1/groups/"+g.String(), ring(a, a)).is(200)
	l := s.post("/v1/leads", `{"name":"Secret Lead"}`).is(201).id()
	s.patch("/v1/leads/"+l, `{"fields":{"Secret field":"x"}}`).is(200)
	at := clock.Now().Add(time.Hour).Format(time.RFC3339)
	assigned := s.post("/v1/assignments", map[string]any{"lead_ids": []string{l}, "group_id": g, "at": at}).is(202).id()
	s.post("/v1/assignments/preview", map[string]any{"lead_ids": []string{l}, "group_id": g, "at": at}).is(200)
	pending := s.get("/v1/pending-leads").items()[0]["id"]
	s.post("/v1/pending-leads/delete", `{"all":{}}`).is(200)
	s.delete("/v1/leads/" + l).is(204)
	s.do(s.memberKey(a), "GET", "/v1/workspace", nil).is(200)
	for range 2 {
		s.do(s.admin, "POST", "/v1/sources", `{"name":"web"}`, "Idempotency-Key", "1").is(201)
	}
	source := s.get("/v1/sources").items()[0]["id"]

	want := []string{
		fmt.Sprintf("post-member [%s] [] <nil>", a),
		fmt.Sprintf("post-group [%s] [] <nil>", g),
		fmt.Sprintf("patch-member [%s] [active email] <nil>", a),
		fmt.Sprintf("put-group [%s] [method name slots] <nil>", g),
		fmt.Sprintf("patch-lead [%s] [fields] <nil>", l),
		fmt.Sprintf("post-assignment [%s] [] <nil>", assigned),
		fmt.Sprintf("delete-pending-leads [%s] [] 1", pending),
		fmt.Sprintf("delete-lead [%s] [] <nil>", l),
		fmt.Sprintf("post-source [%s] [] <nil>", source),
	}
	if diff := cmp.Diff(want, s.log("")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	first := s.get("/v1/audit-log").items()[0]
	keys := s.get("/v1/api-keys").items()
	if by := first["api_key_id"]; by != keys[len(keys)-1]["id"] || first["at"] != clock.Now().Format(time.RFC3339) {
		t.Errorf("%v, not by the admin's key", first)
	}
	for query, lines := range map[string][]string{
		"&id=" + a.String(): {want[0], want[2]}, "&operation=patch-member": {want[2]},
		"&to=" + clock.Now().Format(time.RFC3339): want[:2], "&from=" + start.Add(time.Minute).Format(time.RFC3339): want[2:],
		"&api_key_id=" + fmt.Sprint(first["api_key_id"]): want, "&api_key_id=" + a.String(): nil,
	} {
		if diff := cmp.Diff(lines, s.log(query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	if rows := s.rows(s.workspace)["audit_log"]; strings.Contains(strings.ToLower(rows), "secret") {
		t.Errorf("the log has values: %s", rows)
	}
	if csv := s.do(s.admin, "GET", "/v1/audit-log", nil, "Accept", "text/csv").is(200); strings.Count(csv.body, "\n") != len(want)+1 {
		t.Error(csv.body)
	}
}

// TestAuditLogIsOfAdmins has members and integrations change what is theirs, which is no admin's doing.
func TestAuditLogIsOfAdmins(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	s.post("/v1/leads", map[string]any{"name": "x", "distribute": map[string]any{"member_ids": []any{m}}}).is(201)
	s.distribute()
	before := s.log("")
	copied := s.get("/v1/assigned-leads").items()[0]["id"].(string)
	s.do(s.memberKey(m), "PATCH", "/v1/assigned-leads/"+copied, `{"notes":"n"}`).is(200)
	s.do(s.key(store.APIKey{Role: lead.RoleIntegration}), "POST", "/v1/imports", "name\nx\n", "Content-Type", "text/csv").is(202)
	if diff := cmp.Diff(before, s.log("")); diff != "" {
		t.Error(diff)
	}
	s.do(s.admin, "POST", "/v1/imports", "name\ny\n", "Content-Type", "text/csv").is(202)
	if after := s.log(""); len(after) != len(before)+1 || !strings.HasPrefix(after[len(before)], "post-import [") {
		t.Errorf("an admin's import: %v", after)
	}
}

// TestActAndEntryAreOne lets the entry fail: what it tells of is then not done either.
func TestActAndEntryAreOne(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.member("A")
	state := s.rows(s.workspace)
	s.DB.MustExec(`ALTER TABLE audit_log ADD CHECK (at < 'epoch') NOT VALID`)
	for _, r := range []reply{
		s.patch("/v1/members/"+m.String(), `{"name":"B"}`), s.delete("/v1/members/" + m.String()), s.post("/v1/members", `{"name":"C"}`),
		s.patch("/v1/workspace", `{"name":"D"}`), s.post("/v1/api-keys", `{"role":"admin"}`),
	} {
		if r.status < 500 {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	after := s.rows(s.workspace)
	maps.DeleteFunc(after, func(table string, _ string) bool { return state[table] == after[table] })
	if len(after) > 0 {
		t.Errorf("something was done: %v", after)
	}
}

// TestExportsAreLogged reads lists as CSV: who did so, how many items there were, and by which filters, without what people
// are searched by.
func TestExportsAreLogged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 3 {
		s.post("/v1/leads", map[string]any{"name": fmt.Sprint("Secret ", i), "email": "secret@example.com"}).is(201)
	}
	s.get("/v1/leads?q=secret&test=false&format=csv").is(200)
	s.do(s.admin, "GET", "/v1/leads?external_id=none", nil, "Accept", "text/csv").is(200)
	s.do(s.admin, "GET", "/v1/leads", nil, "Accept", "application/json, text/csv;q=0.1").is(200)
	s.get("/v1/leads?q=secret").is(200)
	s.post("/v1/privacy/export", `{"email":"secret@example.com"}`).is(200)
	var got []string
	for _, it := range s.get("/v1/audit-log").items() {
		got = append([]string{fmt.Sprint(it["operation"], " ", it["count"], " ", it["filter"])}, got...)
	}
	want := []string{"list-leads 3 q=…&test=false", "list-leads 0 external_id=…", "export-person 3 <nil>"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
