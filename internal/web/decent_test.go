package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
)

// TestRequestsThatNoClientMakes asks each listener's handler for what nothing can have.
func TestRequestsThatNoClientMakes(t *testing.T) {
	t.Parallel()
	h := opsWith(testenv.New(t), "", false)
	ask := func(path string, headers int) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		for range headers {
			r.Header.Add("X-More", "1")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for path, want := range map[string]int{
		"/healthz": 200, "/health%00z": 404, "/queues/%00": 404, "/%ff": 404, "/healthz?" + strings.Repeat("a&", 600): 414,
		"/healthz?a=" + strings.Repeat("x", 20<<10): 414, "/healthz?" + strings.Repeat("a=1&", 100): 200,
	} {
		w := ask(path, 0)
		if w.Code != want || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%.40s: %d %v", path, w.Code, w.Header())
		}
	}
	if w := ask("/healthz", 300); w.Code != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("300 headers: %d", w.Code)
	}
}

// TestMetricsWithIDsNeedTheKey scrapes a listener that others reach.
func TestMetricsWithIDsNeedTheKey(t *testing.T) {
	t.Parallel()
	env, registry, named := testenv.New(t), prometheus.NewRegistry(), prometheus.NewRegistry()
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "held", Help: "x"}, []string{"workspace_id", "kind"})
	plain := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "plain", Help: "x"}, []string{"kind"})
	registry.MustRegister(plain)
	named.MustRegister(gauge)
	gauge.WithLabelValues("w1", "google").Set(1)
	plain.WithLabelValues("google").Set(1)
	scrape := func(key string, closed bool, authorize func(*http.Request)) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		authorize(r)
		w := httptest.NewRecorder()
		web.NewOps(web.OpsOptions{Metrics: registry, Named: named, Redis: env.Redis, QueuesKey: key, QueuesClosed: closed, Log: discard}).ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "plain{") {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	nobody := func(*http.Request) {}
	for name, c := range map[string]struct {
		key       string
		closed    bool
		authorize func(*http.Request)
		want      bool
	}{
		"this machine": {"", false, nobody, true}, "this machine, with a key set": {"k", false, nobody, true}, "others": {"k", true, nobody, false},
		"others, without any key": {"", true, func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, false},
		"a token":                 {"k", true, func(r *http.Request) { r.Header.Set("Authorization", "Bearer k") }, true},
		"a password":              {"k", true, func(r *http.Request) { r.SetBasicAuth("x", "k") }, true},
		"another token":           {"k", true, func(r *http.Request) { r.Header.Set("Authorization", "Bearer kk") }, false},
	} {
		if got := strings.Contains(scrape(c.key, c.closed, c.authorize), "w1"); got != c.want {
			t.Errorf("%s: ids are shown: %t", name, got)
		}
	}
}
