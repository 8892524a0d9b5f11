package scheduler

import (
	"context"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

const (
	// fetchInterval is how often the scheduler looks for integrations that can fetch leads.
	fetchInterval = 2 * time.Second
	// fetchedAgainAfter is how long an integration that was handed to the queue may take before it is handed over again.
	fetchedAgainAfter = 3 * time.Second
)

// feedFetches hands over integrations with leads to fetch, or with lists to look through. Deliveries hand theirs over
// themselves; this finds what waited, what its worker left, and what Redis lost.
func (s *Scheduler) feedFetches(ctx context.Context) error {
	waiting, err := s.queue.waiting(ctx, string(lead.QueueFetch))
	if err != nil {
		return err
	}
	room := queueRoom - waiting
	if room <= 0 {
		return nil
	}
	batches, err := s.store.FeedFetches(ctx, s.store.Now().Add(-fetchedAgainAfter), room)
	if err != nil || len(batches) == 0 {
		return err
	}
	return s.queue.client.Distribute(ctx, batches...)
}
