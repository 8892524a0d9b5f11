package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// ruled is the model of the rules of sources: what each source is offered for, and what each record has.
type ruled struct {
	w       *world
	sources []*ruledSource
	records []*ruledRecord
}

type ruledSource struct {
	id                        uuid.UUID
	enabled, leads, customers bool
}

func (s *ruledSource) offered(customer bool) bool {
	return s.enabled && (customer && s.customers || !customer && s.leads)
}

// A ruledRecord is a lead, a copy, a customer or an opportunity.
type ruledRecord struct {
	kind   string
	id     uuid.UUID
	source *ruledSource // nil for none
	// customer says by whose rules it picks a source. became is the customer that a lead or a copy was converted to.
	customer bool
	became   *ruledRecord
	on       *ruledRecord // what an opportunity is on
}

// TestSourceRules drives records and sources through any sequence of edits, conversions and merges. A record keeps its
// source through any save that leaves that alone, whatever became of it; a new pick must be offered; and after another
// was picked, the one before is gone for good unless it is offered again.
func TestSourceRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(r *rapid.T) {
		m := &ruled{w: w}
		for range 3 {
			m.sources = append(m.sources, &ruledSource{w.source(uuid.NewString(), nil), true, true, true})
		}
		m.addLead(r)
		r.Repeat(map[string]func(*rapid.T){
			"switch":      m.flip,
			"lead":        m.addLead,
			"save":        m.save,
			"convert":     m.convert,
			"opportunity": m.addOpportunity,
			"merge":       m.merge,
		})
		m.check(r)
	})
}

func (m *ruled) anySource(r *rapid.T) *ruledSource {
	return rapid.SampledFrom(m.sources).Draw(r, "source")
}
func (m *ruled) anyRecord(r *rapid.T) *ruledRecord {
	return rapid.SampledFrom(m.records).Draw(r, "record")
}

func (m *ruled) flip(r *rapid.T) {
	s := m.anySource(r)
	flag := rapid.SampledFrom([]*bool{&s.enabled, &s.leads, &s.customers}).Draw(r, "flag")
	*flag = !*flag
	m.w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.EditSource(ctx, m.w.workspace, s.id, func(e *store.Source) error {
			e.Enabled, e.ForLeads, e.ForCustomers = s.enabled, s.leads, s.customers
			return nil
		})
		return err
	})
}

// addLead adds a lead as an integration would, which has the source only if it is offered, and gives it to a member.
func (m *ruled) addLead(r *rapid.T) {
	s := m.anySource(r)
	id, warning, err := m.w.Store.LeadSource(m.w.t.Context(), m.w.workspace, store.SourceRef{ID: s.id})
	if err != nil || (id == s.id) != s.offered(false) || (warning == "") != s.offered(false) {
		r.Fatalf("the source %+v resolves to %s, %q, %v", s, id, warning, err)
	}
	if id == uuid.Nil {
		s = nil
	}
	var added []store.AddedLead
	var batches []lead.Hint
	m.w.must(func(ctx context.Context, t *store.Tx) (err error) {
		added, err = t.AddLeads(ctx, m.w.workspace, lead.QueueFresh, []store.NewLead{{
			Name: "L", SourceID: id, Channel: "api", Origin: "api", Distribute: store.Distribution{MemberIDs: []uuid.UUID{m.w.members['A']}},
		}})
		batches = t.Batches()
		return err
	})
	m.w.run(batches...)
	copies, err := m.w.Store.AssignedLeads(m.w.t.Context(), m.w.workspace, store.AssignedLeadFilter{SourceLeadID: added[0].ID}, store.Page{Limit: 2})
	if err != nil || len(copies) != 1 {
		r.Fatalf("%d copies, %v", len(copies), err)
	}
	m.records = append(m.records, &ruledRecord{kind: "lead", id: added[0].ID, source: s}, &ruledRecord{kind: "copy", id: copies[0].ID, source: s})
}

// save changes a record, and its source or not.
func (m *ruled) save(r *rapid.T) {
	record := m.anyRecord(r)
	picked, change := record.source, true
	switch rapid.SampledFrom([]string{"alone", "same", "none", "pick"}).Draw(r, "change") {
	case "alone":
		change = false
	case "none":
		picked = nil
	case "pick":
		picked = m.anySource(r)
	}
	good := picked == nil || picked == record.source || picked.offered(record.customer)
	err := m.edit(record, func(source **uuid.UUID) {
		if change {
			if *source = nil; picked != nil {
				id := picked.id
				*source = &id
			}
		}
	})
	var refused *store.ReasonError
	switch {
	case good && err == nil:
		record.source = picked
	case good || !errors.As(err, &refused) || refused.Reason != lead.SourceNotEligible:
		r.Fatalf("saving %+v with %+v: %v", record, picked, err)
	}
}

