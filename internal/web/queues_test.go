package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/tasks"
)

func opsWith(env *testenv.Env, key string, closed bool) http.Handler {
	return web.NewOps(web.OpsOptions{
		Metrics: prometheus.NewRegistry(), Redis: env.Redis, QueuesKey: key, QueuesClosed: closed, Log: discard,
	})
}

func TestDashboardShowsNoOnesData(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	queue := asynq.NewClientFromRedisClient(env.Redis)
	batch, member, integration, webhook, simulation := uuid.New(), uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for kind, payload := range map[string]string{
		tasks.KindIngest:     `{"v":1,"leads":[{"name":"Aina Secret"}]}`,
		tasks.KindDistribute: `{"v":1,"workspace_id":"` + uuid.NewString() + `","batch_id":"` + batch.String() + `"}`,
		tasks.KindFetch:      `{"v":1,"workspace_id":"` + uuid.NewString() + `","integration_id":"` + integration.String() + `"}`,
		tasks.KindNotify:     `{"v":1,"workspace_id":"` + uuid.NewString() + `","member_id":"` + member.String() + `","channel":"email"}`,
		tasks.KindWebhook:    `{"v":1,"workspace_id":"` + uuid.NewString() + `","webhook_id":"` + webhook.String() + `"}`,
		tasks.KindSimulate:   `{"v":1,"workspace_id":"` + uuid.NewString() + `","simulation_id":"` + simulation.String() + `"}`,
		"other":              `Aina Secret`,
	} {
		if _, err := queue.Enqueue(asynq.NewTask(kind, []byte(payload)), asynq.Queue("fresh")); err != nil {
			t.Fatal(err)
		}
	}
	h := opsWith(env, "", false)
	w := get(t, h, "/queues/api/queues/fresh/pending_tasks")
	if body := w.Body.String(); w.Code != 200 || strings.Contains(body, "Secret") || !strings.Contains(body, "bytes") ||
		!strings.Contains(body, batch.String()) || !strings.Contains(body, member.String()) || !strings.Contains(body, integration.String()) || !strings.Contains(body, webhook.String()) ||
		!strings.Contains(body, simulation.String()) {
		t.Errorf("%d %s", w.Code, body)
	}
	if w := get(t, h, "/queues"); w.Code != 200 || !strings.Contains(w.Body.String(), "<html") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/queues/api/queues/fresh/pending_tasks:delete_all", nil)
	w = httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("the dashboard changed something: %d %s", w.Code, w.Body)
	}
}

func TestDashboardNeedsItsKey(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	const path = "/queues/api/queues"
	if w := get(t, opsWith(env, "", true), path); w.Code != 403 {
		t.Errorf("reachable from elsewhere without a key: %d", w.Code)
	}
	h := opsWith(env, "k3y", true)
	for _, w := range []*httptest.ResponseRecorder{get(t, h, path), get(t, h, path+"?key=k3"), get(t, h, path, "Cookie", "leadwheel_ops=k3y")} {
		if w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	if w := get(t, h, path, "Authorization", "Basic "+"OmszeQ=="); w.Code != 200 { // ":k3y"
		t.Errorf("with the key as password: %d", w.Code)
	}
	w := get(t, h, "/queues?key=k3y")
	cookies := w.Result().Cookies()
	if w.Code != 200 || len(cookies) != 1 || strings.Contains(cookies[0].Value, "k3y") {
		t.Fatalf("%d %v", w.Code, cookies)
	}
	if w := get(t, h, path, "Cookie", cookies[0].Name+"="+cookies[0].Value); w.Code != 200 {
		t.Errorf("what the page loads: %d", w.Code)
	}
	if w := get(t, h, "/healthz"); w.Code != 200 {
		t.Errorf("health needs no key: %d", w.Code)
	}
}

// TestDashboardAsksPrometheus opens the dashboard's page of metrics, for which a server plays Prometheus.
func TestDashboardAsksPrometheus(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	registry, asked := prometheus.NewRegistry(), make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path + " " + r.URL.Query().Get("query")
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"matrix","result":[]}}`)) // the dashboard would say so
	}))
	t.Cleanup(server.Close)
	h := web.NewOps(web.OpsOptions{
		Metrics: registry, Redis: env.Redis, QueuesKey: "k3y", QueuesClosed: true, PrometheusURL: server.URL, Log: discard,
	})
	if w := get(t, h, "/queues/api/metrics"); w.Code != http.StatusUnauthorized || len(asked) > 0 {
		t.Errorf("without the key: %d, and %d questions", w.Code, len(asked))
	}
	w := get(t, h, "/queues/api/metrics?key=k3y")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"queue_latency_seconds":{"status":"success"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	close(asked)
	shown := make(map[string]bool)
	for question := range asked {
		path, query, _ := strings.Cut(question, " ")
		if path != "/api/v1/query_range" {
			t.Errorf("it asks for %s", path)
		}
		shown[query] = true
	}
	if len(shown) != 9 || !shown["asynq_queue_size{}"] || !shown["rate(asynq_tasks_processed_total{}[5m])"] {
		t.Errorf("it asks for %v", shown)
	}
}
