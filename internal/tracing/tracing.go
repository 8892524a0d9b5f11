// Package tracing follows work from the request that brought it, through what waits for it in Postgres and the queue, to whoever is told
// of it, in OpenTelemetry's words. Rooms begin parts of a trace with it, and pass on where they belong. A trace begins with a request and
// nowhere else, and nothing in it is of people: ids, patterns of routes, kinds and outcomes. It knows nothing of where traces are sent.
package tracing

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Header is that of W3C Trace Context, in requests and in what travels through the queue.
const Header = "traceparent"

// scope names who made the parts of a trace.
const scope = "github.com/leadwheel/leadwheel"

// A Tracer begins parts of traces where there is none at hand that is under way. A nil one begins none.
type Tracer struct{ tracer trace.Tracer }

// New returns a tracer whose parts go to a provider.
func New(provider trace.TracerProvider) *Tracer { return &Tracer{provider.Tracer(scope)} }

// Parent says where what begins now belongs, as W3C's traceparent: empty where ctx has no trace that is kept.
func Parent(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[Header]
}

// origin reads a traceparent; what ctx belongs to does not matter.
func origin(ctx context.Context, parent string) trace.SpanContext {
	nowhere := trace.ContextWithSpanContext(ctx, trace.SpanContext{})
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(nowhere, propagation.MapCarrier{Header: parent}))
}

// Continue begins a part of the trace that the first of the parents is in, with links to the others. Where there is no parent it begins
// none. End what it returns.
func (t *Tracer) Continue(ctx context.Context, kind trace.SpanKind, name string, parents ...string) (context.Context, trace.Span) {
	if t == nil {
		return ctx, noop.Span{}
	}
	var links []trace.Link
	for _, p := range parents {
		if of := origin(ctx, p); of.IsSampled() {
			links = append(links, trace.Link{SpanContext: of})
		}
	}
	if len(links) == 0 {
		return ctx, noop.Span{}
	}
	ctx = trace.ContextWithRemoteSpanContext(ctx, links[0].SpanContext)
	return t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithLinks(links[1:]...))
}

// Request begins the part of a trace that answers a request. One that the request says it belongs to goes on where its sender is trusted
// with that; else a trace of its own has a link to it. What it returns is to be answered in place of the request.
func (t *Tracer) Request(r *http.Request, trusted bool) (*http.Request, trace.Span) {
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}
	ctx := r.Context()
	if of := origin(ctx, r.Header.Get(Header)); of.IsValid() && trusted {
		ctx = trace.ContextWithRemoteSpanContext(ctx, of)
	} else if of.IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: of}))
	}
	ctx, span := t.tracer.Start(ctx, r.Method, options...)
	return r.WithContext(ctx), span
}

// Gather begins a part that does the work of several at once: it belongs to the trace of the first of them that has one, and it and the
// others have links to each other. End what it returns.
func Gather(ctx context.Context, name string, spans []trace.Span) (context.Context, trace.Span) {
	var recording []trace.Span
	var links []trace.Link
	for _, s := range spans {
		if s.IsRecording() {
			recording, links = append(recording, s), append(links, trace.Link{SpanContext: s.SpanContext()})
		}
	}
	if len(recording) == 0 {
		return ctx, noop.Span{}
	}
	ctx, span := recording[0].TracerProvider().Tracer(scope).Start(trace.ContextWithSpan(ctx, recording[0]), name, trace.WithLinks(links[1:]...))
	for _, s := range recording[1:] {
		s.AddLink(trace.Link{SpanContext: span.SpanContext()})
	}
	return ctx, span
}

// End ends a part, with what went wrong, if anything did. The error is to say nothing of people.
func End(span trace.Span, err error, attributes ...attribute.KeyValue) {
	if span.IsRecording() {
		span.SetAttributes(attributes...)
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
	}
	span.End()
}
