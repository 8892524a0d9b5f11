// Package worker runs the queue's servers and holds a handler a task kind. internal/app starts it; the queue calls it. A handler must
// bear being run twice, late and at once, knows nothing of HTTP, and leaves every decision to a transaction of the store.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// shutdownTimeout is what tasks under way get to finish. Those that don't are begun anew elsewhere.
const shutdownTimeout = 5 * time.Second

// delayedInterval is how often the queue looks for delayed tasks that are due, on whole seconds.
const delayedInterval = 500 * time.Millisecond

// A Worker runs a queue server for each class of work, so that none holds up another.
type Worker struct {
	handlers map[string]asynq.HandlerFunc
	metrics  *metrics.Tasks
	tracer   *tracing.Tracer
	log      *slog.Logger
	servers  []*asynq.Server
	webhooks *lane
	due      *watch
	unqueued *unqueued
	leftover *leftovers
	dead     *graveyard
}

// Options are what a Worker needs.
type Options struct {
	Store *store.Store
	Redis redis.UniversalClient
	// Shards is into how many queues each queue is cut.
	Shards  tasks.Shards
	Fetcher *ingest.Fetcher
	// Senders are the channels by which members are told of their leads; none is sent by others.
	Senders map[lead.Channel]notify.Sender
	// PublicURL is where the installation is reached, for the links in messages; without it they have none.
	PublicURL string
	// Webhooks tells other programs of leads, and Box opens the secrets with which that is signed.
	Webhooks *webhooks.Sender
	Box      webhooks.Box
	Metrics  *metrics.Metrics
	// Tracer follows traces through the tasks; nil where nobody looks at them.
	Tracer *tracing.Tracer
	Log    *slog.Logger
}

// class is a server of its own: its queues with their weights, how many tasks it runs at once, and how often it looks
// for work when it has none, which is what a lead on an idle system waits for.
type class struct {
	name        string
	queues      map[string]int
	concurrency int
	interval    time.Duration
}

var classes = []class{
	{"leads", map[string]int{string(lead.QueueFresh): 6, string(lead.QueueDue): 4}, 4, 10 * time.Millisecond},
	{"bulk", map[string]int{string(lead.QueueBulk): 1}, 4, 10 * time.Millisecond},
	{"fetch", map[string]int{string(lead.QueueFetch): 1}, 8, 50 * time.Millisecond},
	{"simulate", map[string]int{string(lead.QueueSimulate): 1}, 1, 200 * time.Millisecond},
	{"ingest", map[string]int{tasks.QueueIngest: 1}, 2, 100 * time.Millisecond},
	{"notify", map[string]int{tasks.QueueNotify: 1}, 12, 200 * time.Millisecond},
	{"webhook", map[string]int{tasks.QueueWebhook: 1}, 128, 200 * time.Millisecond},
}

// Start starts the servers. Stop the worker before its Redis client is closed.
func Start(o Options) (*Worker, error) {
	w := &Worker{metrics: o.Metrics.Tasks, tracer: o.Tracer, log: o.Log, webhooks: newLane(), due: newWatch(), dead: &graveyard{o.Store, o.Redis}}
	distributing := &distribute{store: o.Store, watch: w.due, tracer: o.Tracer, metrics: o.Metrics, log: o.Log}
	w.unqueued = &unqueued{store: o.Store, redis: o.Redis, shards: o.Shards, try: distributing.try, tracer: o.Tracer, log: o.Log, away: o.Metrics.QueueAway}
	w.handlers = map[string]asynq.HandlerFunc{
		tasks.KindDistribute: distributing.handle,
		tasks.KindIngest:     (&ingestion{o.Store, o.Log}).handle,
		tasks.KindFetch:      (&fetch{o.Fetcher}).handle,
		tasks.KindSimulate:   (&simulation{o.Store}).handle,
		tasks.KindNotify:     (&notification{o.Store, o.Senders, strings.TrimRight(o.PublicURL, "/"), o.Metrics, o.Tracer, o.Log}).handle,
		tasks.KindWebhook:    (&webhook{o.Store, o.Webhooks, o.Box, w.webhooks, o.Metrics, o.Tracer, o.Log}).handle,
	}
	for kind := range w.handlers {
		w.metrics.Expect(kind)
	}
	for _, c := range classes {
		rdb := o.Redis
		if o.Shards > 1 {
			rdb = newPicker(rdb, o.Shards, c.queues, c.interval)
		}
		server, err := w.serve(rdb, c.cut(o.Shards))
		if err != nil {
			w.Stop()
			return nil, err
		}
		w.servers = append(w.servers, server)
	}
	w.unqueued.start()
	w.leftover = &leftovers{redis: o.Redis, shards: o.Shards, log: o.Log, serve: func(queue string) (*asynq.Server, error) {
		return w.serve(o.Redis, class{queue, map[string]int{queue: 1}, leftoverAtOnce, leftoverInterval})
	}}
	w.leftover.start()
	return w, nil
}

