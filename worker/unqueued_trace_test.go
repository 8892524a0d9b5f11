package worker

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/tasks"
)

// TestATraceNeedsNoQueue distributes a batch in a trace, and one in none, while the queue is away.
func TestATraceNeedsNoQueue(t *testing.T) {
	t.Parallel()
	provider := trace.NewTracerProvider()
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	const parent = "00-11111111111111111111111111111111-2222222222222222-01"
	traced, other := uuid.New(), uuid.New()
	belongs := make(map[uuid.UUID]string)
	u := &unqueued{tracer: tracing.New(provider), try: func(ctx context.Context, p tasks.Distribute, _ acting) error {
		belongs[p.Batch] = tracing.Parent(ctx)
		return nil
	}}
	u.isAway.Store(true)
	if done := u.distribute(t.Context(), []lead.Hint{{ID: traced, Traceparent: parent}, {ID: other}}); done != 2 {
		t.Fatalf("%d are done", done)
	}
	if got := belongs[traced]; len(got) != len(parent) || got[:36] != parent[:36] || got == parent {
		t.Errorf("what is done within a trace belongs to %q", got)
	}
	if got := belongs[other]; got != "" {
		t.Errorf("what is done outside of any belongs to %q", got)
	}
}
