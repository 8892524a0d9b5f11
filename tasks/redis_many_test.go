package tasks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestRedisFailsOver has a master die or freeze under programs that wait for it as the queue does, for as long as it takes. Each goes on
// within seconds, and none is given an error.
func TestRedisFailsOver(t *testing.T) {
	t.Parallel()
	const downAfter = time.Second
	key := Key("fresh", "key")
	sentinel := func(strike func(s *testenv.RedisSentinel)) func(t *testing.T) (url string, strike func()) {
		return func(t *testing.T) (string, func()) {
			s := testenv.NewRedisSentinel(t, downAfter)
			// It is told of the first of the sentinels alone, so that this is whom it asks.
			return s.URLAt(s.Sentinels[0]), func() { strike(s) }
		}
	}
	cluster := func(strike func(master *testenv.Backend)) func(t *testing.T) (url string, strike func()) {
		return func(t *testing.T) (string, func()) {
			c := testenv.NewRedisCluster(t, testenv.ClusterOptions{DownAfter: downAfter, Replicas: true})
			return c.URL, func() { strike(c.Masters[c.MasterOf(key)]) }
		}
	}
	for name, begin := range map[string]func(t *testing.T) (url string, strike func()){
		"sentinel, killed with one of the sentinels": sentinel(func(s *testenv.RedisSentinel) { s.Sentinels[0].Kill(); s.Servers[0].Kill() }),
		"sentinel, frozen with one of the sentinels": sentinel(func(s *testenv.RedisSentinel) { s.Sentinels[0].Freeze(); s.Servers[0].Freeze() }),
		"cluster, killed": cluster((*testenv.Backend).Kill),
		"cluster, frozen": cluster((*testenv.Backend).Freeze),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, strike := begin(t)
			rdb, err := OpenRedis(url)
			if err != nil {
				t.Fatal(err)
			}
			var running sync.WaitGroup
			var taken [8]atomic.Int64
			ctx, stop := context.WithCancel(context.Background())
			t.Cleanup(func() { stop(); running.Wait(); _ = rdb.Close() })
			for i := range taken {
				running.Go(func() {
					for ctx.Err() == nil {
						if err := rdb.Incr(ctx, key).Err(); err != nil && ctx.Err() == nil {
							t.Error(err)
						}
						taken[i].Add(1)
					}
				})
			}
			further := func() error {
				for i := range taken {
					if taken[i].Load() < 2 {
						return fmt.Errorf("program %d waits", i)
					}
				}
				return nil
			}
			testenv.Eventually(t, 10*time.Second, further)
			strike()
			struck := time.Now()
			if err := rdb.Incr(ctx, key).Err(); err != nil {
				t.Fatal(err)
			}
			for i := range taken {
				taken[i].Store(0)
			}
			testenv.Eventually(t, 20*time.Second, further) // 4 to 7 s, on a machine that is not busy
			t.Logf("it took %s", time.Since(struck).Round(time.Millisecond))
		})
	}
}

// TestAClientThatSaysItIsClosed asks one again that said so once, as that of Sentinel may, and no further one that says it again.
func TestAClientThatSaysItIsClosed(t *testing.T) {
	t.Parallel()
	cmds := []redis.Cmder{redis.NewStatusCmd(t.Context(), "ping")}
	for often, want := range map[int]error{1: nil, 2: redis.ErrClosed} {
		sent := 0
		err := untilTaken(t.Context(), cmds, func() error {
			if sent++; sent <= often {
				return redis.ErrClosed
			}
			return nil
		})
		if !errors.Is(err, want) || sent != 2 {
			t.Errorf("%d times: %v after %d", often, err, sent)
		}
	}
}

// TestMastersSendToOneAnother runs a script, as the queue does, on a slot that moves: for a while each of two masters says that the other
// has it.
func TestMastersSendToOneAnother(t *testing.T) {
	t.Parallel()
	c := testenv.NewRedisCluster(t, testenv.ClusterOptions{DownAfter: time.Second})
	rdb, err := OpenRedis(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rdb.Close() }()
	const key = "moves"
	ran := make(chan error, 1)
	settle := c.Move(key, (c.MasterOf(key)+1)%len(c.Masters))
	go func() {
		ran <- redis.NewScript(`return redis.call("SET", KEYS[1], 1)`).Run(t.Context(), rdb, []string{key}).Err()
	}()
	select {
	case err := <-ran:
		t.Fatalf("nobody has the slot, and it says %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	settle()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}

// TestTakesOfACluster asks a cluster of which one master is gone for good, with the queues that it had. Others are there.
func TestTakesOfACluster(t *testing.T) {
	t.Parallel()
	c := testenv.NewRedisCluster(t, testenv.ClusterOptions{DownAfter: time.Second, Partial: true})
	rdb, err := OpenRedis(c.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rdb.Close() }()
	if err := Takes(t.Context(), rdb, 1); err != nil {
		t.Fatal(err)
	}
	with := make(map[int]bool)
	for _, queue := range Queues() {
		with[c.MasterOf(Key(queue, "pending"))] = true
	}
	if len(with) < 2 {
		t.Fatal("all queues are with one master")
	}
	for i := range with {
		c.Masters[i].Kill()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := Takes(ctx, rdb, 1); err == nil {
			t.Errorf("it takes tasks without master %d", i)
		}
		cancel()
		c.Masters[i].Start()
		testenv.Eventually(t, 10*time.Second, func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return errors.Join(ctx.Err(), Takes(ctx, rdb, 1))
		})
	}
}
