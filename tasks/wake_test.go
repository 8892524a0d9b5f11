package tasks_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/tasks"
)

// However many ask at once, the scheduler is woken some time after the last of them, and not for each.
func TestWhoAsksTogetherWakesOnce(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	heard := make(chan tasks.Wake, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tasks.Wakes(ctx, env.Redis, func(w tasks.Wake) { heard <- w })
	}()
	feeder := tasks.NewFeeder(tasks.NewClient(env.Redis), slog.New(slog.DiscardHandler))
	testenv.Eventually(t, 10*time.Second, func() error { // it may not listen yet
		feeder.Wake(tasks.WakeWebhooks)
		select {
		case <-heard:
			return nil
		default:
			return context.DeadlineExceeded
		}
	})
	for range 1000 {
		feeder.Wake(tasks.WakeBulk)
	}
	bulk := 0
	testenv.Eventually(t, 10*time.Second, func() error {
		for {
			select {
			case w := <-heard:
				if w == tasks.WakeBulk {
					bulk++
				}
				continue
			default:
			}
			if bulk == 0 {
				return context.DeadlineExceeded
			}
			return nil
		}
	})
	feeder.Stop()
	cancel()
	<-ended
	if bulk > 100 {
		t.Errorf("1,000 who asked woke it %d times", bulk)
	}
}
