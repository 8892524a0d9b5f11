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
	c.collectMemory(ctx, ch)
	c.collectQueues(ctx, ch)
	c.collectUnserved(ctx, ch)
}

// collectMemory shows the memory of the server that is nearest to having none left: of a cluster one may be full while others are not.
func (c *collector) collectMemory(ctx context.Context, ch chan<- prometheus.Metric) {
	var fullest redisMemory
	if err := tasks.EachMaster(ctx, c.rdb, func(ctx context.Context, server redis.UniversalClient) error {
		info, err := server.Info(ctx, "memory").Result()
		if m := (redisMemory{infoValue(info, "used_memory"), infoValue(info, "maxmemory")}); m.fullerThan(fullest) {
			fullest = m
		}
		return err
	}); err == nil { // services that hide it leave these out
		gauge(ch, c.memory, fullest.used)
		gauge(ch, c.memoryMax, fullest.most)
	}
}

// redisMemory is what a server of Redis uses, and may use at the most: 0 where that is not bounded, bytes both.
type redisMemory struct{ used, most float64 }

// fullerThan reports whether a server is nearer to having no memory left, or where neither has a bound, uses more.
func (m redisMemory) fullerThan(other redisMemory) bool {
	if m.most > 0 && other.most > 0 {
		return m.used/m.most > other.used/other.most
	}
	return m.most > other.most || m.most == other.most && m.used > other.used
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
		gauge(ch, c.unserved, float64(takeShards(unserved, queue)), queue)
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
var taskStates = [...]string{"pending", "active", "scheduled", "retry", "archived", "completed"}

// collectQueues shows each queue, with all the shards that there are of it.
func (c *collector) collectQueues(ctx context.Context, ch chan<- prometheus.Metric) {
	found, err := c.shards.Found(ctx, c.rdb)
	if err != nil {
		c.log.Warn("queues could not be looked for for metrics", "error", err)
		return
	}
	for _, queue := range tasks.Queues() {
		if err := c.collectQueue(ctx, queue, found[queue], ch); err != nil {
			c.log.Warn("a queue could not be read for metrics", "queue", queue, "error", err)
		}
	}
}

// collectQueue reads a queue's keys, under the names that asynq's own exporter uses. That one goes blank as a whole when
// one task of one queue is broken; this one reads lengths only. Of shards it shows the sums, and how long the oldest task of all has waited.
func (c *collector) collectQueue(ctx context.Context, queue string, shards []string, ch chan<- prometheus.Metric) error {
	readings := make([]queueReading, len(shards))
	if _, err := c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, shard := range shards {
			readings[i].count(ctx, p, shard)
		}
		return nil
	}); err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	_, _ = c.rdb.Pipelined(ctx, func(p redis.Pipeliner) error { // keys that are not there answer with an error
		for i, shard := range shards {
			readings[i].look(ctx, p, shard)
		}
		return nil
	})
	var all queueCounts
	for _, r := range readings {
		all.add(r)
	}
	for i, state := range taskStates {
		gauge(ch, c.tasks, all.tasks[i], queue, state)
	}
	gauge(ch, c.size, all.size, queue)
	counter(ch, c.processed, all.processed, queue)
	counter(ch, c.failed, all.failed, queue)
	gauge(ch, c.usage, all.bytes, queue)
	gauge(ch, c.latency, all.waited, queue)
	return nil
}

// queueCounts are what is shown of a queue.
type queueCounts struct {
	tasks                                  [len(taskStates)]float64
	size, processed, failed, bytes, waited float64
}

func (c *queueCounts) add(r queueReading) {
	size := 0.0
	for state, length := range r.lengths {
		c.tasks[state] += float64(length.Val())
		size += float64(length.Val())
	}
	processed, _ := r.processed.Float64() // a queue that has done nothing yet has no such key
	failed, _ := r.failed.Float64()
	c.size, c.processed, c.failed = c.size+size, c.processed+processed, c.failed+failed
	// One task stands for the size of all, as a queue's tasks are of one kind. Services that refuse the command give 0.
	c.bytes += float64(r.usageOfTask.Val()) * size
	for _, usage := range r.usage {
		c.bytes += float64(usage.Val())
	}
	if ns, err := r.waits.Int64(); err == nil { // else none waits, or it was taken from the queue meanwhile
		c.waited = max(c.waited, time.Since(time.Unix(0, ns)).Seconds())
	}
}

// queueReading is what is read of a shard of a queue.
type queueReading struct {
	lengths                          []*redis.IntCmd
	oldest, processed, failed, waits *redis.StringCmd
	usage                            []*redis.IntCmd
	usageOfTask                      *redis.IntCmd
}

// count asks how much is in a shard.
func (r *queueReading) count(ctx context.Context, p redis.Pipeliner, shard string) {
	for i, state := range taskStates {
		if i < 2 {
			r.lengths = append(r.lengths, p.LLen(ctx, tasks.Key(shard, state)))
		} else {
			r.lengths = append(r.lengths, p.ZCard(ctx, tasks.Key(shard, state)))
		}
	}
	r.oldest = p.LIndex(ctx, tasks.Key(shard, "pending"), -1)
	r.processed, r.failed = p.Get(ctx, tasks.Key(shard, "processed")), p.Get(ctx, tasks.Key(shard, "failed"))
}

// look asks since when a shard's oldest task waits, which is known by then, and what all of it takes.
func (r *queueReading) look(ctx context.Context, p redis.Pipeliner, shard string) {
	oldest := tasks.Key(shard, "t:"+r.oldest.Val())
	r.waits, r.usageOfTask = p.HGet(ctx, oldest, "pending_since"), p.MemoryUsage(ctx, oldest)
	for _, state := range taskStates {
		r.usage = append(r.usage, p.MemoryUsage(ctx, tasks.Key(shard, state)))
	}
}

// takeShards takes the shards of a queue out of counts by name, and returns their sum.
func takeShards(counts map[string]int64, queue string) (n int64) {
	for name, count := range counts {
		if of, own := tasks.QueueOf(name); own && of == queue {
			n += count
			delete(counts, name)
		}
	}
	return n
}
