package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// GroupShares are what each receiver of a group got of its last turns.
type GroupShares struct {
	Version int     `json:"version"`
	Turns   int64   `json:"turns" doc:"How many turns this version of the group has handed out."`
	Counted int     `json:"counted" doc:"How many of them, the last ones, are counted here: four rounds of the ring, or of each of its lanes, or fewer where there were no more."`
	Members []Share `json:"members"`
}

// Share is what one receiver got.
type Share struct {
	MemberID uuid.UUID `json:"member_id" format:"uuid"`
	Active   bool      `json:"active"`
	Slots    int       `json:"slots" doc:"How many slots of the ring are theirs."`
	Leads    int       `json:"leads" doc:"How many leads of the counted turns went to them, or will at their time."`
}

type sharesOutput struct{ Body GroupShares }

func (a *API) registerGroupShares(path string) {
	register(a, huma.Operation{
		OperationID: "get-group-shares", Method: http.MethodGet, Path: path, Summary: "Read what each receiver of a group got of late",
	}, bounded(a, a.getGroupShares))
}

func (a *API) getGroupShares(ctx context.Context, c *call, in *itemInput) (*sharesOutput, error) {
	shares, err := a.Store.Shares(ctx, c.Workspace, in.ID)
	if err == nil && len(shares) == 0 { // a ring is never empty
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return &sharesOutput{GroupShares{
		Version: shares[0].Version, Turns: shares[0].Turns, Counted: shares[0].Counted,
		Members: each(shares, shareBody),
	}}, nil
}

func shareBody(s store.Share) Share {
	return Share{MemberID: s.MemberID, Active: s.Active, Slots: s.Slots, Leads: s.Leads}
}
