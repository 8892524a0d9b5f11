package tasks

import (
	"context"
	"fmt"
	"slices"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Unserved counts the tasks that wait in queues from which no running server takes, by queue: those of a program that names a queue which
// no worker knows, such as asynq's own "default", or of roles of which nobody runs. Queues without such tasks are left out.
func Unserved(ctx context.Context, rdb redis.UniversalClient) (map[string]int64, error) {
	queues, err := registered(ctx, rdb)
	if err != nil {
		return nil, err
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
	return waitingIn(ctx, rdb, slices.DeleteFunc(queues, func(queue string) bool { return served[queue] }), false)
}

// waitingIn counts the tasks of queues that are to run, now or later, and those under way too where that is asked for. Queues without
// such tasks are left out.
func waitingIn(ctx context.Context, rdb redis.UniversalClient, queues []string, underWay bool) (map[string]int64, error) {
	lengths := make(map[string][]*redis.IntCmd)
	if _, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, q := range queues {
			lengths[q] = append(lengths[q], p.LLen(ctx, Key(q, "pending")), p.ZCard(ctx, Key(q, "scheduled")), p.ZCard(ctx, Key(q, "retry")))
			if underWay {
				lengths[q] = append(lengths[q], p.LLen(ctx, Key(q, "active")))
			}
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("counting the tasks in queues %q: %w", queues, err)
	}
	waiting := make(map[string]int64)
	for queue, all := range lengths {
		for _, length := range all {
			if n := length.Val(); n > 0 {
				waiting[queue] += n
			}
		}
	}
	return waiting, nil
}
