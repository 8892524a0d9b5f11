package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/web/problem"
	"github.com/leadwheel/leadwheel/store"
)

// AssignedLead is a member's own copy of a source lead. Members see of it only what is theirs: no id but the copy's own
// and no time from before they had it.
type AssignedLead struct {
	ID           uuid.UUID  `json:"id" format:"uuid"`
	MemberID     *uuid.UUID `json:"member_id,omitempty" format:"uuid" doc:"Not for members."`
	SourceLeadID *uuid.UUID `json:"source_lead_id,omitempty" format:"uuid" doc:"Not for members."`
	GroupID      *uuid.UUID `json:"group_id,omitempty" format:"uuid" doc:"Not for members."`
	SourceID     *uuid.UUID `json:"source_id,omitempty" format:"uuid" doc:"Not for members."`
	Name         *string    `json:"name"`
	Email        *string    `json:"email"`
	Phone        *string    `json:"phone"`
	PhoneE164    *string    `json:"phone_e164" doc:"As in +60123456789; null where the phone is no valid number."`
	Fields       Fields     `json:"fields"`
	Source       *string    `json:"source" doc:"The source's name."`
	Status       string     `json:"status"`
	Notes        string     `json:"notes"`
	FollowUpAt   *time.Time `json:"follow_up_at" doc:"When the member means to come back to it; they are reminded then."`
	AnswerBy     *time.Time `json:"answer_by" doc:"Until when it is to be answered; null where its group wants no answer."`
	AnsweredAt   *time.Time `json:"answered_at" doc:"When its member first took it up: accepted it, or changed its status or notes."`
	WithdrawnAt  *time.Time `json:"withdrawn_at" doc:"When it was taken back, since nobody had answered it. Its member sees no more than its name then."`
	AssignedAt   time.Time  `json:"assigned_at"`
	UpdatedAt    time.Time  `json:"updated_at"`
}

func (l AssignedLead) itemID() uuid.UUID    { return l.ID }
func (l AssignedLead) changedAt() time.Time { return l.UpdatedAt }

// AssignedLeadPatch changes a copy.
type AssignedLeadPatch struct {
	Status     Patch[string]    `json:"status,omitempty" minLength:"1" maxLength:"100" nullable:"false" doc:"One of the workspace's."`
	Notes      Patch[string]    `json:"notes,omitempty" maxLength:"1000"`
	FollowUpAt Patch[time.Time] `json:"follow_up_at,omitempty" doc:"The member gets a message when this time comes, once; at a time that is past they get none, and null takes it away."`
	Name       Patch[string]    `json:"name,omitempty" maxLength:"200"`
	Email      Patch[string]    `json:"email,omitempty" maxLength:"1000"`
	Phone      Patch[string]    `json:"phone,omitempty" maxLength:"1000"`
	Fields     Patch[Fields]    `json:"fields,omitempty" doc:"Merged with the fields that are there; null removes all."`
	SourceID   Patch[uuid.UUID] `json:"source_id,omitempty" format:"uuid" doc:"One that is offered for leads; the one that it has stays whatever became of that."`
}

type assignedLeadOutput struct{ Body AssignedLead }

type assignedLeadListInput struct {
	Changes
	MemberID     uuid.UUID `query:"member_id" format:"uuid" doc:"Not for members, who see their own."`
	SourceLeadID uuid.UUID `query:"source_lead_id" format:"uuid" doc:"All copies of a source lead. Not for members."`
	GroupID      uuid.UUID `query:"group_id" format:"uuid" doc:"Not for members."`
	SourceID     uuid.UUID `query:"source_id" format:"uuid" doc:"Not for members."`
	Status       string    `query:"status" maxLength:"100" doc:"Only those with this status, one of the workspace's."`
	From         time.Time `query:"from" doc:"Assigned at or after."`
	To           time.Time `query:"to" doc:"Assigned before."`
	Search
}

var assignedLeadColumns = append(contactColumns(func(l AssignedLead) contactCells {
	return contactCells{l.ID, l.Name, l.Email, l.Phone, l.PhoneE164, l.Fields}
}), []column[AssignedLead]{
	{"source", func(l AssignedLead) string { return cellOfText(l.Source) }},
	{"status", func(l AssignedLead) string { return l.Status }},
	{"notes", func(l AssignedLead) string { return l.Notes }},
	{"follow_up_at", func(l AssignedLead) string { return cellOfMoment(l.FollowUpAt) }},
	{"answer_by", func(l AssignedLead) string { return cellOfMoment(l.AnswerBy) }},
	{"answered_at", func(l AssignedLead) string { return cellOfMoment(l.AnsweredAt) }},
	{"withdrawn_at", func(l AssignedLead) string { return cellOfMoment(l.WithdrawnAt) }},
	{"assigned_at", func(l AssignedLead) string { return cellOfTime(l.AssignedAt) }},
	{"updated_at", func(l AssignedLead) string { return cellOfTime(l.UpdatedAt) }},
	{"member_id", func(l AssignedLead) string { return cellOfID(l.MemberID) }},
	{"source_lead_id", func(l AssignedLead) string { return cellOfID(l.SourceLeadID) }},
	{"group_id", func(l AssignedLead) string { return cellOfID(l.GroupID) }},
}...)

