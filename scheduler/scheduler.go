// Package scheduler is what happens by the clock: arming pending leads, feeding bulk work, reconciling what was
// lost on the way, and keeping house. One scheduler leads; others stand by. internal/app starts it. It finds what is to be done
// and hands it to the queue: it gives no lead to anybody, and tells no one of any.
package scheduler

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/notify/telegram"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// campaign is how long a scheduler waits after losing the database before it tries to lead again.
const campaign = 2 * time.Second

// Options are what a Scheduler needs.
type Options struct {
	Store *store.Store
	Redis redis.UniversalClient
	// Shards is into how many queues each queue is cut.
	Shards tasks.Shards
	// Telegram connects chats; nil where the installation has no bot.
	Telegram *telegram.Poller
	Metrics  *metrics.Metrics
	// KeepEvents is for how long deliveries to integrations, and those to webhooks, are kept; 0 is for ever.
	KeepEvents time.Duration
	// AuditEvery is how often the leader checks the promises on the live data; 0 means never.
	AuditEvery time.Duration
	Shown      Shown
	Log        *slog.Logger
}

// A Scheduler runs the jobs while it leads.
type Scheduler struct {
	store      *store.Store
	queue      *queue
	telegram   *telegram.Poller
	metrics    *metrics.Metrics
	keepEvents time.Duration
	shown      Shown
	jobs       []job
	log        *slog.Logger
	cancel     context.CancelFunc
	done       sync.WaitGroup
}

// Start starts a scheduler, which leads as soon as no other does. Stop it before its Redis client is closed.
func Start(o Options) *Scheduler {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Scheduler{
		store: o.Store, queue: newQueue(o.Redis, o.Shards), telegram: o.Telegram,
		metrics: o.Metrics, keepEvents: o.KeepEvents, shown: o.Shown, log: o.Log, cancel: cancel,
	}
	s.jobs = s.allJobs(o.AuditEvery)
	for _, j := range s.jobs {
		s.metrics.JobFailures.WithLabelValues(j.name)
	}
	for _, check := range store.AuditChecks() {
		s.metrics.AuditBroken.WithLabelValues(check.Name)
	}
	s.done.Go(func() { s.campaign(ctx) })
	return s
}

// Stop ends the jobs and gives up the lead.
func (s *Scheduler) Stop() {
	s.cancel()
	s.done.Wait()
}

// campaign tries to lead, again and again, until ctx ends.
func (s *Scheduler) campaign(ctx context.Context) {
	for {
		err := s.store.RunAsLeader(ctx, s.lead)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Warn("leading the schedule ended; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(campaign):
		}
	}
}

// lead runs every job at its own pace until ctx ends, which it does when the lead is lost.
func (s *Scheduler) lead(ctx context.Context) {
	s.log.Info("leading the schedule")
	s.metrics.Leading.Set(1)
	var jobs sync.WaitGroup
	defer func() {
		jobs.Wait()
		s.metrics.Leading.Set(0)
		s.metrics.Rings.Set(nil)
		s.metrics.Integrations.Set(nil)
	}()
	wakes := make(map[tasks.Wake]chan struct{})
	for _, j := range s.jobs {
		var woken chan struct{}
		if j.wokenBy != "" {
			woken = make(chan struct{}, 1)
			wakes[j.wokenBy] = woken
		}
		jobs.Go(func() { s.repeat(ctx, j, woken) })
	}
	jobs.Go(func() {
		tasks.Wakes(ctx, s.queue.rdb, func(w tasks.Wake) {
			select {
			case wakes[w] <- struct{}{}:
			default: // it is about to look, or nobody of this version knows what is meant
			}
		})
	})
}

// A job does some of its work and says how long to wait before the rest, unless it is woken before.
type job struct {
	name    string
	run     func(context.Context) (wait time.Duration, err error)
	wokenBy tasks.Wake
}

// every makes a job of something that is done at intervals.
func every(interval time.Duration, name string, do func(context.Context) error) job {
	return job{name: name, run: func(ctx context.Context) (time.Duration, error) { return interval, do(ctx) }}
}

func (s *Scheduler) allJobs(auditEvery time.Duration) []job {
	jobs := []job{
		{name: "feed bulk work", run: s.feedBulk(), wokenBy: tasks.WakeBulk},
		{name: "arm pending leads", run: s.arm},
		{name: "release waiting leads", run: s.release},
		{name: "see to what was not answered", run: s.passAlarms},
		every(undoInterval, "go on undoing", s.workUndos),
		every(handInterval, "hand over armed batches", s.handOver),
		every(time.Second, "feed again", s.feedAgain),
		every(fetchInterval, "feed fetches", s.feedFetches),
		every(simulateInterval, "feed simulations", s.feedSimulations),
		every(time.Hour, "delete old simulations", s.deleteOldSimulations),
		every(5*time.Second, "restore the queue registry", s.restoreQueues),
		every(10*time.Second, "keep dead tasks", s.keepDeadTasks),
		every(10*time.Second, "rebuild abandoned cursors", s.rebuildAbandoned),
		every(ringsInterval, "look at rings", s.lookAtRings),
		every(integrationsInterval, "look at integrations", s.lookAtIntegrations),
		every(30*time.Second, "fail stale imports", s.failStaleImports),
		every(10*time.Minute, "delete old idempotency keys", s.deleteOldKeys),
		every(10*time.Minute, "add up how many leads were stored", s.foldTallies),
		{name: "delete old deliveries", run: s.deleteOldEvents},
		{name: "feed messages", run: s.feedMessages},
		{name: "feed webhooks", run: s.feedWebhooks, wokenBy: tasks.WakeWebhooks},
		{name: "delete old deliveries to webhooks", run: s.deleteOldDeliveries},
		every(time.Hour, "delete old links", s.deleteOldLinks),
		every(time.Hour, "delete sessions that are over", s.deleteOldSessions),
	}
	if auditEvery > 0 {
		jobs = append(jobs, s.audits(auditEvery))
	}
	if s.telegram != nil {
		jobs = append(jobs, every(0, "read messages to the Telegram bot", s.telegram.Poll))
	}
	return jobs
}

// repeat runs a job until ctx ends. Trouble is logged when it starts and when it ends, not every time.
func (s *Scheduler) repeat(ctx context.Context, j job, woken <-chan struct{}) {
	failing := false
	for {
		wait, err := j.run(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			s.log.Error("a scheduled job failed; it goes on trying", "job", j.name, "error", err)
		case err == nil && failing:
			s.log.Info("a scheduled job works again", "job", j.name)
		}
		failing = err != nil
		if failing {
			s.metrics.JobFailures.WithLabelValues(j.name).Inc()
			wait = max(wait, time.Second)
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-time.After(wait):
		}
	}
}
