package api_test

import (
	"archive/zip"
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// upload sends a file as key.
func (s *site) upload(key, query, file string, headers ...string) reply {
	s.t.Helper()
	return s.do(key, "POST", "/v1/imports"+query, file, append([]string{"Content-Type", "text/csv"}, headers...)...)
}

func (r reply) counts() string {
	r.t.Helper()
	o := r.object()
	return fmt.Sprintf("%s: %v = %v + %v + %v", o["status"], o["rows"], o["imported"], o["duplicates"], o["rejected"])
}

func TestImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	group, source := s.group(s.member("Mia")), s.source("Expo")
	r := s.upload(s.admin, fmt.Sprintf("?group_id=%s&source_id=%s", group, source),
		"name,source\nAda,\nBea,nowhere\nBea,nowhere\n=1+1,a,b\n").is(202)
	if got := r.counts(); got != "completed: 4 = 2 + 1 + 1" {
		t.Error(got)
	}
	imp := s.get("/v1/imports/" + r.id()).is(200)
	if imp.body != r.body {
		t.Errorf("the import is %s, answered was %s", imp.body, r.body)
	}
	o := imp.object()
	warning := `The source "nowhere" is unknown or not offered for leads; 2 rows came in without a source.`
	if diff := cmp.Diff([]any{warning}, o["warnings"]); diff != "" || o["group_id"] != group.String() || o["source_id"] != source.String() || o["error"] != nil || o["finished_at"] == nil {
		t.Error(imp.body, diff)
	}
	if items := s.get("/v1/imports").items(); len(items) != 1 || items[0]["id"] != r.id() {
		t.Errorf("the list has %v", items)
	}
	rejects := s.get("/v1/imports/" + r.id() + "/rejects").is(200)
	want := "line,reason,record\n5,\"The row has 3 cells, but the header names 2 columns; put quotation marks around a cell that holds the delimiter.\",\"'=1+1,a,b\"\n"
	if rejects.body != want || !strings.HasPrefix(rejects.header.Get("Content-Type"), "text/csv") {
		t.Errorf("the rejects are %q", rejects.body)
	}
	s.distribute()
	if n := s.count(`SELECT count(*) FROM assigned_leads`); n != 2 {
		t.Errorf("%d leads were assigned, not 2", n)
	}
}

func TestImportKeyUsedForAnotherFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const file = "name\nAda\nBea\n"
	first := s.upload(s.admin, "", file, idempotencyKey, "1").is(202)
	if again := s.upload(s.admin, "", file, idempotencyKey, "1").is(202); again.body != first.body {
		t.Errorf("first %s\nthen %s", first.body, again.body)
	}
	for _, other := range []string{file + "Cyd\n", "name\nAda\n", ""} {
		s.upload(s.admin, "", other, idempotencyKey, "1").refuses(422, "invalid_request", "header.Idempotency-Key")
	}
	if n := s.count(`SELECT count(*) FROM leads`); n != 2 {
		t.Errorf("%d leads", n)
	}

	// A file that failed is mended and sent again.
	s.upload(s.admin, "", "firm\nAcme\n", idempotencyKey, "2").is(202)
	mended := s.upload(s.admin, "", "name\nDan\n", idempotencyKey, "2").is(202)
	if got := mended.counts(); got != "completed: 1 = 1 + 0 + 0" {
		t.Error(got)
	}
	s.upload(s.admin, "", "name\nEva\n", idempotencyKey, "2").refuses(422, "invalid_request", "header.Idempotency-Key")
}

func TestImportRejectsAreStreamed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.upload(s.admin, "", "name,city\n"+strings.Repeat(",KL\n", 1200)).is(202)
	lines := strings.Split(strings.TrimSpace(s.get("/v1/imports/"+r.id()+"/rejects").is(200).body), "\n")
	if len(lines) != 1201 || !strings.HasPrefix(lines[1200], "1201,") {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestImportOfWhatIsNoFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.upload(s.admin, "", "firm,city\nAcme,KL\n").is(202)
	if message, _ := r.at("error").(string); r.at("status") != "failed" || !strings.Contains(message, `"firm", "city"`) {
		t.Error(r.body)
	}
	s.upload(s.admin, "", "name\nAda\n", "Content-Type", "application/json").refuses(415, "invalid_request")
	s.upload("", "", "name\nAda\n").refuses(401, "unauthorized")
}

