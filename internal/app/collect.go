package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// scrapeTimeout bounds what a scrape waits for the database or Redis. Series that could not be read are left out of it.
	scrapeTimeout = 3 * time.Second
	// pingTimeout is how long a dependency has to answer at all. One that does not is not asked for more.
	pingTimeout = time.Second
)

// A collector reads at every scrape what is in the database and in Redis.
type collector struct {
	store  *store.Store
	rdb    redis.UniversalClient
	shards tasks.Shards
	log    *slog.Logger

	up                                             *prometheus.Desc
	pending, overdue, queueOverdue, dead           *prometheus.Desc
	waiting, waitingOldest                         *prometheus.Desc
	offered, offeredOldest                         *prometheus.Desc
	pool, poolMax, poolWait, clock                 *prometheus.Desc
	webhooksOwed, webhooksLate, webhooksFailing    *prometheus.Desc
	webhooksDisabled                               *prometheus.Desc
	memory, memoryMax                              *prometheus.Desc
	size, tasks, latency, processed, failed, usage *prometheus.Desc
	unserved                                       *prometheus.Desc
	replicaLag, replicaReads                       *prometheus.Desc
}

func newCollector(s *store.Store, rdb redis.UniversalClient, shards tasks.Shards, log *slog.Logger) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &collector{
		store: s, rdb: rdb, shards: shards, log: log,
		up:               desc("leadwheel_dependency_up", "1 where Postgres or Redis answers this process and takes what it writes, and where a replica can be read, else 0.", "dependency"),
		pending:          desc("leadwheel_pending_leads", "Pending leads, by whether they are due.", "state"),
		overdue:          desc("leadwheel_overdue_seconds", "Age of the oldest due pending lead, 0 where none is due."),
		waiting:          desc("leadwheel_waiting_leads", "Leads that nobody of their group can take now."),
		waitingOldest:    desc("leadwheel_waiting_oldest_seconds", "For how long the oldest lead has waited that nobody of its group can take, 0 where none waits."),
		offered:          desc("leadwheel_offered_leads", "Leads that are offered to members and that nobody has accepted."),
		offeredOldest:    desc("leadwheel_offered_oldest_seconds", "For how long the oldest lead has been offered to those who can accept it now, 0 where none is."),
		queueOverdue:     desc("leadwheel_queue_overdue_seconds", "Age of the oldest due pending lead that goes by a queue, 0 where none is due.", "queue"),
		dead:             desc("leadwheel_dead_tasks", "Tasks that the queue gave up on and that are kept in the database."),
		pool:             desc("leadwheel_postgres_pool_connections", "Connections of this process to Postgres, by what they do.", "state"),
		poolMax:          desc("leadwheel_postgres_pool_max_connections", "Connections to Postgres that this process may have."),
		poolWait:         desc("leadwheel_postgres_pool_wait_seconds_total", "Time that this process has waited for a free connection to Postgres."),
		replicaLag:       desc("leadwheel_replica_lag_seconds", "How far the replica lags behind the database, by this process' measure, 0 where there is none."),
		replicaReads:     desc("leadwheel_replica_reads_total", "Lists, exports and simulations that could be read from a replica, by who had them: replica or database.", "by"),
		clock:            desc("leadwheel_clock_ahead_seconds", "How far the clock of this process' machine is ahead of Postgres'; below 0 it is behind."),
		webhooksOwed:     desc("leadwheel_webhook_deliveries_owed", "What is owed to enabled webhooks, 100,000 at the most."),
		webhooksLate:     desc("leadwheel_webhook_deliveries_oldest_seconds", "How long the longest overdue delivery to a webhook has waited for a worker, 0 where none does."),
		webhooksFailing:  desc("leadwheel_webhooks_failing_seconds", "For how long the longest failing of the enabled webhooks has taken nothing, 0 where each took the last."),
		webhooksDisabled: desc("leadwheel_webhooks_disabled", "Webhooks that were disabled because they were gone or took nothing for long, and that nobody has enabled since."),
		memory:           desc("leadwheel_redis_memory_bytes", "Memory that Redis uses; of a cluster the server that is nearest to having none left."),
		memoryMax:        desc("leadwheel_redis_memory_max_bytes", "Memory that Redis, or that server, may use, 0 where that is not bounded."),
		unserved:         desc("leadwheel_queue_unserved_tasks", "Tasks that wait in a queue, or a shard of it, from which no running server takes; of other programs' queues the 20 fullest.", "queue"),
		size:             desc("asynq_queue_size", "Tasks in a queue, in all its shards.", "queue"),
		tasks:            desc("asynq_tasks_enqueued_total", "Tasks in a queue, in all its shards, by state.", "queue", "state"),
		latency:          desc("asynq_queue_latency_seconds", "How long the oldest task of a queue has waited.", "queue"),
		processed:        desc("asynq_tasks_processed_total", "Tasks that workers have run, with those that failed.", "queue"),
		failed:           desc("asynq_tasks_failed_total", "Tasks that workers have run and that failed.", "queue"),
		usage:            desc("asynq_queue_memory_usage_approx_bytes", "Memory that a queue takes in Redis, as far as a sample shows.", "queue"),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.up, c.pending, c.overdue, c.waiting, c.waitingOldest, c.offered, c.offeredOldest, c.queueOverdue, c.dead, c.pool, c.poolMax, c.poolWait, c.clock,
		c.webhooksOwed, c.webhooksLate, c.webhooksFailing, c.webhooksDisabled, c.memory, c.memoryMax,
		c.size, c.tasks, c.latency, c.processed, c.failed, c.usage, c.unserved, c.replicaLag, c.replicaReads,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	var both sync.WaitGroup
	both.Go(func() {
		c.collectPool(ch)
		if c.answers(ctx, ch, "postgres", c.store.Ready) {
			c.collectDatabase(ctx, ch)
		}
	})
	both.Go(func() {
		if c.answers(ctx, ch, "redis", func(ctx context.Context) error { return tasks.Takes(ctx, c.rdb, c.shards) }) {
			c.collectRedis(ctx, ch)
		}
	})
	both.Wait()
}

