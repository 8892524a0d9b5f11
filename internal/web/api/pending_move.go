package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// PendingMove says which pending leads are to be moved, and where to.
type PendingMove struct {
	IDs      []uuid.UUID   `json:"ids,omitempty" format:"uuid" maxItems:"100000" doc:"Those with these ids. Either this or filter."`
	Filter   *PendingMatch `json:"filter,omitempty" doc:"All that match, up to 100,000."`
	At       *time.Time    `json:"at,omitempty" doc:"When they are to go out: in the future, a year from now at the most. Absent: when they were."`
	MemberID *uuid.UUID    `json:"member_id,omitempty" format:"uuid" doc:"Who is to get them. Absent: who was. At least one of this and at is needed."`
}

func (a *API) registerPendingMove(path string) {
	register(a, huma.Operation{
		OperationID: "move-pending-leads", Method: http.MethodPost, Path: path, Summary: "Move pending leads to another time or member, all or none",
		Description: "Where one of them is going out already, or somebody would get more for a day than a pace promises, the answer is 409 and none is moved.",
		Errors:      []int{http.StatusConflict},
	}, a.movePending)
}

func (a *API) movePending(ctx context.Context, c *call, in *struct{ Body PendingMove }) (*posted[Count], error) {
	b := in.Body
	var to store.PendingMove
	switch {
	case (b.IDs != nil) == (b.Filter != nil):
		return nil, &store.FieldError{Field: "ids", Message: "give either ids or filter"}
	case b.At == nil && b.MemberID == nil:
		return nil, &store.FieldError{Field: "at", Message: "say where to move them: give at, or member_id, or both"}
	case b.At != nil:
		if err := a.Store.CheckDue("at", *b.At); err != nil {
			return nil, err
		}
		to.At = *b.At
	}
	to.Member = idOrNil(b.MemberID)
	return a.changePending(ctx, c, PendingSelection{IDs: b.IDs, Filter: b.Filter}, func(tx *store.Tx, s store.PendingSelection) (effect[Count], error) {
		count, err := tx.MovePendingLeads(ctx, c.Workspace, s, to)
		return effect[Count]{body: Count{count}}, err
	})
}
