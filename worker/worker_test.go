package worker

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/tasks"
)

// TestKindsAreMatchedExactly looks up a kind that begins like another one, which the queue's own multiplexer mixes up.
func TestKindsAreMatchedExactly(t *testing.T) {
	t.Parallel()
	ran := 0
	w := &Worker{metrics: metrics.New(prometheus.NewRegistry()).Tasks, log: slog.New(slog.DiscardHandler), handlers: map[string]asynq.HandlerFunc{
		tasks.KindDistribute: func(context.Context, *asynq.Task) error { ran++; return nil },
		tasks.KindIngest:     func(context.Context, *asynq.Task) error { return tasks.ErrPayload },
	}}
	if err := w.handle(t.Context(), asynq.NewTask(tasks.KindDistribute, nil)); err != nil || ran != 1 {
		t.Errorf("ran %d times, error %v", ran, err)
	}
	for _, kind := range []string{tasks.KindDistribute + "_bulk", "lead", ""} {
		if err := w.handle(t.Context(), asynq.NewTask(kind, nil)); !errors.Is(err, asynq.SkipRetry) || ran != 1 {
			t.Errorf("kind %q: ran %d times, error %v, want none of it and SkipRetry", kind, ran, err)
		}
	}
	if err := w.handle(t.Context(), asynq.NewTask(tasks.KindIngest, nil)); !errors.Is(err, asynq.SkipRetry) {
		t.Errorf("a payload that cannot be read gives %v, want SkipRetry", err)
	}
}

// TestPanicsAreErrors has a handler panic with somebody's name.
func TestPanicsAreErrors(t *testing.T) {
	t.Parallel()
	w := &Worker{metrics: metrics.New(prometheus.NewRegistry()).Tasks, log: slog.New(slog.DiscardHandler), handlers: map[string]asynq.HandlerFunc{
		tasks.KindIngest: func(context.Context, *asynq.Task) error { panic(`no "Siti Rahman"`) },
	}}
	if err := w.handle(t.Context(), asynq.NewTask(tasks.KindIngest, nil)); err == nil || err.Error() != `it panicked: no "…"` {
		t.Errorf("the panic became %v", err)
	}
}

func TestRetryDelayGrowsToABound(t *testing.T) {
	t.Parallel()
	for retried, bounds := range map[int][2]time.Duration{
		0:   {500 * time.Millisecond, 1500 * time.Millisecond},
		3:   {4 * time.Second, 12 * time.Second},
		30:  {15 * time.Second, 45 * time.Second},
		500: {15 * time.Second, 45 * time.Second},
	} {
		for range 100 {
			if d := retryDelay(retried, nil, nil); d < bounds[0] || d > bounds[1] {
				t.Errorf("after %d retries the delay is %s, want it within %s", retried, d, bounds)
			}
		}
	}
}
