package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

func (w *world) tryEditLead(id uuid.UUID, edit func(*store.Lead)) (l store.Lead, err error) {
	return l, w.tx(func(ctx context.Context, t *store.Tx) (err error) {
		l, err = t.EditLead(ctx, w.workspace, id, func(l *store.Lead) error { edit(l); return nil })
		return err
	})
}

// wholeLead has everything that can come in with one.
func wholeLead(source uuid.UUID) store.NewLead {
	return store.NewLead{
		Name: "Siti Rahman", Email: "siti@example.com", Phone: "012-345 6789", Fields: json.RawMessage(`{"city": "Ipoh", "budget": 500000}`),
		SourceID: source, Channel: "api", Origin: "api", ExternalID: "crm-1",
		Attribution: json.RawMessage(`{"campaign_id": "c1", "form_id": "f1"}`), Consent: json.RawMessage(`{"marketing": true}`),
	}
}

// TestALeadIsAsItCameIn stores a lead with everything, and edits one thing after the other: nothing else changes, of its copies nothing at
// all, and its number is read anew by the workspace's region.
func TestALeadIsAsItCameIn(t *testing.T) {
	t.Parallel()
	c := newClock("2026-03-02T04:00:00Z")
	w := newWorld(t, testenv.WithClock(c.Now))
	expo, fair := w.source("Expo", nil), w.source("Fair", nil)
	id, _ := w.addLead(wholeLead(expo))
	run, batches := w.assignRun([]uuid.UUID{id}, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	copied, err := w.Store.AssignedLeads(t.Context(), w.workspace, store.AssignedLeadFilter{}, store.Page{Limit: 10})
	if err != nil || len(copied) != 1 {
		t.Fatalf("%+v, %v", copied, err)
	}
	want := store.Lead{
		ID: id, SourceID: &expo, Channel: "api", ExternalID: "crm-1", CreatedAt: c.Now(), UpdatedAt: c.Now(),
		Contact: store.Contact{
			Name: "Siti Rahman", Email: "siti@example.com", Phone: "012-345 6789", PhoneE164: "+60123456789", Fields: json.RawMessage(`{"city": "Ipoh", "budget": 500000}`),
		},
	}
	sameLead := func(what string) {
		t.Helper()
		got := w.lead(id)
		if got.Attribution["campaign_id"] != "c1" || got.Attribution["form_id"] != "f1" || got.Consent["marketing"] != true {
			t.Errorf("%s: it came by %v, with consent %v", what, got.Attribution, got.Consent)
		}
		got.Attribution, got.Consent = nil, nil
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0), sameJSON); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	sameLead("as it came in")
	for what, edit := range map[string]func(*store.Lead){
		"another name":       func(l *store.Lead) { l.Name = "Siti binti Rahman" },
		"another address":    func(l *store.Lead) { l.Email = "SITI@example.org" },
		"no address":         func(l *store.Lead) { l.Email = "" },
		"other fields":       func(l *store.Lead) { l.Fields = json.RawMessage(`{"city": "Klang"}`) },
		"another source":     func(l *store.Lead) { l.SourceID = &fair },
		"no source":          func(l *store.Lead) { l.SourceID = nil },
		"another number":     func(l *store.Lead) { l.Phone, l.PhoneE164 = "03-2142 8888", "+60321428888" },
		"a number of abroad": func(l *store.Lead) { l.Phone, l.PhoneE164 = "+65 6123 4567", "+6561234567" },
		"no number":          func(l *store.Lead) { l.Phone, l.PhoneE164 = "", "" },
		"what is none":       func(l *store.Lead) { l.Phone, l.PhoneE164 = "ask at the desk", "" },
	} {
		c.Advance(time.Minute)
		if _, err := w.tryEditLead(id, edit); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		edit(&want)
		want.UpdatedAt = c.Now()
		sameLead(what)
	}
	after, err := w.Store.AssignedLeads(t.Context(), w.workspace, store.AssignedLeadFilter{}, store.Page{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(copied, after, cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0), cmpopts.IgnoreUnexported(store.AssignedLead{})); diff != "" {
		t.Errorf("the copy (-before +after):\n%s", diff)
	}
	equal(t, "the run", w.assignment(run).Given, 1)
	w.exact()
}

// sameJSON takes JSON by what it says.
var sameJSON = cmp.Transformer("json", func(raw json.RawMessage) (v any) {
	if len(raw) > 0 && json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	return v
})

// TestSourcesOfLeads are those that are offered for leads when they are chosen; a lead keeps what it has, whatever became of that since, and
// names of one that was merged the one that it was merged into.
func TestSourcesOfLeads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expo, fair := w.source("Expo", nil), w.source("Fair", nil)
	off := w.source("Off", func(s *store.Source) { s.Enabled = false })
	customers := w.source("Customers", func(s *store.Source) { s.ForLeads, s.ForCustomers = false, true })
	id, _ := w.addLead(wholeLead(expo))
	pick := func(source uuid.UUID) error {
		_, err := w.tryEditLead(id, func(l *store.Lead) { l.SourceID = &source })
		return err
	}
	for what, source := range map[string]uuid.UUID{"switched off": off, "for customers": customers, "unknown": uuid.New()} {
		var refused *store.ReasonError
		if err := pick(source); !errors.As(err, &refused) || refused.Reason != lead.SourceNotEligible || refused.Field != "source_id" {
			t.Errorf("one that is %s: %v", what, err)
		}
	}
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return second(tx.EditSource(ctx, w.workspace, expo, func(s *store.Source) error { s.Enabled = false; return nil }))
	})
	if err := pick(expo); err != nil {
		t.Errorf("the one that it has, which is switched off by now: %v", err)
	}
	if err := pick(fair); err != nil {
		t.Fatal(err)
	}
	third := w.source("Third", nil)
	w.must(func(ctx context.Context, tx *store.Tx) error {
		return second(tx.MergeSource(ctx, w.workspace, fair, third))
	})
	equal(t, "after its source was merged", *w.lead(id).SourceID, third)
	if err := pick(fair); err != nil {
		t.Errorf("the one that was merged: %v", err)
	}
	equal(t, "what is written for it", *w.lead(id).SourceID, third)
	w.exact()
}

