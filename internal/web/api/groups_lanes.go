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

// Lane is a value of what a group balances by that has turns of its own, and what the group's receivers got of it.
type Lane struct {
	Value    *string    `json:"value" doc:"The id of the source, campaign or form, the name of the rule, or what the field holds; empty for leads without. Null for the lane that values share which came when there were enough lanes."`
	Name     *string    `json:"name" doc:"What people call it; null where they call it nothing else."`
	OpenedAt *time.Time `json:"opened_at"`
	Turns    int64      `json:"turns" doc:"How many turns it has handed out in this version of the group."`
	Counted  int        `json:"counted" doc:"How many of them, the last ones, are counted here: four rounds of the ring, or fewer where there were no more."`
	Members  []Share    `json:"members"`
	Next     *[]Turn    `json:"next,omitempty" doc:"Whose turns come next, with ?next=."`

	number int
}

// itemID is the place of the lane in the list.
func (l Lane) itemID() uuid.UUID { return uuid.UUID{0: 1, 14: byte(l.number >> 8), 15: byte(l.number)} }

// LaneTurn is the lane of a turn.
type LaneTurn struct {
	Value *string `json:"value"`
	Name  *string `json:"name"`
	Turn  int64   `json:"turn"`
}

// Schema implements huma.SchemaProvider, since it may be null.
func (LaneTurn) Schema(huma.Registry) *huma.Schema {
	text := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Nullable: true, Description: doc}
	}
	s := &huma.Schema{
		Type: huma.TypeObject, Nullable: true, Required: []string{"value", "name", "turn"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"value": text("The value whose lane it is; null for the lane that the last values share."),
			"name":  text("What people call it; null where they call it nothing else."),
			"turn":  {Type: huma.TypeInteger, Format: "int64", Description: "The number of the turn within its lane, from 0 on."},
		},
	}
	s.PrecomputeMessages()
	return s
}

func laneTurnBody(l *store.LaneTurn) *LaneTurn {
	if l == nil {
		return nil
	}
	return &LaneTurn{Value: laneValue(l.Value, l.Shared), Name: textOrNull(l.Name), Turn: l.Turn}
}

// cellOfLane is a lane as people call it.
func cellOfLane(l *LaneTurn) string {
	switch {
	case l == nil:
		return ""
	case l.Name != nil:
		return *l.Name
	case l.Value != nil:
		return *l.Value
	}
	return "everything else"
}

// laneValue is a lane's value, null for the one that the last values share.
func laneValue(value string, shared bool) *string {
	if shared {
		return nil
	}
	return &value
}

type laneListInput struct {
	ItemID
	Paging
	Next int `query:"next" minimum:"0" maximum:"20" doc:"How many of the turns to come to show of each."`
}

func (a *API) registerGroupLanes(path string) {
	registerList(a, huma.Operation{
		OperationID: "list-group-lanes", Path: path, Summary: "List the lanes of a group that keeps its mix even, with what its receivers got in each",
		Description: "The lanes that were opened last come first. A group that balances by nothing has none.", Errors: []int{http.StatusNotFound},
	}, nil, a.listGroupLanes)
}

func (a *API) listGroupLanes(ctx context.Context, c *call, in *laneListInput, p store.Page) ([]Lane, error) {
	before := lead.MaxLanes
	if p.After != uuid.Nil {
		before = int(p.After[14])<<8 | int(p.After[15])
	}
	all, err := a.Store.LaneShares(ctx, c.Workspace, in.ID, before, p.Limit, in.Next)
	return each(all, func(l store.LaneShare) Lane {
		body := Lane{
			Value: laneValue(l.Value, l.Number == 0), Name: textOrNull(l.Name), OpenedAt: l.OpenedAt, Members: each(l.Shares, shareBody), number: l.Number,
		}
		if len(l.Shares) > 0 {
			body.Turns, body.Counted = l.Shares[0].Turns, l.Shares[0].Counted
		}
		if in.Next > 0 {
			next := each(l.Next, func(t store.UpcomingTurn) Turn { return Turn(t) })
			body.Next = &next
		}
		return body
	}), err
}
