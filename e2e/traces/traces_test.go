// Package traces reads traces back from the receiver of OpenTelemetry's own collector, to which the program sends them as it would in
// production. `make test-traces` runs it.
package traces

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	metric "go.opentelemetry.io/otel/metric/noop"
	trace "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// patience is what the program has for anything.
const patience = time.Minute

// A sink keeps the spans that a receiver takes.
type sink struct {
	mu    sync.Mutex
	spans []ptrace.Span
	of    []string // service names
}

func (*sink) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (s *sink) ConsumeTraces(_ context.Context, traces ptrace.Traces) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range traces.ResourceSpans().All() {
		name, _ := resource.Resource().Attributes().Get("service.name")
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				kept := ptrace.NewSpan()
				span.CopyTo(kept)
				s.spans, s.of = append(s.spans, kept), append(s.of, name.Str())
			}
		}
	}
	return nil
}

// child waits for a span with a name whose parent is another.
func (s *sink) child(t *testing.T, trace pcommon.TraceID, parent pcommon.SpanID, name string) ptrace.Span {
	t.Helper()
	for end := time.Now().Add(patience); ; {
		s.mu.Lock()
		var seen []string
		for _, span := range s.spans {
			if span.TraceID() == trace && span.ParentSpanID() == parent && span.Name() == name {
				s.mu.Unlock()
				return span
			}
			seen = append(seen, span.Name())
		}
		s.mu.Unlock()
		if time.Now().After(end) {
			t.Fatalf("there is no %q of %s in trace %s, but %q", name, parent, trace, seen)
		}
		<-time.After(100 * time.Millisecond)
	}
}

// host is what a receiver runs in. It has no extensions.
type host struct{}

func (host) GetExtensions() map[component.ID]component.Component { return nil }

// collect starts the collector's receiver of OTLP over HTTP, and returns its address.
func collect(t *testing.T) (*sink, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(map[string]any{"protocols": map[string]any{"http": map[string]any{"endpoint": address}}}).Unmarshal(config); err != nil {
		t.Fatal(err)
	}
	s := new(sink)
	r, err := factory.CreateTraces(t.Context(), receiver.Settings{
		ID: component.NewID(factory.Type()),
		TelemetrySettings: component.TelemetrySettings{
			Logger: zap.NewNop(), TracerProvider: trace.NewTracerProvider(), MeterProvider: metric.NewMeterProvider(), Resource: pcommon.NewResource(),
		},
	}, config, s)
	if err == nil {
		err = r.Start(t.Context(), host{})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Shutdown(context.Background()) })
	return s, "http://" + address
}

// A running program's API, an admin's key, and a group that there is.
type running struct{ url, key, group string }

// run runs everything in one process.
func run(t *testing.T, settings ...string) (p running) {
	t.Helper()
	cmd := exec.Command("../../bin/leadwheel", "up", "--listen=127.0.0.1:0", "--ops-listen=127.0.0.1:0", "--data-dir="+t.TempDir())
	cmd.Env = append(os.Environ(), settings...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	push := regexp.MustCompile(`'(http://[^/']+)/v1/leads' .*Bearer (lw_\w+)'.*"group_id":"([^"]+)"`)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if found := push.FindStringSubmatch(lines.Text()); found != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return running{found[1], found[2], found[3]}
		}
	}
	t.Fatal("it ended without saying how a lead is pushed")
	return p
}

func (p running) post(t *testing.T, path, traceparent string, body map[string]any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+path, strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Traceparent", traceparent)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusCreated {
		t.Fatalf("%s answers %d: %s", path, response.StatusCode, text)
	}
}

// TestACollectorHasTheWholeTrace pushes a lead as a part of somebody's trace, and finds that whole: the request, what stored the lead,
// the task that distributed it, and the webhook, which was told to what it belongs.
func TestACollectorHasTheWholeTrace(t *testing.T) {
	spans, collector := collect(t)
	told := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told <- r.Header.Get("Traceparent") }))
	t.Cleanup(hook.Close)
	p := run(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector, "OTEL_BSP_SCHEDULE_DELAY=100", "LEADWHEEL_WEBHOOK_ALLOW=127.0.0.0/8")
	p.post(t, "/v1/webhooks", "", map[string]any{"url": hook.URL, "events": []string{"lead.assigned"}})

	id, caller := pcommon.TraceID{15: 1}, pcommon.SpanID{7: 2}
	p.post(t, "/v1/leads", fmt.Sprintf("00-%s-%s-01", id, caller), map[string]any{"name": "Siti Rahman", "distribute": map[string]any{"group_id": p.group}})
	parent := caller
	for _, name := range []string{"POST /v1/leads", "store leads", "lead:distribute", "webhook lead.assigned"} {
		parent = spans.child(t, id, parent, name).SpanID()
	}
	if got, want := <-told, fmt.Sprintf("00-%s-%s-01", id, parent); got != want {
		t.Errorf("the webhook is told of %s, want %s", got, want)
	}
	spans.mu.Lock()
	defer spans.mu.Unlock()
	for _, of := range spans.of {
		if of != "leadwheel" {
			t.Errorf("a span is %q's", of)
		}
	}
}
