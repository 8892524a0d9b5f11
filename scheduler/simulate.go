package scheduler

import (
	"context"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

const (
	// simulateInterval is how often simulations are looked for that nobody works out, and simulateLeft since when that must be so: whoever
	// asks for one hands it over themselves.
	simulateInterval = 2 * time.Second
	simulateLeft     = 5 * time.Second
	// simulationsAtOnce bounds those of one round.
	simulationsAtOnce = 100
)

// feedSimulations hands over simulations that Redis lost or whose worker died.
func (s *Scheduler) feedSimulations(ctx context.Context) error {
	owed, err := s.store.OwedSimulations(ctx, s.store.Now().Add(-simulateLeft), simulationsAtOnce)
	if err != nil || len(owed) == 0 {
		return err
	}
	return s.queue.client.Distribute(ctx, owed...)
}

func (s *Scheduler) deleteOldSimulations(ctx context.Context) error {
	_, err := s.store.DeleteOldSimulations(ctx, s.store.Now().Add(-store.SimulationAge))
	return err
}