func TestImportOfWorkbooksAndArchives(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	book, err := os.ReadFile("../../leadfile/testdata/files/openpyxl.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	const excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	r := s.upload(s.admin, "", string(book), "Content-Type", excel).is(202)
	if warnings := r.at("warnings").([]any); r.counts() != "completed: 3 = 3 + 0 + 0" || len(warnings) != 2 { // of another sheet, and of a formula without a result
		t.Error(r.body)
	}
	var archive strings.Builder
	w := zip.NewWriter(&archive)
	for name, content := range map[string]string{"leads.xlsx": string(book), "leads.csv": "name\nAda\n,x\n"} {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r = s.upload(s.admin, "", archive.String(), "Content-Type", "application/zip").is(202)
	if r.counts() != "completed: 5 = 1 + 3 + 1" {
		t.Error(r.body)
	}
	damaged := strings.Replace(archive.String(), "Ada", "Bea", 1)[:archive.Len()-40]
	r = s.upload(s.admin, "", damaged, "Content-Type", "application/zip").is(202)
	if message, _ := r.at("error").(string); r.at("status") != "failed" || !strings.Contains(message, "damaged") {
		t.Error(r.body)
	}
}

func TestImportRefusesBeforeItReads(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, id := range []string{"x", uuid.NewString(), uuid.Nil.String()} {
		s.upload(s.admin, "?group_id="+id, "name\nAda\n").refuses(422, "invalid_request", "query.group_id")
	}
	s.upload(s.admin, "?source_id=x", "name\nAda\n").refuses(422, "invalid_request", "query.source_id")
	s.upload(s.admin, "?source_id="+uuid.NewString(), "name\nAda\n").refuses(422, "source_not_eligible", "query.source_id")
	group := s.group(s.member("Mia"))
	s.patch("/v1/workspace", map[string]any{"features": map[string]any{"leads_distribution": false}}).is(200)
	s.upload(s.admin, "?group_id="+group.String(), "name\nAda\n").refuses(403, "feature_disabled")
	if n := s.count(`SELECT count(*) FROM leads`) + s.count(`SELECT count(*) FROM imports`); n != 0 {
		t.Errorf("%d rows were stored", n)
	}
}

func TestImportByAnIntegration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	group, other := s.group(s.member("Mia")), s.group(s.member("Noa"))
	source := s.source("Expo")
	bound := s.key(store.APIKey{Role: lead.RoleIntegration, GroupID: &group, SourceID: &source})
	free := s.key(store.APIKey{Role: lead.RoleIntegration})
	mine := s.upload(bound, "", "name\nAda\n").is(202)
	if mine.at("group_id") != group.String() || mine.at("source_id") != source.String() {
		t.Error(mine.body)
	}
	s.upload(bound, "?group_id="+other.String(), "name\nBea\n").refuses(403, "forbidden", "query.group_id")
	s.upload(bound, "?source_id="+uuid.NewString(), "name\nBea\n").refuses(403, "forbidden", "query.source_id")

	warned := s.upload(free, "?source_id="+uuid.NewString(), "name\nCyd\n").is(202)
	if warnings := warned.at("warnings").([]any); len(warnings) != 1 || warned.at("source_id") != nil {
		t.Error(warned.body)
	}
	s.do(free, "GET", "/v1/imports/"+mine.id(), nil).refuses(404, "not_found")
	s.do(free, "GET", "/v1/imports/"+mine.id()+"/rejects", nil).refuses(404, "not_found")
	if items := s.do(free, "GET", "/v1/imports", nil).items(); len(items) != 1 || items[0]["id"] != warned.id() {
		t.Errorf("another key's list has %v", items)
	}
	if items := s.get("/v1/imports").items(); len(items) != 2 {
		t.Errorf("the admin's list has %v", items)
	}
	_, foreign := s.newWorkspace("other")
	s.do(foreign, "GET", "/v1/imports/"+mine.id(), nil).refuses(404, "not_found")

	s.patch("/v1/workspace", map[string]any{"features": map[string]any{"leads_distribution": false}}).is(200)
	undistributed := s.upload(bound, "", "name\nDee\n").is(202)
	if warnings := undistributed.at("warnings").([]any); len(warnings) != 1 || undistributed.at("group_id") != nil {
		t.Error(undistributed.body)
	}
}

func TestImportWithAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const header = "Idempotency-Key"
	first := s.upload(s.admin, "", "name\nAda\n", header, "one").is(202)
	again := s.upload(s.admin, "", "name\nAda\n", header, "one").is(202)
	if again.body != first.body || s.count(`SELECT count(*) FROM imports`) != 1 {
		t.Errorf("answered %s, then %s", first.body, again.body)
	}
	s.upload(s.admin, "?source_id="+s.source("Expo").String(), "name\nAda\n", header, "one").refuses(422, "invalid_request", "header.Idempotency-Key")
	failed := s.upload(s.admin, "", "", header, "two").is(202)
	mended := s.upload(s.admin, "", "name\nBea\n", header, "two").is(202)
	if failed.at("status") != "failed" || mended.counts() != "completed: 1 = 1 + 0 + 0" {
		t.Errorf("answered %s, then %s", failed.body, mended.body)
	}
}

// An upload whose client goes away ends as failed, with the rows that came; sent again it goes on where it was.
func TestImportThatBreaksOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // where the test ends early
	w := bufio.NewWriter(conn)
	fmt.Fprintf(w, "POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\nname,phone\nAda,1\nBea,2\nCyd,", s.admin)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	testenv.Eventually(t, 10*time.Second, func() error {
		if items := s.get("/v1/imports").items(); len(items) != 1 {
			return fmt.Errorf("the list has %v", items)
		}
		return nil
	})
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	var imp reply
	testenv.Eventually(t, 10*time.Second, func() error {
		imp = s.get("/v1/imports/" + s.get("/v1/imports").items()[0]["id"].(string)).is(http.StatusOK)
		if imp.at("status") == "running" {
			return fmt.Errorf("the import is still running: %s", imp.body)
		}
		return nil
	})
	if message, _ := imp.at("error").(string); imp.counts() != "failed: 2 = 2 + 0 + 0" || !strings.Contains(message, "broke off after row 2") {
		t.Error(imp.body)
	}
	if again := s.upload(s.admin, "", "name,phone\nAda,1\nBea,2\nCyd,3\n").is(202); again.counts() != "completed: 3 = 1 + 2 + 0" {
		t.Error(again.body)
	}
}
