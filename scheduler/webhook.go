package scheduler

import (
	"context"
	"time"

	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// webhookInterval is how often the scheduler looks for what is owed to webhooks.
	webhookInterval = 500 * time.Millisecond
	// webhookRoom bounds what waits in the queue.
	webhookRoom = 1000
)

// feedWebhooks hands over webhooks to which something is due.
func (s *Scheduler) feedWebhooks(ctx context.Context) error {
	waiting, err := s.queue.waiting(ctx, tasks.QueueWebhook)
	if err != nil || waiting >= webhookRoom {
		return err
	}
	due, err := s.store.FeedWebhooks(ctx, webhookRoom-waiting)
	if err != nil {
		return err
	}
	for _, d := range due {
		if err := s.queue.client.Webhook(ctx, tasks.Webhook{Workspace: d.Workspace, Webhook: d.ID}); err != nil {
			return err
		}
	}
	return nil
}
