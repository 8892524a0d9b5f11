package tasks

import (
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// The queue's own retry of a finished task's "done" is broken, so the connection must do the retrying: for about 15 s.
const (
	redisRetries    = 20
	redisMinBackoff = 50 * time.Millisecond
	redisMaxBackoff = time.Second
)

// OpenRedis connects to a redis://, rediss://, unix://, redis-sentinel:// (with ?master_name=) or redis-cluster://
// address, in such a way that the queue survives short outages. It opens connections when they are needed; close the
// client when all that uses it has stopped.
func OpenRedis(url string) (redis.UniversalClient, error) {
	client, err := openRedis(url)
	if err != nil {
		return nil, fmt.Errorf("reading the Redis address: %w; it looks like redis://host:6379/0", err)
	}
	return client, nil
}

func openRedis(url string) (redis.UniversalClient, error) {
	scheme, rest, _ := strings.Cut(url, "://")
	switch scheme {
	case "redis-sentinel":
		o, err := redis.ParseFailoverURL("redis://" + rest)
		if err != nil {
			return nil, err
		}
		o.MaxRetries, o.MinRetryBackoff, o.MaxRetryBackoff = redisRetries, redisMinBackoff, redisMaxBackoff
		o.ContextTimeoutEnabled = true
		return redis.NewFailoverClient(o), nil
	case "redis-cluster":
		o, err := redis.ParseClusterURL("redis://" + rest)
		if err != nil {
			return nil, err
		}
		o.MaxRetries, o.MinRetryBackoff, o.MaxRetryBackoff = redisRetries, redisMinBackoff, redisMaxBackoff
		o.ContextTimeoutEnabled = true
		return redis.NewClusterClient(o), nil
	default:
		o, err := redis.ParseURL(url)
		if err != nil {
			return nil, err
		}
		o.MaxRetries, o.MinRetryBackoff, o.MaxRetryBackoff = redisRetries, redisMinBackoff, redisMaxBackoff
		o.ContextTimeoutEnabled = true
		return redis.NewClient(o), nil
	}
}
