package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadwheel/leadwheel/store"
)

func (a *API) registerNextLead() {
	register(a, huma.Operation{
		OperationID: "post-next-lead", Method: http.MethodPost, Path: "/v1/my/next-lead", Summary: "Take the oldest lead that waits",
		Description: "For members: with a member's key, or signed in as an agent. It is the oldest lead that waits for a group which lists " +
			"them, within their caps, whatever their working hours; 204 where there is none.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict, http.StatusNotFound},
		Responses: map[string]*huma.Response{
			"201": {
				Description: "It is theirs now.",
				Content: map[string]*huma.MediaType{"application/json": {
					Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[AssignedLead](), true, ""),
				}},
			},
			"204": {Description: "None waits for them."},
		},
	}, a.postNextLead)
}

func (a *API) postNextLead(ctx context.Context, c *call, _ *struct{}) (*posted[AssignedLead], error) {
	member, err := c.itself()
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[AssignedLead], error) {
		l, err := tx.NextLead(ctx, c.Workspace, member)
		if err != nil || l == nil {
			return effect[AssignedLead]{status: http.StatusNoContent}, err
		}
		return effect[AssignedLead]{status: http.StatusCreated, body: c.assignedLeadBody(*l)}, nil
	})
}
