package scheduler

import (
	"context"
	"time"
)

const (
	// bulkInFlight is how many bulk batches of a workspace are with the queue at once: enough to keep every worker busy,
	// few enough that another workspace's bulk work is not held up.
	bulkInFlight = 24
	// feedAtOnce bounds one round of feeding.
	feedAtOnce = 128
	// feedBusy is how soon the feeder looks again where the workers got through much of what was with the queue since it
	// last did, and feedSome else. Where it has fed nothing for feedRest it looks every feedIdle only: it is woken.
	feedBusy = 10 * time.Millisecond
	feedSome = 50 * time.Millisecond
	feedRest = 10 * time.Second
	feedIdle = 2 * time.Second

	// handedAgainAfter is how long a batch that was handed to the queue may take before it is handed over again.
	handedAgainAfter = 10 * time.Second
	// queueRoom bounds what the reconciler adds to a queue: batches that wait in a long queue are not lost.
	queueRoom = 1000
)

// feedBulk makes what hands bulk batches to the queue, a few a workspace, workspaces in turn.
func (s *Scheduler) feedBulk() func(context.Context) (time.Duration, error) {
	lastFed := time.Now()
	return func(ctx context.Context) (time.Duration, error) {
		batches, err := s.store.FeedBulk(ctx, bulkInFlight, feedAtOnce)
		if err != nil {
			return feedSome, err
		}
		if len(batches) == 0 {
			if time.Since(lastFed) > feedRest {
				return feedIdle, nil
			}
			return feedSome, nil
		}
		lastFed = time.Now()
		wait := feedSome
		if len(batches) >= bulkInFlight/2 {
			wait = feedBusy
		}
		return wait, s.queue.client.Distribute(ctx, batches...)
	}
}

// feedAgain hands over again what was handed over a while ago and is still there: its worker died, Redis lost it, or
// nobody got round to handing it over. Where the queue was away it is all that was handed over before it was back: another server may
// have come in the place of the one that had it.
func (s *Scheduler) feedAgain(ctx context.Context) error {
	started, now := time.Now(), s.store.Now()
	if !s.queue.takes(ctx) {
		s.queue.wasAway = true
		return nil // workers do without it, and say so
	}
	before := now.Add(-handedAgainAfter)
	if s.queue.wasAway {
		before = now
	}
	err := s.feedAgainBefore(ctx, before)
	s.queue.wasAway = err != nil || time.Since(started) > takesTry // what waits for a queue that is away waits until it is back
	return err
}

func (s *Scheduler) feedAgainBefore(ctx context.Context, before time.Time) error {
	queues, err := s.store.ToFeedAgain(ctx, before)
	if err != nil {
		return err
	}
	for _, queue := range queues {
		waiting, err := s.queue.waiting(ctx, string(queue))
		if err != nil {
			return err
		}
		room := queueRoom - waiting
		if room <= 0 {
			continue
		}
		batches, err := s.store.FeedAgain(ctx, queue, before, room)
		if err != nil {
			return err
		}
		if len(batches) == 0 {
			continue
		}
		s.metrics.Reconciled.WithLabelValues("batch_fed_again").Add(float64(len(batches)))
		s.log.Warn("batches were not distributed in time; handing them over again", "queue", queue, "batches", len(batches))
		if err := s.queue.client.Distribute(ctx, batches...); err != nil {
			return err
		}
	}
	return nil
}
