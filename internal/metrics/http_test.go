package metrics

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// TestRequestsAreCountedByRoute counts requests of routes with and without methods, of none, and with words for methods that clients
// make up.
func TestRequestsAreCountedByRoute(t *testing.T) {
	t.Parallel()
	h := newHTTP()
	count := func(pattern, method string, status int) {
		h.Begin()
		h.End(pattern, method, status, 20*time.Millisecond)
	}
	count("GET /v1/leads/{id}", http.MethodGet, 200)
	count("GET /v1/leads/{id}", http.MethodHead, 304)
	count("GET /v1/leads/{id}", http.MethodGet, 503)
	count("/queues/", http.MethodPost, 405)
	for i := range 50 {
		count("/queues/", fmt.Sprint("BREW", i), 405)
		count("", fmt.Sprint("BREW", i), 404)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(h)
	want := `# TYPE leadwheel_http_requests_total counter
`
	for series, byClass := range map[string][5]int{
		`method="GET",route="/v1/leads/{id}"`: {0, 1, 1, 0, 1},
		`method="POST",route="/queues/"`:      {0, 0, 0, 1, 0},
		`method="other",route="/queues/"`:     {0, 0, 0, 50, 0},
		`method="other",route="other"`:        {0, 0, 0, 50, 0},
	} {
		for i, n := range byClass {
			want += fmt.Sprintf("leadwheel_http_requests_total{%s,status=\"%dxx\"} %d\n", series, i+1, n)
		}
	}
	help := "# HELP leadwheel_http_requests_total Requests to the public side that were answered, by route, method and class of status; route is other for addresses at which there is nothing.\n"
	if err := testutil.GatherAndCompare(registry, strings.NewReader(help+want), "leadwheel_http_requests_total"); err != nil {
		t.Error(err)
	}
	if n := testutil.ToFloat64(h.inFlight); n != 0 {
		t.Errorf("%v requests are still in flight", n)
	}
	if n := testutil.CollectAndCount(h.duration); n != 4 {
		t.Errorf("%d routes have durations", n)
	}
}
