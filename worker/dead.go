package worker

import (
	"context"
	"fmt"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// archiveRoom is how many tasks that were given up on a queue holds before workers keep more of them themselves. The scheduler moves
// them to the database every few seconds; above ten thousand the queue forgets the oldest without a word.
const archiveRoom = 1000

// graveyard keeps tasks that the queue gives up on, where they are too many for its archive.
type graveyard struct {
	store *store.Store
	redis redis.UniversalClient
}

// keep keeps a task that is about to be given up on because of cause. Where it cannot, the task is tried again instead.
func (g *graveyard) keep(ctx context.Context, task *asynq.Task, cause error) error {
	queue, _ := asynq.GetQueueName(ctx)
	id, _ := asynq.GetTaskID(ctx)
	n, err := g.redis.ZCard(ctx, tasks.Key(queue, "archived")).Result()
	if err == nil && n < archiveRoom {
		return cause
	}
	if err == nil {
		err = g.store.KeepDeadTask(ctx, store.DeadTask{
			Workspace: tasks.WorkspaceOf(task.Payload()), Queue: queue, TaskID: id, Kind: task.Type(), Payload: task.Payload(),
			Error: discreet.Text(cause), FailedAt: g.store.Now(),
		})
	}
	if err != nil {
		return fmt.Errorf("%s; keeping the task failed: %w", discreet.Text(cause), err)
	}
	return cause
}