func (a *API) registerAssignedLeads() {
	const collection, one = "/v1/assigned-leads", "/v1/assigned-leads/{id}"
	registerList(a, huma.Operation{
		OperationID: "list-assigned-leads", Path: collection, Summary: "List the assigned leads; a member's key lists its member's own",
	}, assignedLeadColumns, a.listAssignedLeads)
	register(a, huma.Operation{
		OperationID: "get-assigned-lead", Method: http.MethodGet, Path: one, Summary: "Read an assigned lead",
	}, func(ctx context.Context, c *call, in *itemInput) (*assignedLeadOutput, error) {
		l, err := a.Store.AssignedLead(ctx, c.Workspace, c.own(), in.ID)
		return &assignedLeadOutput{c.assignedLeadBody(l)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-assigned-lead", Method: http.MethodPatch, Path: one,
		Summary: "Change an assigned lead; the source lead and others' copies stay as they are", Errors: []int{http.StatusConflict},
	}, a.patchAssignedLead)
	register(a, huma.Operation{
		OperationID: "accept-assigned-lead", Method: http.MethodPost, Path: one + "/accept", Summary: "Accept an assigned lead",
		Description:   "It is answered by that, once; accepting it again changes nothing. One that was taken back cannot be accepted.",
		DefaultStatus: http.StatusOK, Errors: []int{http.StatusConflict},
	}, a.acceptAssignedLead)
}

func (a *API) acceptAssignedLead(ctx context.Context, c *call, in *itemInput) (*posted[AssignedLead], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[AssignedLead], error) {
		l, err := tx.AcceptAssignedLead(ctx, c.Workspace, c.actor(), in.ID)
		return effect[AssignedLead]{status: http.StatusOK, body: c.assignedLeadBody(l)}, err
	})
}

// own is the member whose copies are all that the call may see; nil means that it may see everyone's.
func (c *call) own() uuid.UUID { return idOrNil(c.MemberID) }

// narrow has a member's key list its member's own. It refuses the filters by ids that members are not shown.
func (c *call) narrow(member *uuid.UUID, hidden ...uuid.UUID) error {
	if c.Role != lead.RoleMember {
		return nil
	}
	for _, id := range append(hidden, *member) {
		if id != uuid.Nil {
			return problem.New(http.StatusForbidden, "a member's key lists what is its own; leave filters by ids out")
		}
	}
	*member = c.own()
	return nil
}

// actor is who the call makes changes as.
func (c *call) actor() store.Actor {
	return store.Actor{ID: c.ID, Person: c.PersonID != nil, MemberID: c.own()}
}

func (a *API) listAssignedLeads(ctx context.Context, c *call, in *assignedLeadListInput, p store.Page) ([]AssignedLead, error) {
	f := store.AssignedLeadFilter{
		MemberID: in.MemberID, SourceLeadID: in.SourceLeadID, GroupID: in.GroupID, SourceID: in.SourceID, Status: in.Status,
		Search: in.Q, From: in.From, To: in.To, Theirs: c.Role == lead.RoleMember,
	}
	if err := c.narrow(&f.MemberID, in.SourceLeadID, in.GroupID, in.SourceID); err != nil {
		return nil, err
	}
	all, err := a.Store.AssignedLeads(ctx, c.Workspace, f, p)
	return each(all, c.assignedLeadBody), err
}

func (a *API) patchAssignedLead(ctx context.Context, c *call, in *patchInput[AssignedLeadPatch]) (*assignedLeadOutput, error) {
	if p := in.Body; c.AssignedLeadID != nil && (p.Name.set || p.Email.set || p.Phone.set || p.Fields.set || p.SourceID.set) {
		return nil, problem.New(http.StatusForbidden, "a message's link lets its member set status, notes and follow_up_at; sign in to change more")
	}
	var l store.AssignedLead
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		l, err = tx.EditAssignedLead(ctx, c.Workspace, c.actor(), in.ID, in.Body.apply)
		return err
	})
	return &assignedLeadOutput{c.assignedLeadBody(l)}, err
}

func (p AssignedLeadPatch) apply(l *store.AssignedLead) error {
	p.Notes.over(&l.Notes)
	p.FollowUpAt.overPointer(&l.FollowUpAt)
	p.Name.over(&l.Name)
	p.Email.over(&l.Email)
	p.Phone.over(&l.Phone)
	if err := overFields(p.Fields, &l.Fields); err != nil {
		return err
	}
	p.SourceID.overPointer(&l.SourceID)
	return p.Status.overNeeded("status", &l.Status)
}

func (c *call) assignedLeadBody(l store.AssignedLead) AssignedLead {
	if c.Role == lead.RoleMember {
		l = l.ForMember()
	}
	body := AssignedLead{
		ID: l.ID, Name: textOrNull(l.Name), Email: textOrNull(l.Email), Phone: textOrNull(l.Phone),
		PhoneE164: textOrNull(l.PhoneE164), Fields: Fields(l.Fields),
		Source: textOrNull(l.SourceName), Status: l.Status, Notes: l.Notes, FollowUpAt: l.FollowUpAt,
		AnswerBy: l.AnswerBy, AnsweredAt: l.AnsweredAt, WithdrawnAt: l.WithdrawnAt, AssignedAt: l.AssignedAt, UpdatedAt: l.UpdatedAt,
	}
	if c.Role != lead.RoleMember {
		body.MemberID, body.SourceLeadID, body.GroupID, body.SourceID = &l.MemberID, &l.SourceLeadID, l.GroupID, l.SourceID
	}
	return body
}
