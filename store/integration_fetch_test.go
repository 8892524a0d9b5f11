package store_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// A fetching is an integration whose platform only tells of leads.
type fetching struct {
	*world
	clock *testenv.Clock
	id    uuid.UUID
}

func newFetching(t *testing.T) *fetching {
	t.Helper()
	c := newClock(monday)
	w := newWorld(t, testenv.WithClock(c.Now))
	id := newID()
	if _, err := w.Store.CreateIntegration(t.Context(), w.workspace, store.Integration{ID: id, Kind: lead.KindMeta, Name: "ads", Enabled: true}); err != nil {
		t.Fatal(err)
	}
	return &fetching{w, c, id}
}

// told has the platform tell of leads; of one that begins with "-", that it was withdrawn.
func (f *fetching) told(ids ...string) store.Event {
	f.t.Helper()
	a := f.arrival(f.id, "", "told")
	for i, id := range ids {
		name, withdrawn := strings.CutPrefix(id, "-")
		a.Fetches = append(a.Fetches, store.NewFetch{ExternalID: name, Place: i, Withdrawn: withdrawn, Attribution: json.RawMessage(`{"form_id":"7"}`)})
	}
	f.arrive(a)
	return f.event(a)
}

// claimed are the leads that a worker may fetch now.
func (f *fetching) claimed(limit int) string {
	f.t.Helper()
	all, err := f.Store.ClaimFetches(f.t.Context(), f.workspace, f.id, time.Minute, limit)
	if err != nil {
		f.t.Fatal(err)
	}
	var ids []string
	for _, c := range all {
		ids = append(ids, c.ExternalID)
		equal(f.t, "what the platform said of it", c.Attribution["form_id"], "7")
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// keep stores leads that were fetched, as the fetcher does.
func (f *fetching) keep(ids ...string) {
	f.t.Helper()
	f.must(func(ctx context.Context, t *store.Tx) error {
		taken, err := t.TakeFetches(ctx, f.workspace, f.id, ids)
		if err != nil {
			return err
		}
		var leads []store.NewLead
		var outcomes []store.FetchedLead
		for _, id := range ids {
			if got, is := taken[id]; is {
				leads = append(leads, store.NewLead{Name: id, Channel: "webhook", Origin: store.IntegrationOrigin(f.id), ExternalID: id})
				outcomes = append(outcomes, store.FetchedLead{EventID: got.EventID, Place: got.Place, Outcome: lead.EventLead, Made: true, ExternalID: id, Answer: []byte("{}")})
			}
		}
		added, err := t.AddLeads(ctx, f.workspace, lead.QueueFresh, leads)
		if err != nil {
			return err
		}
		for i, a := range added {
			outcomes[i].LeadID = a.ID
		}
		return t.SettleFetched(ctx, f.workspace, f.id, outcomes)
	})
}

func (f *fetching) leads() string {
	f.t.Helper()
	var names []string
	if err := f.DB.Select(&names, `SELECT name FROM leads WHERE deleted_at IS NULL ORDER BY 1`); err != nil {
		f.t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// TestALeadIsFetchedOnce however often it is told of, by one worker at a time, and again when that one died.
func TestALeadIsFetchedOnce(t *testing.T) {
	t.Parallel()
	f := newFetching(t)
	first := f.told("1", "2", "3")
	again := f.told("2", "1")
	equal(t, "the outcomes", []lead.EventOutcome{first.Outcome, again.Outcome}, []lead.EventOutcome{lead.EventHeld, lead.EventDuplicate})
	equal(t, "claimed", f.claimed(2), "1 2")
	equal(t, "claimed by another", f.claimed(5), "3")
	equal(t, "claimed while they have them", f.claimed(5), "")
	f.keep("1", "3")
	f.keep("1") // by a worker who was late
	f.clock.Advance(time.Minute)
	equal(t, "claimed when a worker has died", f.claimed(5), "2")
	f.keep("2")
	equal(t, "leads", f.leads(), "1 2 3")
	e := f.event(store.Arrival{Event: &first})
	if e.Outcome != lead.EventLead || e.Made != 3 || len(e.LeadIDs) != 3 || slices.Contains(e.LeadIDs, uuid.Nil) {
		t.Errorf("what became of what told of them: %+v", e)
	}
	if later := f.told("1", "3"); later.Outcome != lead.EventDuplicate {
		t.Errorf("told of what is here: %s", later.Outcome)
	}
	equal(t, "claimed of what is here", f.claimed(5), "")
	f.deleteLead(e.LeadIDs[0])
	if later := f.told("1"); later.Outcome != lead.EventHeld {
		t.Errorf("told of what was deleted here: %s", later.Outcome)
	}
	equal(t, "claimed of what was deleted here", f.claimed(5), "1")
}

// TestALeadThatIsWithdrawn is deleted, and never fetched, whichever comes first.
func TestALeadThatIsWithdrawn(t *testing.T) {
	t.Parallel()
	f := newFetching(t)
	f.told("1", "2")
	equal(t, "claimed", f.claimed(5), "1 2")
	f.keep("1")
	if e := f.told("-1", "-2", "-3"); e.Outcome != lead.EventIgnored || e.Detail == "" {
		t.Errorf("the withdrawal is %s: %s", e.Outcome, e.Detail)
	}
	f.keep("2") // by the worker who had it
	f.told("3")
	f.clock.Advance(time.Hour)
	equal(t, "leads", f.leads(), "")
	equal(t, "claimed", f.claimed(5), "")
	known, err := f.Store.KnownLeads(t.Context(), f.workspace, f.id, []string{"1", "2", "3", "4"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "known", known, map[string]bool{"1": true, "2": true, "3": true})
}

// TestAFetchThatFails is put off, or left to people; told of once more, or released, it is fetched at once.
func TestAFetchThatFails(t *testing.T) {
	t.Parallel()
	f := newFetching(t)
	f.told("1", "2", "3")
	equal(t, "claimed", f.claimed(5), "1 2 3")
	f.must(func(ctx context.Context, t *store.Tx) error {
		return t.PostponeFetches(ctx, f.workspace, f.id, []store.Postponed{
			{ExternalID: "1", At: f.clock.Now().Add(time.Hour), Attempts: 1, Error: "not now"}, {ExternalID: "2", Attempts: 8, Error: "not there"},
			{ExternalID: "3", Attempts: 8, Error: "not there"},
		})
	})
	held := func() int {
		t.Helper()
		all, err := f.Store.Held(t.Context(), f.workspace)
		if err != nil {
			t.Fatal(err)
		}
		return all[f.id]
	}
	equal(t, "held", held(), 2)
	f.clock.Advance(59 * time.Minute)
	equal(t, "claimed before its time", f.claimed(5), "")
	f.clock.Advance(time.Minute)
	equal(t, "claimed then", f.claimed(5), "1")
	f.told("2")
	equal(t, "claimed when told of once more", f.claimed(5), "2")
	equal(t, "held", held(), 1)
	f.must(func(ctx context.Context, t *store.Tx) error { return t.ReleaseFetches(ctx, f.workspace, f.id) })
	equal(t, "claimed when released", f.claimed(5), "1 2 3")
	equal(t, "tries that count", f.count(`SELECT sum(attempts) FROM fetches`), 0)
	health, err := f.Store.IntegrationHealth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(health, func(h store.KindHealth) bool { return h.Kind == lead.KindMeta })
	equal(t, "the installation's", health[i], store.KindHealth{Kind: lead.KindMeta, States: map[lead.Health]int{
		lead.HealthOK: 1, lead.HealthTokenDead: 0, lead.HealthPermission: 0, lead.HealthThrottled: 0,
	}})
}

// TestWhatIsFed is each integration that has something to fetch, may ask its platform, and was not fed a while ago.
func TestWhatIsFed(t *testing.T) {
	t.Parallel()
	f := newFetching(t)
	fed := func() (n int) {
		t.Helper()
		hints, err := f.Store.FeedFetches(t.Context(), f.clock.Now().Add(-time.Minute), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(hints)
	}
	equal(t, "with nothing to fetch", fed(), 0)
	f.told("1")
	equal(t, "with a lead", fed(), 1)
	equal(t, "again", fed(), 0)
	f.clock.Advance(2 * time.Minute)
	if err := f.Store.SetHealth(t.Context(), f.workspace, f.id, lead.HealthThrottled, f.clock.Now().Add(time.Hour), 1); err != nil {
		t.Fatal(err)
	}
	equal(t, "while the platform wants peace", fed(), 0)
	f.clock.Advance(time.Hour)
	f.DB.MustExec(`UPDATE integrations SET enabled = false`)
	equal(t, "while it is paused", fed(), 0)
	f.DB.MustExec(`UPDATE integrations SET enabled = true`)
	equal(t, "after that", fed(), 1)
	state, err := f.Store.FetchState(t.Context(), f.workspace, f.id)
	if err != nil || state.Health != lead.HealthThrottled || state.Setbacks != 1 || state.From == nil {
		t.Errorf("its state is %+v, %v", state, err)
	}
}

// TestLookingThroughAPlatformsLists goes on from where it was left; who was overtaken by a new look changes nothing.
func TestLookingThroughAPlatformsLists(t *testing.T) {
	t.Parallel()
	f := newFetching(t)
	state := func() store.Reconcile {
		t.Helper()
		s, err := f.Store.FetchState(t.Context(), f.workspace, f.id)
		if err != nil {
			t.Fatal(err)
		}
		s.Reconcile.Since, s.Reconcile.Began = s.Reconcile.Since.UTC(), s.Reconcile.Began.UTC()
		return s.Reconcile
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	old := store.Reconcile{Since: f.clock.Now().Add(-time.Hour), Began: f.clock.Now()}
	do(f.Store.BeginReconcile(t.Context(), f.workspace, f.id, old))
	other := old
	other.Form = "other"
	do(f.Store.BeginReconcile(t.Context(), f.workspace, f.id, other))
	equal(t, "begun twice", state(), old)
	old.Form, old.After = "7", "page 2"
	do(f.Store.AdvanceReconcile(t.Context(), f.workspace, f.id, old))
	equal(t, "went on", state(), old)
	f.clock.Advance(time.Minute)
	since := f.clock.Now().Add(-24 * time.Hour)
	f.must(func(ctx context.Context, t *store.Tx) error { return t.StartReconcile(ctx, f.workspace, f.id, since) })
	fresh := store.Reconcile{Since: since, Began: f.clock.Now()}
	old.After = "page 3"
	do(f.Store.AdvanceReconcile(t.Context(), f.workspace, f.id, old))
	do(f.Store.EndReconcile(t.Context(), f.workspace, f.id, old, f.clock.Now().Add(time.Hour)))
	equal(t, "started anew", state(), fresh)
	do(f.Store.EndReconcile(t.Context(), f.workspace, f.id, fresh, f.clock.Now().Add(time.Hour)))
	equal(t, "ended", state(), store.Reconcile{})
}
