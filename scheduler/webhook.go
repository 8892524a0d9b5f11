package scheduler

import (
	"context"
	"time"

	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// webhookInterval is how often the scheduler looks for deliveries whose time has come. New ones wake it, and where it found some
	// it looks again after webhookBusy.
	webhookInterval = 2 * time.Second
	webhookBusy     = 500 * time.Millisecond
	// webhookRoom bounds what waits in the queue.
	webhookRoom = 1000
)

// feedWebhooks hands over webhooks to which something is due.
func (s *Scheduler) feedWebhooks(ctx context.Context) (time.Duration, error) {
	waiting, err := s.queue.waiting(ctx, tasks.QueueWebhook)
	if err != nil || waiting >= webhookRoom {
		return webhookBusy, err
	}
	due, err := s.store.FeedWebhooks(ctx, webhookRoom-waiting)
	if err != nil || len(due) == 0 {
		return webhookInterval, err
	}
	for _, d := range due {
		if err := s.queue.client.Webhook(ctx, tasks.Webhook{Workspace: d.Workspace, Webhook: d.ID}); err != nil {
			return webhookBusy, err
		}
	}
	return webhookBusy, nil
}
