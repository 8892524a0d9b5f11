package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"golang.org/x/text/currency"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// firstStage is that of an opportunity for which none was given.
const firstStage = "open"

// Opportunity is a sale that may come of a lead, an assigned lead or a customer.
type Opportunity struct {
	ID             uuid.UUID  `json:"id" format:"uuid"`
	LeadID         *uuid.UUID `json:"lead_id,omitempty" format:"uuid" doc:"Not for members."`
	AssignedLeadID *uuid.UUID `json:"assigned_lead_id,omitempty" format:"uuid"`
	CustomerID     *uuid.UUID `json:"customer_id,omitempty" format:"uuid" doc:"Also that of a lead which was converted."`
	MemberID       *uuid.UUID `json:"member_id,omitempty" format:"uuid" doc:"The member who sees it. Not for members."`
	SourceID       *uuid.UUID `json:"source_id,omitempty" format:"uuid" doc:"Not for members."`
	Source         *string    `json:"source" doc:"The source's name."`
	Contact        *string    `json:"contact" doc:"What whoever it is on is called: their name, else their phone or e-mail."`
	Title          string     `json:"title"`
	Stage          string     `json:"stage"`
	Amount         *Amount    `json:"amount" nullable:"true"`
	Currency       *string    `json:"currency" doc:"As in MYR, of ISO 4217."`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
}

func (o Opportunity) itemID() uuid.UUID    { return o.ID }
func (o Opportunity) changedAt() time.Time { return o.UpdatedAt }

// NewOpportunity is an opportunity to be made, on one thing.
type NewOpportunity struct {
	LeadID         *uuid.UUID   `json:"lead_id,omitempty" format:"uuid" doc:"Either this, or assigned_lead_id, or customer_id."`
	AssignedLeadID *uuid.UUID   `json:"assigned_lead_id,omitempty" format:"uuid"`
	CustomerID     *uuid.UUID   `json:"customer_id,omitempty" format:"uuid"`
	Title          string       `json:"title" minLength:"1" maxLength:"200"`
	Stage          string       `json:"stage,omitempty" maxLength:"200" doc:"In your own words; open unless given."`
	Amount         *GivenAmount `json:"amount,omitempty"`
	Currency       string       `json:"currency,omitempty" minLength:"3" maxLength:"3" doc:"As in MYR, of ISO 4217."`
	SourceID       *uuid.UUID   `json:"source_id,omitempty" format:"uuid" doc:"One that is offered for leads or, on what is a customer by now, for customers. Without it there is none."`
}

// OpportunityPatch changes an opportunity.
type OpportunityPatch struct {
	Title    Patch[string]      `json:"title,omitempty" minLength:"1" maxLength:"200" nullable:"false"`
	Stage    Patch[string]      `json:"stage,omitempty" minLength:"1" maxLength:"200" nullable:"false"`
	Amount   Patch[GivenAmount] `json:"amount,omitempty"`
	Currency Patch[string]      `json:"currency,omitempty" minLength:"3" maxLength:"3"`
	SourceID Patch[uuid.UUID]   `json:"source_id,omitempty" format:"uuid" doc:"One that is offered; the one that it has stays whatever became of that."`
}

type opportunityOutput struct{ Body Opportunity }

type opportunityListInput struct {
	Changes
	LeadID         uuid.UUID `query:"lead_id" format:"uuid" doc:"Not for members."`
	AssignedLeadID uuid.UUID `query:"assigned_lead_id" format:"uuid" doc:"Only those on this assigned lead."`
	CustomerID     uuid.UUID `query:"customer_id" format:"uuid" doc:"Only those on this customer."`
	MemberID       uuid.UUID `query:"member_id" format:"uuid" doc:"Not for members, who see their own."`
	SourceID       uuid.UUID `query:"source_id" format:"uuid" doc:"Not for members."`
	Stage          string    `query:"stage" maxLength:"200" doc:"Only those in this stage."`
}

var opportunityColumns = []column[Opportunity]{
	{"id", func(o Opportunity) string { return o.ID.String() }},
	{"title", func(o Opportunity) string { return o.Title }},
	{"stage", func(o Opportunity) string { return o.Stage }},
	{"amount", func(o Opportunity) string { return cellOfText((*string)(o.Amount)) }},
	{"currency", func(o Opportunity) string { return cellOfText(o.Currency) }},
	{"source", func(o Opportunity) string { return cellOfText(o.Source) }},
	{"contact", func(o Opportunity) string { return cellOfText(o.Contact) }},
	{"lead_id", func(o Opportunity) string { return cellOfID(o.LeadID) }},
	{"assigned_lead_id", func(o Opportunity) string { return cellOfID(o.AssignedLeadID) }},
	{"customer_id", func(o Opportunity) string { return cellOfID(o.CustomerID) }},
	{"created_at", func(o Opportunity) string { return cellOfTime(o.CreatedAt) }},
	{"updated_at", func(o Opportunity) string { return cellOfTime(o.UpdatedAt) }},
}

