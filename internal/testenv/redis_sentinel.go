package testenv

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// sentinelName is what the sentinels call their Redis.
const sentinelName = "leadwheel"

// A RedisSentinel is a master and a replica of Redis, with three sentinels that make the replica the master where two of them miss the
// other.
type RedisSentinel struct {
	// URL is its address, as operators write it.
	URL string
	// Servers are the first master and its replica.
	Servers   [2]*Backend
	Sentinels [3]*Backend

	tb testing.TB
}

// NewRedisSentinel starts one whose sentinels miss a master that has not answered for downAfter.
func NewRedisSentinel(tb testing.TB, downAfter time.Duration) *RedisSentinel {
	tb.Helper()
	s := &RedisSentinel{tb: tb}
	s.Servers[0] = newRedis(tb)
	host, port, err := net.SplitHostPort(s.Servers[0].Addr)
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	s.Servers[1] = newRedisAt(tb, folder(tb), freePort(tb), "--replicaof", host+" "+port, "--repl-diskless-sync-delay", "0")
	Eventually(tb, startTimeout, func() error {
		return askRedis(s.Servers[1].Addr, func(rdb *redis.Client) error {
			info, err := rdb.Info(tb.Context(), "replication").Result()
			if err == nil && !strings.Contains(info, "master_link_status:up") {
				err = errors.New("the replica has not got its data")
			}
			return err
		})
	})
	for i := range s.Sentinels {
		dir := folder(tb)
		config := strings.Join([]string{
			"sentinel monitor", sentinelName, host, port, "2\n" +
				"sentinel down-after-milliseconds", sentinelName, fmt.Sprint(downAfter.Milliseconds(), "\n") +
				"sentinel failover-timeout", sentinelName, fmt.Sprint((3 * downAfter).Milliseconds(), "\n"),
		}, " ")
		file := filepath.Join(dir, "sentinel.conf") // which it writes anew as it learns
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			tb.Fatalf("testenv: %v", err)
		}
		s.Sentinels[i] = newRedisAt(tb, dir, freePort(tb), file, "--sentinel")
	}
	s.URL = s.URLAt(s.Sentinels[:]...)
	s.untilWatched()
	return s
}

// URLAt is the address of its Redis for who knows of some of the sentinels.
func (s *RedisSentinel) URLAt(sentinels ...*Backend) string {
	address := "redis-sentinel://" + sentinels[0].Addr + "/0?master_name=" + sentinelName
	for _, other := range sentinels[1:] {
		address += "&addr=" + other.Addr
	}
	return address
}

// untilWatched waits until the sentinels know of each other and of the replica.
func (s *RedisSentinel) untilWatched() {
	s.tb.Helper()
	for _, sentinel := range s.Sentinels {
		Eventually(s.tb, startTimeout, func() error {
			return askRedis(sentinel.Addr, func(rdb *redis.Client) error {
				info, err := rdb.Info(s.tb.Context(), "sentinel").Result()
				if err == nil && !strings.Contains(info, "slaves=1,sentinels=3") {
					err = fmt.Errorf("a sentinel knows of %q", info)
				}
				return err
			})
		})
	}
}

// Master is the server that is the master now, as the last of the sentinels has it.
func (s *RedisSentinel) Master() *Backend {
	s.tb.Helper()
	sentinel := redis.NewSentinelClient(&redis.Options{Addr: s.Sentinels[2].Addr})
	defer func() { _ = sentinel.Close() }() // nothing is left on it
	addr, err := sentinel.GetMasterAddrByName(s.tb.Context(), sentinelName).Result()
	if err != nil {
		s.tb.Fatalf("testenv: asking a sentinel for the master: %v", err)
	}
	return s.Servers[slices.IndexFunc(s.Servers[:], func(b *Backend) bool { return b.Addr == net.JoinHostPort(addr[0], addr[1]) })]
}

// askRedis asks the one server at an address.
func askRedis(addr string, what func(*redis.Client) error) error {
	rdb := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2})
	return errors.Join(what(rdb), rdb.Close())
}
