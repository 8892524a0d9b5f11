package tracing

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	api "go.opentelemetry.io/otel/trace"
)

// recorded makes a tracer, and what its parts come to.
func recorded(t *testing.T, sampler trace.Sampler) (*Tracer, *tracetest.SpanRecorder) {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(recorder), trace.WithSampler(sampler))
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	return New(provider), recorder
}

const (
	one = "00-11111111111111111111111111111111-1111111111111111-01"
	two = "00-22222222222222222222222222222222-2222222222222222-01"
	not = "00-33333333333333333333333333333333-3333333333333333-00" // kept by nobody
)

// TestWorkGoesOn begins parts with several parents, with none that is kept, and without a tracer.
func TestWorkGoesOn(t *testing.T) {
	t.Parallel()
	tracer, recorder := recorded(t, trace.ParentBased(trace.AlwaysSample()))
	ctx, span := tracer.Continue(t.Context(), api.SpanKindConsumer, "some", "", "garbage", not, one, two)
	if parent := Parent(ctx); parent[:36] != one[:36] || parent == one {
		t.Errorf("what follows belongs to %s", parent)
	}
	End(span, errors.New("it broke"))
	ended := recorder.Ended()
	if len(ended) != 1 || ended[0].Parent().SpanID().String() != "1111111111111111" || ended[0].Status().Code != codes.Error || ended[0].Status().Description != "it broke" {
		t.Fatalf("%+v", ended)
	}
	if links := ended[0].Links(); len(links) != 1 || links[0].SpanContext.TraceID().String() != "22222222222222222222222222222222" {
		t.Errorf("links: %+v", links)
	}
	for _, none := range []*Tracer{nil, tracer} {
		ctx, span := none.Continue(t.Context(), api.SpanKindConsumer, "some", "", not)
		if End(span, nil); Parent(ctx) != "" {
			t.Errorf("a trace begins where there is none: %s", Parent(ctx))
		}
	}
	if len(recorder.Started()) != 1 {
		t.Errorf("%d parts are begun", len(recorder.Started()))
	}
}

// TestRequestsBeginTraces has requests say to which trace they belong, to somebody who trusts them and to somebody who does not.
func TestRequestsBeginTraces(t *testing.T) {
	t.Parallel()
	tracer, recorder := recorded(t, trace.ParentBased(trace.AlwaysSample()))
	for _, trusted := range []bool{true, false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Header.Set("Traceparent", one)
		_, span := tracer.Request(r, trusted)
		End(span, nil)
	}
	trusted, stranger := recorder.Ended()[0], recorder.Ended()[1]
	if trusted.Parent().TraceID().String() != "11111111111111111111111111111111" || len(trusted.Links()) != 0 {
		t.Errorf("trusted: %+v", trusted)
	}
	if stranger.Parent().IsValid() || len(stranger.Links()) != 1 || stranger.SpanContext().TraceID() == trusted.SpanContext().TraceID() {
		t.Errorf("not trusted: %+v", stranger)
	}
}

// TestWhatIsGatheredIsLinked does the work of three requests at once, one of them in no trace.
func TestWhatIsGatheredIsLinked(t *testing.T) {
	t.Parallel()
	tracer, recorder := recorded(t, trace.AlwaysSample())
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	_, first := tracer.Request(r, true)
	_, second := tracer.Request(r, true)
	ctx, span := Gather(t.Context(), "work", []api.Span{api.SpanFromContext(t.Context()), first, second})
	if api.SpanContextFromContext(ctx).TraceID() != first.SpanContext().TraceID() {
		t.Error("the work is not in the first's trace")
	}
	for _, s := range []api.Span{span, first, second} {
		End(s, nil)
	}
	work, other := recorder.Ended()[0], recorder.Ended()[2]
	if work.Parent().SpanID() != first.SpanContext().SpanID() || len(work.Links()) != 1 || work.Links()[0].SpanContext.SpanID() != second.SpanContext().SpanID() {
		t.Errorf("the work: %+v", work)
	}
	if len(other.Links()) != 1 || other.Links()[0].SpanContext.SpanID() != work.SpanContext().SpanID() {
		t.Errorf("the other: %+v", other)
	}
	if ctx, span := Gather(t.Context(), "work", []api.Span{api.SpanFromContext(t.Context())}); ctx != t.Context() || span.IsRecording() {
		t.Error("work of nobody who is traced is traced")
	}
}

// What is not traced costs next to nothing.
func BenchmarkOff(b *testing.B) {
	ctx := b.Context()
	var tracer *Tracer
	b.ReportAllocs()
	for b.Loop() {
		_ = Parent(ctx)
		_, span := tracer.Continue(ctx, api.SpanKindConsumer, "some", "")
		End(span, nil)
	}
}
