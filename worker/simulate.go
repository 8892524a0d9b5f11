package worker

import (
	"context"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// simulation works out what leads would have come to.
type simulation struct{ store *store.Store }

func (s *simulation) handle(ctx context.Context, task *asynq.Task) error {
	p, err := tasks.Decode[tasks.Simulate](task.Payload())
	if err != nil {
		return err
	}
	return s.store.Simulate(ctx, p.Workspace, p.Simulation)
}
