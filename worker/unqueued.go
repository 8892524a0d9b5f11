package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/sync/errgroup"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// queueAsked is how often a worker asks whether the queue takes what it is given, and queueTry how long it waits for the answer.
	queueAsked = 500 * time.Millisecond
	queueTry   = time.Second
	// queueAway is how many answers in a row must have failed for the queue to be away.
	queueAway = 2

	// unqueuedAtOnce is how many batches are taken from the database in one round, few enough that a fresh one does not wait long for the
	// round to end; unqueuedWorkspaces is of how many workspaces at once, and unqueuedRest how long it rests where there was nothing to do.
	unqueuedAtOnce     = 16
	unqueuedWorkspaces = 4
	unqueuedRest       = 200 * time.Millisecond
	// unqueuedInFlight is how many bulk batches of a workspace may be let go, as by the scheduler.
	unqueuedInFlight = 24
)

// An unqueued distributes from the database what the queue should have handed to workers, as long as the queue is away: leads wait for
// nothing that the database has not got. It does one batch of a workspace at a time, fresh ones first.
type unqueued struct {
	store  *store.Store
	redis  redis.UniversalClient
	shards tasks.Shards
	try    func(ctx context.Context, p tasks.Distribute, distribute acting) error
	tracer *tracing.Tracer
	log    *slog.Logger
	isAway atomic.Bool
	away   prometheus.Gauge
	stop   context.CancelFunc
	ended  chan struct{}
}

func (u *unqueued) start() {
	ctx, stop := context.WithCancel(context.Background())
	u.stop, u.ended = stop, make(chan struct{})
	go func() {
		defer close(u.ended)
		asking := make(chan struct{})
		go func() {
			defer close(asking)
			u.ask(ctx)
		}()
		u.work(ctx)
		<-asking
	}()
}

// close ends it once the batches under way are done with, where it was started.
func (u *unqueued) close() {
	if u.stop == nil {
		return
	}
	u.stop()
	<-u.ended
}

// ask asks the queue again and again whether it takes what it is given.
func (u *unqueued) ask(ctx context.Context) {
	again := time.NewTicker(queueAsked)
	defer again.Stop()
	for failed := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		err := u.takes(ctx)
		if err == nil {
			failed = 0
		} else if ctx.Err() == nil {
			failed++
		}
		away := failed >= queueAway
		if u.isAway.Swap(away) == away {
			continue
		}
		if away {
			u.away.Set(1)
			u.log.Warn("the queue cannot be reached; leads are handed out from the database until it is back", "error", discreet.Error(err))
		} else {
			u.away.Set(0)
			u.log.Info("the queue is back")
		}
	}
}

// takes asks once.
func (u *unqueued) takes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, queueTry)
	defer cancel()
	return tasks.Takes(ctx, u.redis, u.shards)
}

func (u *unqueued) work(ctx context.Context) {
	for ctx.Err() == nil {
		if u.isAway.Load() && u.round(ctx) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(unqueuedRest):
		}
	}
}

// round distributes some batches, and returns how many.
func (u *unqueued) round(ctx context.Context) int {
	due, err := u.store.Unqueued(ctx, unqueuedAtOnce)
	if err == nil && len(due) < unqueuedAtOnce {
		var bulk []lead.Hint
		bulk, err = u.store.FeedBulk(ctx, unqueuedInFlight, unqueuedAtOnce-len(due))
		due = append(due, bulk...)
	}
	if err != nil {
		if ctx.Err() == nil {
			u.log.Warn("what is to be handed out without the queue could not be read", "error", discreet.Error(err))
		}
		return 0
	}
	var order []uuid.UUID
	batches := make(map[uuid.UUID][]lead.Hint)
	for _, b := range due {
		if batches[b.Workspace] == nil {
			order = append(order, b.Workspace)
		}
		batches[b.Workspace] = append(batches[b.Workspace], b)
	}
	var done atomic.Int32
	var working errgroup.Group
	working.SetLimit(unqueuedWorkspaces)
	for _, workspace := range order {
		working.Go(func() error {
			done.Add(int32(u.distribute(ctx, batches[workspace]))) // #nosec G115 // it is unqueuedAtOnce at the most
			return nil
		})
	}
	_ = working.Wait()
	return int(done.Load())
}

// distribute does a workspace's batches one after the other, and returns how many were done. One that is begun is finished, also where
// ctx ends meanwhile.
func (u *unqueued) distribute(ctx context.Context, batches []lead.Hint) (done int) {
	for _, b := range batches {
		if ctx.Err() != nil || !u.isAway.Load() {
			return done
		}
		acting, cancel := context.WithTimeout(context.WithoutCancel(ctx), tasks.Timeout)
		acting, span := u.tracer.Continue(acting, trace.SpanKindConsumer, tasks.KindDistribute, b.Traceparent)
		err := u.try(acting, tasks.Distribute{Workspace: b.Workspace, Batch: b.ID}, u.store.DistributeUnqueued)
		tracing.End(span, discreet.Error(err))
		cancel()
		switch {
		case errors.Is(err, store.ErrBusy):
			return done
		case err != nil:
			u.log.Warn("a batch could not be handed out without the queue; it is tried again", "batch_id", b.ID, "error", discreet.Error(err))
		default:
			done++
		}
	}
	return done
}
