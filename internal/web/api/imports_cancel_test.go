package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A heldUpload is an import whose file stays unfinished until its sender ends it.
type heldUpload struct {
	id     string
	file   *io.PipeWriter
	answer chan string // as "status: body"
}

// uploadHeld sends rows of a file, and returns once the import is there.
func (s *site) uploadHeld(rows string) heldUpload {
	s.t.Helper()
	before := len(s.get("/v1/imports").items())
	body, file := io.Pipe()
	up := heldUpload{file: file, answer: make(chan string, 1)}
	r, err := http.NewRequestWithContext(s.t.Context(), "POST", s.url+"/v1/imports", body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.admin)
	r.Header.Set("Content-Type", "text/csv")
	go func() {
		response, err := s.client.Do(r)
		if err != nil {
			up.answer <- err.Error()
			return
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		up.answer <- fmt.Sprintf("%d: %s, %v", response.StatusCode, data, err)
	}()
	if _, err := io.WriteString(file, rows); err != nil {
		s.t.Fatal(err)
	}
	testenv.Eventually(s.t, 20*time.Second, func() error {
		items := s.get("/v1/imports").items()
		if len(items) == before {
			return fmt.Errorf("there are %d imports", before)
		}
		up.id = items[0]["id"].(string)
		return nil
	})
	return up
}

func TestCancelImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rows := "name\n"
	for i := range 4000 { // two chunks
		rows += fmt.Sprintf("Person %d\n", i)
	}
	up := s.uploadHeld(rows)
	defer up.file.Close()
	testenv.Eventually(t, 20*time.Second, func() error {
		if n := s.get("/v1/imports/" + up.id).at("imported"); n != float64(4000) {
			return fmt.Errorf("%v rows came in", n)
		}
		return nil
	})
	cancel := func(headers ...string) reply {
		t.Helper()
		return s.do(s.admin, "POST", "/v1/imports/"+up.id+"/cancel", nil, headers...)
	}
	first := cancel("Idempotency-Key", "k").is(http.StatusOK)
	if first.at("status") != "cancelled" || first.at("imported") != float64(4000) || first.at("finished_at") == nil || first.at("error") != nil {
		t.Errorf("it is %s", first.body)
	}
	for _, again := range []reply{cancel("Idempotency-Key", "k"), cancel()} {
		if again.is(http.StatusOK); again.at("status") != "cancelled" || again.at("imported") != float64(4000) {
			t.Errorf("again it is %s", again.body)
		}
	}
	select {
	case answer := <-up.answer:
		if !strings.HasPrefix(answer, "202: ") || !strings.Contains(answer, `"status":"cancelled"`) {
			t.Errorf("its sender is told %s", answer)
		}
	case <-time.After(10 * time.Second):
		t.Error("its sender is not answered")
	}
	if n := s.count(`SELECT count(*) FROM leads`); n != 4000 {
		t.Errorf("%d leads are left", n)
	}
	log := s.get("/v1/audit-log?operation=cancel-import").items()
	if len(log) != 1 || fmt.Sprint(log[0]["ids"]) != "["+up.id+"]" {
		t.Errorf("the audit log has %v", log)
	}
}

func TestCancelImportThatIsOver(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	done := s.do(s.admin, "POST", "/v1/imports", "name\nAda\n", "Content-Type", "text/csv").is(http.StatusAccepted).id()
	failed := s.do(s.admin, "POST", "/v1/imports", "firm\nAcme\n", "Content-Type", "text/csv").is(http.StatusAccepted).id()
	for _, id := range []string{done, failed} {
		s.post("/v1/imports/"+id+"/cancel", nil).refuses(http.StatusConflict, "conflict")
	}
	s.post("/v1/imports/00000000-0000-7000-8000-000000000000/cancel", nil).refuses(http.StatusNotFound, "not_found")
	_, stranger := s.newWorkspace("other")
	s.do(stranger, "POST", "/v1/imports/"+done+"/cancel", nil).refuses(http.StatusNotFound, "not_found")
	integration := s.key(store.APIKey{Role: lead.RoleIntegration})
	s.do(integration, "POST", "/v1/imports/"+done+"/cancel", nil).refuses(http.StatusForbidden, "forbidden")
	if n := len(s.get("/v1/audit-log?operation=cancel-import").items()); n != 0 {
		t.Errorf("the audit log has %d acts that were refused", n)
	}
}

// An import that was cancelled is not begun anew by a request that comes again, as clients send it whose connection broke.
func TestCancelledImportStaysSoUnderItsKey(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	send := func() reply {
		return s.do(s.admin, "POST", "/v1/imports", "name\nAda\n", "Content-Type", "text/csv", "Idempotency-Key", "k").is(http.StatusAccepted)
	}
	id := send().id()
	if _, err := s.DB.ExecContext(t.Context(), `UPDATE imports SET status = 'cancelled'; UPDATE idempotency_keys SET answer = (answer::jsonb - 'file_sha256')::json`); err != nil {
		t.Fatal(err)
	}
	if again := send(); again.id() != id || again.at("status") != "cancelled" {
		t.Errorf("again it is %s", again.body)
	}
}

// A client that sends its file in chunks and stops is answered at once when its import is cancelled, not when it goes on.
func TestCancelImportOfAFileInChunks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nname\nAda\n\r\n", s.admin)
	var id string
	testenv.Eventually(t, 20*time.Second, func() error {
		items := s.get("/v1/imports").items()
		if len(items) == 0 {
			return fmt.Errorf("there is no import")
		}
		id = items[0]["id"].(string)
		return nil
	})
	s.post("/v1/imports/"+id+"/cancel", nil).is(http.StatusOK)
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if data, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusAccepted || !strings.Contains(string(data), `"status":"cancelled"`) {
		t.Errorf("it is answered %d: %s, %v", response.StatusCode, data, err)
	}
}
