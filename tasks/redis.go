package tasks

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// Takes returns an error where Redis takes no tasks: it does not answer, or it does and is full, or a replica.
func Takes(ctx context.Context, rdb redis.UniversalClient) error {
	if err := rdb.Set(ctx, readyKey, 1, time.Minute).Err(); err != nil {
		return fmt.Errorf("asking whether Redis takes tasks: %w", err)
	}
	return nil
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
		patient(&o.MaxRetries, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.ContextTimeoutEnabled)
		return redis.NewFailoverClient(o), nil
	case "redis-cluster":
		o, err := redis.ParseClusterURL("redis://" + rest)
		if err != nil {
			return nil, err
		}
		patient(&o.MaxRetries, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.ContextTimeoutEnabled)
		return redis.NewClusterClient(o), nil
	default:
		o, err := redis.ParseURL(url)
		if err != nil {
			return nil, err
		}
		patient(&o.MaxRetries, &o.MinRetryBackoff, &o.MaxRetryBackoff, &o.ContextTimeoutEnabled)
		return redis.NewClient(o), nil
	}
}

// patient sets what the three kinds of options have in common. The queue's own retry of a finished task's "done" is
// broken, so the connection does the retrying, for about 15 s, unless a context ends it.
func patient(retries *int, shortest, longest *time.Duration, obeyContext *bool) {
	*retries, *shortest, *longest, *obeyContext = 20, 50*time.Millisecond, time.Second, true
}
