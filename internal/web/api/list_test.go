package api_test

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadwheel/leadwheel/internal/lead"
)

func TestPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var newestFirst []string
	for i := range 7 {
		newestFirst = append(newestFirst, s.post("/v1/members", map[string]any{"name": fmt.Sprint(i)}).id())
	}
	slices.Reverse(newestFirst)
	for _, limit := range []int{1, 3, 7, 8} {
		var got []string
		path := fmt.Sprintf("/v1/members?limit=%d", limit)
		for cursor := ""; ; {
			page := s.get(path + cursor)
			for _, it := range page.items() {
				got = append(got, it["id"].(string))
			}
			next, more := page.at("next_cursor").(string)
			if !more {
				break
			}
			cursor = "&cursor=" + url.QueryEscape(next)
		}
		if diff := cmp.Diff(newestFirst, got); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
	if r := s.get("/v1/members?limit=7").is(200); r.at("next_cursor") != nil {
		t.Errorf("a last page that is full has a next: %s", r.body)
	}
	if r := s.get("/v1/sources").is(200); !strings.Contains(r.body, `"items":[]`) || !strings.Contains(r.body, `"next_cursor":null`) {
		t.Errorf("an empty list: %s", r.body)
	}
	for _, bad := range []string{"limit=0", "limit=501", "limit=x"} {
		s.get("/v1/members?"+bad).refuses(422, "invalid_request", "query.limit")
	}
	for _, bad := range []string{"cursor=x", "cursor=" + newestFirst[0], "cursor=!"} {
		s.get("/v1/members?"+bad).refuses(422, "invalid_request", "query.cursor")
	}
}

func TestCSVHasEverything(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const n = 1203 // three pages of 500
	for range 3 {
		leads := make([]map[string]any, n/3)
		for i := range leads {
			leads[i] = map[string]any{"name": "line\nbreak, \"quoted\"", "external_id": nil}
		}
		s.post("/v1/leads/batch", map[string]any{"leads": leads}).is(201)
	}
	r := s.do(s.admin, "GET", "/v1/leads", nil, "Accept", "text/csv").is(200)
	if got := r.header.Get("Content-Type"); got != "text/csv; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != n+1 || rows[0][0] != "id" || rows[1][1] != "line\nbreak, \"quoted\"" {
		t.Errorf("%d rows, the first %v %v", len(rows), rows[0], rows[1])
	}
	ids := make(map[string]bool)
	for _, row := range rows[1:] {
		ids[row[0]] = true
	}
	if len(ids) != n {
		t.Errorf("%d different ids", len(ids))
	}
	for _, list := range []string{"members", "history", "assigned-leads"} {
		s.do(s.admin, "GET", "/v1/"+list, nil, "Accept", "application/json;q=0.5, text/csv").is(200)
	}
	s.do(s.admin, "GET", "/v1/leads?source_id=x", nil, "Accept", "text/csv").refuses(422, "invalid_request", "query.source_id")
}

