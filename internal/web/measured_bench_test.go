package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/metrics"
)

// BenchmarkMeasured compares a request that does nothing with the same one measured.
func BenchmarkMeasured(b *testing.B) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/leads", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	plain := unmatched(mux)
	for name, h := range map[string]http.Handler{"plain": plain, "measured": measured(metrics.New(prometheus.NewRegistry()).HTTP, plain)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/leads", nil))
			}
		})
	}
}
