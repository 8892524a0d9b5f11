package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) opportunity(as uuid.UUID, o store.Opportunity) (made store.Opportunity, err error) {
	return made, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		made, err = t.CreateOpportunity(ctx, w.workspace, as, o)
		return err
	})
}

// TestOpportunitiesFollowWhatTheyAreOn makes them on a lead and on its copy, converts both, and makes more.
func TestOpportunitiesFollowWhatTheyAreOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids, batches := w.add(1, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	copied := w.copyOf('A', ids[0])
	make := func(as byte, o store.Opportunity) store.Opportunity {
		t.Helper()
		o.Stage = "new"
		made, err := w.opportunity(w.members[as], o)
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	onLead := make(0, store.Opportunity{Title: "on the lead", LeadID: &ids[0], Amount: "1200.50", Currency: "MYR"})
	onCopy := make('A', store.Opportunity{Title: "on the copy", AssignedLeadID: &copied})
	if onLead.MemberID != nil || onLead.CustomerID != nil || onLead.Amount != "1200.5" || onCopy.MemberID == nil || *onCopy.MemberID != w.members['A'] {
		t.Errorf("made %+v and %+v", onLead, onCopy)
	}
	for name, o := range map[string]store.Opportunity{
		"lead_id": {LeadID: &ids[0]}, "assigned_lead_id": {AssignedLeadID: &copied},
	} {
		o.Title, o.Stage = "B's", "new"
		var field *store.FieldError
		if _, err := w.opportunity(w.members['B'], o); !errors.As(err, &field) || field.Field != name {
			t.Errorf("B makes one on what is not theirs, %s: %v", name, err)
		}
	}

	ofLead, _, err := w.convert(ids[0])
	if err != nil {
		t.Fatal(err)
	}
	ofCopy, _, err := w.convertCopy(w.members['A'], copied)
	if err != nil {
		t.Fatal(err)
	}
	late := make('A', store.Opportunity{Title: "on the copy, later", AssignedLeadID: &copied})
	direct := make('A', store.Opportunity{Title: "on the customer", CustomerID: &ofCopy.ID})
	if late.CustomerID == nil || *late.CustomerID != ofCopy.ID || *direct.MemberID != w.members['A'] {
		t.Errorf("made %+v and %+v", late, direct)
	}
	for name, f := range map[string]struct {
		store.OpportunityFilter
		want string
	}{
		"all":                    {store.OpportunityFilter{}, "on the customer; on the copy, later; on the copy; on the lead"},
		"A's":                    {store.OpportunityFilter{MemberID: w.members['A']}, "on the customer; on the copy, later; on the copy"},
		"B's":                    {store.OpportunityFilter{MemberID: w.members['B']}, ""},
		"of the lead":            {store.OpportunityFilter{LeadID: ids[0]}, "on the lead"},
		"of the copy":            {store.OpportunityFilter{AssignedLeadID: copied}, "on the copy, later; on the copy"},
		"of the copy's customer": {store.OpportunityFilter{CustomerID: ofCopy.ID}, "on the customer; on the copy, later; on the copy"},
		"of the lead's customer": {store.OpportunityFilter{CustomerID: ofLead.ID}, "on the lead"},
		"of a stage":             {store.OpportunityFilter{Stage: "won"}, ""},
	} {
		all, err := w.Store.Opportunities(t.Context(), w.workspace, f.OpportunityFilter, store.Page{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, o := range all {
			titles = append(titles, o.Title)
		}
		equal(t, name, strings.Join(titles, "; "), f.want)
	}
}

// TestAnOpportunityPicksSourcesOfWhatItIsOn moves to those of customers with the conversion.
func TestAnOpportunityPicksSourcesOfWhatItIsOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ofLeads := w.source("Fair", func(s *store.Source) { s.ForCustomers = false })
	ofCustomers := w.source("Club", func(s *store.Source) { s.ForLeads, s.ForCustomers = false, true })
	ids, _ := w.add(1, store.Distribution{})
	if _, err := w.opportunity(uuid.Nil, store.Opportunity{Title: "x", Stage: "new", LeadID: &ids[0], SourceID: &ofCustomers}); !errors.Is(err, lead.SourceNotEligible) {
		t.Errorf("one on a lead from a source of customers: %v", err)
	}
	o, err := w.opportunity(uuid.Nil, store.Opportunity{Title: "x", Stage: "new", LeadID: &ids[0], SourceID: &ofLeads})
	if err != nil || o.SourceName != "Fair" {
		t.Fatalf("%+v, %v", o, err)
	}
	if _, _, err := w.convert(ids[0]); err != nil {
		t.Fatal(err)
	}
	edit := func(as uuid.UUID, change func(*store.Opportunity)) (got store.Opportunity, err error) {
		return got, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
			got, err = t.EditOpportunity(ctx, w.workspace, as, o.ID, func(o *store.Opportunity) error { change(o); return nil })
			return err
		})
	}
	if got, err := edit(uuid.Nil, func(o *store.Opportunity) { o.Amount, o.Currency, o.Stage = "99999999999.1230", "SGD", "won" }); err != nil ||
		got.Amount != "99999999999.123" || got.SourceName != "Fair" || got.CustomerID == nil {
		t.Errorf("edited %+v, %v", got, err)
	}
	if got, err := edit(uuid.Nil, func(o *store.Opportunity) { o.SourceID = &ofCustomers }); err != nil || got.SourceName != "Club" {
		t.Errorf("with a source of customers: %+v, %v", got, err)
	}
	if _, err := edit(uuid.Nil, func(o *store.Opportunity) { o.SourceID = &ofLeads }); !errors.Is(err, lead.SourceNotEligible) {
		t.Errorf("with a source of leads: %v", err)
	}
	if _, err := edit(w.members['A'], func(*store.Opportunity) {}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by a member whose it is not: %v", err)
	}
}
