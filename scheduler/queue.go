package scheduler

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/tasks"
)

// queue is the queue as the scheduler sees it: what waits in it, and what it gave up on.
type queue struct {
	rdb       redis.UniversalClient
	client    *tasks.Client
	shards    tasks.Shards
	inspector *asynq.Inspector
	// wasAway is set while it is away, and until what it may have lost was handed over again.
	wasAway bool
}

func newQueue(rdb redis.UniversalClient, shards tasks.Shards) *queue {
	return &queue{rdb: rdb, client: tasks.NewClient(rdb).Spread(shards), shards: shards, inspector: asynq.NewInspectorFromRedisClient(rdb)}
}

// takesTry is how long the queue has to say whether it takes what it is given.
const takesTry = time.Second

// takes asks it.
func (q *queue) takes(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, takesTry)
	defer cancel()
	return tasks.Takes(ctx, q.rdb, q.shards) == nil
}

// waiting counts the tasks of a queue that wait for a worker.
func (q *queue) waiting(ctx context.Context, name string) (int, error) {
	return q.shards.Pending(ctx, q.rdb, name)
}

// register makes the queues visible again, and returns how many were not. The library's clients write their names once and then
// believe them there, so a Redis that lost its data has queues that nobody can see.
func (q *queue) register(ctx context.Context) (int64, error) {
	names := q.shards.Queues()
	members := make([]any, len(names))
	for i, n := range names {
		members[i] = n
	}
	added, err := q.rdb.SAdd(ctx, tasks.Registry, members...).Result()
	if err != nil {
		return 0, fmt.Errorf("registering the queues: %w", err)
	}
	return added, nil
}

// deadPage is how many dead tasks are listed at once.
const deadPage = 100

// dead lists tasks of a queue that were given up on, a page at the most.
func (q *queue) dead(name string) ([]*asynq.TaskInfo, error) {
	found, err := q.inspector.ListArchivedTasks(name, asynq.PageSize(deadPage))
	if err != nil && !errors.Is(err, asynq.ErrQueueNotFound) {
		return nil, fmt.Errorf("listing the dead tasks of queue %s: %w", name, err)
	}
	return found, nil
}

// forget deletes a dead task.
func (q *queue) forget(info *asynq.TaskInfo) error {
	err := q.inspector.DeleteTask(info.Queue, info.ID)
	if err != nil && !errors.Is(err, asynq.ErrTaskNotFound) && !errors.Is(err, asynq.ErrQueueNotFound) {
		return fmt.Errorf("deleting dead task %s of queue %s: %w", info.ID, info.Queue, err)
	}
	return nil
}
