package api_test

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/store"
)

// sendPart begins to send a file of so many bytes, and returns once its import is there.
func (s *site) sendPart(length int, part string) (conn net.Conn, id string) {
	s.t.Helper()
	before := len(s.get("/v1/imports").items())
	conn, err := (&net.Dialer{}).DialContext(s.t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() }) // it may be closed
	fmt.Fprintf(conn, "POST /v1/imports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n%s", s.admin, length, part)
	testenv.Eventually(s.t, 20*time.Second, func() error {
		items := s.get("/v1/imports").items()
		if len(items) == before {
			return fmt.Errorf("there are %d imports", before)
		}
		id = items[0]["id"].(string)
		return nil
	})
	return conn, id
}

// leaves closes a client's connection.
func (s *site) leaves(conn net.Conn) {
	s.t.Helper()
	if err := conn.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// becomes waits until an import has a status.
func (s *site) becomes(id, status string) reply {
	s.t.Helper()
	var got reply
	testenv.Eventually(s.t, 20*time.Second, func() error {
		if got = s.get("/v1/imports/" + id).is(200); got.at("status") != status {
			return fmt.Errorf("the import is %s", got.body)
		}
		return nil
	})
	return got
}

// TestImportsOfWhoIsGone has clients leave while their imports wait, with half of the file sent and with all of it, and while one runs.
func TestImportsOfWhoIsGone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	queue := store.ImportQueue{AtOnce: 1}
	log := slog.New(slog.DiscardHandler)
	s.serveBy(log, func(d *api.Deps) {
		d.ImportQueue = queue
		d.Importer.(*ingest.Importer).Within(ingest.ImportLimits{Queue: queue})
	})
	first, running := s.sendPart(100, "name\nAda\n")
	s.becomes(running, "running")
	for name, length := range map[string]int{"half of it": 1000, "all of it": len("name\nBea\n")} {
		conn, id := s.sendPart(length, "name\nBea\n")
		s.becomes(id, "waiting")
		s.leaves(conn)
		if got := s.becomes(id, "failed"); !strings.Contains(got.at("error").(string), "broke off") {
			t.Errorf("with %s sent it ends as %s", name, got.body)
		}
	}
	last, waiting := s.sendPart(len("name\nCyd\n"), "name\nCyd\n")
	s.becomes(waiting, "waiting")
	s.leaves(first)
	if got := s.becomes(running, "failed"); !strings.Contains(got.at("error").(string), "broke off") {
		t.Errorf("the one that ran ends as %s", got.body)
	}
	if got := s.becomes(waiting, "completed"); got.at("imported") != 1.0 {
		t.Errorf("the one whose turn came then ends as %s", got.body)
	}
	s.leaves(last)
	rows := "name\n" + strings.Repeat("Dora\n", 2_000)
	gone, whole := s.sendPart(len(rows), rows)
	s.leaves(gone)
	if got := s.becomes(whole, "completed"); got.at("rows") != 2_000.0 {
		t.Errorf("a file that came whole ends as %s", got.body)
	}
}
