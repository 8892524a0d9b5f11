package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/tasks"
)

// serveShards runs a server of fresh and due leads on so many shards, as workers do, until the test ends.
func serveShards(t *testing.T, rdb redis.UniversalClient, shards tasks.Shards, interval time.Duration, handle asynq.HandlerFunc) {
	t.Helper()
	c := class{queues: map[string]int{"fresh": 6, "due": 4}, concurrency: 1, interval: interval}
	server := asynq.NewServerFromRedisClient(newPicker(rdb, shards, c.queues, interval), asynq.Config{
		Concurrency: 1, Queues: c.cut(shards).queues, TaskCheckInterval: interval, LogLevel: asynq.FatalLevel,
	})
	if err := server.Start(handle); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Shutdown)
}

// TestShardsKeepTheShares has fresh leads in one shard and due ones in all: of the server each queue has the share that its weight says,
// and of the queue each shard as much as another. Left to itself the server would give the fresh 6 of 38.
func TestShardsKeepTheShares(t *testing.T) {
	t.Parallel()
	const shards, looked = tasks.Shards(8), 400
	env := testenv.New(t)
	client := asynq.NewClientFromRedisClient(env.Redis)
	fill := func(shard string, n int) {
		for range n {
			if _, err := client.Enqueue(asynq.NewTask("any", nil), asynq.Queue(shard)); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill("fresh:5", looked)
	for _, shard := range shards.All("due") {
		fill(shard, looked/4)
	}
	var mu sync.Mutex
	ran, all := make(map[string]int), 0
	enough := make(chan struct{})
	serveShards(t, env.Redis, shards, time.Millisecond, func(ctx context.Context, _ *asynq.Task) error {
		queue, _ := asynq.GetQueueName(ctx)
		mu.Lock()
		defer mu.Unlock()
		if all++; all <= looked {
			ran[queue]++
		}
		if all == looked {
			close(enough)
		}
		return nil
	})
	select {
	case <-enough:
	case <-time.After(within):
	}
	mu.Lock()
	defer mu.Unlock()
	if n := ran["fresh:5"]; n < looked*50/100 || n > looked*70/100 {
		t.Errorf("of %d tasks %d were fresh, want six of ten: %v", looked, n, ran)
	}
	for _, shard := range shards.All("due") {
		if n, even := ran[shard], (looked-ran["fresh:5"])/int(shards); n < even-1 || n > even+2 {
			t.Errorf("shard %s had %d of its queue's turns, want about %d: %v", shard, n, even, ran)
		}
	}
}

// TestIdleShardsCostAsOneQueue counts how often Redis is asked by a server that has nothing to do.
func TestIdleShardsCostAsOneQueue(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	rdb, err := tasks.OpenRedis(env.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rdb.Close() })
	asked := &asking{}
	rdb.AddHook(asked)
	p := newPicker(rdb, 8, map[string]int{"fresh": 6, "due": 4}, time.Hour)
	pass := func() {
		for _, shard := range append(p.names("fresh"), p.names("due")...) {
			keys := []string{tasks.Key(shard, "pending"), tasks.Key(shard, "paused"), tasks.Key(shard, "active"), tasks.Key(shard, "lease")}
			if err := p.EvalSha(t.Context(), "none", keys, 0, tasks.Key(shard, "t:")).Err(); !errors.Is(err, redis.Nil) {
				t.Fatal(err)
			}
		}
	}
	for range 10 {
		pass()
	}
	if n := asked.times.Load(); n != 1 {
		t.Errorf("Redis was asked %d times within one interval, want 1", n)
	}
	p.looked = time.Time{}
	pass()
	if n := asked.times.Load(); n != 2 {
		t.Errorf("Redis was asked %d times within two intervals, want 2", n)
	}
}

func (p *picker) names(queue string) (names []string) {
	for _, s := range p.queues[queue].shards {
		names = append(names, s.name)
	}
	return names
}

// asking counts how often Redis is asked for tasks, or where there are any. What is asked at once counts once.
type asking struct{ times atomic.Int64 }

func (a *asking) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a *asking) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		a.count(cmd)
		return next(ctx, cmd)
	}
}

func (a *asking) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		a.count(cmds[0])
		return next(ctx, cmds)
	}
}

func (a *asking) count(cmd redis.Cmder) {
	if cmd.Name() == "llen" || cmd.Name() == "evalsha" {
		a.times.Add(1)
	}
}

// masterWithoutHeartbeats is a master that has nothing of what asynq's servers say of themselves: a server begins no task while it waits to
// say that. Its own key is anywhere, so that there may be no such master.
func masterWithoutHeartbeats(t *testing.T, c *testenv.RedisCluster, rdb redis.UniversalClient) int {
	t.Helper()
	var servers []string
	testenv.Eventually(t, within, func() (err error) {
		if servers, err = rdb.ZRange(t.Context(), "asynq:servers", 0, -1).Result(); err == nil && len(servers) == 0 {
			err = errors.New("no server has said that it is there")
		}
		return err
	})
	with := make(map[int]bool)
	for _, key := range append(servers, "asynq:servers", "asynq:workers") {
		with[c.MasterOf(key)] = true
	}
	for i := range c.Masters {
		if !with[i] {
			return i
		}
	}
	t.Skip("each master has some of what the server says of itself")
	return 0
}

// TestAShardThatIsAwayHoldsUpNoOther freezes a master of a cluster that has some shards for good: tasks in the others go on.
func TestAShardThatIsAwayHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	const shards = tasks.Shards(8)
	c := testenv.NewRedisCluster(t, testenv.ClusterOptions{DownAfter: time.Minute, Partial: true})
	rdb, err := tasks.OpenRedis(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rdb.Close() })
	var mu sync.Mutex
	ran := make(map[string]int)
	serveShards(t, rdb, shards, 10*time.Millisecond, func(ctx context.Context, _ *asynq.Task) error {
		queue, _ := asynq.GetQueueName(ctx)
		mu.Lock()
		defer mu.Unlock()
		ran[queue]++
		return nil
	})
	gone := masterWithoutHeartbeats(t, c, rdb)
	var here, away []string
	for _, shard := range shards.Queues() {
		if queue, _ := tasks.QueueOf(shard); queue != "fresh" && queue != "due" {
			continue
		}
		if c.MasterOf(tasks.Key(shard, "pending")) == gone {
			away = append(away, shard)
		} else {
			here = append(here, shard)
		}
	}
	if len(here) < 4 || len(away) < 2 {
		t.Fatalf("the shards are %q and %q", here, away)
	}
	client := asynq.NewClientFromRedisClient(rdb)
	round := 0
	goOut := func(from []string) time.Duration {
		round++
		started := time.Now()
		for _, shard := range from {
			if _, err := client.Enqueue(asynq.NewTask("any", nil), asynq.Queue(shard)); err != nil {
				t.Fatal(err)
			}
		}
		testenv.Eventually(t, 3*within, func() error { // while one is away half of the time goes into asking it
			mu.Lock()
			defer mu.Unlock()
			for _, shard := range from {
				if ran[shard] < round {
					return fmt.Errorf("tasks wait in %s: %v", shard, ran)
				}
			}
			return nil
		})
		return time.Since(started)
	}
	all := slices.Concat(here, away)
	goOut(all)
	c.Masters[gone].Freeze()
	defer c.Masters[gone].Thaw()
	t.Logf("with a master frozen tasks of other shards took %s", goOut(here).Round(time.Millisecond))
	mu.Lock()
	for _, shard := range away {
		ran[shard] = round
	}
	mu.Unlock()
	c.Masters[gone].Thaw()
	goOut(all)
}
