package app_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// hanging starts a server that takes requests and never answers, at every loopback address, and counts them.
func hanging(t *testing.T) (port string, requests func() int) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	count, end := 0, make(chan struct{})
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		count++
		mu.Unlock()
		select {
		case <-end:
		case <-r.Context().Done():
		}
	})}
	go func() { _ = server.Serve(listener) }() // until it is closed
	t.Cleanup(func() { close(end); _ = server.Close() })
	_, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, func() int { mu.Lock(); defer mu.Unlock(); return count }
}

// TestHangingReceiversHoldUpNobody has 60 webhooks of as many hosts, and 60 of one host, take what they are sent and never
// answer. A healthy one is told hardly later than before there were those.
func TestHangingReceiversHoldUpNobody(t *testing.T) {
	t.Parallel()
	const each, leads = 60, 15
	s := newScene(t, testenv.New(t), 1)
	s.start(app.Roles()...)
	port, requests := hanging(t)
	told := make(chan time.Time, 4*leads)
	s.hook(newReceiver(t, func(int, http.ResponseWriter) { told <- time.Now() }))
	delay := func() (median time.Duration) {
		t.Helper()
		all := make([]time.Duration, leads)
		for n := range all {
			sent := time.Now()
			if status, err := s.post("/v1/leads", map[string]any{"name": fmt.Sprint("lead ", n)}, nil); err != nil || status != 201 {
				t.Fatal(status, err)
			}
			select {
			case at := <-told:
				all[n] = at.Sub(sent)
			case <-time.After(time.Minute):
				t.Fatalf("lead %d is not told, with %d requests that hang", n, requests())
			}
		}
		slices.Sort(all)
		t.Logf("with %d requests that hang, leads are told after %s to %s", requests(), all[0], all[leads-1])
		return all[leads/2]
	}
	before := delay()
	hook := func(address string) {
		t.Helper()
		if status, err := s.post("/v1/webhooks", map[string]any{"url": address, "events": []string{"lead.received"}}, nil); err != nil || status != 201 {
			t.Fatal(status, err)
		}
	}
	for i := range each {
		hook(fmt.Sprintf("http://127.0.%d.%d:%s/", 1+i/100, 1+i%100, port))
		hook(fmt.Sprintf("http://127.0.3.1:%s/%d", port, i))
	}
	if with := delay(); with > before+2*time.Second {
		t.Errorf("a healthy webhook is told after %s, and after %s without those that hang", with, before)
	}
	if requests() < each {
		t.Errorf("%d requests hang, of %d webhooks", requests(), 2*each)
	}
}
