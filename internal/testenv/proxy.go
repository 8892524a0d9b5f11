package testenv

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// A Breaker is a proxy on the loopback interface that a test can make slow, lossy or dead.
type Breaker struct {
	// Addr is the "host:port" to connect to. It stays the same through Cut and Restore.
	Addr string

	tb    testing.TB
	proxy *toxiproxy.Proxy
}

// Proxy starts a proxy to the TCP address upstream (such as a Backend's Addr); it ends with the test.
func Proxy(tb testing.TB, upstream string) *Breaker {
	tb.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, tb.Name(), "127.0.0.1:0", upstream)
	if err := proxy.Start(); err != nil {
		tb.Fatalf("testenv: starting a proxy to %s: %v", upstream, err)
	}
	tb.Cleanup(proxy.Stop)
	return &Breaker{Addr: proxy.Listen, tb: tb, proxy: proxy}
}

// Cut drops all connections and refuses new ones, as a dead server's machine does.
func (b *Breaker) Cut() { b.proxy.Stop() }

// Restore takes connections again after Cut.
func (b *Breaker) Restore() {
	b.tb.Helper()
	if err := b.proxy.Start(); err != nil {
		b.tb.Fatalf("testenv: restoring the proxy on %s: %v", b.Addr, err)
	}
}

// Poison adds one of toxiproxy's toxics to both open and new connections: kind is "latency" (attributes latency and
// jitter in ms), "timeout" (timeout in ms, 0 swallows data without ever closing), "reset_peer", "bandwidth" (rate in
// KB/s), "limit_data" (bytes)…; direction is "upstream" (what the client sends) or "downstream" (what it is answered).
// The returned function takes it away.
func (b *Breaker) Poison(kind, direction string, attributes map[string]any) (cure func()) {
	b.tb.Helper()
	body, err := json.Marshal(map[string]any{"type": kind, "stream": direction, "attributes": attributes})
	if err != nil {
		b.tb.Fatalf("testenv: describing toxic %s: %v", kind, err)
	}
	toxic, err := b.proxy.Toxics.AddToxicJson(bytes.NewReader(body))
	if err != nil {
		b.tb.Fatalf("testenv: adding toxic %s: %v", kind, err)
	}
	return func() {
		b.tb.Helper()
		if err := b.proxy.Toxics.RemoveToxic(b.tb.Context(), toxic.Name); err != nil {
			b.tb.Fatalf("testenv: removing toxic %s: %v", kind, err)
		}
	}
}
