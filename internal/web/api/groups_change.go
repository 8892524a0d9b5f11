package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// GroupEdit is what a group is to be replaced with, and what becomes of the leads planned through it for receivers who leave.
type GroupEdit struct {
	GroupSpec
	Version *int                `json:"version,omitempty" minimum:"0" doc:"The version at which it was read; where it has another by now nothing is done, and the answer is 409."`
	Pending *GroupPendingChoice `json:"pending,omitempty" doc:"What becomes of the leads planned through the group for receivers who leave it. Needed where there are some: without it the answer is 409, with how many for whom."`
}

// GroupPendingChoice says what becomes of the leads planned through a group for receivers who leave it.
type GroupPendingChoice struct {
	Action    store.PendingAction `json:"action" doc:"leave: they go out to them as planned. spread: others get them, at the same pace and in the same order. delete: they are deleted, and the source leads stay."`
	GroupID   uuid.UUID           `json:"group_id,omitempty" format:"uuid" doc:"For spread: the active members of this group. With neither this nor member_ids, those of the edited group."`
	MemberIDs []uuid.UUID         `json:"member_ids,omitempty" format:"uuid" maxItems:"1000" doc:"For spread: these active members."`
}

// GroupPending is what became of the leads planned through a group for receivers who left it.
type GroupPending struct {
	Count   int `json:"count" doc:"How many are still planned for them."`
	Spread  int `json:"spread,omitempty" doc:"How many this request gave to others."`
	Deleted int `json:"deleted,omitempty" doc:"How many this request deleted."`
}

// MemberCount is how many leads are planned for a member.
type MemberCount struct {
	MemberID uuid.UUID `json:"member_id" format:"uuid"`
	Count    int       `json:"count"`
}

// GroupDraft is a group that is not saved yet.
type GroupDraft struct {
	ID *uuid.UUID `json:"id,omitempty" format:"uuid" doc:"The group, where it is an edit of one; absent for a new one."`
	GroupSpec
}

// GroupPreview is what saving a group would change.
type GroupPreview struct {
	Next    []Turn        `json:"next" doc:"Whose turns would come next."`
	Pending []MemberCount `json:"pending" doc:"How many leads are planned through the group for receivers who would leave it, and for whom."`
	Joins   []uuid.UUID   `json:"joins" format:"uuid" doc:"Members who would be listed anew."`
	Leaves  []uuid.UUID   `json:"leaves" format:"uuid" doc:"Members who would not be listed any more."`
}

type groupPreviewInput struct {
	Next int `query:"next" minimum:"0" maximum:"1000" default:"20" doc:"How many of the turns to come to show."`
	Body GroupDraft
}

// groupRemoval is a group to be deleted, and what becomes of what is planned through it.
type groupRemoval struct {
	ItemID
	Pending   store.PendingAction `query:"pending" doc:"What becomes of the leads planned through the group, as when it is edited. Needed where there are some: without it the answer is 409, with how many for whom."`
	GroupID   uuid.UUID           `query:"group_id" format:"uuid" doc:"For spread: the active members of this group."`
	MemberIDs []string            `query:"member_ids" maxItems:"1000" doc:"For spread: these active members, separated by commas."`
}

func (a *API) registerGroupChanges() {
	const collection, one = "/v1/groups", "/v1/groups/{id}"
	register(a, huma.Operation{
		OperationID: "preview-group", Method: http.MethodPost, Path: collection + "/preview", Summary: "See what saving a distribution group would change, without effect",
	}, a.previewGroup)
	register(a, huma.Operation{
		OperationID: "put-group", Method: http.MethodPut, Path: one, Errors: []int{http.StatusConflict},
		Summary: "Replace a distribution group's receivers; whoever was next stays next",
	}, a.putGroup)
	register(a, huma.Operation{
		OperationID: "delete-group", Method: http.MethodDelete, Path: one, Summary: "Delete a distribution group",
		Errors: []int{http.StatusConflict, http.StatusUnprocessableEntity},
	}, a.deleteGroup)
}

func (a *API) previewGroup(ctx context.Context, c *call, in *groupPreviewInput) (*posted[GroupPreview], error) {
	spec, err := in.Body.spec()
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[GroupPreview], error) {
		p, err := tx.PreviewGroup(ctx, c.Workspace, idOrNil(in.Body.ID), spec, in.Next)
		if errors.Is(err, store.ErrNotFound) {
			err = &store.FieldError{Field: "id", Message: "there is no such group in this workspace"}
		}
		same := func(id uuid.UUID) uuid.UUID { return id }
		return effect[GroupPreview]{status: http.StatusOK, body: GroupPreview{
			Next:    each(p.Next, func(t store.UpcomingTurn) Turn { return Turn(t) }),
			Pending: each(p.Pending, func(m store.MemberCount) MemberCount { return MemberCount(m) }),
			Joins:   each(p.Joins, same), Leaves: each(p.Leaves, same),
		}}, err
	})
}

func (a *API) putGroup(ctx context.Context, c *call, in *patchInput[GroupEdit]) (*groupOutput, error) {
	spec, err := in.Body.spec()
	if err != nil {
		return nil, err
	}
	spec.Read = in.Body.Version
	choice, err := in.Body.Pending.toStore()
	if err != nil {
		return nil, store.Under("pending.", err)
	}
	var g store.Group
	var done store.GroupHandOver
	err = a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		g, done, err = tx.EditGroup(ctx, c.Workspace, in.ID, spec, choice)
		return err
	})
	if err != nil {
		return nil, a.holding(ctx, c, store.ReferencedGroup, in.Body.ExternalID.value, err)
	}
	bodies, err := a.groupBodies(ctx, c, g)
	if err != nil {
		return nil, err
	}
	bodies[0].Pending = &GroupPending{Count: done.Left, Spread: done.Spread, Deleted: done.Deleted}
	return &groupOutput{bodies[0]}, nil
}

func (a *API) deleteGroup(ctx context.Context, c *call, in *groupRemoval) (*none, error) {
	var choice *store.PendingChoice
	if in.Pending != "" || in.GroupID != uuid.Nil || len(in.MemberIDs) > 0 {
		chosen, err := queryChoice(in.Pending, in.GroupID, in.MemberIDs)
		if err != nil {
			return nil, err
		}
		choice = &chosen
	}
	err := a.Store.WithTx(ctx, func(tx *store.Tx) error {
		_, err := tx.EndGroup(ctx, c.Workspace, in.ID, choice)
		return err
	})
	if err != nil {
		return nil, inQuery(err)
	}
	return nil, nil
}

// toStore is nil where nothing was chosen.
func (p *GroupPendingChoice) toStore() (*store.PendingChoice, error) {
	if p == nil {
		return nil, nil
	}
	choice, err := PendingChoice(*p).toStore()
	return &choice, err
}

// inQuery puts the field of a *store.FieldError among the parameters of the request.
func inQuery(err error) error {
	var field *store.FieldError
	if errors.As(err, &field) {
		return badQuery("query."+field.Field, field.Message)
	}
	return err
}