// answers shows, and tells, whether a dependency is there.
func (c *collector) answers(ctx context.Context, ch chan<- prometheus.Metric, name string, ping func(context.Context) error) bool {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	err := ping(ctx)
	up := 1.0
	if err != nil {
		c.log.Warn("a dependency does not answer", "dependency", name, "error", err)
		up = 0
	}
	gauge(ch, c.up, up, name)
	return err == nil
}

func (c *collector) collectPool(ch chan<- prometheus.Metric) {
	pool := c.store.Pool()
	gauge(ch, c.pool, float64(pool.InUse), "in_use")
	gauge(ch, c.pool, float64(pool.Idle), "idle")
	gauge(ch, c.poolMax, float64(pool.MaxOpenConnections))
	counter(ch, c.poolWait, pool.WaitDuration.Seconds())
	gauge(ch, c.clock, c.store.ClockAhead().Seconds())
	c.collectReplica(ch)
}

func oneWhere(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (c *collector) collectReplica(ch chan<- prometheus.Metric) {
	lag, err := c.store.Replica()
	if none := errors.Is(err, store.ErrNoReplica); !none {
		gauge(ch, c.up, oneWhere(err == nil), "replica")
	}
	gauge(ch, c.replicaLag, lag.Seconds())
	had, instead := c.store.ReplicaReads()
	counter(ch, c.replicaReads, float64(had), "replica")
	counter(ch, c.replicaReads, float64(instead), "database")
}

func (c *collector) collectDatabase(ctx context.Context, ch chan<- prometheus.Metric) {
	backlogs, err := c.store.Backlogs(ctx)
	if err != nil {
		c.log.Warn("the backlog could not be read for metrics", "error", err)
		return
	}
	due, later, oldest := 0, 0, 0.0
	overdue := map[lead.Queue]float64{lead.QueueFresh: 0, lead.QueueDue: 0, lead.QueueBulk: 0}
	for _, b := range backlogs {
		due, later = due+b.Due, later+b.Later
		overdue[b.Queue] = max(overdue[b.Queue], c.age(b.Oldest))
		oldest = max(oldest, overdue[b.Queue])
	}
	gauge(ch, c.pending, float64(due), "due")
	gauge(ch, c.pending, float64(later), "later")
	gauge(ch, c.overdue, oldest)
	for queue, seconds := range overdue {
		gauge(ch, c.queueOverdue, seconds, string(queue))
	}
	waiting, since, err := c.store.WaitingBacklog(ctx)
	if err != nil {
		c.log.Warn("the waiting leads could not be counted for metrics", "error", err)
		return
	}
	gauge(ch, c.waiting, float64(waiting))
	gauge(ch, c.waitingOldest, c.age(since))
	offered, since, err := c.store.OfferedBacklog(ctx)
	if err != nil {
		c.log.Warn("the offered leads could not be counted for metrics", "error", err)
		return
	}
	gauge(ch, c.offered, float64(offered))
	gauge(ch, c.offeredOldest, c.age(since))
	dead, err := c.store.CountDeadTasks(ctx)
	if err != nil {
		c.log.Warn("the dead tasks could not be counted for metrics", "error", err)
		return
	}
	gauge(ch, c.dead, float64(dead))
	c.collectWebhooks(ctx, ch)
}

func (c *collector) collectWebhooks(ctx context.Context, ch chan<- prometheus.Metric) {
	h, err := c.store.WebhookHealth(ctx)
	if err != nil {
		c.log.Warn("the webhooks could not be looked at for metrics", "error", err)
		return
	}
	gauge(ch, c.webhooksOwed, float64(h.Owed))
	gauge(ch, c.webhooksLate, c.age(h.Late))
	gauge(ch, c.webhooksFailing, c.age(h.Failing))
	gauge(ch, c.webhooksDisabled, float64(h.Disabled))
}

// age is how many seconds a time is past, 0 where there is none.
func (c *collector) age(at *time.Time) float64 {
	if at == nil {
		return 0
	}
	return max(0, c.store.Now().Sub(*at).Seconds())
}

func gauge(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(ch chan<- prometheus.Metric, d *prometheus.Desc, v float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}
