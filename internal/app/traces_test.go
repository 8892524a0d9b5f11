package app_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// A collector takes traces in OTLP's JSON, which TestMain has the library speak.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans []collected
	text  string
}

// A collected span is what of one matters here.
type collected struct {
	TraceID, SpanID, ParentSpanID string
	Name                          string
	Kind                          int
}

func newTraceCollector(t *testing.T) *collector {
	t.Helper()
	c := new(collector)
	c.Server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) take(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	text, err := io.ReadAll(body)
	var sent struct {
		ResourceSpans []struct {
			ScopeSpans []struct{ Spans []collected }
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &sent)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, fmt.Sprint("not a trace: ", err), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text += string(text)
	for _, of := range sent.ResourceSpans {
		for _, scope := range of.ScopeSpans {
			for _, s := range scope.Spans {
				for _, id := range []*string{&s.TraceID, &s.SpanID, &s.ParentSpanID} {
					*id = strings.ToLower(*id) // OTLP takes either
				}
				c.spans = append(c.spans, s)
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}")
}

// until waits until a span with a name has come, in a trace where that is given.
func (c *collector) until(t *testing.T, trace, name string) (found collected) {
	t.Helper()
	testenv.Eventually(t, 30*time.Second, func() error {
		spans := c.matching(func(s collected) bool { return s.Name == name && (trace == "" || s.TraceID == trace) })
		if len(spans) == 0 {
			return fmt.Errorf("there is no %q in trace %s: %+v", name, trace, c.matching(func(collected) bool { return true }))
		}
		found = spans[0]
		return nil
	})
	return found
}

// follow waits for spans of which each is the parent of the next, and returns the last. A task that was handed out twice has two spans, of
// which one found nothing left to do: what comes next is a part of either.
func (c *collector) follow(t *testing.T, from collected, names ...string) (last collected) {
	t.Helper()
	testenv.Eventually(t, 30*time.Second, func() error {
		parents := []collected{from}
		for _, name := range names {
			spans := c.matching(func(s collected) bool {
				return s.Name == name && slices.ContainsFunc(parents, func(p collected) bool { return p.SpanID == s.ParentSpanID })
			})
			if len(spans) == 0 {
				return fmt.Errorf("no %q is a part of %+v: %+v", name, parents, c.matching(func(s collected) bool { return s.TraceID == from.TraceID }))
			}
			parents = spans
		}
		last = parents[0]
		return nil
	})
	if last.TraceID != from.TraceID {
		t.Errorf("%+v is in another trace than %+v", last, from)
	}
	return last
}

func (c *collector) matching(wanted func(collected) bool) (found []collected) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if wanted(s) {
			found = append(found, s)
		}
	}
	return found
}

// TestATraceFollowsALead sends a lead to a form's address, adds one over the API as part of a caller's trace, assigns one in bulk, and
// plans one for later: each has one trace, from the request through the queue to the message and the webhook.
func TestATraceFollowsALead(t *testing.T) {
	t.Parallel()
	traces := newTraceCollector(t)
	c := newCorrespondence(t, testenv.New(t), 1)
	waiting := c.storeLeads(1)
	c.startWith(func(cfg *app.Config) { cfg.TracesURL = traces.URL }, app.Roles()...)
	told := make(chan string, 100)
	r := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "lead.assigned") {
			told <- r.Header.Get("Traceparent")
		}
	}))
	t.Cleanup(r.Close)
	c.hook(&receiver{Server: r})

	var form struct{ URL string }
	if status, err := c.post("/v1/integrations", map[string]any{"kind": "form", "name": "site", "group_id": c.group}, &form); err != nil || status != 201 {
		t.Fatalf("%d %v", status, err)
	}
	_, token, _ := strings.Cut(form.URL, "/hooks/form/")
	const stranger = "11111111111111111111111111111111"
	c.ask(http.MethodPost, "/hooks/form/"+token, "application/x-www-form-urlencoded", "name=Siti+Rahman&email=siti@example.com", stranger)
	request := traces.until(t, "", "POST /hooks/{kind}/{token}")
	if request.ParentSpanID != "" || request.Kind != 2 {
		t.Errorf("a stranger's trace is gone on with: %+v", request)
	}
	given := traces.follow(t, request, "store leads", "lead:distribute")
	traces.follow(t, given, "message by email")
	hook := traces.follow(t, given, "webhook lead.assigned")
	if got, want := <-told, "00-"+hook.TraceID+"-"+hook.SpanID+"-01"; got != want {
		t.Errorf("the webhook is told of %q, want %q", got, want)
	}

	const caller = "22222222222222222222222222222222"
	c.ask(http.MethodPost, "/v1/leads", "application/json", fmt.Sprintf(`{"name":"Aina Secret","distribute":{"group_id":%q}}`, c.group), caller)
	traces.follow(t, traces.until(t, caller, "POST /v1/leads"), "store leads", "lead:distribute", "message by email")

	const bulk = "33333333333333333333333333333333"
	c.ask(http.MethodPost, "/v1/assignments", "application/json", fmt.Sprintf(`{"lead_ids":[%q],"group_id":%q}`, waiting[0], c.group), bulk)
	traces.follow(t, traces.until(t, bulk, "POST /v1/assignments"), "lead:distribute", "message by email")

	const later = "44444444444444444444444444444444"
	at := time.Now().Add(3 * time.Second).UTC().Format(time.RFC3339Nano)
	c.ask(http.MethodPost, "/v1/leads", "application/json", fmt.Sprintf(`{"name":"Lim Hidden","distribute":{"group_id":%q,"at":%q}}`, c.group, at), later)
	traces.follow(t, traces.until(t, later, "POST /v1/leads"), "store leads", "lead:distribute", "lead:distribute:due", "message by email")

	traces.mu.Lock()
	defer traces.mu.Unlock()
	for _, personal := range []string{"Siti", "siti@", "Secret", "Hidden", token, "m0@example.com"} {
		if strings.Contains(traces.text, personal) {
			t.Errorf("a trace tells of %s", personal)
		}
	}
	if !strings.Contains(traces.text, `"leadwheel"`) {
		t.Error("the traces do not say whose they are")
	}
}

