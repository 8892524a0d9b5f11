package worker

import (
	"context"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/tasks"
)

// fetch gets leads from platforms.
type fetch struct{ fetcher *ingest.Fetcher }

func (f *fetch) handle(ctx context.Context, task *asynq.Task) error {
	p, err := tasks.Decode[tasks.Fetch](task.Payload())
	if err != nil {
		return err
	}
	return f.fetcher.Run(ctx, p.Workspace, p.Integration)
}
