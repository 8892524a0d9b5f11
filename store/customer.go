package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A Customer is a lead, or a member's copy of one, that was converted. Empty text means that there is none.
type Customer struct {
	ID uuid.UUID `db:"customer_id"`
	// LeadID or AssignedLeadID is what it was converted from.
	LeadID         *uuid.UUID `db:"lead_id"`
	AssignedLeadID *uuid.UUID `db:"assigned_lead_id"`
	// MemberID is who converted it, where that was a member; they see it and change it.
	MemberID *uuid.UUID `db:"member_id"`
	Contact
	SourceID *uuid.UUID `db:"source_id"`
	// SourceName is the source's name as it is now.
	SourceName string `db:"source_name"`
	Notes      string `db:"notes"`
	// Erased says that the person was erased.
	Erased    bool      `db:"erased"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

// A CustomerFilter narrows what is seen of customers; zero fields don't. From is inclusive, To is not.
type CustomerFilter struct {
	MemberID, SourceID     uuid.UUID
	LeadID, AssignedLeadID uuid.UUID
	Search                 string
	From, To               time.Time
}

var customerColumns = `
	SELECT c.customer_id, c.lead_id, c.assigned_lead_id, c.member_id, ` + contactColumns("c") + `,
		s.source_id, coalesce(s.name, '') AS source_name, c.notes, c.erased_at IS NOT NULL AS erased, c.created_at, c.updated_at
	FROM`

var customers = customerColumns + ` customers c ` + joinSource(`c`) + `
	WHERE c.workspace_id = $1 AND ($2::uuid IS NULL OR c.member_id = $2)`

// Customer returns a customer, ErrNotFound where there is none or, with a member, where it is not one that they converted.
func (q Queries) Customer(ctx context.Context, workspace, member, id uuid.UUID) (Customer, error) {
	var c Customer
	err := sqlx.GetContext(ctx, q.q, &c, customers+` AND c.customer_id = $3`, workspace, nullID(member), id)
	return c, translate(err)
}

// Customers lists a page of customers, newest first.
func (q Queries) Customers(ctx context.Context, workspace uuid.UUID, f CustomerFilter, p Page) ([]Customer, error) {
	l, named, err := q.listOfPeople(ctx, "customers", "customer_id", workspace, p, peopleFilter{f.SourceID, f.Search, f.From, f.To})
	if err != nil {
		return nil, err
	}
	l.withID("lead_id", f.LeadID)
	l.withID("assigned_lead_id", f.AssignedLeadID)
	l.withID("member_id", f.MemberID)
	l.withSource(named)
	l.withTimes("created_at", f.From, f.To)
	var all []Customer
	err = l.read(ctx, q, &all, customerColumns, "c", joinSource(`c`))
	return all, err
}

// EditCustomer changes a customer in place, who was not erased; edit sees the current state. A new source must be one offered for customers.
// With a member, one that they did not convert is ErrNotFound.
func (t *Tx) EditCustomer(ctx context.Context, workspace, member, id uuid.UUID, edit func(*Customer) error) (Customer, error) {
	var c Customer
	if err := sqlx.GetContext(ctx, t.q, &c, customers+`
			AND c.customer_id = $3 FOR NO KEY UPDATE OF c`, workspace, nullID(member), id); err != nil {
		return c, translate(err)
	}
	if c.Erased {
		return c, errErased
	}
	had := c.SourceID
	if err := edit(&c); err != nil {
		return c, err
	}
	if err := t.checkPick(ctx, workspace, had, c.SourceID, OfferCustomers); err != nil {
		return c, err
	}
	keys, err := t.keysOf(ctx, workspace, c.Name, c.Email, c.Phone)
	if err != nil {
		return c, err
	}
	fields := contactFields{name: c.Name, email: c.Email, phone: c.Phone, fields: c.Fields, source: c.SourceID}
	update, args := append(contactRow(fields, keys), row{
		{"words", expr{wordsPlace, keys.words}}, {"notes", c.Notes}, {"updated_at", t.after(c.UpdatedAt)},
	}...).update("customers", "workspace_id = $1 AND customer_id = $2", workspace, id)
	if _, err := t.q.ExecContext(ctx, update, args...); err != nil {
		return c, translate(err)
	}
	return t.Customer(ctx, workspace, member, id)
}

// ConvertLead makes a source lead a customer, which keeps the source that it had. fresh is unset where it was one already.
func (t *Tx) ConvertLead(ctx context.Context, workspace, id uuid.UUID) (c Customer, fresh bool, err error) {
	// Opportunities on the lead are kept apart from this by its row: either they see the customer, or this sees them.
	var there bool
	if err := sqlx.GetContext(ctx, t.q, &there, `
		SELECT true FROM leads WHERE workspace_id = $1 AND lead_id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE`,
		workspace, id); err != nil {
		return c, false, translate(err)
	}
	return t.convert(ctx, workspace, uuid.Nil, happening{lead: id}, `
		INSERT INTO customers (workspace_id, customer_id, lead_id, name, email, phone, phone_e164, words, fields, source_id,
			created_at, updated_at)
		SELECT workspace_id, $3, lead_id, name, email, phone, phone_e164, words, fields, source_id, $4, $4
		FROM leads WHERE workspace_id = $1 AND lead_id = $2
		ON CONFLICT (workspace_id, lead_id) WHERE lead_id IS NOT NULL DO NOTHING`, "lead_id")
}

// ConvertAssignedLead makes a copy a customer, which keeps the source that it had. fresh is unset where it was one
// already. With a member, someone else's copy is ErrNotFound, one that was taken back a *Violation, as one that was undone is for everybody; the customer is theirs from then
// on, and the copy answered.
func (t *Tx) ConvertAssignedLead(ctx context.Context, workspace, member, id uuid.UUID) (c Customer, fresh bool, err error) {
	if member != uuid.Nil {
		if _, err := t.AcceptAssignedLead(ctx, workspace, Actor{MemberID: member}, id); err != nil {
			return c, false, err
		}
	}
	var row struct {
		Undone bool          `db:"undone"`
		Erased bool          `db:"erased"`
		Lead   uuid.NullUUID `db:"source_lead_id"`
	}
	if err := sqlx.GetContext(ctx, t.q, &row, `
		SELECT undone_lead_id IS NOT NULL AS undone, erased_at IS NOT NULL AS erased, source_lead_id FROM assigned_leads
		WHERE workspace_id = $1 AND assigned_lead_id = $2 AND ($3::uuid IS NULL OR member_id = $3) FOR NO KEY UPDATE`,
		workspace, id, nullID(member)); err != nil {
		return c, false, translate(err)
	}
	if row.Undone {
		return c, false, errTakenBack(AssignedLead{Undone: true})
	}
	if row.Erased {
		return c, false, errErased
	}
	return t.convert(ctx, workspace, member, happening{lead: row.Lead.UUID, copied: id}, `
		INSERT INTO customers (workspace_id, customer_id, assigned_lead_id, name, email, phone, phone_e164, words, fields,
			source_id, notes, created_at, updated_at)
		SELECT workspace_id, $3, assigned_lead_id, name, email, phone, phone_e164, `+copyWords+`, fields, source_id, notes, $4, $4
		FROM assigned_leads WHERE workspace_id = $1 AND assigned_lead_id = $2
		ON CONFLICT (workspace_id, assigned_lead_id) WHERE assigned_lead_id IS NOT NULL DO NOTHING`, "assigned_lead_id")
}

// convert runs a conversion of what the column names, a lead or a copy of one, and gives its opportunities to the customer.
func (t *Tx) convert(ctx context.Context, workspace, member uuid.UUID, of happening, insert, column string) (c Customer, fresh bool, err error) {
	origin := of.lead
	if of.copied != uuid.Nil {
		origin = of.copied
	}
	id, err := t.newID()
	if err != nil {
		return c, false, err
	}
	err = oneRow(t.q.ExecContext(ctx, insert, workspace, origin, id, t.now()))
	if fresh = err == nil; err != nil && !errors.Is(err, ErrNotFound) {
		return c, false, err
	}
	if err := sqlx.GetContext(ctx, t.q, &id, `
		UPDATE customers SET member_id = coalesce(member_id, $3)
		WHERE workspace_id = $1 AND `+column+` = $2 RETURNING customer_id`, workspace, origin, nullID(member)); err != nil {
		return c, false, translate(err)
	}
	if _, err := t.q.ExecContext(ctx, `
		UPDATE opportunities SET customer_id = $3, member_id = coalesce(member_id, $4)
		WHERE workspace_id = $1 AND (`+column+` = $2 OR customer_id = $3)`, workspace, origin, id, nullID(member)); err != nil {
		return c, false, translate(err)
	}
	if fresh {
		of.id, of.event = id, lead.WebhookConverted
		if err := t.tell(ctx, workspace, []happening{of}); err != nil {
			return c, false, err
		}
	}
	c, err = t.Customer(ctx, workspace, uuid.Nil, id)
	return c, fresh, err
}
