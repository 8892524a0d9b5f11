package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/leadwheel/leadwheel/internal/metrics"
)

// TestRequestsAreMeasured asks a handler for what works, what panics before and amid its answer, what says nothing, and what is not
// there; one request is looked at while it is answered.
func TestRequestsAreMeasured(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := metrics.New(registry)
	shown := func() string {
		w := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
		return w.Body.String()
	}
	amid := ""
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, _ *http.Request) { amid = shown(); w.WriteHeader(http.StatusTeapot) })
	mux.HandleFunc("GET /silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /panics", func(http.ResponseWriter, *http.Request) { panic("oh no") })
	mux.HandleFunc("GET /half", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("half")); panic("oh no") })
	h := measured(m.HTTP, recovered(slog.New(slog.DiscardHandler), unmatched(mux)))
	for _, path := range []string{"/items/aina@example.com", "/silent", "/panics", "/half", "/nowhere/aina"} {
		func() {
			defer func() { _ = recover() }() // as the server does where an answer is broken off
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		}()
	}
	text := shown()
	for _, series := range []string{
		`leadwheel_http_requests_total{method="GET",route="/items/{id}",status="4xx"} 1`,
		`leadwheel_http_requests_total{method="GET",route="/silent",status="2xx"} 1`,
		`leadwheel_http_requests_total{method="GET",route="/panics",status="5xx"} 1`,
		`leadwheel_http_requests_total{method="GET",route="/half",status="5xx"} 1`,
		`leadwheel_http_requests_total{method="GET",route="/half",status="2xx"} 0`,
		`leadwheel_http_requests_total{method="other",route="other",status="4xx"} 1`,
		`leadwheel_http_request_duration_seconds_count{method="GET",route="/items/{id}"} 1`,
		`leadwheel_http_requests_in_flight 0`,
	} {
		if !strings.Contains(text, series+"\n") {
			t.Errorf("there is no %s", series)
		}
	}
	if strings.Contains(text, "aina") {
		t.Error("a series has what was in an address")
	}
	if !strings.Contains(amid, "leadwheel_http_requests_in_flight 1\n") {
		t.Error("a request that is being answered is not in flight")
	}
}
