package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// StatusRename gives a status another name.
type StatusRename struct {
	From string `json:"from" minLength:"1" maxLength:"100"`
	To   string `json:"to" minLength:"1" maxLength:"100"`
}

// StatusChange is one step of an assigned lead's progress.
type StatusChange struct {
	ID       uuid.UUID  `json:"id" format:"uuid"`
	From     string     `json:"from" doc:"What the status was called then."`
	To       string     `json:"to"`
	By       lead.Role  `json:"by" doc:"Who changed it: a member, or somebody of the workspace's."`
	APIKeyID *uuid.UUID `json:"api_key_id,omitempty" format:"uuid" doc:"By which key, if it was one. Not for members."`
	PersonID *uuid.UUID `json:"person_id,omitempty" format:"uuid" doc:"Who was signed in, if it was a person. Not for members."`
	MemberID *uuid.UUID `json:"member_id,omitempty" format:"uuid" doc:"Whose key it was, where it was a member's. Not for members."`
	At       time.Time  `json:"at"`
}

func (s StatusChange) itemID() uuid.UUID { return s.ID }

type timelineInput struct {
	ItemID
	Paging
}

func (a *API) registerStatuses() {
	register(a, huma.Operation{
		OperationID: "rename-status", Method: http.MethodPost, Path: "/v1/workspace/rename-status",
		Summary:     "Rename a status, on the list and on the assigned leads that have it",
		Description: "Timelines tell what it was called then.", DefaultStatus: http.StatusOK,
	}, func(ctx context.Context, c *call, in *struct{ Body StatusRename }) (*posted[Workspace], error) {
		return once(ctx, a, c, func(tx *store.Tx) (effect[Workspace], error) {
			w, err := tx.RenameStatus(ctx, c.Workspace, in.Body.From, in.Body.To)
			return effect[Workspace]{status: http.StatusOK, body: workspaceBody(w)}, err
		})
	})
}

func (a *API) registerTimeline() {
	registerList(a, huma.Operation{
		OperationID: "list-assigned-lead-timeline", Path: "/v1/assigned-leads/{id}/timeline", Summary: "List an assigned lead's status changes",
	}, nil, func(ctx context.Context, c *call, in *timelineInput, p store.Page) ([]StatusChange, error) {
		all, err := a.Store.StatusChanges(ctx, c.Workspace, c.own(), in.ID, p)
		return each(all, c.statusChangeBody), err
	})
}

func (c *call) statusChangeBody(s store.StatusChange) StatusChange {
	body := StatusChange{ID: s.ID, From: s.From, To: s.To, By: lead.RoleAdmin, At: s.At}
	if s.MemberID != nil {
		body.By = lead.RoleMember
	}
	if c.Role != lead.RoleMember {
		body.PersonID, body.MemberID = s.PersonID, s.MemberID
		if s.PersonID == nil {
			body.APIKeyID = &s.By
		}
	}
	return body
}
