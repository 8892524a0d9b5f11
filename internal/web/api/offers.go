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

// Offer is of a lead to a member, of a group whose leads the first who accepts gets. It tells a name and a place, and nothing by which the
// person can be reached.
type Offer struct {
	ID             uuid.UUID        `json:"id" format:"uuid"`
	MemberID       *uuid.UUID       `json:"member_id,omitempty" format:"uuid" doc:"Not for members."`
	LeadID         *uuid.UUID       `json:"lead_id,omitempty" format:"uuid" doc:"Not for members."`
	PendingID      *uuid.UUID       `json:"pending_id,omitempty" format:"uuid" doc:"What it was while it was pending. Not for members."`
	GroupID        *uuid.UUID       `json:"group_id,omitempty" format:"uuid" doc:"Not for members."`
	State          store.OfferState `json:"state" doc:"open: it can be accepted. accepted: the member has the lead. taken: another one was first. lapsed: its time was over, and the lead went on. cancelled: somebody ended it."`
	Name           *string          `json:"name"`
	Place          *string          `json:"place" doc:"Where the person lives, as the lead's fields say."`
	OfferedAt      time.Time        `json:"offered_at"`
	AnswerBy       *time.Time       `json:"answer_by" doc:"Until when it is to be accepted; null where it has no end."`
	EndedAt        *time.Time       `json:"ended_at" doc:"When it was accepted, by this member or another, or could be no more."`
	AssignedLeadID *uuid.UUID       `json:"assigned_lead_id" format:"uuid" nullable:"true" doc:"The member's lead, where they accepted."`
}

func (o Offer) itemID() uuid.UUID { return o.ID }

type offerListInput struct {
	Paging
	State    store.OfferState `query:"state" doc:"Only offers that are so."`
	MemberID uuid.UUID        `query:"member_id" format:"uuid" doc:"Only what was offered to this member."`
	GroupID  uuid.UUID        `query:"group_id" format:"uuid" doc:"Only what this group's receivers were offered."`
	LeadID   uuid.UUID        `query:"lead_id" format:"uuid" doc:"Only offers of this source lead."`
}

type myOfferListInput struct {
	Paging
	State store.OfferState `query:"state" default:"open" doc:"Only offers that are so."`
}

var offerColumns = []column[Offer]{
	{"id", func(o Offer) string { return o.ID.String() }},
	{"state", func(o Offer) string { return string(o.State) }},
	{"name", func(o Offer) string { return cellOfText(o.Name) }},
	{"place", func(o Offer) string { return cellOfText(o.Place) }},
	{"offered_at", func(o Offer) string { return cellOfTime(o.OfferedAt) }},
	{"answer_by", func(o Offer) string { return cellOfMoment(o.AnswerBy) }},
	{"ended_at", func(o Offer) string { return cellOfMoment(o.EndedAt) }},
	{"assigned_lead_id", func(o Offer) string { return cellOfID(o.AssignedLeadID) }},
	{"member_id", func(o Offer) string { return cellOfID(o.MemberID) }},
	{"lead_id", func(o Offer) string { return cellOfID(o.LeadID) }},
	{"group_id", func(o Offer) string { return cellOfID(o.GroupID) }},
	{"pending_id", func(o Offer) string { return cellOfID(o.PendingID) }},
}

func (a *API) registerOffers() {
	registerList(a, huma.Operation{
		OperationID: "list-offers", Path: "/v1/offers", Summary: "List what is and was offered to members",
	}, offerColumns, func(ctx context.Context, c *call, in *offerListInput, p store.Page) ([]Offer, error) {
		f := store.OfferFilter{MemberID: in.MemberID, GroupID: in.GroupID, LeadID: in.LeadID, State: in.State}
		all, err := a.Store.Offers(ctx, c.Workspace, f, p)
		return each(all, c.offerBody), err
	})
	registerList(a, huma.Operation{
		OperationID: "list-my-offers", Path: "/v1/my/offers", Summary: "List what is offered to the caller",
		Description: "For members: with a member's key, or signed in as an agent. Those that can be accepted, unless a state is given.",
		Errors:      []int{http.StatusNotFound},
	}, nil, func(ctx context.Context, c *call, in *myOfferListInput, p store.Page) ([]Offer, error) {
		member, err := c.itself()
		if err != nil {
			return nil, err
		}
		all, err := a.Store.Offers(ctx, c.Workspace, store.OfferFilter{MemberID: member, State: in.State}, p)
		return each(all, c.offerBody), err
	})
	register(a, huma.Operation{
		OperationID: "accept-offer", Method: http.MethodPost, Path: "/v1/offers/{id}/accept", Summary: "Accept what is offered",
		Description: "The first who accepts it gets the lead, answered; all others are refused with the code taken. Accepting it again " +
			"answers with the same lead. A manager can accept it for the member whose offer it is.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, c *call, in *itemInput) (*posted[AssignedLead], error) {
		return once(ctx, a, c, func(tx *store.Tx) (effect[AssignedLead], error) {
			l, err := tx.AcceptOffer(ctx, c.Workspace, c.own(), in.ID)
			return effect[AssignedLead]{status: http.StatusCreated, body: c.assignedLeadBody(l)}, err
		})
	})
}

func (c *call) offerBody(o store.LeadOffer) Offer {
	body := Offer{
		ID: o.ID, State: o.State, Name: textOrNull(o.Name), Place: textOrNull(o.Place), OfferedAt: o.OfferedAt, AnswerBy: o.AnswerBy,
		EndedAt: o.EndedAt, AssignedLeadID: o.AssignedLeadID,
	}
	if c.Role != lead.RoleMember {
		body.MemberID, body.LeadID, body.PendingID, body.GroupID = &o.MemberID, &o.LeadID, &o.PendingID, &o.GroupID
	}
	return body
}
