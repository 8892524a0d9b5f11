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
	// wakePause is between two wakes for the same work.
	wakePause = 50 * time.Millisecond
)

// A Feeder tells the queue of what was committed behind the back of whoever committed it, so that nobody waits for
// Redis. What it cannot hand over, the reconciler does some seconds later.
type Feeder struct {
	client  *Client
	log     *slog.Logger
	backlog chan []lead.Hint
	wakes   map[Wake]chan struct{}
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
	f.wakes = map[Wake]chan struct{}{WakeBulk: make(chan struct{}, 1), WakeWebhooks: make(chan struct{}, 1)}
	for w, asked := range f.wakes {
		f.done.Go(func() { f.wake(w, asked) })
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

// Wake has the scheduler woken for work of a kind, soon and once, however many ask. It never blocks and never fails.
func (f *Feeder) Wake(w Wake) {
	select {
	case f.wakes[w] <- struct{}{}:
	default: // somebody else has asked
	}
}

func (f *Feeder) wake(w Wake, asked <-chan struct{}) {
	pause := time.NewTicker(wakePause)
	defer pause.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-asked:
		}
		ctx, cancel := context.WithTimeout(context.Background(), feedTimeout)
		_ = f.client.Wake(ctx, w) // the scheduler looks by itself, if later
		cancel()
		select {
		case <-f.stop:
			return
		case <-pause.C:
		}
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