func (m *ruled) edit(record *ruledRecord, change func(source **uuid.UUID)) error {
	return m.w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		switch record.kind {
		case "lead":
			_, err = t.EditLead(ctx, m.w.workspace, record.id, func(e *store.Lead) error { change(&e.SourceID); return nil })
		case "copy":
			_, err = t.EditAssignedLead(ctx, m.w.workspace, store.Actor{}, record.id, func(e *store.AssignedLead) error { change(&e.SourceID); return nil })
		case "customer":
			_, err = t.EditCustomer(ctx, m.w.workspace, uuid.Nil, record.id, func(e *store.Customer) error { change(&e.SourceID); return nil })
		case "opportunity":
			_, err = t.EditOpportunity(ctx, m.w.workspace, uuid.Nil, record.id, func(e *store.Opportunity) error { change(&e.SourceID); return nil })
		}
		return err
	})
}

func (m *ruled) convert(r *rapid.T) {
	record := m.anyRecord(r)
	convert := (*store.Tx).ConvertLead
	switch record.kind {
	case "customer", "opportunity":
		return
	case "copy":
		convert = func(t *store.Tx, ctx context.Context, workspace, id uuid.UUID) (store.Customer, bool, error) {
			return t.ConvertAssignedLead(ctx, workspace, uuid.Nil, id)
		}
	}
	var made store.Customer
	var fresh bool
	m.w.must(func(ctx context.Context, t *store.Tx) (err error) {
		made, fresh, err = convert(t, ctx, m.w.workspace, record.id)
		return err
	})
	if fresh != (record.became == nil) || !fresh && made.ID != record.became.id {
		r.Fatalf("converted %+v to %s, fresh: %v", record, made.ID, fresh)
	}
	if !fresh {
		return
	}
	record.became = &ruledRecord{kind: "customer", id: made.ID, source: record.source, customer: true}
	m.records = append(m.records, record.became)
	for _, o := range m.records {
		o.customer = o.customer || o.on == record
	}
}

func (m *ruled) addOpportunity(r *rapid.T) {
	on := m.anyRecord(r)
	o := store.Opportunity{Title: "T", Stage: "open"}
	made := &ruledRecord{kind: "opportunity", on: on, customer: on.became != nil || on.customer}
	switch on.kind {
	case "lead":
		o.LeadID = &on.id
	case "copy":
		o.AssignedLeadID = &on.id
	case "customer":
		o.CustomerID = &on.id
	default:
		return
	}
	if rapid.Bool().Draw(r, "with a source") {
		made.source = m.anySource(r)
		o.SourceID = &made.source.id
	}
	err := m.w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		o, err = t.CreateOpportunity(ctx, m.w.workspace, uuid.Nil, o)
		return err
	})
	if good := made.source == nil || made.source.offered(made.customer); good != (err == nil) {
		r.Fatalf("an opportunity on %+v with %+v: %v", on, made.source, err)
	}
	if err == nil {
		made.id = o.ID
		m.records = append(m.records, made)
	}
}

func (m *ruled) merge(r *rapid.T) {
	if len(m.sources) < 2 {
		return
	}
	gone := rapid.IntRange(0, len(m.sources)-1).Draw(r, "merged")
	source := m.sources[gone]
	m.sources = append(m.sources[:gone:gone], m.sources[gone+1:]...)
	into := m.anySource(r)
	m.w.must(func(ctx context.Context, t *store.Tx) error {
		_, err := t.MergeSource(ctx, m.w.workspace, source.id, into.id)
		return err
	})
	for _, record := range m.records {
		if record.source == source {
			record.source = into
		}
	}
}

// check holds every record against the model.
func (m *ruled) check(r *rapid.T) {
	ctx := m.w.t.Context()
	for _, record := range m.records {
		var has *uuid.UUID
		var err error
		switch record.kind {
		case "lead":
			var e store.Lead
			e, err = m.w.Store.SourceLead(ctx, m.w.workspace, record.id)
			has = e.SourceID
		case "copy":
			var e store.AssignedLead
			e, err = m.w.Store.AssignedLead(ctx, m.w.workspace, uuid.Nil, record.id)
			has = e.SourceID
		case "customer":
			var e store.Customer
			e, err = m.w.Store.Customer(ctx, m.w.workspace, uuid.Nil, record.id)
			has = e.SourceID
		case "opportunity":
			var e store.Opportunity
			e, err = m.w.Store.Opportunity(ctx, m.w.workspace, uuid.Nil, record.id)
			has = e.SourceID
		}
		if err != nil || (has == nil) != (record.source == nil) || has != nil && *has != record.source.id {
			r.Fatalf("%s %s has the source %v, not %+v (%v)", record.kind, record.id, has, record.source, err)
		}
	}
}
