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

// A Feeder tells the queue of what was committed behind the back of whoever committed it, so that nobody waits for
// Redis. What it cannot hand over, the reconciler does some seconds later.
type Feeder struct {
	client  *Client
	log     *slog.Logger
	backlog chan []lead.Hint
	failing atomic.Bool
	stop    chan struct{}
	done    sync.WaitGroup
}

// NewFeeder starts a feeder. Stop it before the client's Redis is closed.
func NewFeeder(client *Client, log *slog.Logger) *Feeder {
	f := &Feeder{client: client, log: log, backlog: make(chan []lead.Hint, feedBacklog), stop: make(chan struct{})}
	for range 2 {
		f.done.Go(f.run)
	}
	return f
}

// Feed takes hints to hand over. It never blocks and never fails: where too many wait already, these are left to the
// reconciler.
func (f *Feeder) Feed(hints ...lead.Hint) {
	if len(hints) == 0 {
		return
	}
	select {
	case f.backlog <- hints:
	default:
		f.log.Warn("too many batches wait for the queue; the reconciler will hand these over", "batches", len(hints))
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
		case hints := <-f.backlog:
			_ = f.hand(hints) // logged; the reconciler has them
		case <-f.stop:
			for {
				select {
				case hints := <-f.backlog:
					if f.hand(hints) != nil {
						return // the reconciler has the rest
					}
				default:
					return
				}
			}
		}
	}
}

func (f *Feeder) hand(hints []lead.Hint) error {
	ctx, cancel := context.WithTimeout(context.Background(), feedTimeout)
	defer cancel()
	err := f.client.Distribute(ctx, hints...)
	if failing := err != nil; f.failing.Swap(failing) != failing {
		if failing {
			f.log.Warn("batches cannot be handed to the queue; the reconciler will do it", "error", err)
		} else {
			f.log.Info("batches are handed to the queue again")
		}
	}
	return err
}
