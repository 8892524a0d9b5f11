package app

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// scrapeTimeout bounds what a scrape waits for the database or Redis. Series that could not be read are left out of it.
const scrapeTimeout = 3 * time.Second

// A backlogCollector reads how much waits to be distributed, at every scrape.
type backlogCollector struct {
	store            *store.Store
	log              *slog.Logger
	pending, overdue *prometheus.Desc
}

func newBacklogCollector(s *store.Store, log *slog.Logger) *backlogCollector {
	return &backlogCollector{
		store: s, log: log,
		pending: prometheus.NewDesc("leadwheel_pending_leads", "Pending leads, by whether they are due.", []string{"state"}, nil),
		overdue: prometheus.NewDesc("leadwheel_overdue_seconds", "Age of the oldest due pending lead, 0 where none is due.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *backlogCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.pending; ch <- c.overdue }

// Collect implements prometheus.Collector.
func (c *backlogCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	b, err := c.store.Backlog(ctx)
	if err != nil {
		c.log.Warn("the backlog could not be read for metrics", "error", err)
		return
	}
	overdue := 0.0
	if b.Oldest != nil {
		overdue = max(0, c.store.Now().Sub(*b.Oldest).Seconds())
	}
	ch <- prometheus.MustNewConstMetric(c.pending, prometheus.GaugeValue, float64(b.Due), "due")
	ch <- prometheus.MustNewConstMetric(c.pending, prometheus.GaugeValue, float64(b.Later), "later")
	ch <- prometheus.MustNewConstMetric(c.overdue, prometheus.GaugeValue, overdue)
}

// A queueCollector reads the queues' keys at every scrape, under the names that asynq's own exporter uses. That one
// goes blank as a whole when one task of one queue is broken; this one reads lengths only.
type queueCollector struct {
	rdb                  redis.UniversalClient
	log                  *slog.Logger
	size, tasks, latency *prometheus.Desc
}

func newQueueCollector(rdb redis.UniversalClient, log *slog.Logger) *queueCollector {
	return &queueCollector{
		rdb: rdb, log: log,
		size:    prometheus.NewDesc("asynq_queue_size", "Tasks in a queue.", []string{"queue"}, nil),
		tasks:   prometheus.NewDesc("asynq_tasks_enqueued_total", "Tasks in a queue, by state.", []string{"queue", "state"}, nil),
		latency: prometheus.NewDesc("asynq_queue_latency_seconds", "How long the oldest task of a queue has waited.", []string{"queue"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *queueCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.size
	ch <- c.tasks
	ch <- c.latency
}

// Collect implements prometheus.Collector.
func (c *queueCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	for _, queue := range tasks.Queues() {
		if err := c.collect(ctx, queue, ch); err != nil {
			c.log.Warn("a queue could not be read for metrics", "queue", queue, "error", err)
		}
	}
}

func (c *queueCollector) collect(ctx context.Context, queue string, ch chan<- prometheus.Metric) error {
	key := "asynq:{" + queue + "}:"
	states := []string{"pending", "active", "scheduled", "retry", "archived", "completed"}
	lengths := make([]*redis.IntCmd, len(states))
	var oldest *redis.StringCmd
	if _, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, state := range states {
			if i < 2 { // lists; the others are sorted sets
				lengths[i] = p.LLen(ctx, key+state)
			} else {
				lengths[i] = p.ZCard(ctx, key+state)
			}
		}
		oldest = p.LIndex(ctx, key+"pending", -1)
		return nil
	}); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	var size int64
	for i, state := range states {
		size += lengths[i].Val()
		ch <- prometheus.MustNewConstMetric(c.tasks, prometheus.GaugeValue, float64(lengths[i].Val()), queue, state)
	}
	ch <- prometheus.MustNewConstMetric(c.size, prometheus.GaugeValue, float64(size), queue)
	latency := 0.0
	if id := oldest.Val(); id != "" {
		since, err := c.rdb.HGet(ctx, key+"t:"+id, "pending_since").Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		if ns, err := strconv.ParseInt(since, 10, 64); err == nil {
			latency = max(0, time.Since(time.Unix(0, ns)).Seconds())
		}
	}
	ch <- prometheus.MustNewConstMetric(c.latency, prometheus.GaugeValue, latency, queue)
	return nil
}
