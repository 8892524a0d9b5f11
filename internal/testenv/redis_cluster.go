package testenv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A RedisCluster is a Redis Cluster on the loopback interface: three masters that share the slots, each with a replica or without.
type RedisCluster struct {
	// URL is its address, as operators write it.
	URL string
	// Masters have a third of the slots each, and Replicas follow the masters of the same number.
	Masters  [3]*Backend
	Replicas []*Backend

	tb testing.TB
}

// ClusterOptions are what a RedisCluster is like.
type ClusterOptions struct {
	// DownAfter is for how long a server has not answered that the others miss.
	DownAfter time.Duration
	// Replicas gives each master one, which takes its place.
	Replicas bool
	// Partial has it serve the slots that are left where a master is gone with its own.
	Partial bool
}

// busOffset is how far above its port a server talks to the others of its cluster.
const busOffset = 10_000

// NewRedisCluster starts one.
func NewRedisCluster(tb testing.TB, o ClusterOptions) *RedisCluster {
	tb.Helper()
	c := &RedisCluster{tb: tb}
	coverage := "yes"
	if o.Partial {
		coverage = "no"
	}
	start := func() *Backend {
		return newRedisAt(tb, folder(tb), clusterPort(tb), "--cluster-enabled", "yes", "--cluster-node-timeout", fmt.Sprint(o.DownAfter.Milliseconds()),
			"--cluster-require-full-coverage", coverage, "--repl-diskless-sync-delay", "0")
	}
	var all []*Backend
	for i := range c.Masters {
		c.Masters[i] = start()
		all = append(all, c.Masters[i])
		if o.Replicas {
			c.Replicas = append(c.Replicas, start())
			all = append(all, c.Replicas[i])
		}
	}
	c.meet(all)
	for i, master := range c.Masters {
		c.share(i, master)
	}
	for i, replica := range c.Replicas {
		c.follow(replica, c.Masters[i])
	}
	for _, b := range all {
		c.untilWhole(b)
	}
	c.URL = "redis-cluster://" + c.Masters[0].Addr + "?addr=" + c.Masters[1].Addr + "&addr=" + c.Masters[2].Addr
	return c
}

// clusterPort is a free port with another free one above it.
func clusterPort(tb testing.TB) int {
	tb.Helper()
	for range 1000 {
		port := freePort(tb)
		if port+busOffset > 65535 {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", fmt.Sprint("127.0.0.1:", port+busOffset))
		if err == nil && l.Close() == nil {
			return port
		}
	}
	tb.Fatal("testenv: there is no free port for a cluster")
	return 0
}

func (c *RedisCluster) must(b *Backend, what func(context.Context, *redis.Client) error) {
	c.tb.Helper()
	if err := askRedis(b.Addr, func(rdb *redis.Client) error { return what(c.tb.Context(), rdb) }); err != nil {
		c.tb.Fatalf("testenv: making a Redis Cluster: %v", err)
	}
}

// Configure gives a setting of one master another value.
func (c *RedisCluster) Configure(master int, setting, value string) {
	c.tb.Helper()
	c.must(c.Masters[master], func(ctx context.Context, rdb *redis.Client) error { return rdb.ConfigSet(ctx, setting, value).Err() })
}

// meet has the first server tell the others of each other.
func (c *RedisCluster) meet(all []*Backend) {
	c.tb.Helper()
	c.must(all[0], func(ctx context.Context, rdb *redis.Client) error {
		for _, other := range all[1:] {
			host, port, err := net.SplitHostPort(other.Addr)
			if err = errors.Join(err, rdb.ClusterMeet(ctx, host, port).Err()); err != nil {
				return err
			}
		}
		return nil
	})
	for _, b := range all {
		Eventually(c.tb, startTimeout, func() error {
			return askRedis(b.Addr, func(rdb *redis.Client) error {
				info, err := rdb.ClusterInfo(c.tb.Context()).Result()
				if err == nil && !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r", len(all))) {
					err = fmt.Errorf("a server knows of %q", info)
				}
				return err
			})
		})
	}
}

// share gives a master its third of the slots.
func (c *RedisCluster) share(i int, master *Backend) {
	c.tb.Helper()
	const slots = 16384
	first, last := i*slots/len(c.Masters), (i+1)*slots/len(c.Masters)-1
	c.must(master, func(ctx context.Context, rdb *redis.Client) error {
		return rdb.ClusterAddSlotsRange(ctx, first, last).Err()
	})
}

func (c *RedisCluster) follow(replica, master *Backend) {
	c.tb.Helper()
	var id string
	c.must(master, func(ctx context.Context, rdb *redis.Client) (err error) {
		id, err = rdb.ClusterMyID(ctx).Result()
		return err
	})
	c.must(replica, func(ctx context.Context, rdb *redis.Client) error { return rdb.ClusterReplicate(ctx, id).Err() })
	Eventually(c.tb, startTimeout, func() error {
		return askRedis(replica.Addr, func(rdb *redis.Client) error {
			info, err := rdb.Info(c.tb.Context(), "replication").Result()
			if err == nil && !strings.Contains(info, "master_link_status:up") {
				err = errors.New("a replica has not got its data")
			}
			return err
		})
	})
}

// untilWhole waits until a server knows who serves each slot. One that may do without some says before that it is well.
func (c *RedisCluster) untilWhole(b *Backend) {
	c.tb.Helper()
	Eventually(c.tb, startTimeout, func() error {
		return askRedis(b.Addr, func(rdb *redis.Client) error {
			info, err := rdb.ClusterInfo(c.tb.Context()).Result()
			if err == nil && (!strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_slots_ok:16384")) {
				err = fmt.Errorf("a server says %q", info)
			}
			return err
		})
	})
}

// Move begins to have another master serve the slot of a key, which has no keys yet: the one that had it sends people to the other, and that
// sends them back until settle is called.
func (c *RedisCluster) Move(key string, to int) (settle func()) {
	c.tb.Helper()
	from := c.MasterOf(key)
	var slot int64
	var id string
	c.must(c.Masters[to], func(ctx context.Context, rdb *redis.Client) (err error) {
		if slot, err = rdb.ClusterKeySlot(ctx, key).Result(); err == nil {
			id, err = rdb.ClusterMyID(ctx).Result()
		}
		return err
	})
	tell := func(master int) {
		c.must(c.Masters[master], func(ctx context.Context, rdb *redis.Client) error {
			return rdb.Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", id).Err()
		})
	}
	tell(from)
	return func() { tell(to) }
}

// MasterOf is the place in Masters of the one that has a key.
func (c *RedisCluster) MasterOf(key string) int {
	c.tb.Helper()
	var slot int64
	c.must(c.Masters[0], func(ctx context.Context, rdb *redis.Client) (err error) {
		slot, err = rdb.ClusterKeySlot(ctx, key).Result()
		return err
	})
	for i := range c.Masters {
		if slot < int64((i+1)*16384/len(c.Masters)) {
			return i
		}
	}
	return -1
}
