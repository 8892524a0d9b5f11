package tasks

import (
	"context"
	"fmt"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Unserved counts the tasks that wait in queues from which no running server takes, by queue: those of a program that names a queue which
// no worker knows, such as asynq's own "default", or of roles of which nobody runs. Queues without such tasks are left out.
func Unserved(ctx context.Context, rdb redis.UniversalClient) (map[string]int64, error) {
	queues, err := rdb.SMembers(ctx, Registry).Result()
	if err != nil {
		return nil, fmt.Errorf("listing the queues in Redis: %w", err)
	}
	servers, err := asynq.NewInspectorFromRedisClient(rdb).Servers()
	if err != nil {
		return nil, fmt.Errorf("listing who takes from the queues in Redis: %w", err)
	}
	served := make(map[string]bool)
	for _, s := range servers {
		for queue := range s.Queues {
			served[queue] = true
		}
	}
	unserved := make(map[string]int64)
	for _, queue := range queues {
		if served[queue] {
			continue
		}
		n, err := waitingIn(ctx, rdb, queue)
		if err != nil {
			return nil, fmt.Errorf("counting the tasks in queue %q: %w", queue, err)
		}
		if n > 0 {
			unserved[queue] = n
		}
	}
	return unserved, nil
}

// waitingIn counts the tasks of a queue that are to run, now or later.
func waitingIn(ctx context.Context, rdb redis.UniversalClient, queue string) (int64, error) {
	var lengths []*redis.IntCmd
	if _, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		lengths = append(lengths, p.LLen(ctx, Key(queue, "pending")), p.ZCard(ctx, Key(queue, "scheduled")), p.ZCard(ctx, Key(queue, "retry")))
		return nil
	}); err != nil {
		return 0, err
	}
	var n int64
	for _, length := range lengths {
		n += length.Val()
	}
	return n, nil
}