func (a *API) registerOpportunities() {
	const collection, one = "/v1/opportunities", "/v1/opportunities/{id}"
	register(a, huma.Operation{
		OperationID: "post-opportunity", Method: http.MethodPost, Path: collection, Summary: "Add an opportunity to a lead, an assigned lead or a customer",
		DefaultStatus: http.StatusCreated,
	}, a.postOpportunity)
	registerList(a, huma.Operation{
		OperationID: "list-opportunities", Path: collection, Summary: "List the opportunities; a member's key lists those on their assigned leads and customers",
	}, opportunityColumns, a.listOpportunities)
	register(a, huma.Operation{
		OperationID: "get-opportunity", Method: http.MethodGet, Path: one, Summary: "Read an opportunity",
	}, func(ctx context.Context, c *call, in *itemInput) (*opportunityOutput, error) {
		o, err := a.Store.Opportunity(ctx, c.Workspace, c.own(), in.ID)
		return &opportunityOutput{c.opportunityBody(o)}, err
	})
	register(a, huma.Operation{
		OperationID: "patch-opportunity", Method: http.MethodPatch, Path: one, Summary: "Change an opportunity",
	}, a.patchOpportunity)
}

func (a *API) postOpportunity(ctx context.Context, c *call, in *struct{ Body NewOpportunity }) (*posted[Opportunity], error) {
	o, err := in.Body.toStore()
	if err != nil {
		return nil, err
	}
	return once(ctx, a, c, func(tx *store.Tx) (effect[Opportunity], error) {
		made, err := tx.CreateOpportunity(ctx, c.Workspace, c.own(), o)
		return effect[Opportunity]{status: http.StatusCreated, body: c.opportunityBody(made)}, err
	})
}

func (n NewOpportunity) toStore() (store.Opportunity, error) {
	o := store.Opportunity{
		LeadID: n.LeadID, AssignedLeadID: n.AssignedLeadID, CustomerID: n.CustomerID, Title: n.Title, Stage: n.Stage,
		Currency: n.Currency, SourceID: n.SourceID,
	}
	on := 0
	for _, id := range []*uuid.UUID{n.LeadID, n.AssignedLeadID, n.CustomerID} {
		if id != nil {
			on++
		}
	}
	if on != 1 {
		return o, &store.FieldError{Field: "lead_id", Message: "give one of lead_id, assigned_lead_id and customer_id"}
	}
	if n.Amount != nil {
		o.Amount = string(*n.Amount)
	}
	if o.Stage = strings.TrimSpace(o.Stage); o.Stage == "" {
		o.Stage = firstStage
	}
	return o, checkOpportunity(&o)
}

func (a *API) listOpportunities(ctx context.Context, c *call, in *opportunityListInput, p store.Page) ([]Opportunity, error) {
	f := store.OpportunityFilter{
		MemberID: in.MemberID, LeadID: in.LeadID, AssignedLeadID: in.AssignedLeadID, CustomerID: in.CustomerID,
		SourceID: in.SourceID, Stage: in.Stage,
	}
	if err := c.narrow(&f.MemberID, in.LeadID, in.SourceID); err != nil {
		return nil, err
	}
	all, err := a.Store.Opportunities(ctx, c.Workspace, f, p)
	return each(all, c.opportunityBody), err
}

func (a *API) patchOpportunity(ctx context.Context, c *call, in *patchInput[OpportunityPatch]) (*opportunityOutput, error) {
	var o store.Opportunity
	err := a.Store.WithTx(ctx, func(tx *store.Tx) (err error) {
		o, err = tx.EditOpportunity(ctx, c.Workspace, c.own(), in.ID, in.Body.apply)
		return err
	})
	return &opportunityOutput{c.opportunityBody(o)}, err
}

func (p OpportunityPatch) apply(o *store.Opportunity) error {
	if err := p.Title.overNeeded("title", &o.Title); err != nil {
		return err
	}
	if err := p.Stage.overNeeded("stage", &o.Stage); err != nil {
		return err
	}
	amount := GivenAmount(o.Amount)
	p.Amount.over(&amount)
	o.Amount = string(amount)
	p.Currency.over(&o.Currency)
	p.SourceID.overPointer(&o.SourceID)
	return checkOpportunity(o)
}

// checkOpportunity trims an opportunity's texts, and returns a *store.FieldError for one that cannot be.
func checkOpportunity(o *store.Opportunity) error {
	for field, text := range map[string]*string{"title": &o.Title, "stage": &o.Stage} {
		if *text = strings.TrimSpace(*text); *text == "" {
			return &store.FieldError{Field: field, Message: "this needs at least one character that can be seen"}
		}
	}
	amount, err := decimal(o.Amount)
	if err != nil {
		return err
	}
	if o.Amount = amount; o.Currency == "" {
		return nil
	}
	unit, err := currency.ParseISO(o.Currency)
	if err != nil || unit.String() != o.Currency {
		return &store.FieldError{Field: "currency", Message: "this is not a currency; use a code of ISO 4217 such as MYR"}
	}
	return nil
}

func (c *call) opportunityBody(o store.Opportunity) Opportunity {
	body := Opportunity{
		ID: o.ID, AssignedLeadID: o.AssignedLeadID, CustomerID: o.CustomerID, Source: textOrNull(o.SourceName), Contact: textOrNull(o.Contact), Title: o.Title,
		Stage: o.Stage, Amount: (*Amount)(textOrNull(o.Amount)), Currency: textOrNull(o.Currency), CreatedAt: o.CreatedAt,
		UpdatedAt: o.UpdatedAt,
	}
	if c.Role != lead.RoleMember {
		body.LeadID, body.MemberID, body.SourceID = o.LeadID, o.MemberID, o.SourceID
	}
	return body
}
