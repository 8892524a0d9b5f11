package api_test

import (
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

func TestDatabaseOutage(t *testing.T) {
	t.Parallel()
	own := testenv.NewDedicated(t)
	s := newSiteOn(t, &own.Env)
	s.post("/v1/leads", `{"name":"before"}`).is(201)

	own.PostgresServer.Kill()
	for _, r := range []reply{
		s.get("/v1/workspace"), s.post("/v1/leads", `{"name":"during"}`),
		s.do(s.admin, "POST", "/v1/leads", `{"name":"during"}`, idempotencyKey, "1"),
	} {
		r.refuses(503, "unavailable")
		if r.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	own.PostgresServer.Start()
	testenv.Eventually(t, 10*time.Second, func() error {
		if r := s.do(s.admin, "POST", "/v1/leads", `{"name":"during"}`, idempotencyKey, "1"); r.status != 201 {
			return fmt.Errorf("%d %s", r.status, r.body)
		}
		return nil
	})
	if n := len(s.get("/v1/leads").items()); n != 2 {
		t.Errorf("%d leads", n)
	}
}

// TestCloseLeavesNothingBehind has TestMain look for goroutines that a server left running, here with a client that
// never sends the body it promised.
func TestCloseLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := new(net.Dialer).DialContext(t.Context(), "tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(slow, "POST /v1/leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n{", s.admin)
	if err := slow.Close(); err != nil {
		t.Error(err)
	}
	s.get("/v1/workspace").is(200)
	s.close()
}
