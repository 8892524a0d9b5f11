package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// Customer is a source lead, or a member's copy of one, that was converted.
type Customer struct {
	ID             uuid.UUID  `json:"id" format:"uuid"`
	LeadID         *uuid.UUID `json:"lead_id,omitempty" format:"uuid" doc:"The source lead that was converted, if it was one. Not for members."`
	AssignedLeadID *uuid.UUID `json:"assigned_lead_id,omitempty" format:"uuid" doc:"The assigned lead that was converted, if it was one."`
	MemberID       *uuid.UUID `json:"member_id,omitempty" format:"uuid" doc:"The member who converted it, if one did. Not for members."`
	SourceID       *uuid.UUID `json:"source_id,omitempty" format:"uuid" nullable:"true" doc:"Not for members."`
	Name           *string    `json:"name"`
	Email          *string    `json:"email"`
	Phone          *string    `json:"phone"`
	PhoneE164      *string    `json:"phone_e164" doc:"As in +60123456789; null where the phone is no valid number."`
	Fields         Fields     `json:"fields"`
	Source         *string    `json:"source" doc:"The source's name."`
	Notes          string     `json:"notes"`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
}

func (c Customer) itemID() uuid.UUID    { return c.ID }
func (c Customer) changedAt() time.Time { return c.UpdatedAt }

// CustomerPatch changes a customer.
type CustomerPatch struct {
	Name     Patch[string]    `json:"name,omitempty" maxLength:"200"`
	Email    Patch[string]    `json:"email,omitempty" maxLength:"1000"`
	Phone    Patch[string]    `json:"phone,omitempty" maxLength:"1000"`
	Fields   Patch[Fields]    `json:"fields,omitempty" doc:"Merged with the fields that are there; null removes all."`
	SourceID Patch[uuid.UUID] `json:"source_id,omitempty" format:"uuid" doc:"One that is offered for customers; the one that it has stays whatever became of that."`
	Notes    Patch[string]    `json:"notes,omitempty" maxLength:"1000"`
}

type customerOutput struct{ Body Customer }

type customerListInput struct {
	Changes
	MemberID       uuid.UUID `query:"member_id" format:"uuid" doc:"Converted by this member. Not for members, who see their own."`
	SourceID       uuid.UUID `query:"source_id" format:"uuid" doc:"Not for members."`
	LeadID         uuid.UUID `query:"lead_id" format:"uuid" doc:"Converted from this lead: one, or none. Not for members."`
	AssignedLeadID uuid.UUID `query:"assigned_lead_id" format:"uuid" doc:"Converted from this assigned lead: one, or none."`
	From           time.Time `query:"from" doc:"Converted at or after."`
	To             time.Time `query:"to" doc:"Converted before."`
	Search
}

var customerColumns = append(contactColumns(func(c Customer) contactCells {
	return contactCells{c.ID, c.Name, c.Email, c.Phone, c.PhoneE164, c.Fields}
}), []column[Customer]{
	{"source", func(c Customer) string { return cellOfText(c.Source) }},
	{"notes", func(c Customer) string { return c.Notes }},
	{"created_at", func(c Customer) string { return cellOfTime(c.CreatedAt) }},
	{"updated_at", func(c Customer) string { return cellOfTime(c.UpdatedAt) }},
	{"lead_id", func(c Customer) string { return cellOfID(c.LeadID) }},
	{"assigned_lead_id", func(c Customer) string { return cellOfID(c.AssignedLeadID) }},
	{"member_id", func(c Customer) string { return cellOfID(c.MemberID) }},
}...)

