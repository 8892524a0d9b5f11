package web_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
)

var discard = slog.New(slog.DiscardHandler)

func checks(env *testenv.Env) []web.Check {
	return []web.Check{
		{Name: "postgres", Ping: env.Store.Ping},
		{Name: "redis", Ping: func(ctx context.Context) error { return env.Redis.Ping(ctx).Err() }},
	}
}

// get answers a GET by the handler, with headers in pairs.
func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestReadyNamesWhatIsDown(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	down := append(checks(env), web.Check{Name: "mail", Ping: func(context.Context) error { return errors.New("dial tcp 10.0.0.1: secret") }})
	ops := func(c []web.Check) http.Handler {
		return web.NewOps(web.OpsOptions{Checks: c, Metrics: prometheus.NewRegistry(), Redis: env.Redis, Log: discard})
	}
	if w := get(t, ops(checks(env)), "/readyz"); w.Code != 200 || !strings.Contains(w.Body.String(), `"postgres":"ok","redis":"ok"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w := get(t, ops(down), "/readyz")
	if w.Code != 503 || !strings.Contains(w.Body.String(), `"mail":"down"`) || !strings.Contains(w.Body.String(), `"redis":"ok"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), "secret") {
		t.Error("a public answer says too much:", w.Body)
	}
	worse := append(checks(env), web.Check{Name: "clock", Ping: func(context.Context) error { return errors.New("off") }, Degrades: true})
	if w := get(t, ops(worse), "/readyz"); w.Code != 200 || !strings.Contains(w.Body.String(), `"status":"degraded"`) || !strings.Contains(w.Body.String(), `"clock":"degraded"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := get(t, ops(down), "/healthz"); w.Code != 200 {
		t.Errorf("%d %s: the process is well", w.Code, w.Body)
	}
}

func TestMetricsOutliveABrokenCollector(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	reg := prometheus.NewRegistry()
	fine := prometheus.NewCounter(prometheus.CounterOpts{Name: "leadwheel_fine_total", Help: "x"})
	reg.MustRegister(fine, broken{prometheus.NewDesc("leadwheel_broken", "x", nil, nil)})
	ops := web.NewOps(web.OpsOptions{Metrics: reg, Redis: env.Redis, Log: discard})
	w := get(t, ops, "/metrics")
	body, err := io.ReadAll(w.Body)
	if err != nil || w.Code != 200 || !strings.Contains(string(body), "leadwheel_fine_total 0") {
		t.Errorf("%d %s", w.Code, body)
	}
}

type broken struct{ desc *prometheus.Desc }

func (b broken) Describe(c chan<- *prometheus.Desc) { c <- b.desc }
func (b broken) Collect(c chan<- prometheus.Metric) {
	c <- prometheus.NewInvalidMetric(b.desc, errors.New("the queue is broken"))
}

// TestTheOperatorsAddressLeadsSomewhere: whoever opens it in a browser finds what there is.
func TestTheOperatorsAddressLeadsSomewhere(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	ops := web.NewOps(web.OpsOptions{Checks: checks(env), Metrics: prometheus.NewRegistry(), Redis: env.Redis, Log: discard})
	first := get(t, ops, "/")
	if first.Code != http.StatusOK || !strings.HasPrefix(first.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", first.Code, first.Body)
	}
	for _, link := range []string{"/queues", "/metrics", "/readyz", "/healthz"} {
		if got := get(t, ops, link).Code; !strings.Contains(first.Body.String(), `href="`+link+`"`) || got != http.StatusOK {
			t.Errorf("%s: %d, or the page does not lead there", link, got)
		}
	}
	if w := get(t, ops, "/nowhere"); w.Code != http.StatusNotFound || !strings.Contains(w.Header().Get("Content-Type"), "problem+json") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
