package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/trace"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// soon is how long before it is due a batch that came early is waited for here: hints come early by tasks.HintAhead.
	soon = tasks.HintAhead + time.Second
	// dueAtOnce is how many of those that were waited for are distributed at once.
	dueAtOnce = 4
)

// A watch waits for batches whose time is near, and distributes each at a moment of its own within the second that follows
// its time. Else all that is scheduled went out in the part of a second in which the queue looks for what is due, by which
// members could tell it from what has just come in. It waits beside the queue's server, whose places are for others. A batch
// that is lost here, with its process, is handed over again like any other.
type watch struct {
	waiting sync.WaitGroup
	places  chan struct{}
}

func newWatch() *watch { return &watch{places: make(chan struct{}, dueAtOnce)} }

// close waits until nothing is waited for.
func (w *watch) close() { w.waiting.Wait() }

// after does something after a while.
func (w *watch) after(wait time.Duration, do func()) {
	w.waiting.Go(func() {
		<-time.After(wait)
		w.places <- struct{}{}
		defer func() { <-w.places }()
		do()
	})
}

// momentOf is how long after its time a batch is distributed, less than a second: always the same for a batch, and any for
// all of them.
func momentOf(batch uuid.UUID) time.Duration {
	return time.Duration(binary.BigEndian.Uint64(batch[8:]) % uint64(time.Second)) // #nosec G115 // it is less than a second
}

// early waits for a batch whose time is near, and reports whether it is. What is done then is a part of the trace that ctx is in.
func (d *distribute) early(ctx context.Context, p tasks.Distribute, cause error) bool {
	var early *store.EarlyError
	if !errors.As(cause, &early) || early.In > soon {
		return false
	}
	d.watch.after(early.In+momentOf(p.Batch), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tasks.Timeout)
		defer cancel()
		ctx, span := d.tracer.Continue(ctx, trace.SpanKindInternal, tasks.KindDistribute+":due", tracing.Parent(ctx))
		err := d.try(ctx, p, d.store.Distribute)
		tracing.End(span, discreet.Error(err))
		if err != nil {
			d.log.Warn("a batch could not be distributed when it was due; it is handed over again", "batch_id", p.Batch, "error", discreet.Error(err))
		}
	})
	return true
}
