package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/discreet"
)

// logger makes the log of a command that serves, as text where that is asked for or suits whoever reads it, at a level that can be
// changed.
func (f serverFlags) logger(s streams, suitsText bool) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	level.Set(f.LogLevel)
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewJSONHandler(s.err, options)
	if f.LogFormat == "text" || f.LogFormat == "auto" && suitsText {
		handler = slog.NewTextHandler(s.err, options)
	}
	log := slog.New(discreet.Handler(handler))
	logRedis(log)
	return log, level
}

// logRedis sets where the Redis client writes to: it has one place for the whole program, by default standard error,
// where its lines would stand among ours.
func logRedis(log *slog.Logger) { redis.SetLogger(redisLog{log}) }

// redisLog writes what the Redis client has to say into the log.
type redisLog struct{ log *slog.Logger }

// Printf implements the Redis client's logger.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.WarnContext(ctx, "the Redis client reports trouble", "message", fmt.Sprintf(format, args...))
}