func (a *API) registerCustomers() {
	const collection, one = "/v1/customers", "/v1/customers/{id}"
	a.registerConversion("convert-lead", "/v1/leads/{id}/convert", "Convert a source lead to a customer", a.convertLead)
	a.registerConversion("convert-assigned-lead", "/v1/assigned-leads/{id}/convert", "Convert an assigned lead to a customer", a.convertAssignedLead)
	registerList(a, huma.Operation{
		OperationID: "list-customers", Path: collection, Summary: "List the customers; a member's key lists those that they converted",
	}, customerColumns, a.listCustomers)
	register(a, huma.Operation{
		OperationID: "get-customer", Method: http.MethodGet, Path: one, Summary: "Read a customer",
	}, func(ctx context.Context, c *call, in *itemInput) (*customerOutput, error) {
		found, err := a.Store.Customer(ctx, c.Workspace, c.own(), in.ID)
		return &customerOutput{c.customerBody(found)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-customer", Method: http.MethodPatch, Path: one, Summary: "Change a customer", Errors: []int{http.StatusConflict},
	}, a.patchCustomer)
}

func (a *API) registerConversion(id, path, summary string, convert func(context.Context, *call, *itemInput) (*posted[Customer], error)) {
	register(a, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Summary: summary,
		Description:   "The customer keeps the source that it had, also one that is not offered for customers.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict},
		Responses: map[string]*huma.Response{"200": {
			Description: "It is a customer already, this one.",
			Content: map[string]*huma.MediaType{"application/json": {
				Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Customer](), true, ""),
			}},
		}},
	}, convert)
}

func (a *API) convertLead(ctx context.Context, c *call, in *itemInput) (*posted[Customer], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[Customer], error) {
		made, fresh, err := tx.ConvertLead(ctx, c.Workspace, in.ID)
		return c.converted(made, fresh), err
	})
}

func (a *API) convertAssignedLead(ctx context.Context, c *call, in *itemInput) (*posted[Customer], error) {
	return once(ctx, a, c, func(tx *store.Tx) (effect[Customer], error) {
		made, fresh, err := tx.ConvertAssignedLead(ctx, c.Workspace, c.own(), in.ID)
		return c.converted(made, fresh), err
	})
}

func (c *call) converted(made store.Customer, fresh bool) effect[Customer] {
	did := effect[Customer]{status: http.StatusOK, body: c.customerBody(made)}
	if fresh {
		did.status = http.StatusCreated
	}
	return did
}

func (a *API) listCustomers(ctx context.Context, c *call, in *customerListInput, p store.Page) ([]Customer, error) {
	f := store.CustomerFilter{MemberID: in.MemberID, SourceID: in.SourceID, LeadID: in.LeadID, AssignedLeadID: in.AssignedLeadID, Search: in.Q, From: in.From, To: in.To}
	if err := c.narrow(&f.MemberID, in.SourceID, in.LeadID); err != nil {
		return nil, err
	}
	all, err := a.Store.Customers(ctx, c.Workspace, f, p)
	return each(all, c.customerBody), err
}

func (a *API) patchCustomer(ctx context.Context, c *call, in *patchInput[CustomerPatch]) (*customerOutput, error) {
	var changed store.Customer
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		changed, err = tx.EditCustomer(ctx, c.Workspace, c.own(), in.ID, in.Body.apply)
		return err
	})
	return &customerOutput{c.customerBody(changed)}, err
}

func (p CustomerPatch) apply(c *store.Customer) error {
	p.Name.over(&c.Name)
	p.Email.over(&c.Email)
	p.Phone.over(&c.Phone)
	p.Notes.over(&c.Notes)
	p.SourceID.overPointer(&c.SourceID)
	if err := overFields(p.Fields, &c.Fields); err != nil {
		return err
	}
	return needContact("", &c.Name, &c.Email, &c.Phone)
}

func (c *call) customerBody(from store.Customer) Customer {
	body := Customer{
		ID: from.ID, AssignedLeadID: from.AssignedLeadID, Name: textOrNull(from.Name), Email: textOrNull(from.Email),
		Phone: textOrNull(from.Phone), PhoneE164: textOrNull(from.PhoneE164), Fields: Fields(from.Fields),
		Source: textOrNull(from.SourceName), Notes: from.Notes, CreatedAt: from.CreatedAt, UpdatedAt: from.UpdatedAt,
	}
	if c.Role != lead.RoleMember {
		body.LeadID, body.MemberID, body.SourceID = from.LeadID, from.MemberID, from.SourceID
	}
	return body
}