// TestCSVHasPages reads a list as CSV page by page, by the links that lead on, and from the middle to its end.
func TestCSVHasPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 7 {
		s.member(fmt.Sprint("M", i))
	}
	want := rowsOf(t, s.get("/v1/members?format=csv").is(200).body)[1:]
	var got [][]string
	pages := 0
	for path := "/v1/members?format=csv&limit=3"; path != ""; pages++ {
		r := s.get(path).is(200)
		got = append(got, rowsOf(t, r.body)[1:]...)
		next, is := strings.CutSuffix(r.header.Get("Link"), `>; rel="next"`)
		if path = strings.TrimPrefix(next, "<"); is == (path == "") {
			t.Fatalf("Link: %q", r.header.Get("Link"))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || pages != 3 || len(want) != 7 {
		t.Errorf("%d pages (-want +got):\n%s", pages, diff)
	}
	cursor := s.get("/v1/members?limit=2").at("next_cursor").(string)
	if diff := cmp.Diff(want[2:], rowsOf(t, s.get("/v1/members?format=csv&cursor="+cursor).is(200).body)[1:]); diff != "" {
		t.Errorf("from a cursor (-want +got):\n%s", diff)
	}
	s.get("/v1/members?format=csv&limit=501").refuses(422, "invalid_request", "query.limit")
	s.get("/v1/members?format=csv&cursor=x").refuses(422, "invalid_request", "query.cursor")
}

func rowsOf(t *testing.T, body string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestEveryListIsCSV has every list as CSV too, with a column for each field that is shown in JSON.
func TestEveryListIsCSV(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	tried := 0
	for _, o := range w.operations() {
		if o.method != "GET" || !slices.Contains(w.queried(o, func(map[string]any) bool { return true }), "cursor") {
			continue
		}
		path, _, _ := strings.Cut(w.address(o, w.ours, lead.RoleAdmin), "?")
		key := w.ours.keys[lead.RoleAdmin]
		if strings.HasPrefix(path, "/v1/my/") { // which others than members have nothing of
			key = w.ours.keys[lead.RoleMember]
		}
		items := w.do(key, "GET", path, nil).items()
		r := w.do(key, "GET", path, nil, "Accept", "text/csv").is(200)
		if rows := rowsOf(t, r.body); len(rows) < 1+len(items) {
			t.Errorf("%s: %d rows of %d items", o, len(rows)-1, len(items))
		}
		tried++
	}
	if tried < 25 {
		t.Errorf("%d lists", tried)
	}
	rows := rowsOf(t, w.do(w.ours.keys[lead.RoleAdmin], "GET", "/v1/groups?format=csv", nil).is(200).body)
	if rows[0][0] != "id" || rows[0][1] != "name" || rows[1][1] == "" || !strings.HasPrefix(rows[1][4], `[{"members":[`) {
		t.Errorf("groups as CSV: %v", rows)
	}
}

// TestWhatIsAccepted asks for answers in forms that there are, and that there are not.
func TestWhatIsAccepted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.member("Mia").String()
	for accept, want := range map[string]string{
		"": "json", "*/*": "json", "application/json": "json", "application/*": "json", "text/csv": "csv", "Text/CSV; charset=utf-8": "csv", "text/*": "csv",
		"text/csv, */*": "csv", "text/csv;q=0.5, */*": "json", "text/csv;q=0.5, */*;q=0.1": "csv", "text/csv;q=0, */*": "json",
		"application/json;q=0.5, text/csv": "csv", "application/json, text/csv;q=0.9": "json", "application/json;q=0, */*": "csv",
		"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8": "json", "nonsense, text/csv": "csv", "application/json;q=0.1,text/html": "json",
		"application/xml": "", "image/*": "", "text/html": "", "*/*;q=0": "", "nonsense": "", "application/json;q=0, text/csv;q=0.0": "",
	} {
		r := s.do(s.admin, "GET", "/v1/members", nil, "Accept", accept)
		if want == "" {
			r.refuses(406, "invalid_request", "header.Accept")
			s.do(s.admin, "GET", "/v1/members?format=json", nil, "Accept", accept).is(200)
			s.do(s.admin, "GET", "/v1/members/"+member, nil, "Accept", accept).refuses(406, "invalid_request", "header.Accept")
			s.do(s.admin, "POST", "/v1/members", `{"name":"x"}`, "Accept", accept).refuses(406, "invalid_request", "header.Accept")
			continue
		}
		if got := r.is(200).header.Get("Content-Type"); !strings.Contains(got, want) {
			t.Errorf("Accept %q gets %q", accept, got)
		}
	}
	if n := s.count(`SELECT count(*) FROM members`); n != 1 {
		t.Errorf("%d members were made for nobody to see", n-1)
	}
	s.do(s.admin, "GET", "/v1/members/"+member, nil, "Accept", "text/csv").refuses(406, "invalid_request", "header.Accept")
	s.do(s.admin, "DELETE", "/v1/members/"+member, nil, "Accept", "image/png").is(204)
}

// TestUnknownParameters are refused by name, at every address.
func TestUnknownParameters(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	before := w.rows(w.ours.id)
	for _, o := range w.operations() {
		path, _, _ := strings.Cut(w.address(o, w.ours, lead.RoleAdmin), "?")
		r := w.do(w.ours.keys[lead.RoleAdmin], o.method, path+"?memberid=x&Limit=1", nil)
		if r.status != 422 || !strings.Contains(r.body, `"query.memberid"`) || !strings.Contains(r.body, `"query.Limit"`) {
			t.Errorf("%s: %d %s", o, r.status, r.body)
		}
	}
	w.unchanged(w.ours.id, before)
	for _, list := range []string{"members", "history", "imports"} { // of every list one may ask what changed
		if r := w.do(w.ours.keys[lead.RoleAdmin], "GET", "/v1/"+list+"?updated_since=2026-01-01T00:00:00Z&sort=updated_at", nil); r.status != 200 {
			t.Errorf("%s that changed: %d %s", list, r.status, r.body)
		}
	}
	long := strings.Repeat("é", 500)
	if r := w.do(w.ours.keys[lead.RoleAdmin], "GET", "/v1/members?"+url.QueryEscape(long)+"=1", nil); r.status != 422 || len(r.body) > 1_000 {
		t.Errorf("%d %.2000s", r.status, r.body)
	}
}

// cellIs lists members as CSV, one of whom has a text for a chat's id, and fails the test unless that is the cell wanted.
func (s *site) cellIs(given, want string) reply {
	s.t.Helper()
	id := s.member("x").String()
	s.DB.MustExec(`UPDATE members SET telegram_chat_id = $2 WHERE member_id = $1`, id, given) // as older versions let in
	r := s.do(s.admin, "GET", "/v1/members", nil, "Accept", "text/csv").is(200)
	rows, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	if rows[1][0] != id || rows[1][3] != want {
		s.t.Errorf("%q is the cell %q, want %q", given, rows[1][3], want)
	}
	return r
}

func TestOddInput19CSVCellsAreNoFormulas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for given, want := range map[string]string{
		"=1+1": "'=1+1", "+1 555": "'+1 555", "-x": "'-x", "@sum": "'@sum", "\tx": "'\tx",
		"+60123456789": "+60123456789", "-5": "-5", "-5.25": "-5.25", "+Inf": "'+Inf", "-0x10": "'-0x10", "a=b": "a=b", "": "",
	} {
		s.cellIs(given, want)
	}
}

