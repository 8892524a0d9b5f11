package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/store"
)

// TestNothingIsWrittenOfWhoWasErased has an admin and the member edit a copy and a customer of somebody who was erased: all that can be
// changed is a status.
func TestNothingIsWrittenOfWhoWasErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	given := func(email string) uuid.UUID {
		lead, _ := w.addLead(store.NewLead{Name: "Ada", Email: email, Channel: "api", Origin: "api"})
		w.run(w.assign([]uuid.UUID{lead}, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})...)
		var id uuid.UUID
		if err := w.DB.Get(&id, `SELECT assigned_lead_id FROM assigned_leads WHERE source_lead_id = $1`, lead); err != nil {
			t.Fatal(err)
		}
		return id
	}
	plain, won := given("secret@example.com"), given("secret@example.com")
	var customer store.Customer
	w.must(func(ctx context.Context, tx *store.Tx) (err error) {
		customer, _, err = tx.ConvertAssignedLead(ctx, w.workspace, w.members['A'], won)
		return err
	})
	w.erase(w.identify("secret@example.com", ""))

	refused := func(what string, do func(ctx context.Context, tx *store.Tx) error) {
		t.Helper()
		var violation *store.Violation
		var field *store.FieldError
		if err := w.tx(do); !errors.As(err, &violation) && !errors.As(err, &field) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, change := range map[string]func(a *store.AssignedLead){
		"a name": func(a *store.AssignedLead) { a.Name = "Ada" }, "notes": func(a *store.AssignedLead) { a.Notes = "call Ada" },
		"a field": func(a *store.AssignedLead) { a.Fields = json.RawMessage(`{"boss":"Ada"}`) },
	} {
		for _, who := range []store.Actor{{}, {MemberID: w.members['A']}} {
			refused(what, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.EditAssignedLead(ctx, w.workspace, who, plain, func(a *store.AssignedLead) error { change(a); return nil })
				return err
			})
		}
	}
	refused("a customer's name", func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditCustomer(ctx, w.workspace, uuid.Nil, customer.ID, func(c *store.Customer) error { c.Name = "Ada"; return nil })
		return err
	})
	refused("a conversion", func(ctx context.Context, tx *store.Tx) error {
		_, _, err := tx.ConvertAssignedLead(ctx, w.workspace, uuid.Nil, plain)
		return err
	})
	for what, o := range map[string]store.Opportunity{"on a copy": {AssignedLeadID: &plain}, "on a customer": {CustomerID: &customer.ID}} {
		refused("an opportunity "+what, func(ctx context.Context, tx *store.Tx) error {
			o.Title, o.Stage = "Ada's roof", "open"
			_, err := tx.CreateOpportunity(ctx, w.workspace, uuid.Nil, o)
			return err
		})
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.EditAssignedLead(ctx, w.workspace, store.Actor{MemberID: w.members['A']}, plain, func(a *store.AssignedLead) error { a.Status = "lost"; return nil })
		return err
	})
	w.exact()
}
