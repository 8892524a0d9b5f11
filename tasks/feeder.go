package tasks

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

const (
	feedBacklog = 1024
	feedTimeout = 2 * time.Second
)

// A Feeder hands committed batches to the queue behind the back of whoever committed them, so that nobody waits for
// Redis. What it cannot hand over, the reconciler does some seconds later.
type Feeder struct {
	client  *Client
	log     *slog.Logger
	backlog chan []lead.Batch
	failing atomic.Bool
	stop    chan struct{}
	done    sync.WaitGroup
}

// NewFeeder starts a feeder. Stop it before the client's Redis is closed.
func NewFeeder(client *Client, log *slog.Logger) *Feeder {
	f := &Feeder{client: client, log: log, backlog: make(chan []lead.Batch, feedBacklog), stop: make(chan struct{})}
	for range 2 {
		f.done.Go(f.run)
	}
	return f
}

// Feed takes batches to hand over. It never blocks and never fails: where too many wait already, these are left to the
// reconciler.
func (f *Feeder) Feed(batches ...lead.Batch) {
	if len(batches) == 0 {
		return
	}
	select {
	case f.backlog <- batches:
	default:
		f.log.Warn("too many batches wait for the queue; the reconciler will hand these over", "batches", len(batches))
	}
}

// Stop hands over what was taken, and ends.
func (f *Feeder) Stop() {
	close(f.stop)
	f.done.Wait()
}

func (f *Feeder) run() {
	for {
		select {
		case batches := <-f.backlog:
			_ = f.hand(batches) // logged; the reconciler has them
		case <-f.stop:
			for {
				select {
				case batches := <-f.backlog:
					if f.hand(batches) != nil {
						return // the reconciler has the rest
					}
				default:
					return
				}
			}
		}
	}
}

func (f *Feeder) hand(batches []lead.Batch) error {
	ctx, cancel := context.WithTimeout(context.Background(), feedTimeout)
	defer cancel()
	err := f.client.Distribute(ctx, batches...)
	if failing := err != nil; f.failing.Swap(failing) != failing {
		if failing {
			f.log.Warn("batches cannot be handed to the queue; the reconciler will do it", "error", err)
		} else {
			f.log.Info("batches are handed to the queue again")
		}
	}
	return err
}
