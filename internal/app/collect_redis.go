package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/tasks"
)

func (c *collector) collectRedis(ctx context.Context, ch chan<- prometheus.Metric) {
	if info, err := c.rdb.Info(ctx, "memory").Result(); err == nil { // services that hide it leave these out
		gauge(ch, c.memory, infoValue(info, "used_memory"))
		gauge(ch, c.memoryMax, infoValue(info, "maxmemory"))
	}
	for _, queue := range tasks.Queues() {
		if err := c.collectQueue(ctx, queue, ch); err != nil {
			c.log.Warn("a queue could not be read for metrics", "queue", queue, "error", err)
		}
	}
	c.collectUnserved(ctx, ch)
}

// maxUnserved bounds the series of queues that nobody serves: other programs name them.
const maxUnserved = 20

// collectUnserved shows the queues in which tasks wait for nobody.
func (c *collector) collectUnserved(ctx context.Context, ch chan<- prometheus.Metric) {
	unserved, err := tasks.Unserved(ctx, c.rdb)
	if err != nil {
		c.log.Warn("queues that nobody serves could not be looked for", "error", err)
		return
	}
	for _, queue := range tasks.Queues() {
		if unserved[queue] == 0 {
			gauge(ch, c.unserved, 0, queue)
		}
	}
	fullest := slices.SortedFunc(maps.Keys(unserved), func(a, b string) int {
		return cmp.Or(cmp.Compare(unserved[b], unserved[a]), cmp.Compare(a, b))
	})
	for _, queue := range fullest[:min(len(fullest), maxUnserved)] {
		gauge(ch, c.unserved, float64(unserved[queue]), queue)
	}
}

func infoValue(info, name string) float64 {
	_, rest, _ := strings.Cut(info, "\n"+name+":")
	text, _, _ := strings.Cut(rest, "\r\n")
	v, _ := strconv.ParseFloat(text, 64) // what is not there counts as 0
	return v
}

// taskStates are the states of a queue's tasks, each under a key of its own: the first two lists, the others sorted sets.
var taskStates = []string{"pending", "active", "scheduled", "retry", "archived", "completed"}

// collectQueue reads a queue's keys, under the names that asynq's own exporter uses. That one goes blank as a whole when
// one task of one queue is broken; this one reads lengths only.
func (c *collector) collectQueue(ctx context.Context, queue string, ch chan<- prometheus.Metric) error {
	lengths := make([]*redis.IntCmd, len(taskStates))
	var oldest, processed, failed *redis.StringCmd
	if _, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, state := range taskStates {
			if i < 2 {
				lengths[i] = p.LLen(ctx, tasks.Key(queue, state))
			} else {
				lengths[i] = p.ZCard(ctx, tasks.Key(queue, state))
			}
		}
		oldest = p.LIndex(ctx, tasks.Key(queue, "pending"), -1)
		processed, failed = p.Get(ctx, tasks.Key(queue, "processed")), p.Get(ctx, tasks.Key(queue, "failed"))
		return nil
	}); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	var size int64
	for i, state := range taskStates {
		size += lengths[i].Val()
		gauge(ch, c.tasks, float64(lengths[i].Val()), queue, state)
	}
	gauge(ch, c.size, float64(size), queue)
	for desc, command := range map[*prometheus.Desc]*redis.StringCmd{c.processed: processed, c.failed: failed} {
		n, _ := command.Float64() // a queue that has done nothing yet has no such key
		counter(ch, desc, n, queue)
	}
	gauge(ch, c.usage, c.memoryOf(ctx, queue, oldest.Val(), size), queue)
	latency, err := c.waited(ctx, tasks.Key(queue, "t:"+oldest.Val()))
	if err != nil {
		return err
	}
	gauge(ch, c.latency, latency, queue)
	return nil
}

// waited is how long a task has been pending, in seconds; 0 where there is no such task.
func (c *collector) waited(ctx context.Context, task string) (float64, error) {
	since, err := c.rdb.HGet(ctx, task, "pending_since").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, err
	}
	ns, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		return 0, nil //nolint:nilerr // taken from the queue meanwhile: nothing waits
	}
	return max(0, time.Since(time.Unix(0, ns)).Seconds()), nil
}

// memoryOf takes one task for the size of all, as a queue's tasks are of one kind. Services that refuse the command give 0.
func (c *collector) memoryOf(ctx context.Context, queue, task string, size int64) float64 {
	var all []*redis.IntCmd
	var one *redis.IntCmd
	_, _ = c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error { // keys that are not there answer with an error
		for _, state := range taskStates {
			all = append(all, p.MemoryUsage(ctx, tasks.Key(queue, state)))
		}
		one = p.MemoryUsage(ctx, tasks.Key(queue, "t:"+task))
		return nil
	})
	bytes := one.Val() * size
	for _, command := range all {
		bytes += command.Val()
	}
	return float64(bytes)
}
