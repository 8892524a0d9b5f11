package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// Installation is what an admin may know of where their workspace is.
type Installation struct {
	Shared bool `json:"shared" doc:"Whether other workspaces are on it too. Its queues are then for its operators alone, since they hold the work of all."`
}

// DeadTask is work that the queue gave up on, without what is in it.
type DeadTask struct {
	ID       uuid.UUID `json:"id" format:"uuid"`
	Kind     string    `json:"kind" example:"lead:ingest"`
	Queue    string    `json:"queue"`
	Error    string    `json:"error" doc:"What went wrong the last time."`
	FailedAt time.Time `json:"failed_at"`
}

func (d DeadTask) itemID() uuid.UUID { return d.ID }

func (a *API) registerInstallation() {
	register(a, huma.Operation{
		OperationID: "get-installation", Method: http.MethodGet, Path: "/v1/installation", Summary: "Read what there is to know of the installation",
	}, func(ctx context.Context, c *call, _ *struct{}) (*struct{ Body Installation }, error) {
		shared, err := a.Store.Shared(ctx, c.Workspace)
		return &struct{ Body Installation }{Installation{shared}}, err
	})
	registerList(a, huma.Operation{
		OperationID: "list-dead-tasks", Path: "/v1/dead-tasks", Summary: "List the workspace's work that the queue gave up on",
		Description: "Operators give it to the queue again with leadwheel dead retry.",
	}, nil, func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]DeadTask, error) {
		all, err := a.Store.DeadTasksOf(ctx, c.Workspace, p)
		return each(all, func(d store.DeadTask) DeadTask { return DeadTask{d.ID, d.Kind, d.Queue, d.Error, d.FailedAt} }), err
	})
}
