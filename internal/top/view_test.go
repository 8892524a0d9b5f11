package top

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// process serves a process' metrics, one text after the other.
func process(t *testing.T, texts ...string) string {
	t.Helper()
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(texts[n])) // the reader would say so
		n = min(n+1, len(texts)-1)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const apiMetrics = `
# TYPE leadwheel_leads_received_total counter
leadwheel_leads_received_total{channel="api"} 7
# TYPE leadwheel_pending_leads gauge
leadwheel_pending_leads{state="due"} 3
leadwheel_pending_leads{state="later"} 5
# TYPE leadwheel_scheduler_leading gauge
leadwheel_scheduler_leading 0
# TYPE leadwheel_dependency_up gauge
leadwheel_dependency_up{dependency="postgres"} 1
leadwheel_dependency_up{dependency="redis"} 0
# TYPE asynq_tasks_processed_total counter
asynq_tasks_processed_total{queue="fresh"} 9
# TYPE asynq_queue_latency_seconds gauge
asynq_queue_latency_seconds{queue="fresh"} 1.5
# TYPE asynq_tasks_enqueued_total gauge
asynq_tasks_enqueued_total{queue="fresh",state="pending"} 2
asynq_tasks_enqueued_total{queue="bulk",state="pending"} 4
`

const workerMetrics = apiMetrics + `
# TYPE leadwheel_distributions_total counter
leadwheel_distributions_total{outcome="succeeded",reason=""} 40
leadwheel_distributions_total{outcome="failed",reason="duplicate"} 2
# TYPE leadwheel_distribution_seconds histogram
leadwheel_distribution_seconds_bucket{le="0.1"} 10
leadwheel_distribution_seconds_bucket{le="1"} 10
leadwheel_distribution_seconds_bucket{le="+Inf"} 10
leadwheel_distribution_seconds_sum 1
leadwheel_distribution_seconds_count 10
`

// TestView adds up two processes, one of which does work between two looks.
func TestView(t *testing.T) {
	t.Parallel()
	later := strings.NewReplacer(
		`reason=""} 40`, `reason=""} 60`, `le="1"} 10`, `le="1"} 19`, `le="+Inf"} 10`, `le="+Inf"} 30`, `fresh"} 9`, `fresh"} 19`,
		`leading 0`, `leading 1`).Replace(workerMetrics)
	w := Watch{Ops: []string{process(t, apiMetrics), process(t, workerMetrics, later) + "/"}}
	first, err := w.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first.Given.Total != 40 || first.Given.Rate != 0 || first.P95 != nil || first.Leading {
		t.Errorf("at first: %+v", first)
	}
	w.last.at = w.last.at.Add(-10 * time.Second)
	got, err := w.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	one := 1.0
	want := View{
		Processes: 2, Postgres: true, Leading: true,
		Received: []Flow{{Name: "api", Total: 14}}, Given: Flow{Total: 60, Rate: 2}, Failed: []Flow{{Name: "duplicate", Total: 2}},
		Due: 3, Later: 5, P50: &one, P95: &one,
		Queues: []Queue{{Name: "fresh", Pending: 2, Rate: 1, Latency: 1.5}}, Groups: []Group{},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(View{}, "At"), cmpopts.EquateApprox(0.05, 0)); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
}

func TestLookNamesWhoDoesNotAnswer(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	for address, want := range map[string]string{gone.URL: "404", "http://127.0.0.1:1": "refused"} {
		w := Watch{Ops: []string{process(t, apiMetrics), address}}
		_, err := w.Look(context.Background())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--ops-url") {
			t.Errorf("%s: error is %v", address, err)
		}
	}
	gone.Close()
}
