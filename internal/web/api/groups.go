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

// Group is a distribution group.
type Group struct {
	ID      uuid.UUID   `json:"id" format:"uuid"`
	Name    string      `json:"name"`
	Method  lead.Method `json:"method"`
	Version int         `json:"version" doc:"Goes up whenever the receivers, the method or what it balances by change."`
	Slots   []Slot      `json:"slots"`
	GroupPolicy
	Next *[]Turn `json:"next,omitempty" doc:"Whose turns come next, with ?next=."`
	// Pending is there where this request edited the group.
	Pending   *GroupPending `json:"pending,omitempty" doc:"Of an edit: what became of the leads planned for receivers who left."`
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`

	Reference
}

func (g Group) itemID() uuid.UUID    { return g.ID }
func (g Group) changedAt() time.Time { return g.UpdatedAt }

// Slot is a place in a group's ring.
type Slot struct {
	Members []Receiver `json:"members" minItems:"1" maxItems:"1000"`
	Weight  *int       `json:"weight,omitempty" minimum:"1" maximum:"1000" doc:"How many shares the slot has; 1 unless given."`
}

// Receiver is a member in a slot.
type Receiver struct {
	MemberID uuid.UUID `json:"member_id" format:"uuid"`
	Notify   *bool     `json:"notify,omitempty" doc:"Whether they are told of their leads; true unless given."`
	Caps     *Caps     `json:"caps,omitempty" doc:"How many leads they get of this group at the most. Of a member who is listed more than once the strictest cap holds."`
	Removed  bool      `json:"removed,omitempty" readOnly:"true" doc:"Whether they were removed from the workspace: they get no leads, and may stay listed where they are. Ignored in a request."`
}

// Turn is a turn to come and who has it.
type Turn struct {
	Turn      int64       `json:"turn"`
	MemberIDs []uuid.UUID `json:"member_ids" format:"uuid"`
}

// GroupSpec is a group to be made.
type GroupSpec struct {
	Name   string      `json:"name" minLength:"1" maxLength:"200"`
	Method lead.Method `json:"method"`
	Slots  []Slot      `json:"slots" minItems:"1" maxItems:"1000" doc:"The receivers, in turn order."`
	GroupPolicySpec
	ReferenceSpec
}

type groupOutput struct{ Body Group }

type groupInput struct {
	ItemID
	Next int    `query:"next" minimum:"0" maximum:"1000" doc:"How many of the turns to come to show; of a group that keeps its mix even those of the lane named, or of one that would be opened now."`
	Lane string `query:"lane" maxLength:"1000" doc:"With next: the value of what the group balances by whose turns to show."`
}

func (a *API) registerGroups() {
	const collection, one = "/v1/groups", "/v1/groups/{id}"
	register(a, huma.Operation{
		OperationID: "post-group", Method: http.MethodPost, Path: collection, Summary: "Add a distribution group",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
	}, a.postGroup)
	registerList(a, huma.Operation{OperationID: "list-groups", Path: collection, Summary: "List the distribution groups"}, nil,
		a.listGroups)
	register(a, huma.Operation{
		OperationID: "get-group", Method: http.MethodGet, Path: one, Summary: "Read a distribution group, and whose turn is next",
	}, a.getGroup)
	a.registerGroupChanges()
	a.registerGroupShares(one + "/shares")
	a.registerGroupLanes(one + "/lanes")
	a.registerAvailability()
}

type groupListInput struct {
	Changes
	ByExternalID
	Next int `query:"next" minimum:"0" maximum:"20" doc:"How many of the turns to come to show of each."`
}

func (a *API) listGroups(ctx context.Context, c *call, in *groupListInput, p store.Page) ([]Group, error) {
	all, err := a.Store.Groups(ctx, c.Workspace, in.ExternalID, p)
	if err != nil {
		return nil, err
	}
	bodies, err := a.groupBodies(ctx, c, all...)
	if err != nil || in.Next == 0 {
		return bodies, err
	}
	upcoming, err := a.Store.UpcomingOf(ctx, c.Workspace, each(all, func(g store.Group) uuid.UUID { return g.ID }), in.Next)
	for i := range bodies {
		next := each(upcoming[bodies[i].ID], func(t store.UpcomingTurn) Turn { return Turn(t) })
		bodies[i].Next = &next
	}
	return bodies, err
}

func (a *API) postGroup(ctx context.Context, c *call, in *struct{ Body GroupSpec }) (*posted[Group], error) {
	spec, err := in.Body.spec()
	if err != nil {
		return nil, err
	}
	made, err := once(ctx, a, c, func(tx *store.Tx) (effect[Group], error) {
		g, err := tx.CreateGroup(ctx, c.Workspace, spec)
		return effect[Group]{status: http.StatusCreated, body: groupBody(g, nil)}, err
	})
	return made, a.holding(ctx, c, store.ReferencedGroup, in.Body.ExternalID.value, err)
}

func (a *API) getGroup(ctx context.Context, c *call, in *groupInput) (*groupOutput, error) {
	g, err := a.Store.Group(ctx, c.Workspace, in.ID)
	if err != nil {
		return nil, err
	}
	bodies, err := a.groupBodies(ctx, c, g)
	if err != nil {
		return nil, err
	}
	body := bodies[0]
	if in.Next > 0 {
		turns, err := a.nextTurns(ctx, c, in)
		if err != nil {
			return nil, err
		}
		next := each(turns, func(t store.UpcomingTurn) Turn { return Turn(t) })
		body.Next = &next
	}
	return &groupOutput{body}, nil
}

func (a *API) nextTurns(ctx context.Context, c *call, in *groupInput) ([]store.UpcomingTurn, error) {
	if in.Lane == "" {
		return a.Store.Upcoming(ctx, c.Workspace, in.ID, in.Next)
	}
	return a.Store.UpcomingIn(ctx, c.Workspace, in.ID, in.Lane, in.Next)
}

func (g GroupSpec) spec() (store.GroupSpec, error) {
	spec := store.GroupSpec{Name: g.Name, Method: g.Method}
	for _, s := range g.Slots {
		listed := lead.Listed{Weight: 1}
		if s.Weight != nil {
			listed.Weight = *s.Weight
		}
		for _, m := range s.Members {
			listed.Members = append(listed.Members, lead.Receiver{MemberID: m.MemberID, Notify: unlessFalse(m.Notify), Caps: m.Caps.pointer()})
		}
		spec.Listed = append(spec.Listed, listed)
	}
	spec.GroupPolicy = g.policy()
	if err := g.overReference(&spec); err != nil {
		return spec, err
	}
	return spec, needName(&spec.Name)
}

// groupBodies are groups, with those of their receivers marked who were removed.
func (a *API) groupBodies(ctx context.Context, c *call, groups ...store.Group) ([]Group, error) {
	present, err := a.Store.PresentMembers(ctx, c.Workspace, each(groups, func(g store.Group) []lead.Listed { return g.Listed })...)
	return each(groups, func(g store.Group) Group { return groupBody(g, present) }), err
}

// groupBody is a group; present are its members who were not removed, nil for all of them.
func groupBody(g store.Group, present map[uuid.UUID]bool) Group {
	return Group{
		ID: g.ID, Name: g.Name, Reference: referenceBody(g.Reference), Method: g.Method, Version: g.Version, GroupPolicy: policyBody(g),
		Slots: each(g.Listed, func(l lead.Listed) Slot {
			return Slot{Weight: &l.Weight, Members: each(l.Members, func(m lead.Receiver) Receiver {
				return Receiver{MemberID: m.MemberID, Notify: &m.Notify, Caps: capsAtOrNull(m.Caps), Removed: present != nil && !present[m.MemberID]}
			})}
		}),
		CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt,
	}
}