// ask sends a request that says to belong to a trace, and demands that it succeeds.
func (s *scene) ask(method, path, contentType, body, trace string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.app.URL()+path, strings.NewReader(body))
	s.must(err)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Traceparent", "00-"+trace+"-1234567890123456-01")
	response, err := http.DefaultClient.Do(r)
	s.must(err)
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
}

// TestWithoutACollectorThereAreNoTraces has a caller say to which trace a lead belongs: nothing is kept of that, and nobody is told.
func TestWithoutACollectorThereAreNoTraces(t *testing.T) {
	t.Parallel()
	s := newScene(t, testenv.New(t), 1)
	s.start(app.Roles()...)
	told := make(chan string, 100)
	r := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told <- r.Header.Get("Traceparent") }))
	t.Cleanup(r.Close)
	s.hook(&receiver{Server: r})
	s.ask(http.MethodPost, "/v1/leads", "application/json", fmt.Sprintf(`{"name":"Aina","distribute":{"group_id":%q}}`, s.group), "22222222222222222222222222222222")
	if got := <-told; got != "" {
		t.Errorf("a webhook is told of the trace %q", got)
	}
	if n := s.Count(t, `SELECT count(*) FROM webhook_deliveries WHERE traceparent IS NOT NULL`); n != 0 {
		t.Errorf("%d deliveries belong to a trace", n)
	}
}

// TestACollectorIsAnAddress refuses what is none before anything is served, and does not quote it.
func TestACollectorIsAnAddress(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	for _, address := range []string{"collector:4318", "ftp://collector", "http://", "http://user:secret@%zz"} {
		a, err := app.Start(t.Context(), app.Config{
			DatabaseURL: env.DatabaseURL, RedisURL: env.RedisURL, OpsListen: "127.0.0.1:0", TracesURL: address, Log: slog.New(slog.DiscardHandler),
		})
		if err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_ENDPOINT") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v", address, a, err)
		}
	}
}
