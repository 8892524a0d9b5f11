package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// PendingSelection says which pending leads are meant: those listed, or those that match.
type PendingSelection struct {
	IDs    []uuid.UUID   `json:"ids,omitempty" format:"uuid" maxItems:"100000" doc:"Those with these ids. Either this, or filter, or all."`
	Filter *PendingMatch `json:"filter,omitempty" doc:"All that match, however many."`
	All    *PendingAll   `json:"all,omitempty" doc:"Those that match, the soonest 100,000 at a time: repeat until the count is 0."`
}

// PendingAll are filters of which all must match; without any, everything pending does.
type PendingAll struct {
	MemberID     uuid.UUID  `json:"member_id,omitempty" format:"uuid"`
	GroupID      uuid.UUID  `json:"group_id,omitempty" format:"uuid"`
	AssignmentID uuid.UUID  `json:"assignment_id,omitempty" format:"uuid"`
	LeadID       uuid.UUID  `json:"lead_id,omitempty" format:"uuid"`
	DueBefore    *time.Time `json:"due_before,omitempty" doc:"Exclusive."`
}

func (f PendingAll) toStore() store.PendingFilter {
	return store.PendingFilter{
		MemberID: f.MemberID, GroupID: f.GroupID, AssignmentID: f.AssignmentID, LeadID: f.LeadID, DueBefore: timeOrZero(f.DueBefore),
	}
}

// PendingMatch is the filters of a list of pending leads, and how many it has.
type PendingMatch struct {
	PendingAll
	Matched
}

// Matched is how many a filter was seen to match.
type Matched struct {
	Matched int `json:"matched" minimum:"0" doc:"How many were seen to match. Where that is another number by now, nothing is done and the answer is 409, with the new one."`
}

func (s PendingSelection) toStore() (store.PendingSelection, error) {
	switch {
	case s.IDs != nil && s.All == nil && s.Filter == nil:
		return store.PendingSelection{IDs: s.IDs}, nil
	case s.IDs == nil && s.All != nil && s.Filter == nil:
		return store.PendingSelection{Filter: s.All.toStore()}, nil
	case s.IDs == nil && s.All == nil && s.Filter != nil:
		return store.PendingSelection{Filter: s.Filter.toStore(), Matched: &s.Filter.Matched.Matched}, nil
	}
	return store.PendingSelection{}, &store.FieldError{Field: "ids", Message: "give either ids, or filter, or all"}
}

// Count is how many there were.
type Count struct {
	Count int `json:"count" doc:"How many were still pending."`
}

// PendingPatch moves a pending lead.
type PendingPatch struct {
	DueAt    Patch[time.Time] `json:"due_at,omitempty" nullable:"false" doc:"In the future, a year from now at the most."`
	MemberID Patch[uuid.UUID] `json:"member_id,omitempty" format:"uuid" nullable:"false"`
}

func (a *API) registerPendingChanges() {
	const collection, one = "/v1/pending-leads", "/v1/pending-leads/{id}"
	register(a, huma.Operation{
		OperationID: "patch-pending-lead", Method: http.MethodPatch, Path: one, Summary: "Move a pending lead to another time or member",
		Errors: []int{http.StatusConflict},
	}, a.patchPending)
	register(a, huma.Operation{
		OperationID: "delete-pending-lead", Method: http.MethodDelete, Path: one, Summary: "Delete a pending lead; the source lead stays",
	}, func(ctx context.Context, c *call, in *itemInput) (*struct{ Body Count }, error) {
		count := 0
		err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
			if count, err = tx.DeletePending(ctx, c.Workspace, store.PendingSelection{IDs: []uuid.UUID{in.ID}}); err == nil && count == 0 {
				err = store.ErrNotFound
			}
			return err
		})
		return &struct{ Body Count }{Count{count}}, err
	})
	register(a, huma.Operation{
		OperationID: "delete-pending-leads", Method: http.MethodPost, Path: collection + "/delete", Summary: "Delete pending leads; the source leads stay",
		Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, c *call, in *struct{ Body PendingSelection }) (*posted[Count], error) {
		return a.changePending(ctx, c, in.Body, func(tx *store.Tx, s store.PendingSelection) (effect[Count], error) {
			count, err := tx.DeletePending(ctx, c.Workspace, s)
			return effect[Count]{body: Count{count}}, err
		})
	})
	register(a, huma.Operation{
		OperationID: "distribute-pending-leads-now", Method: http.MethodPost, Path: collection + "/distribute-now",
		Summary: "Distribute pending leads at once, to the members planned", Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, c *call, in *struct{ Body PendingSelection }) (*posted[Count], error) {
		return a.changePending(ctx, c, in.Body, func(tx *store.Tx, s store.PendingSelection) (effect[Count], error) {
			count, err := tx.DistributeNow(ctx, c.Workspace, s)
			return effect[Count]{body: Count{count}}, err
		})
	})
	a.registerPendingMove(collection + "/move")
}

func (a *API) changePending(ctx context.Context, c *call, selected PendingSelection, change func(*store.Tx, store.PendingSelection) (effect[Count], error)) (*posted[Count], error) {
	s, err := selected.toStore()
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Count], error) {
		did, err := change(tx, s)
		did.status, did.count = http.StatusOK, &did.body.Count
		return did, err
	})
}

func (a *API) patchPending(ctx context.Context, c *call, in *patchInput[PendingPatch]) (*pendingOutput, error) {
	var p store.PendingLead
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		p, err = tx.MovePending(ctx, c.Workspace, in.ID, func(p *store.PendingLead) error {
			if err := in.Body.MemberID.overNeeded("member_id", p.MemberID); err != nil {
				return err
			}
			if err := in.Body.DueAt.overNeeded("due_at", &p.DueAt); err != nil || !in.Body.DueAt.set {
				return err
			}
			return a.Store.CheckDue("due_at", p.DueAt)
		})
		return err
	})
	return &pendingOutput{pendingBody(p, a.Store.Now())}, err
}