// cut is a class with the shards of its queues in their place.
func (c class) cut(shards tasks.Shards) class {
	queues := c.queues
	c.queues = make(map[string]int)
	for queue, weight := range queues {
		for _, shard := range shards.All(queue) {
			c.queues[shard] = weight
		}
	}
	return c
}

// serve starts the server of a class.
func (w *Worker) serve(rdb redis.UniversalClient, c class) (*asynq.Server, error) {
	server := asynq.NewServerFromRedisClient(rdb, asynq.Config{
		Concurrency:              c.concurrency,
		Queues:                   c.queues,
		TaskCheckInterval:        c.interval,
		DelayedTaskCheckInterval: delayedInterval,
		RetryDelayFunc:           retryDelay,
		IsFailure:                failure,
		ShutdownTimeout:          shutdownTimeout,
		Logger:                   queueLog{w.log.With("server", c.name)},
		LogLevel:                 asynq.WarnLevel,
	})
	if err := server.Start(asynq.HandlerFunc(w.handle)); err != nil {
		return nil, fmt.Errorf("starting the %s queue server: %w", c.name, err)
	}
	return server, nil
}

// Stop takes no more tasks, lets those under way finish, and ends the servers.
func (w *Worker) Stop() {
	var ending sync.WaitGroup
	if w.leftover != nil {
		ending.Go(w.leftover.close)
	}
	shutDown(w.servers)
	ending.Wait()
	w.unqueued.close()
	w.webhooks.close()
	w.due.close()
}

// handle runs a task. What it says of a failure is kept in the queue, where the dashboard shows it: nothing of people.
func (w *Worker) handle(ctx context.Context, task *asynq.Task) (err error) {
	started := time.Now()
	ctx, span := w.tracer.Continue(ctx, trace.SpanKindConsumer, task.Type(), task.Headers()[tracing.Header])
	defer func() {
		if cause := recover(); cause != nil {
			err = discreet.Recovered(cause)
			w.log.ErrorContext(ctx, "a task panicked", "kind", task.Type(), "error", err, "stack", string(debug.Stack()))
		}
		if w.handlers[task.Type()] != nil {
			w.metrics.Ran(task.Type(), outcomeOf(ctx, err), time.Since(started))
		}
		err = discreet.Error(err)
		tracing.End(span, err)
	}()
	err = w.dispatch(ctx, task)
	if _, queued := asynq.GetTaskID(ctx); queued && !tasks.IsHint(task.Type()) && outcomeOf(ctx, err) == metrics.TaskGivenUp {
		err = w.dead.keep(ctx, task, err)
	}
	return err
}

// outcomeOf is what the queue makes of a run's error.
func outcomeOf(ctx context.Context, err error) metrics.TaskOutcome {
	retried, _ := asynq.GetRetryCount(ctx)
	limit, _ := asynq.GetMaxRetry(ctx)
	switch {
	case err == nil:
		return metrics.TaskDone
	case errors.Is(err, asynq.SkipRetry):
		return metrics.TaskGivenUp
	case !failure(err):
		return metrics.TaskPostponed
	case retried >= limit:
		return metrics.TaskGivenUp
	}
	return metrics.TaskRetried
}

// dispatch finds a task's handler by its exact kind; the queue's own multiplexer would match prefixes.
func (w *Worker) dispatch(ctx context.Context, task *asynq.Task) error {
	handler, known := w.handlers[task.Type()]
	if !known {
		return fmt.Errorf("nobody handles tasks of kind %s; is this worker older than the program that enqueued it? %w",
			task.Type(), asynq.SkipRetry)
	}
	err := handler(ctx, task)
	if errors.Is(err, tasks.ErrPayload) {
		return fmt.Errorf("%w: %w", err, asynq.SkipRetry)
	}
	return err
}

// failure tells what counts as one of a task's tries: not that the database is away, which passes, nor that it is not yet
// time.
func failure(err error) bool { return !store.Unavailable(err) && !tooEarly(err) }

func tooEarly(err error) bool {
	var early *store.EarlyError
	return errors.As(err, &early)
}

// retryDelay doubles from a second to half a minute, with jitter so that tasks that failed together part. A task that
// came too early, by a clock that is behind, comes again when it is due.
func retryDelay(retried int, err error, _ *asynq.Task) time.Duration {
	var early *store.EarlyError
	if errors.As(err, &early) {
		return min(max(early.In-tasks.HintAhead, time.Second), 30*time.Second)
	}
	delay := min(time.Second<<min(retried, 5), 30*time.Second)
	return delay/2 + rand.N(delay)
}
