package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// Assignment is one request to distribute leads that are there already.
type Assignment struct {
	ID        uuid.UUID   `json:"id" format:"uuid"`
	GroupID   *uuid.UUID  `json:"group_id" format:"uuid" nullable:"true"`
	MemberIDs []uuid.UUID `json:"member_ids" format:"uuid"`
	Pace      *lead.Pace  `json:"pace" nullable:"true"`
	At        *time.Time  `json:"at"`
	Seed      *lead.Seed  `json:"seed" doc:"What the times of a pace were drawn from."`
	Count     int         `json:"count" doc:"How many decisions it made: one for each member who gets a lead, one for each lead yet to be dealt by its group."`
	Given     int         `json:"given" doc:"How many copies it made."`
	Pending   int         `json:"pending" doc:"How many of its decisions wait or are going out."`
	Failed    int         `json:"failed"`
	Cancelled int         `json:"cancelled" doc:"How many were deleted while they were pending."`
	Withdrawn int         `json:"withdrawn" doc:"How many copies were taken back."`
	Undone    int         `json:"undone" doc:"How many were undone: copies that were taken back, and what was pending."`
	CreatedAt time.Time   `json:"created_at"`
	Undoable
	// Already is there in the answer to the request that made it.
	Already *int `json:"already_assigned,omitempty" doc:"How many of the leads somebody had already, or was to get."`
}

func (a Assignment) itemID() uuid.UUID { return a.ID }

// NewAssignment is leads to be distributed.
type NewAssignment struct {
	LeadIDs []uuid.UUID `json:"lead_ids,omitempty" format:"uuid" minItems:"1" maxItems:"100000" doc:"In the order in which they are to go out; each once. Either this or filter."`
	Filter  *LeadMatch  `json:"filter,omitempty" doc:"All leads that match, up to 100,000, the oldest first."`
	Only    bool        `json:"only_unassigned,omitempty" doc:"Leaves out the leads that somebody has, or is to get."`
	Distribution
	Seed lead.Seed `json:"seed,omitempty" maximum:"9007199254740991" doc:"That of a preview from the last hour: this makes its plan."`
}

type assignmentOutput struct{ Body Assignment }

func (a *API) registerAssignments() {
	const collection = "/v1/assignments"
	register(a, huma.Operation{
		OperationID: "post-assignment", Method: http.MethodPost, Path: collection, Summary: "Distribute leads that are here already",
		DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusConflict},
	}, a.postAssignment)
	registerList(a, huma.Operation{OperationID: "list-assignments", Path: collection, Summary: "List the assignments"}, nil,
		func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]Assignment, error) {
			all, err := a.Store.Assignments(ctx, c.Workspace, p)
			return each(all, assignmentBody), err
		})
	register(a, huma.Operation{
		OperationID: "preview-assignment", Method: http.MethodPost, Path: collection + "/preview", Summary: "See what an assignment would plan, without effect",
		Description: "The same body with the seed that this answers makes exactly this plan, while nothing else changes.",
		Errors:      []int{http.StatusConflict},
	}, a.previewAssignment)
	a.registerUndo("undo-assignment", collection+"/{id}/undo", "Undo an assignment", store.RunAssignment, "")
	register(a, huma.Operation{
		OperationID: "get-assignment", Method: http.MethodGet, Path: collection + "/{id}", Summary: "Read an assignment",
	}, func(ctx context.Context, c *call, in *itemInput) (*assignmentOutput, error) {
		found, err := a.Store.Assignment(ctx, c.Workspace, in.ID)
		return &assignmentOutput{assignmentBody(found)}, err
	})
}

func (a *API) postAssignment(ctx context.Context, c *call, in *struct{ Body NewAssignment }) (*posted[Assignment], error) {
	d, selected, err := a.assigned(c, in.Body)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Assignment], error) {
		leads, already, err := leadsToAssign(ctx, tx, c, selected, in.Body.Only, d)
		if err != nil {
			return effect[Assignment]{}, err
		}
		made, err := tx.Assign(ctx, c.Workspace, leads, d)
		body := assignmentBody(made)
		body.Already = &already
		return effect[Assignment]{status: http.StatusAccepted, body: body}, err
	})
}

// assigned is to whom and when an assignment's leads go, and which they are.
func (a *API) assigned(c *call, n NewAssignment) (d store.Distribution, s store.LeadSelection, err error) {
	if d, err = a.toStore(n.Distribution, ""); err != nil {
		return d, s, err
	}
	if d.Route {
		return d, s, &store.FieldError{Field: "route", Message: "the rules are asked when a lead comes in; name the group or the members who are to get these"}
	}
	if i := repeated(n.LeadIDs); i >= 0 {
		return d, s, &store.FieldError{Field: fmt.Sprintf("lead_ids[%d]", i), Message: "this lead is listed before; list each once"}
	}
	d.Seed = n.Seed
	if err := checkDecisions(len(n.LeadIDs), d); err != nil {
		return d, s, err
	}
	if s, err = leadSelection("lead_ids", n.LeadIDs, n.Filter); err != nil {
		return d, s, err
	}
	return d, s, c.mayDistribute(d)
}

// leadsToAssign are the leads of an assignment, and how many of those that were meant somebody has already, or is to get.
func leadsToAssign(ctx context.Context, tx *store.Tx, c *call, s store.LeadSelection, only bool, d store.Distribution) (leads []uuid.UUID, already int, err error) {
	if leads, err = tx.SelectLeads(ctx, c.Workspace, s); err != nil {
		return nil, 0, err
	}
	if only {
		leads, already, err = tx.Unassigned(ctx, c.Workspace, leads)
	} else {
		already, err = tx.CountAssigned(ctx, c.Workspace, leads)
	}
	if err == nil {
		err = checkDecisions(len(leads), d)
	}
	return leads, already, err
}

func assignmentBody(a store.Assignment) Assignment {
	return Assignment{
		ID: a.ID, GroupID: a.GroupID, MemberIDs: each(a.MemberIDs, func(id uuid.UUID) uuid.UUID { return id }),
		Pace: textOrNull(a.Pace), At: a.At, Seed: a.Seed, Count: a.Count, CreatedAt: a.CreatedAt,
		Given: a.Given, Pending: a.Pending, Failed: a.Failed, Cancelled: a.Cancelled, Withdrawn: a.Withdrawn, Undone: a.Undone,
		Undoable: undoableBody(a.UndoUntil(), a.UndoneAt),
	}
}
