package scheduler

import (
	"context"
	"errors"
	"time"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// abandonedAfter is how old a draw may be before its batch is taken to have died with it: longer than a batch waits
	// to be handed over again, so that it usually comes back for its turns itself.
	abandonedAfter = 30 * time.Second
	// eventsAtOnce is how many old deliveries one statement deletes.
	eventsAtOnce = 1000
)

// restoreQueues makes the queues visible to operators again after Redis lost its data.
func (s *Scheduler) restoreQueues(ctx context.Context) error {
	n, err := s.queue.register(ctx)
	s.metrics.Reconciled.WithLabelValues("queue_registered").Add(float64(n))
	return err
}

// rebuildAbandoned hands out again the turns that were drawn by transactions that never came to be.
func (s *Scheduler) rebuildAbandoned(ctx context.Context) error {
	n, err := s.store.RebuildAbandoned(ctx, s.store.Now().Add(-abandonedAfter))
	s.metrics.Reconciled.WithLabelValues("stale_draws").Add(float64(n))
	s.metrics.CursorRebuilds.Add(float64(n))
	return err
}

// keepDeadTasks moves the tasks that the queue gave up on to the database, before the queue forgets them. Hints are only
// deleted, since what they point at is in the database.
func (s *Scheduler) keepDeadTasks(ctx context.Context) error {
	found, err := s.queue.shards.Found(ctx, s.queue.rdb)
	if err != nil {
		return err
	}
	for _, queue := range tasks.Queues() {
		for _, shard := range found[queue] {
			if err := s.keepDead(ctx, shard); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepDead empties one queue's archive, page by page. A task that cannot be kept holds up no other.
func (s *Scheduler) keepDead(ctx context.Context, queue string) error {
	for {
		found, err := s.queue.dead(queue)
		if err != nil {
			return err
		}
		for _, info := range found {
			err = errors.Join(err, s.keep(ctx, info))
		}
		if err != nil || len(found) < deadPage {
			return err
		}
	}
}

func (s *Scheduler) keep(ctx context.Context, info *asynq.TaskInfo) error {
	if !tasks.IsHint(info.Type) {
		workspace := tasks.WorkspaceOf(info.Payload)
		if err := s.store.KeepDeadTask(ctx, store.DeadTask{
			Workspace: workspace, Queue: info.Queue, TaskID: info.ID, Kind: info.Type,
			Payload: info.Payload, Error: info.LastErr, FailedAt: info.LastFailedAt,
		}); err != nil {
			return err
		}
		s.metrics.Reconciled.WithLabelValues("dead_task_kept").Inc()
		s.log.Error("the queue gave up on a task; it is kept and can be driven again with `leadwheel dead`",
			"workspace_id", workspace, "queue", info.Queue, "kind", info.Type, "task_id", info.ID)
	}
	return s.queue.forget(info)
}

func (s *Scheduler) failStaleImports(ctx context.Context) error {
	n, err := s.store.FailStaleImports(ctx, s.store.Now().Add(-store.ImportAlive))
	s.metrics.Reconciled.WithLabelValues("import_failed").Add(float64(n))
	return err
}

func (s *Scheduler) deleteOldKeys(ctx context.Context) error {
	if _, err := s.store.DeleteOldArrivalKeys(ctx, s.store.Now()); err != nil {
		return err
	}
	_, err := s.store.DeleteOldIdempotencyKeys(ctx, s.store.Now().Add(-store.IdempotencyKeyAge))
	return err
}

func (s *Scheduler) foldTallies(ctx context.Context) error {
	_, err := s.store.FoldTallies(ctx)
	return err
}

// deleteOldEvents deletes what was delivered too long ago to be kept, a bounded step at a time.
func (s *Scheduler) deleteOldEvents(ctx context.Context) (time.Duration, error) {
	return s.deleteOld(ctx, s.store.DeleteOldEvents)
}

// deleteOldDeliveries does so with what webhooks were told.
func (s *Scheduler) deleteOldDeliveries(ctx context.Context) (time.Duration, error) {
	return s.deleteOld(ctx, s.store.DeleteOldDeliveries)
}

func (s *Scheduler) deleteOld(ctx context.Context, deleteBefore func(context.Context, time.Time, int) (int64, error)) (time.Duration, error) {
	if s.keepEvents == 0 {
		return time.Hour, nil
	}
	n, err := deleteBefore(ctx, s.store.Now().Add(-s.keepEvents), eventsAtOnce)
	if n == eventsAtOnce {
		return time.Second, err
	}
	return 10 * time.Minute, err
}

func (s *Scheduler) deleteOldSessions(ctx context.Context) error {
	now := s.store.Now()
	return errors.Join(s.store.DeleteOldSessions(ctx, now), s.store.DeleteOldSignInLinks(ctx, now), s.store.DeleteOldSignInFlows(ctx, now), s.store.DeleteOldMessageLinks(ctx, now))
}

func (s *Scheduler) deleteOldLinks(ctx context.Context) error {
	now := s.store.Now()
	return errors.Join(s.store.DeleteOldTelegramLinks(ctx, now.Add(-store.TelegramLinkAge)), s.store.DeleteOldUnsubscribeLinks(ctx, now))
}