// TestADeletedLeadIsGone is not read, listed, edited or deleted again; whoever pushed it can read it a moment after, and its copies stay.
func TestADeletedLeadIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.addLead(wholeLead(uuid.Nil))
	_, batches := w.assignRun([]uuid.UUID{id}, store.Distribution{MemberIDs: []uuid.UUID{w.members['A']}})
	w.run(batches...)
	_, later := w.assignRun([]uuid.UUID{id}, store.Distribution{MemberIDs: []uuid.UUID{w.members['B']}})
	w.deleteLead(id)
	w.run(later...)
	for what, err := range map[string]error{
		"read":          second(w.Store.SourceLead(t.Context(), w.workspace, id)),
		"read as shell": second(w.Store.LeadOrShell(t.Context(), w.workspace, id)),
		"edited":        second(w.tryEditLead(id, func(l *store.Lead) { l.Name = "x" })),
		"deleted again": w.tx(func(ctx context.Context, tx *store.Tx) error { return tx.DeleteLead(ctx, w.workspace, id) }),
	} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if l, err := w.Store.PushedLead(t.Context(), w.workspace, id); err != nil || l.Name != "Siti Rahman" {
		t.Errorf("read by whoever pushed it: %+v, %v", l, err)
	}
	all, err := w.Store.SourceLeads(t.Context(), w.workspace, store.LeadFilter{}, store.Page{Limit: 10})
	if err != nil || len(all) != 0 {
		t.Errorf("listed are %d, %v", len(all), err)
	}
	equal(t, "copies", w.counts(), map[string]int{"A": 1})
	equal(t, "failed", w.count(`SELECT count(*) FROM history WHERE outcome = 'failed' AND reason = 'source_lead_deleted'`), 1)
	w.exact()
}

// TestAnErasedLeadIsAShell is what somebody finds who pushes it again: that it was here, and nothing of the person.
func TestAnErasedLeadIsAShell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.addLead(wholeLead(uuid.Nil))
	w.erase(w.identify("siti@example.com", ""))
	shell, err := w.Store.LeadOrShell(t.Context(), w.workspace, id)
	if err != nil || shell.ErasedAt == nil || shell.Name+shell.Email+shell.Phone+shell.PhoneE164 != "" || len(shell.Attribution) != 0 {
		t.Errorf("of the lead is left %+v, %v", shell, err)
	}
	if _, err := w.Store.SourceLead(t.Context(), w.workspace, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is read: %v", err)
	}
	if _, err := w.tryEditLead(id, func(l *store.Lead) { l.Name = "Siti" }); err == nil {
		t.Error("somebody's name is written to a lead of whom nothing is to be known")
	}
	w.exact()
}
