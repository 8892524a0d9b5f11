package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/web/problem"
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

// Audit is what the last look at the promises found, on the whole installation.
type Audit struct {
	At     time.Time    `json:"at"`
	OK     bool         `json:"ok" doc:"Whether every promise is kept."`
	Checks []AuditCheck `json:"checks"`
}

// AuditCheck is one promise.
type AuditCheck struct {
	Name     string       `json:"name" example:"given_twice"`
	Promise  string       `json:"promise" example:"a member gets a lead once, but for what was undone"`
	OK       bool         `json:"ok"`
	Found    int          `json:"found" doc:"How much breaks it."`
	Examples []string     `json:"examples" doc:"Some of what breaks it, ten at the most."`
	Remedy   store.Remedy `json:"remedy" doc:"What to do where it is broken: wait for the scheduler, mend it with leadwheel audit --repair, restore what is gone from a backup, or report a defect."`
}

func (a *API) registerInstallation() {
	register(a, huma.Operation{
		OperationID: "get-installation-audit", Method: http.MethodGet, Path: "/v1/installation/audit", Summary: "Read what the last audit found",
		Errors:      []int{http.StatusNotFound},
		Description: "The leading scheduler makes one a day, and leadwheel audit does. Where other workspaces are on the installation too, only its operators see it.",
	}, func(ctx context.Context, c *call, _ *struct{}) (*struct{ Body Audit }, error) {
		shared, err := a.Store.Shared(ctx, c.Workspace)
		if err == nil && shared {
			err = problem.New(http.StatusForbidden, "other workspaces are on this installation too, and the audit is of all; its operators see it by leadwheel audit")
		}
		if err != nil {
			return nil, err
		}
		report, err := a.Store.LastAudit(ctx)
		checks := each(report.Checks, func(c store.AuditCheck) AuditCheck { return AuditCheck(c) })
		return &struct{ Body Audit }{Audit{At: report.At, OK: report.OK, Checks: checks}}, err
	})
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
