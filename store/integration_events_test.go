package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestWhatBecameOfAnArrival is that of its best lead, with each lead at its place.
func TestWhatBecameOfAnArrival(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.integration("shop")
	w.arrive(w.arrival(shop, "", "before", "Old"))
	test := func(a store.Arrival, tests ...int) store.Arrival {
		for _, i := range tests {
			a.Leads[i].Test = true
		}
		return a
	}
	spread := w.arrival(shop, "", "", "Far", "Near")
	spread.Places = []int{3, 1}
	for name, c := range map[string]struct {
		store.Arrival
		outcome lead.EventOutcome
		made    int
		places  string // of what has a lead
	}{
		"a new lead":                  {w.arrival(shop, "", "", "New"), lead.EventLead, 1, "1"},
		"one that was there":          {w.arrival(shop, "", "", "Old"), lead.EventDuplicate, 0, "1"},
		"a test":                      {test(w.arrival(shop, "", "", "Test"), 0), lead.EventTest, 1, "1"},
		"one there, and a test":       {test(w.arrival(shop, "", "", "Old", "Test 2"), 1), lead.EventTest, 1, "11"},
		"a test, and a new one":       {test(w.arrival(shop, "", "", "Test 3", "New 2"), 0), lead.EventLead, 2, "11"},
		"none":                        {w.arrival(shop, "", "what is this"), lead.EventUnmapped, 0, ""},
		"leads among what makes none": {spread, lead.EventLead, 2, "0101"},
	} {
		w.arrive(c.Arrival)
		e := w.event(c.Arrival)
		var places strings.Builder
		for _, id := range e.LeadIDs {
			places.WriteString(map[bool]string{true: "0", false: "1"}[id == uuid.Nil])
		}
		if e.Outcome != c.outcome || e.Made != c.made || places.String() != c.places {
			t.Errorf("%s: %s, %d made, leads at %s; want %s, %d, %s", name, e.Outcome, e.Made, places.String(), c.outcome, c.made, c.places)
		}
	}
}

// TestEventsAreListed by outcome and page, without their bodies; those that are incomplete by themselves.
func TestEventsAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop, other := w.integration("shop"), w.integration("other")
	for i := range 5 {
		a := w.arrival(shop, "", fmt.Sprint("body ", i))
		if i%2 == 0 {
			a = w.arrival(shop, "", fmt.Sprint("body ", i), fmt.Sprint("lead ", i))
		}
		if i > 2 {
			a.Event.AddNotMade(4, "no contact")
			a.Event.AddNotMade(-1, "no contact")
			a.Event.AddNotMade(1, "too long")
		}
		w.arrive(a)
	}
	w.arrive(w.arrival(other, "", "elsewhere", "Bea"))
	list := func(outcome lead.EventOutcome, p store.Page) (all []store.Event) {
		t.Helper()
		all, err := w.Store.Events(t.Context(), w.workspace, shop, outcome, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			if e.Body != nil {
				t.Error("a list has bodies")
			}
		}
		return all
	}
	equal(t, "all", len(list("", store.Page{Limit: 10})), 5)
	first := list("", store.Page{Limit: 2})
	equal(t, "the rest", len(list("", store.Page{Limit: 10, After: first[1].ID})), 3)
	equal(t, "with leads", len(list(lead.EventLead, store.Page{Limit: 10})), 3)
	equal(t, "without", len(list(lead.EventUnmapped, store.Page{Limit: 10})), 2)
	incomplete, err := w.Store.IncompleteEvents(t.Context(), w.workspace, shop, "", store.Page{Limit: 10})
	if err != nil || len(incomplete) != 2 {
		t.Fatalf("%d are incomplete, %v", len(incomplete), err)
	}
	e := incomplete[0]
	equal(t, "why", e.NotMade, []store.NotMade{{Reason: "no contact", Count: 2, Entries: []int{5}}, {Reason: "too long", Count: 1, Entries: []int{2}}})
	equal(t, "in a sentence", e.NotMadeText(), "no lead could be made of 3 of 4: no contact; too long")
}

// TestOldEventsGo with what platforms answered for them, the oldest first and so many at a time; their leads stay.
func TestOldEventsGo(t *testing.T) {
	t.Parallel()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	shop := w.integration("shop")
	for i := range 4 {
		a := w.arrival(shop, "", "body", fmt.Sprint("lead ", i))
		a.Answers = []store.FetchedAnswer{{ExternalID: fmt.Sprint(i), Answer: []byte(`{"id":1}`)}}
		w.arrive(a)
		answers, err := w.Store.FetchedAnswers(t.Context(), w.workspace, shop, a.Event.ID)
		if err != nil || len(answers) != 1 || answers[0].LeadID != w.event(a).LeadIDs[0] || string(answers[0].Answer) != `{"id":1}` {
			t.Fatalf("what the platform answered: %+v, %v", answers, err)
		}
		c.Advance(time.Hour)
	}
	before := c.Now().Add(-time.Hour)
	for _, want := range []int64{2, 1, 0} {
		n, err := w.Store.DeleteOldEvents(t.Context(), before, 2)
		if err != nil || n != want {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
	equal(t, "events", w.count(`SELECT count(*) FROM integration_events WHERE received_at >= $1`, before), 1)
	equal(t, "answers", w.count(`SELECT count(*) FROM fetched_answers`), 1)
	equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 4)
}

// TestAnArrivalIsReadAgain once at a time: who comes second sees what the first has made of it.
func TestAnArrivalIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.integration("shop")
	a := w.arrival(shop, "", "what is this")
	w.arrive(a)
	replay := func(ctx context.Context, tx *store.Tx) (lead.EventOutcome, error) {
		e, err := tx.LockEvent(ctx, w.workspace, shop, a.Event.ID)
		if err != nil || e.Outcome != lead.EventUnmapped {
			return e.Outcome, err
		}
		again := w.arrival(shop, "", "", "Ada")
		again.Event = &e
		return lead.EventUnmapped, tx.AddReplayed(ctx, w.workspace, lead.QueueFresh, again)
	}
	found := make(chan lead.EventOutcome, 6)
	for range cap(found) {
		go func() {
			var outcome lead.EventOutcome
			if err := w.tx(func(ctx context.Context, tx *store.Tx) (err error) { outcome, err = replay(ctx, tx); return err }); err != nil {
				t.Error(err)
			}
			found <- outcome
		}()
	}
	outcomes := map[lead.EventOutcome]int{}
	for range cap(found) {
		outcomes[<-found]++
	}
	equal(t, "what they found", outcomes, map[lead.EventOutcome]int{lead.EventUnmapped: 1, lead.EventLead: 5})
	equal(t, "leads", w.count(`SELECT count(*) FROM leads`), 1)
	e := w.event(a)
	if e.Outcome != lead.EventLead || e.Made != 1 || string(e.Body) != "what is this" {
		t.Errorf("the event is %+v", e)
	}
	gone, err := w.Store.DeletedLeads(t.Context(), w.workspace, e.LeadIDs)
	if err != nil || len(gone) != 0 {
		t.Errorf("%d are deleted, %v", len(gone), err)
	}
	w.deleteLead(e.LeadIDs[0])
	if gone, err = w.Store.DeletedLeads(t.Context(), w.workspace, e.LeadIDs); err != nil || len(gone) != 1 {
		t.Errorf("%d are deleted, %v", len(gone), err)
	}
}
