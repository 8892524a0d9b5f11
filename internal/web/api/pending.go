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

// PendingLead is a decision to distribute a lead that has not taken effect yet.
type PendingLead struct {
	ID           uuid.UUID    `json:"id" format:"uuid"`
	LeadID       uuid.UUID    `json:"lead_id" format:"uuid"`
	MemberID     *uuid.UUID   `json:"member_id" format:"uuid" nullable:"true" doc:"Who gets it; null where its group is about to deal it."`
	GroupID      *uuid.UUID   `json:"group_id" format:"uuid" nullable:"true"`
	AssignmentID *uuid.UUID   `json:"assignment_id" format:"uuid" nullable:"true"`
	MovedFrom    *uuid.UUID   `json:"moved_from" format:"uuid" nullable:"true" doc:"The member for whom it was planned, where someone chose another."`
	Replanned    *time.Time   `json:"replanned_from" doc:"When it was to go out first, where it was planned anew: its member was unavailable, or an outage outlasted that day."`
	Turn         *int64       `json:"turn"`
	Lane         *LaneTurn    `json:"lane" doc:"The lane of the turn; null where the group had none."`
	Trigger      lead.Trigger `json:"trigger"`
	Pace         *lead.Pace   `json:"pace" nullable:"true"`
	State        PendingState `json:"state" doc:"waiting: nobody of its group can take it now; it goes out as soon as somebody can. offered: receivers of its group can accept it. due: it is going out. planned: it has a time to come."`
	DueAt        *time.Time   `json:"due_at" nullable:"true" doc:"Null while it waits or is offered."`
	WaitingSince *time.Time   `json:"waiting_since" nullable:"true" doc:"Since when nobody can take it."`
	OfferedAt    *time.Time   `json:"offered_at" nullable:"true" doc:"Since when it has been offered."`
	AnswerBy     *time.Time   `json:"answer_by" nullable:"true" doc:"Until when it is to be accepted, while it is offered; null where that has no end."`
	OfferedTo    []uuid.UUID  `json:"offered_to" doc:"Who can accept it."`
	Skipped      []Skip       `json:"skipped" doc:"Who was looked at and could not take it, or had been passed over when it was planned."`

	due time.Time // by which the list goes, even of those that have no time
}

func (p PendingLead) itemID() uuid.UUID    { return p.ID }
func (p PendingLead) changedAt() time.Time { return p.due }

// PendingState is what a pending lead waits for.
type PendingState string

// What pending leads wait for.
const (
	PendingWaiting PendingState = "waiting"
	PendingOffered PendingState = "offered"
	PendingDue     PendingState = "due"
	PendingPlanned PendingState = "planned"
)

// PendingStates lists every state.
func PendingStates() []PendingState {
	return []PendingState{PendingWaiting, PendingOffered, PendingDue, PendingPlanned}
}

// TimelessState is a state of pending leads that have no time.
type TimelessState string

// TimelessStates lists every one.
func TimelessStates() []TimelessState {
	return []TimelessState{TimelessState(PendingWaiting), TimelessState(PendingOffered)}
}

// PendingDay is how many leads a member has pending on one day.
type PendingDay struct {
	MemberID uuid.UUID `json:"member_id" format:"uuid"`
	Day      string    `json:"day" format:"date" doc:"By the member's own clock. Hours that span midnight have the date on which they open."`
	Count    int       `json:"count"`
}

// PendingDays are the days on which members have pending leads.
type PendingDays struct {
	Items []PendingDay `json:"items"`
}

// PendingCount is how many pending leads match.
type PendingCount struct {
	Count int  `json:"count" doc:"How many match, up to 100,000: what filter.matched takes."`
	More  bool `json:"more" doc:"Whether more match than that."`
}

// PendingFilter narrows what is meant of pending leads.
type PendingFilter struct {
	MemberID     uuid.UUID     `query:"member_id" format:"uuid" doc:"Only what is planned for this member."`
	GroupID      uuid.UUID     `query:"group_id" format:"uuid" doc:"Only what goes through this group."`
	AssignmentID uuid.UUID     `query:"assignment_id" format:"uuid" doc:"Only what was asked for by this assignment."`
	LeadID       uuid.UUID     `query:"lead_id" format:"uuid" doc:"Only what is planned for this source lead."`
	DueBefore    time.Time     `query:"due_before" doc:"Exclusive."`
	State        TimelessState `query:"state" doc:"waiting: only what nobody can take now. offered: only what receivers can accept."`
}

