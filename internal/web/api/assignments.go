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
	Pace      *string     `json:"pace" enum:"slow,normal,fast"`
	At        *time.Time  `json:"at"`
	Seed      *lead.Seed  `json:"seed" doc:"What the times of a pace were drawn from."`
	Count     int         `json:"count" doc:"How many decisions it made: one for each member who gets a lead, one for each lead yet to be dealt by its group."`
	CreatedAt time.Time   `json:"created_at"`
}

func (a Assignment) itemID() uuid.UUID { return a.ID }

// NewAssignment is leads to be distributed.
type NewAssignment struct {
	LeadIDs []uuid.UUID `json:"lead_ids" format:"uuid" minItems:"1" maxItems:"100000" doc:"In the order in which they are to go out; each once."`
	Distribution
	Seed lead.Seed `json:"seed,omitempty" maximum:"9007199254740991" doc:"That of a preview from the last hour: this makes its plan."`
}

type assignmentOutput struct{ Body Assignment }

func (a *API) registerAssignments() {
	const collection = "/v1/assignments"
	register(a, huma.Operation{
		OperationID: "post-assignment", Method: http.MethodPost, Path: collection, Summary: "Distribute leads that are here already",
		DefaultStatus: http.StatusAccepted,
	}, a.postAssignment)
	registerList(a, huma.Operation{OperationID: "list-assignments", Path: collection, Summary: "List the assignments"}, nil,
		func(ctx context.Context, c *call, _ *struct{ Paging }, p store.Page) ([]Assignment, error) {
			all, err := a.Store.Assignments(ctx, c.Workspace, p)
			return each(all, assignmentBody), err
		})
	register(a, huma.Operation{
		OperationID: "preview-assignment", Method: http.MethodPost, Path: collection + "/preview", Summary: "See what an assignment would plan, without effect",
		Description: "The same body with the seed that this answers makes exactly this plan, while nothing else changes.",
	}, a.previewAssignment)
	register(a, huma.Operation{
		OperationID: "get-assignment", Method: http.MethodGet, Path: collection + "/{id}", Summary: "Read an assignment",
	}, func(ctx context.Context, c *call, in *itemInput) (*assignmentOutput, error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		found, err := a.Store.Assignment(ctx, c.Workspace, id)
		return &assignmentOutput{assignmentBody(found)}, err
	})
}

func (a *API) postAssignment(ctx context.Context, c *call, in *struct{ Body NewAssignment }) (*posted[Assignment], error) {
	d, err := a.assigned(c, in.Body)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Assignment], error) {
		made, batches, err := tx.Assign(ctx, c.Workspace, in.Body.LeadIDs, d)
		return effect[Assignment]{status: http.StatusAccepted, body: assignmentBody(made), batches: batches}, err
	})
}

// assigned is to whom and when an assignment's leads go.
func (a *API) assigned(c *call, n NewAssignment) (store.Distribution, error) {
	d, err := a.toStore(n.Distribution, "")
	if err != nil {
		return d, err
	}
	if i := repeated(n.LeadIDs); i >= 0 {
		return d, &store.FieldError{Field: fmt.Sprintf("lead_ids[%d]", i), Message: "this lead is listed before; list each once"}
	}
	d.Seed = n.Seed
	if err := checkDecisions(len(n.LeadIDs), d); err != nil {
		return d, err
	}
	return d, c.mayDistribute(d)
}

func assignmentBody(a store.Assignment) Assignment {
	return Assignment{
		ID: a.ID, GroupID: a.GroupID, MemberIDs: each(a.MemberIDs, func(id uuid.UUID) uuid.UUID { return id }),
		Pace: textOrNull(string(a.Pace)), At: a.At, Seed: a.Seed, Count: a.Count, CreatedAt: a.CreatedAt,
	}
}
