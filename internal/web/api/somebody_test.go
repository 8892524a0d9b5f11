package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// TestLeadsOfNobody brings leads by which nobody could be reached or named, singly, in batches and in files.
func TestLeadsOfNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	program := s.key(store.APIKey{Role: lead.RoleIntegration})
	for body, field := range map[string]string{
		`{"email":"x"}`: "email", `{"phone":"-"}`: "phone", `{"name":"N/A"}`: "name", `{"name":"{{name}}","email":"null","phone":"undefined"}`: "phone",
		`{"name":"-","email":"none"}`: "email", `{"name":"unknown","email":"@","fields":{"city":"KL"}}`: "email", `{"phone":"n/a","email":"x"}`: "email",
	} {
		for _, key := range []string{s.admin, program} {
			s.do(key, "POST", "/v1/leads", body).refuses(422, "invalid_request", "body."+field)
			s.do(key, "POST", "/v1/leads", body, idempotencyKey, body).refuses(422, "invalid_request", "body."+field)
			s.do(key, "POST", "/v1/leads/batch", `{"leads":[{"name":"Ada"},`+body+`]}`).refuses(422, "invalid_request", "body.leads[1]."+field)
		}
	}
	if n := s.count(`SELECT count(*) FROM leads`); n != 0 {
		t.Errorf("%d leads came in", n)
	}
	for _, body := range []string{
		`{"phone":"1"}`, `{"phone":"call me"}`, `{"phone":"+60 12-XXX"}`, `{"email":"ada at example.com"}`, `{"email":"ada@localhost"}`, `{"name":"Nan"}`,
		`{"name":"N/A","phone":"999"}`, `{"name":"-","email":"a@b"}`, `{"name":"张"}`, `{"name":"?!","phone":"-","email":"aisyah_tan"}`,
	} {
		s.post("/v1/leads", body).is(201)
	}
	file := "name,email,phone,city\nAda,x,-,KL\nN/A,,,KL\n,x,,KL\n,,-,KL\nunknown,none,n/a,KL\n,,3,KL\n-,a@b,,KL\n"
	r := s.upload(s.admin, "", file).is(202)
	if got := r.counts(); got != "completed: 7 = 3 + 0 + 4" {
		t.Error(r.body)
	}
	rejects := s.get("/v1/imports/" + r.id() + "/rejects").is(200).body
	for _, line := range []int{3, 4, 5, 6} {
		if !strings.Contains(rejects, fmt.Sprintf("\n%d,", line)) {
			t.Errorf("line %d is not among the rejects:\n%s", line, rejects)
		}
	}
	if strings.Count(rejects, "stand for nothing")+strings.Count(rejects, "stands for nothing") != 4 {
		t.Errorf("the reasons are\n%s", rejects)
	}
}
