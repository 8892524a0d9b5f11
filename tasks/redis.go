package tasks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// OpenRedis connects to a redis://, rediss://, unix://, redis-sentinel:// (with ?master_name=) or redis-cluster://
// address, in such a way that the queue survives short outages. It opens connections when they are needed; close the
// client when all that uses it has stopped.
func OpenRedis(url string) (redis.UniversalClient, error) {
	client, err := openRedis(url)
	if err != nil {
		return nil, errAddress
	}
	return client, nil
}

// readyKey is what is written to Redis to see whether that can be done.
const readyKey = "leadwheel:ready"

// Takes returns an error where Redis takes no tasks: it does not answer, or it does and is full, or a replica. Of a cluster each server is
// asked that has a shard of one of the queues.
func Takes(ctx context.Context, rdb redis.UniversalClient, shards Shards) error {
	keys := []string{readyKey}
	if _, is := rdb.(*redis.ClusterClient); is {
		keys = nil
		for _, queue := range shards.Queues() {
			keys = append(keys, readyKey+":{"+queue+"}") // is where the queue is
		}
	}
	if _, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range keys {
			p.Set(ctx, key, 1, time.Minute)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("asking whether Redis takes tasks: %w", err)
	}
	return nil
}

// EachMaster asks each server that takes what is written: the masters of a cluster, one after the other, or the one that there is.
func EachMaster(ctx context.Context, rdb redis.UniversalClient, ask func(context.Context, redis.UniversalClient) error) error {
	cluster, is := rdb.(*redis.ClusterClient)
	if !is {
		return ask(ctx, rdb)
	}
	var asking sync.Mutex // the library asks all at once
	return cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
		asking.Lock()
		defer asking.Unlock()
		return ask(ctx, master)
	})
}

// errAddress does not say more, since that would quote the address, which has a password in it.
var errAddress = errors.New("the Redis address cannot be read; write it as redis://:password@host:6379/0, rediss://, unix://, " +
	"redis-sentinel://…?master_name=… or redis-cluster://, with special characters of the password %-encoded")

func openRedis(url string) (redis.UniversalClient, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	switch scheme {
	case "redis-sentinel":
		o, err := redis.ParseFailoverURL("redis://" + rest)
		if err != nil {
			return nil, err
		}
		bound(&o.DialTimeout, &o.ReadTimeout)
		o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
		client := redis.NewFailoverClient(o)
		client.AddHook(patient{})
		return client, nil
	case "redis-cluster":
		o, err := redis.ParseClusterURL("redis://" + rest)
		if err != nil {
			return nil, err
		}
		bound(&o.DialTimeout, &o.ReadTimeout)
		o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
		client := redis.NewClusterClient(o)
		client.AddHook(patient{})
		client.OnNewNode(func(node *redis.Client) { node.AddHook(asking{client}) })
		return client, nil
	default:
		o, err := redis.ParseURL(url)
		if err != nil {
			return nil, err
		}
		bound(&o.DialTimeout, &o.ReadTimeout)
		o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
		client := redis.NewClient(o)
		client.AddHook(patient{})
		return client, nil
	}
}

// silence is for how long a server may say nothing: longer than any of our commands takes, and far shorter than the library's five
// seconds, which is what a server that is frozen or cut off costs whoever asks it before another can be asked.
const silence = 2 * time.Second

// bound sets waits that the address does not, as by ?read_timeout=5s.
func bound(waits ...*time.Duration) {
	for _, wait := range waits {
		if *wait == 0 {
			*wait = silence
		}
	}
}
