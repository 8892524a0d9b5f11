package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/api"
)

func TestAddressesThatAreNot(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/v1/nothing").refuses(404, "not_found")
	if r := s.get("/"); r.status != 303 || r.header.Get("Location") != "/console/" {
		t.Errorf("the first page that people try does not lead to the console: %d %v", r.status, r.header)
	}
	s.do("", "GET", "/v1/nothing", nil).refuses(404, "not_found")
	s.get("/v1/openapi.yaml").refuses(404, "not_found")
	s.get("/docs").refuses(404, "not_found")
	s.get("/schemas/Lead.json").refuses(404, "not_found")
	r := s.delete("/v1/members")
	r.refuses(405, "invalid_request")
	if allow := r.header.Get("Allow"); !strings.Contains(allow, "POST") || !strings.Contains(allow, "GET") {
		t.Errorf("Allow: %q", allow)
	}
	for _, id := range []string{uuid.NewString(), uuid.Nil.String(), "1", "x%00", "%ff", "..%2f"} {
		for _, list := range []string{"members", "groups", "sources", "leads", "assignments", "assigned-leads"} {
			s.get("/v1/"+list+"/"+id).refuses(404, "not_found")
		}
	}
	s.post("/v1/history/x/retry", nil).refuses(404, "not_found")
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, body := range map[string]string{"empty": "", "cut": `{"name":`, "not JSON": `name=x`, "two": `{"name":"x"}{}`,
		"bottomless": strings.Repeat("[", 1<<20), "bottomless with NUL": strings.Repeat("[", 1<<20) + "\x00"} {
		r := s.do(s.admin, "POST", "/v1/members", body)
		if r.status != 400 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
		r.refuses(400, "invalid_request")
	}
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/merge-patch+json", "application/vnd.x+json", "nonsense"} {
		s.do(s.admin, "POST", "/v1/members", `{"name":"x"}`, "Content-Type", kind).refuses(415, "invalid_request")
	}
	s.do(s.admin, "POST", "/v1/members", `{"name":"x"}`, "Content-Type", "application/json; charset=utf-8").is(201)

	within := fmt.Sprintf(`{"leads":[{"name":"x"%s}]}`, strings.Repeat(" ", api.MaxBody-25))
	s.post("/v1/leads/batch", within).is(201)
	s.post("/v1/leads/batch", within+strings.Repeat(" ", 100)).refuses(413, "too_large")
}

func TestTextThatCannotBeStored(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for body, location := range map[string]string{
		"{\"name\":\"a\x00b\"}":                              "body.name",
		`{"name":"a\u0000b"}`:                                "body.name",
		"{\"name\":\"a\xffb\"}":                              "body.name",
		"{\"name\":\"x\",\"phone\":\"\xc3\x28\"}":            "body.phone",
		`{"name":"x","fields":{"deep":[1,{"er":"\u0000"}]}}`: "body.fields.deep[1].er",
		`{"name":"half a character \ud800"}`:                 "body.name",
		`{"name":"the other half \udc00"}`:                   "body.name",
	} {
		s.post("/v1/leads", body).refuses(400, "invalid_request", location)
	}
	s.post("/v1/leads/batch", `{"leads":[{"name":"a"},{"name":"b\u0000"}]}`).refuses(400, "invalid_request", "body.leads[1].name")
	s.get("/v1/leads?external_id=%00").refuses(400, "invalid_request", "query")
	s.get("/v1/leads?external_id=%ff").refuses(400, "invalid_request", "query")
	s.get("/v1/leads?external_id=%zz").refuses(400, "invalid_request")
	if n := s.count(`SELECT count(*) FROM leads`); n != 0 {
		t.Errorf("%d leads were stored", n)
	}
	for _, fine := range []string{`\\u0000`, `\ud83d\ude00`, "😀", `\"\\`, "�"} {
		s.post("/v1/leads", `{"name":"`+fine+`"}`).is(201)
	}
}

func TestFieldsThatAreNotRight(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	long := strings.Repeat("ü", 1001)
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	for body, location := range map[string]string{
		`{"name":"x","nickname":"y"}`:                                       "body.nickname",
		`{"name":"x","NAME":"y"}`:                                           "body.NAME",
		`{"name":"` + long[:402] + `"}`:                                     "body.name",
		`{"email":"` + long + `"}`:                                          "body.email",
		`{"phone":"` + long + `"}`:                                          "body.phone",
		`{"name":"x","external_id":"` + long + `"}`:                         "body.external_id",
		`{"name":1}`:                                                        "body.name",
		`{"name":"x","fields":[1]}`:                                         "body.fields",
		`{"name":"x","fields":"{}"}`:                                        "body.fields",
		`{"name":"x","fields":` + deep + `}`:                                "body.fields",
		`{"name":"x","fields":{"n":1e-20000}}`:                              "body.fields",
		`{"name":"x","fields":{"a":"` + strings.Repeat("x", 64<<10) + `"}}`: "body.fields",
		`{"name":"x","source_id":"web"}`:                                    "body.source_id",
		`{"name":"x","distribute":{"group_id":"A"}}`:                        "body.distribute.group_id",
		`{"name":"x","distribute":{}}`:                                      "body.distribute.group_id",
		`{}`:                                                                "body.name",
		`{"name":" ","email":"","phone":null}`:                              "body.name",
	} {
		s.post("/v1/leads", body).refuses(422, "invalid_request", location)
	}
	s.post("/v1/leads", `[]`).refuses(422, "invalid_request", "body")
	s.post("/v1/members", `{}`).refuses(422, "invalid_request", "body.name")
	s.post("/v1/groups", `{"name":"x","method":"round_robin","slots":[{}]}`).refuses(422, "invalid_request", "body.slots[0].members")
	s.post("/v1/leads", `{"email":"`+long[:2000]+`","fields":{"n":123456789012345678901234567890.5,"e":-1.5e300,"null":null}}`).is(201)
	if n := s.count(`SELECT count(*) FROM leads`); n != 1 {
		t.Errorf("%d leads were stored", n)
	}
}

func TestAnswersNeverRepeatValues(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const secret = "s3cretvalue"
	for _, r := range []reply{
		s.post("/v1/members", `{"name":"x","email":"`+secret+`"}`),
		s.post("/v1/members", `{"name":"x","timezone":"`+secret+`"}`),
		s.post("/v1/members", `{"name":{"a":"`+secret+`"}}`),
		s.post("/v1/members", secret),
		s.post("/v1/leads", `{"name":"x","source_id":"`+secret+`"}`),
		s.post("/v1/groups", `{"name":"x","method":"`+secret+`","slots":[]}`),
		s.get("/v1/history?outcome=" + secret),
		s.get("/v1/history?from=" + secret),
		s.get("/v1/leads?source_id=" + secret),
		s.get("/v1/leads?cursor=" + secret),
		s.get("/v1/leads?limit=" + secret),
		s.get("/v1/leads/" + secret),
	} {
		if r.status < 400 || strings.Contains(r.body, secret) {
			t.Errorf("%d %s", r.status, r.body)
		}
	}
	if strings.Contains(s.logs.String(), secret) {
		t.Error("the log repeats it")
	}
}

func TestAnswersHaveNoSchemaLinks(t *testing.T) {
	t.Parallel()
	r := newSite(t).get("/v1/workspace").is(200)
	if strings.Contains(r.body, "$schema") || r.header.Get("Link") != "" {
		t.Errorf("%s %v", r.body, r.header)
	}
	if r.header.Get("X-Request-Id") == "" || r.header.Get("Content-Type") != "application/json" {
		t.Error(r.header)
	}
}
