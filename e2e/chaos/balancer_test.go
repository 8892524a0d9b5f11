package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// looks is how often a balancer asks a process whether it is ready, and misses how often it must not be to get no more requests.
	looks  = 500 * time.Millisecond
	misses = 2
)

// A balancer hands requests to processes in turn, as nginx and HAProxy do by themselves: it asks each whether it is ready, and tries another
// only for a request that has reached none.
type balancer struct {
	http.Transport
	address  string
	backends []*backend
	next     atomic.Int64
	retried  atomic.Int64
}

type backend struct {
	address string
	mu      sync.Mutex
	missed  int  // how many times in a row it was not ready
	out     bool // somebody has taken it out by hand
}

func newBalancer(t *testing.T, addresses []string) *balancer {
	t.Helper()
	b := &balancer{Transport: http.Transport{MaxIdleConnsPerHost: 64, ResponseHeaderTimeout: time.Minute}}
	for _, address := range addresses {
		b.backends = append(b.backends, &backend{address: address})
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(*httputil.ProxyRequest) {}, Transport: b,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	server := httptest.NewServer(proxy)
	b.address = strings.TrimPrefix(server.URL, "http://")
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var looking sync.WaitGroup
	for _, one := range b.backends {
		looking.Go(func() { one.look(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		looking.Wait()
		server.Close()
		b.CloseIdleConnections()
	})
	return b
}

// look asks again and again whether a process is ready.
func (one *backend) look(ctx context.Context) {
	client := http.Client{Timeout: looks, Transport: &http.Transport{DisableKeepAlives: true}}
	for ; ctx.Err() == nil; pause(ctx, looks) {
		ready := false
		if r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+one.address+"/readyz", nil); err == nil {
			if response, err := client.Do(r); err == nil {
				ready = response.StatusCode == http.StatusOK
				_ = response.Body.Close() // its status is all that is asked for
			}
		}
		one.mu.Lock()
		if one.missed++; ready {
			one.missed = 0
		}
		one.mu.Unlock()
	}
}

// takes reports whether a process gets requests.
func (one *backend) takes() bool {
	one.mu.Lock()
	defer one.mu.Unlock()
	return !one.out && one.missed < misses
}

// take takes a process out by hand, or puts it back.
func (b *balancer) take(address string, out bool) {
	for _, one := range b.backends {
		if one.address == address {
			one.mu.Lock()
			one.out = out
			one.mu.Unlock()
		}
	}
}

// RoundTrip implements http.RoundTripper.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	last := errors.New("no process is ready")
	first := int(b.next.Add(1))
	for n := range b.backends {
		one := b.backends[(first+n)%len(b.backends)]
		if !one.takes() {
			continue
		}
		sent := r.Clone(r.Context())
		sent.URL.Scheme, sent.URL.Host = "http", one.address
		sent.GetBody = nil // so that the transport does not send it again by itself
		if body != nil {
			sent.Body, sent.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		response, err := b.Transport.RoundTrip(sent)
		var dialled *net.OpError
		if err == nil || !errors.As(err, &dialled) || dialled.Op != "dial" {
			return response, err
		}
		b.retried.Add(1)
		last = err
	}
	return nil, last
}