func (f PendingFilter) toStore() store.PendingFilter {
	return store.PendingFilter{
		MemberID: f.MemberID, GroupID: f.GroupID, AssignmentID: f.AssignmentID, LeadID: f.LeadID, DueBefore: f.DueBefore,
		Waiting: f.State == TimelessState(PendingWaiting), Offered: f.State == TimelessState(PendingOffered),
	}
}

type pendingListInput struct {
	Paging
	PendingFilter
}

// page goes by when they are due, which cursors hold as that of a list by change holds when things were changed.
func (p pendingListInput) page() store.Page {
	page := p.Paging.page()
	page.ByChange = true
	return page
}

type pendingOutput struct{ Body PendingLead }

func (a *API) registerPending() {
	const collection, one = "/v1/pending-leads", "/v1/pending-leads/{id}"
	registerList(a, huma.Operation{OperationID: "list-pending-leads", Path: collection, Summary: "List the pending leads, soonest first"},
		nil, a.listPending)
	register(a, huma.Operation{
		OperationID: "list-pending-days", Method: http.MethodGet, Path: collection + "/days", Summary: "Count the pending leads by member and day",
		Errors: []int{http.StatusUnprocessableEntity},
	}, bounded(a, func(ctx context.Context, c *call, in *struct{ PendingFilter }) (*struct{ Body PendingDays }, error) {
		days, err := a.Store.PendingDays(ctx, c.Workspace, in.toStore())
		return &struct{ Body PendingDays }{PendingDays{each(days, func(d store.PendingDay) PendingDay { return PendingDay(d) })}}, err
	}))
	register(a, huma.Operation{
		OperationID: "count-pending-leads", Method: http.MethodGet, Path: collection + "/count", Summary: "Count the pending leads that match",
		Errors: []int{http.StatusUnprocessableEntity},
	}, bounded(a, func(ctx context.Context, c *call, in *struct{ PendingFilter }) (*struct{ Body PendingCount }, error) {
		n, err := a.Store.CountPending(ctx, c.Workspace, in.toStore())
		return &struct{ Body PendingCount }{PendingCount{min(n, store.MaxSelected), n > store.MaxSelected}}, err
	}))
	register(a, huma.Operation{
		OperationID: "get-pending-lead", Method: http.MethodGet, Path: one, Summary: "Read a pending lead",
	}, func(ctx context.Context, c *call, in *itemInput) (*pendingOutput, error) {
		p, err := a.Store.PendingLead(ctx, c.Workspace, in.ID)
		return &pendingOutput{pendingBody(p, a.Store.Now())}, err
	})
	a.registerPendingChanges()
}

func (a *API) listPending(ctx context.Context, c *call, in *pendingListInput, p store.Page) ([]PendingLead, error) {
	all, err := a.Store.PendingLeads(ctx, c.Workspace, in.toStore(), store.PendingPage{Limit: p.Limit, AfterDue: p.AfterChange, AfterID: p.After})
	now := a.Store.Now()
	return each(all, func(p store.PendingLead) PendingLead { return pendingBody(p, now) }), err
}

func pendingBody(p store.PendingLead, now time.Time) PendingLead {
	body := PendingLead{
		ID: p.ID, LeadID: p.LeadID, MemberID: p.MemberID, GroupID: p.GroupID, AssignmentID: p.AssignmentID,
		MovedFrom: p.MovedFrom, Replanned: p.ReplannedFrom, Turn: p.Turn, Lane: laneTurnBody(p.Lane), Trigger: p.Trigger, Pace: textOrNull(p.Pace),
		State: PendingPlanned, DueAt: &p.DueAt, due: p.DueAt, WaitingSince: p.WaitingSince, OfferedTo: []uuid.UUID{}, Skipped: each(p.Skipped, func(s lead.Skip) Skip { return Skip(s) }),
	}
	switch {
	case p.OfferedAt != nil:
		body.State, body.DueAt, body.WaitingSince = PendingOffered, nil, nil
		body.OfferedAt, body.AnswerBy, body.OfferedTo = p.OfferedAt, p.OfferBy, p.OfferedTo
	case p.WaitingSince != nil:
		body.State, body.DueAt = PendingWaiting, nil
	case p.Trigger != lead.Scheduled || !p.DueAt.After(now):
		body.State = PendingDue
	}
	return body
}
