package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// An Opportunity is a sale that may come of a lead, an assigned lead or a customer. Empty text means that there is none.
type Opportunity struct {
	ID uuid.UUID `db:"opportunity_id"`
	// LeadID, AssignedLeadID or CustomerID is what it is on. One on a lead that was converted is on the customer too.
	LeadID         *uuid.UUID `db:"lead_id"`
	AssignedLeadID *uuid.UUID `db:"assigned_lead_id"`
	CustomerID     *uuid.UUID `db:"customer_id"`
	// MemberID is the member who sees it.
	MemberID *uuid.UUID `db:"member_id"`
	Title    string     `db:"title"`
	Stage    string     `db:"stage"`
	// Amount is a decimal number of up to 15 digits and four places, Currency an ISO 4217 code.
	Amount   string     `db:"amount"`
	Currency string     `db:"currency"`
	SourceID *uuid.UUID `db:"source_id"`
	// SourceName is the source's name as it is now.
	SourceName string `db:"source_name"`
	// Contact is what whoever it is on is called: their name, or where they have none, their phone or e-mail.
	Contact   string    `db:"contact"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

// An OpportunityFilter narrows what is seen of opportunities; zero fields don't.
type OpportunityFilter struct {
	MemberID, LeadID, AssignedLeadID, CustomerID, SourceID uuid.UUID
	Stage                                                  string
}

var opportunityColumns = `
	SELECT c.opportunity_id, c.lead_id, c.assigned_lead_id, c.customer_id, c.member_id, c.title, c.stage,
		coalesce(trim_scale(c.amount)::text, '') AS amount, coalesce(c.currency, '') AS currency, s.source_id,
		coalesce(s.name, '') AS source_name, coalesce(` + calledIn("assigned_leads", "assigned_lead_id") + `,
			` + calledIn("customers", "customer_id") + `, ` + calledIn("leads", "lead_id") + `, '') AS contact,
		c.created_at, c.updated_at
	FROM`

// calledIn is what a record of a table is called that an opportunity c is on, read by its key.
func calledIn(table, id string) string {
	return `(SELECT coalesce(nullif(o.name, ''), nullif(o.phone, ''), nullif(o.email, '')) FROM ` + table + ` o
				WHERE o.workspace_id = c.workspace_id AND o.` + id + ` = c.` + id + `)`
}

var opportunities = opportunityColumns + ` opportunities c ` + joinSource(`c`) + `
	WHERE c.workspace_id = $1 AND ($2::uuid IS NULL OR c.member_id = $2)`

// Opportunity returns an opportunity, ErrNotFound where there is none or, with a member, where it is not on what is theirs.
func (q Queries) Opportunity(ctx context.Context, workspace, member, id uuid.UUID) (Opportunity, error) {
	var o Opportunity
	err := sqlx.GetContext(ctx, q.q, &o, opportunities+` AND c.opportunity_id = $3`, workspace, nullID(member), id)
	return o, translate(err)
}

// Opportunities lists a page of opportunities, newest first.
func (q Queries) Opportunities(ctx context.Context, workspace uuid.UUID, f OpportunityFilter, p Page) ([]Opportunity, error) {
	named, err := q.sourcesNamed(ctx, workspace, f.SourceID)
	if err != nil {
		return nil, err
	}
	l := listOf("opportunities", "opportunity_id", workspace, p, uuid.Nil, uuid.Nil)
	l.withID("member_id", f.MemberID)
	l.withSource(named)
	l.withID("lead_id", f.LeadID)
	l.withID("assigned_lead_id", f.AssignedLeadID)
	l.withID("customer_id", f.CustomerID)
	l.withText("stage", f.Stage)
	var all []Opportunity
	err = l.read(ctx, q, &all, opportunityColumns, "c", joinSource(`c`))
	return all, err
}

// CreateOpportunity makes an opportunity on what one of o's ids names, with a source only if o has one. With a member,
// that must be theirs. It returns a *FieldError where there is no such thing, a *ReasonError where the source is not
// offered for it.
func (t *Tx) CreateOpportunity(ctx context.Context, workspace, member uuid.UUID, o Opportunity) (Opportunity, error) {
	if err := t.place(ctx, workspace, member, &o); err != nil {
		return o, err
	}
	if err := t.checkPick(ctx, workspace, nil, o.SourceID, o.offer()); err != nil {
		return o, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return o, err
	}
	now := t.now()
	insert, args := append(o.row(), row{
		{"workspace_id", workspace}, {"opportunity_id", id}, {"lead_id", o.LeadID},
		{"assigned_lead_id", o.AssignedLeadID}, {"customer_id", o.CustomerID}, {"member_id", o.MemberID},
		{"created_at", now}, {"updated_at", now},
	}...).insert("opportunities")
	if _, err := t.q.ExecContext(ctx, insert, args...); err != nil {
		return o, translate(err)
	}
	return t.Opportunity(ctx, workspace, uuid.Nil, id)
}

// row is what can be changed of an opportunity.
func (o Opportunity) row() row {
	return row{
		{"title", o.Title}, {"stage", o.Stage}, {"amount", expr{"?::numeric", nullText(o.Amount)}},
		{"currency", nullText(o.Currency)}, {"source_id", o.SourceID},
	}
}

// place finds what a new opportunity is on, whose that is, and the customer that it was converted to. It keeps
// conversions waiting until the transaction ends.
func (t *Tx) place(ctx context.Context, workspace, member uuid.UUID, o *Opportunity) error {
	field, id, query := "customer_id", o.CustomerID, `
		SELECT customer_id, member_id FROM customers
		WHERE workspace_id = $1 AND customer_id = $2 AND erased_at IS NULL AND ($3::uuid IS NULL OR member_id = $3) FOR SHARE`
	switch {
	case o.LeadID != nil:
		field, id, query = "lead_id", o.LeadID, `
			SELECT NULL::uuid AS customer_id, NULL::uuid AS member_id FROM leads
			WHERE workspace_id = $1 AND lead_id = $2 AND deleted_at IS NULL AND $3::uuid IS NULL FOR SHARE`
	case o.AssignedLeadID != nil:
		field, id, query = "assigned_lead_id", o.AssignedLeadID, `
			SELECT NULL::uuid AS customer_id, member_id FROM assigned_leads
			WHERE workspace_id = $1 AND assigned_lead_id = $2 AND erased_at IS NULL AND ($3::uuid IS NULL OR member_id = $3 AND withdrawn_at IS NULL) FOR SHARE`
	}
	var found struct {
		Customer *uuid.UUID `db:"customer_id"`
		Member   *uuid.UUID `db:"member_id"`
	}
	err := translate(sqlx.GetContext(ctx, t.q, &found, query, workspace, *id, nullID(member)))
	if errors.Is(err, ErrNotFound) {
		return &FieldError{field, "there is nothing with this id in this workspace, or its person was erased"}
	}
	if err != nil {
		return err
	}
	if o.MemberID = found.Member; o.CustomerID != nil {
		return nil
	}
	var customer uuid.UUID
	err = translate(sqlx.GetContext(ctx, t.q, &customer, `
		SELECT customer_id FROM customers WHERE workspace_id = $1 AND `+field+` = $2`, workspace, *id))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	o.CustomerID = &customer
	return err
}

// offer is which sources the opportunity may pick: those of customers once it is on one.
func (o Opportunity) offer() Offer {
	if o.CustomerID != nil {
		return OfferCustomers
	}
	return OfferLeads
}

// EditOpportunity changes an opportunity in place; edit sees the current state. A new source must be one offered for what
// it is on. With a member, one that is not on what is theirs is ErrNotFound.
func (t *Tx) EditOpportunity(ctx context.Context, workspace, member, id uuid.UUID, edit func(*Opportunity) error) (Opportunity, error) {
	var o Opportunity
	if err := sqlx.GetContext(ctx, t.q, &o, opportunities+`
			AND c.opportunity_id = $3 FOR NO KEY UPDATE OF c`, workspace, nullID(member), id); err != nil {
		return o, translate(err)
	}
	had := o.SourceID
	if err := edit(&o); err != nil {
		return o, err
	}
	if err := t.checkPick(ctx, workspace, had, o.SourceID, o.offer()); err != nil {
		return o, err
	}
	update, args := append(o.row(), value{"updated_at", t.after(o.UpdatedAt)}).update("opportunities",
		"workspace_id = $1 AND opportunity_id = $2", workspace, id)
	if _, err := t.q.ExecContext(ctx, update, args...); err != nil {
		return o, translate(err)
	}
	return t.Opportunity(ctx, workspace, member, id)
}
