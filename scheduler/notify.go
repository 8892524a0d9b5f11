package scheduler

import (
	"context"
	"time"

	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// messageInterval is how often the scheduler looks for messages that are due.
	messageInterval = time.Second
	// messageRoom bounds what waits in the queue, so that hints do not pile up while no worker takes them.
	messageRoom = 2000
)

// feedMessages hands over whom messages are due to. Those that are still owed a while later come again.
func (s *Scheduler) feedMessages(ctx context.Context) (time.Duration, error) {
	waiting, err := s.queue.waiting(ctx, tasks.QueueNotify)
	if err != nil || waiting >= messageRoom {
		return messageInterval, err
	}
	if remind, err := s.store.RemindersDue(ctx); err != nil {
		return messageInterval, err
	} else if remind {
		if err := s.store.WithTx(ctx, func(tx *store.Tx) error {
			_, err := tx.OweReminders(ctx, messageRoom-waiting)
			return err
		}); err != nil {
			return messageInterval, err
		}
	}
	due, err := s.store.FeedMessages(ctx, messageRoom-waiting)
	if err != nil {
		return messageInterval, err
	}
	for _, d := range due {
		if err := s.queue.client.Notify(ctx, tasks.Notify{Workspace: d.Workspace, Member: d.Member, Channel: d.Channel}); err != nil {
			return messageInterval, err
		}
	}
	return messageInterval, nil
}