// TestCSVCellsWithSemicolonsAreNoFormulas opens files where semicolons part cells. They are files, whichever program asks.
func TestCSVCellsWithSemicolonsAreNoFormulas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for given, want := range map[string]string{
		"a;=1+1": "a;'=1+1", ";=1+1": ";'=1+1", "a; =1+1": "a; '=1+1", "a;;@x;-y": "a;;'@x;'-y", "=1;=2": "'=1;'=2", "a\n=1+1": "a\n'=1+1",
		"a;\t=1": "a;'\t=1", "a;b": "a;b", "1;-5;+60123": "1;-5;+60123", ";": ";", "a;": "a;", "a;\"=1": "a;\"=1",
	} {
		r := s.cellIs(given, want)
		if d := r.header.Get("Content-Disposition"); d != `attachment; filename="members.csv"` || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("it comes with %v", r.header)
		}
	}
}

func TestCSVIsDocumented(t *testing.T) {
	t.Parallel()
	d := newSite(t).document()
	for _, path := range []string{"/v1/history", "/v1/leads", "/v1/assigned-leads", "/v1/members"} {
		if _, is := d.Paths[path]["get"].Responses["200"].Content["text/csv"]; !is {
			t.Errorf("%s does not offer CSV", path)
		}
	}
}

// TestCSVForMembers has in no header what members are not shown.
func TestCSVForMembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	member := s.memberKey(s.member("Mia"))
	for list, want := range map[string]string{
		"assigned-leads": "id,name,email,phone,phone_e164,fields,source,status,notes,follow_up_at,answer_by,answered_at,withdrawn_at,assigned_at,updated_at",
		"customers":      "id,name,email,phone,phone_e164,fields,source,notes,created_at,updated_at,assigned_lead_id",
		"opportunities":  "id,title,stage,amount,currency,source,assigned_lead_id,customer_id,created_at,updated_at",
	} {
		if got := s.do(member, "GET", "/v1/"+list, nil, "Accept", "text/csv").is(200).body; got != want+"\n" {
			t.Errorf("%s: %s", list, got)
		}
	}
	admins := s.do(s.admin, "GET", "/v1/assigned-leads", nil, "Accept", "text/csv").is(200).body
	if !strings.Contains(admins, ",source_lead_id,") {
		t.Error(admins)
	}
}
