package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"

	"github.com/hibiken/asynq"
	"github.com/hibiken/asynqmon"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/tasks"
)

const queuesPath = "/queues"

// queues is asynq's dashboard, to look at only: its buttons have neither bounds nor undo, and all that an operator
// needs to change has a command. Its graphs are Prometheus' answers to nine fixed questions.
func queues(rdb redis.UniversalClient, prometheusURL string) http.Handler {
	return asynqmon.New(asynqmon.Options{
		RootPath:          queuesPath,
		RedisConnOpt:      sharedRedis{rdb},
		PrometheusAddress: prometheusURL,
		PayloadFormatter:  asynqmon.PayloadFormatterFunc(describePayload),
		ResultFormatter:   asynqmon.ResultFormatterFunc(func(string, []byte) string { return "" }),
		ReadOnly:          true,
	})
}

// sharedRedis gives asynq a client that is there already. The dashboard is never closed, and so does not close it.
type sharedRedis struct{ rdb redis.UniversalClient }

// MakeRedisClient implements asynq.RedisConnOpt.
func (s sharedRedis) MakeRedisClient() any { return s.rdb }

var _ asynq.RedisConnOpt = sharedRedis{}

// describePayload shows ids, and of pushed leads, which are people's data, only how much of it there is.
func describePayload(kind string, payload []byte) string {
	switch kind {
	case tasks.KindDistribute:
		if p, err := tasks.DecodeDistribute(payload); err == nil {
			return fmt.Sprintf("workspace %s, batch %s", p.Workspace, p.Batch)
		}
	case tasks.KindFetch:
		if p, err := tasks.DecodeFetch(payload); err == nil {
			return fmt.Sprintf("workspace %s, integration %s", p.Workspace, p.Integration)
		}
	case tasks.KindNotify:
		if p, err := tasks.DecodeNotify(payload); err == nil {
			return fmt.Sprintf("workspace %s, member %s", p.Workspace, p.Member)
		}
	}
	return fmt.Sprintf("%d bytes", len(payload))
}

// cookieOf is what stands for a key in a cookie, so that the key itself is not kept by browsers.
func cookieOf(key string) string {
	sum := sha256.Sum256([]byte("leadwheel queues " + key))
	return hex.EncodeToString(sum[:])
}
