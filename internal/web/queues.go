package web

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/hibiken/asynq"
	"github.com/hibiken/asynqmon"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/web/console"
	"github.com/leadwheel/leadwheel/tasks"
)

const queuesPath = "/queues"

// queuesFor is the dashboard as the console serves it, nil where there is no queue. It has no graphs.
func queuesFor(rdb redis.UniversalClient) http.Handler {
	if rdb == nil {
		return nil
	}
	return queues(rdb, console.QueuesPath, "")
}

// queues is asynq's dashboard, to look at only: its buttons have neither bounds nor undo, and all that an operator
// needs to change has a command. Its graphs are Prometheus' answers to nine fixed questions.
func queues(rdb redis.UniversalClient, path, prometheusURL string) http.Handler {
	return asynqmon.New(asynqmon.Options{
		RootPath:          path,
		RedisConnOpt:      sharedRedis{rdb},
		PrometheusAddress: prometheusURL,
		PayloadFormatter:  asynqmon.PayloadFormatterFunc(tasks.Describe),
		ResultFormatter:   asynqmon.ResultFormatterFunc(func(string, []byte) string { return "" }),
		ReadOnly:          true,
	})
}

// sharedRedis gives asynq a client that is there already. The dashboard is never closed, and so does not close it.
type sharedRedis struct{ rdb redis.UniversalClient }

// MakeRedisClient implements asynq.RedisConnOpt.
func (s sharedRedis) MakeRedisClient() any { return s.rdb }

var _ asynq.RedisConnOpt = sharedRedis{}

// cookieOf is what stands for a key in a cookie, so that the key itself is not kept by browsers.
func cookieOf(key string) string {
	sum := sha256.Sum256([]byte("leadwheel queues " + key))
	return hex.EncodeToString(sum[:])
}
