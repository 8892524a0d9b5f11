package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// fetchAtOnce is how many leads of an integration are fetched side by side. Each round stores what it got.
	fetchAtOnce = 8
	// fetchLease keeps others from fetching the same leads. Where the worker dies, they are anybody's again after it.
	fetchLease = platformTimeout + 4*time.Second
	// fetchBudget is how long one task goes on, lest it holds up a worker that is to stop. What is left is another's.
	fetchBudget = 3 * time.Second
	// seenAgain is how often a lead that the platform does not show is asked for, before that is left to people.
	seenAgain = 8
	// refusedProbe is how long a platform is left alone that takes the token no more or lacks rights: perhaps somebody has
	// put that right there.
	refusedProbe = time.Hour
)

// A Fetcher gets the leads of which integrations are only told, and looks through platforms' lists for those that they
// were not told of.
type Fetcher struct {
	store     *store.Store
	box       Box
	metrics   *metrics.Metrics
	log       *slog.Logger
	platforms map[lead.Kind]platform
}

// FetcherOptions are what a Fetcher needs.
type FetcherOptions struct {
	Store   *store.Store
	Box     Box
	Metrics *metrics.Metrics
	Log     *slog.Logger
	Platforms
}

// Platforms are where platforms' APIs are.
type Platforms struct {
	// MetaURL and LinkedInURL are addresses without version.
	MetaURL, LinkedInURL string
	// LinkedInVersion is the version asked for, as YYYYMM. Versions last a year.
	LinkedInVersion string
}

// NewFetcher makes a fetcher.
func NewFetcher(o FetcherOptions) *Fetcher {
	f := &Fetcher{store: o.Store, box: o.Box, metrics: o.Metrics, log: o.Log, platforms: make(map[lead.Kind]platform)}
	client := newPlatformClient()
	for name, k := range providers {
		if k.platform != nil {
			f.platforms[name] = k.platform(o.Platforms, client, o.Store.Now)
		}
	}
	return f
}

// Run fetches what an integration has to fetch, and returns when nothing is left, its platform refuses, or some time is
// over. It may run several times at once. Its error is trouble of ours; what then is left is fetched later.
func (f *Fetcher) Run(ctx context.Context, workspace, integration uuid.UUID) error {
	h, err := f.store.HookOf(ctx, workspace, integration)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!h.Enabled || f.platforms[h.Kind] == nil) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading integration %s: %w", integration, err)
	}
	secrets, err := OpenSecrets(f.box, h.Integration)
	if err != nil {
		return fmt.Errorf("opening the secrets of integration %s: %w", integration, err)
	}
	r := &fetchRun{Fetcher: f, hook: h, platform: f.platforms[h.Kind], access: access{integration, secrets.AccessToken}}
	if err := r.all(ctx, time.Now().Add(fetchBudget)); err != nil {
		return fmt.Errorf("fetching for integration %s: %w", integration, err)
	}
	return nil
}

// A fetchRun is one integration being fetched for.
type fetchRun struct {
	*Fetcher
	hook     store.Hook
	platform platform
	access   access
	state    store.FetchState
}

func (r *fetchRun) all(ctx context.Context, until time.Time) (err error) {
	for time.Now().Before(until) {
		if r.state, err = r.store.FetchState(ctx, r.hook.Workspace, r.hook.ID); err != nil {
			return err
		}
		if from := r.state.From; from != nil && from.After(r.store.Now()) {
			return nil
		}
		n, err := r.round(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return r.reconcile(ctx, until)
		}
	}
	r.store.FetchOn(ctx, r.hook.Workspace, r.hook.ID)
	return nil
}

// A fetched is what became of one lead.
type fetched struct {
	store.Fetch
	lead    Lead
	refused *RefusedError // nil where the lead is there
}

// round fetches some leads and stores them, and returns how many there were. A platform that has refused before is tried
// with one.
func (r *fetchRun) round(ctx context.Context) (int, error) {
	limit := fetchAtOnce
	if r.state.Health != lead.HealthOK {
		limit = 1
	}
	claimed, err := r.store.ClaimFetches(ctx, r.hook.Workspace, r.hook.ID, fetchLease, limit)
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	all := make([]fetched, len(claimed))
	var fetching sync.WaitGroup
	for i, c := range claimed {
		fetching.Go(func() { all[i] = r.fetch(ctx, c) })
	}
	fetching.Wait()
	if err := ctx.Err(); err != nil {
		return 0, err // what was refused because we end is tried again after the lease
	}
	return len(all), r.settle(ctx, all)
}

func (r *fetchRun) fetch(ctx context.Context, f store.Fetch) fetched {
	if r.access.token == "" {
		return fetched{Fetch: f, refused: &RefusedError{Message: "the integration has no access_token; set it", refusal: refusedToken}}
	}
	l, err := r.platform.lead(ctx, r.access, f.ExternalID)
	if err != nil {
		return fetched{Fetch: f, refused: refusedBy(err)}
	}
	for name, value := range f.Attribution {
		if l.Attribution[name] == "" {
			l.Attribution.Set(name, flexible(value))
		}
	}
	return fetched{Fetch: f, lead: l}
}

// settle stores what was fetched, and notes what was refused.
func (r *fetchRun) settle(ctx context.Context, all []fetched) error {
	var got []fetched
	var postponed []store.Postponed
	var worst *RefusedError
	for _, f := range all {
		if f.refused == nil {
			got = append(got, f)
			continue
		}
		postponed = append(postponed, r.postpone(f))
		if _, general := f.refused.refusal.health(); general && (worst == nil || f.refused.refusal > worst.refusal) {
			worst = f.refused
		}
	}
	if err := r.keep(ctx, got); err != nil {
		return err
	}
	if err := r.store.WithTx(ctx, func(tx *store.Tx) error {
		return tx.PostponeFetches(ctx, r.hook.Workspace, r.hook.ID, postponed)
	}); err != nil {
		return err
	}
	return r.note(ctx, worst, len(got) > 0)
}

// postpone says when a lead that was refused is asked for again.
func (r *fetchRun) postpone(f fetched) store.Postponed {
	p := store.Postponed{ExternalID: f.ExternalID, At: r.store.Now(), Attempts: f.Attempts, Error: f.refused.Message}
	if _, general := f.refused.refusal.health(); general {
		return p // once the integration may go on
	}
	p.Attempts++
	if f.refused.refusal == refusedLead && p.Attempts >= seenAgain {
		p.At = time.Time{}
		r.log.Error("a lead cannot be fetched from its platform; it is held, and fetched when its delivery is replayed",
			"integration_id", r.hook.ID, "attempts", p.Attempts, "error", f.refused.Message)
		return p
	}
	p.At = p.At.Add(fetchDelay(f.Attempts, time.Hour))
	return p
}

// fetchDelay doubles from a second, with jitter so that what failed together parts.
func fetchDelay(failed int, most time.Duration) time.Duration {
	delay := min(time.Second<<min(failed, 20), most)
	return delay/2 + rand.N(delay)
}

// note keeps the integration's health after a round: worst is a refusal that holds for all of its leads, nil where there
// was none.
func (r *fetchRun) note(ctx context.Context, worst *RefusedError, any bool) error {
	health, from, setbacks := r.state.Health, time.Time{}, 0
	switch {
	case worst != nil:
		health, _ = worst.refusal.health()
		setbacks = r.state.Setbacks + 1
		wait := refusedProbe
		if worst.refusal == refusedThrottled {
			wait = max(worst.wait, fetchDelay(r.state.Setbacks, 10*time.Minute))
		}
		from = r.store.Now().Add(wait)
		if health != r.state.Health {
			r.log.Error("a platform refuses to show leads; they are held", "integration_id", r.hook.ID, "workspace_id", r.hook.Workspace,
				"health", string(health), "error", worst.Message)
		}
	case !any || health == lead.HealthOK:
		return nil
	default:
		health = lead.HealthOK
		r.log.Info("a platform shows leads again", "integration_id", r.hook.ID)
	}
	return r.store.SetHealth(ctx, r.hook.Workspace, r.hook.ID, health, from, setbacks)
}

// keep stores leads that were fetched, and tells the arrivals that told of them. Where the database refuses them it
// stores them one by one.
func (r *fetchRun) keep(ctx context.Context, got []fetched) error {
	if len(got) == 0 {
		return nil
	}
	err := r.keepAll(ctx, got)
	if !store.Refused(err) {
		return err
	}
	if len(got) > 1 {
		for i := range got {
			if err := r.keep(ctx, got[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
	r.log.Error("the database refuses a lead that was fetched; it is held", "integration_id", r.hook.ID, "error", err)
	return r.store.WithTx(ctx, func(tx *store.Tx) error {
		return tx.PostponeFetches(ctx, r.hook.Workspace, r.hook.ID, []store.Postponed{{
			ExternalID: got[0].ExternalID, Attempts: got[0].Attempts + 1, Error: "the database refuses this lead",
		}})
	})
}

// noContactFetched is why no lead can be made of one that was fetched.
const noContactFetched = "the platform's lead has no name, email or phone"

func (r *fetchRun) keepAll(ctx context.Context, got []fetched) error {
	var d arrival
	var outcomes []store.FetchedLead
	var added []store.AddedLead
	err := r.store.WithTx(ctx, func(tx *store.Tx) (err error) {
		ids := make([]string, len(got))
		for i, f := range got {
			ids[i] = f.ExternalID
		}
		taken, err := tx.TakeFetches(ctx, r.hook.Workspace, r.hook.ID, ids)
		if err != nil {
			return err
		}
		if d, outcomes, err = r.newLeads(got, taken); err != nil {
			return err
		}
		if _, err := d.findSources(ctx, tx.Queries, r.hook); err != nil {
			return err
		}
		if added, err = tx.AddLeads(ctx, r.hook.Workspace, lead.QueueFresh, d.Leads); err != nil {
			return err
		}
		return tx.SettleFetched(ctx, r.hook.Workspace, r.hook.ID, told(outcomes, d.Leads, added))
	})
	if err != nil {
		return err
	}
	r.warnOfIDs(ctx, added)
	if n := len(outcomes) - len(d.Leads); n > 0 {
		r.warnUnmade(ctx, n)
	}
	return nil
}

// warnOfIDs notes on the integration that leads share their ids with other people's. They are stored: where this fails,
// the next ones will do.
func (r *fetchRun) warnOfIDs(ctx context.Context, added []store.AddedLead) {
	beside := 0
	for _, a := range added {
		if a.Beside != uuid.Nil {
			beside++
		}
	}
	if warning := warningOf(beside); warning != "" {
		r.warn(ctx, warning)
	}
}

// warnUnmade notes on the integration that no lead could be made of some that its platform gave.
func (r *fetchRun) warnUnmade(ctx context.Context, n int) {
	r.warn(ctx, fmt.Sprintf("Of %d leads none could be made: %s whose names are known. They are kept; see the integration's events, and replay them once they can be read.",
		n, noContactFetched))
}

// warn notes something on the integration, for whoever set it up.
func (r *fetchRun) warn(ctx context.Context, warning string) {
	if err := r.store.WarnIntegration(ctx, r.hook.Workspace, r.hook.ID, warning); err != nil {
		r.log.WarnContext(ctx, "a warning could not be noted on its integration", "integration_id", r.hook.ID, "error", err)
	}
}

// newLeads are the leads to store, and what is to be said of all that were taken: those without a contact come last.
func (r *fetchRun) newLeads(got []fetched, taken map[string]store.Fetch) (d arrival, outcomes []store.FetchedLead, err error) {
	var without []store.FetchedLead
	for _, f := range got {
		if _, there := taken[f.ExternalID]; !there {
			continue
		}
		made, source, reason, err := madeOf(r.hook, f.lead)
		if err != nil {
			return d, nil, err
		}
		o := store.FetchedLead{EventID: f.EventID, Place: f.Place, ExternalID: f.ExternalID, Answer: f.lead.Raw}
		if reason != "" {
			o.Outcome, o.Reason = lead.EventUnmapped, noContactFetched
			without = append(without, o)
			continue
		}
		o.Guessed = made.Guessed
		d.Leads, d.sources, outcomes = append(d.Leads, made), append(d.sources, source), append(outcomes, o)
	}
	return d, append(outcomes, without...), nil
}

// told fills in what became of the leads that were stored.
func told(outcomes []store.FetchedLead, leads []store.NewLead, added []store.AddedLead) []store.FetchedLead {
	for i, a := range added {
		o := &outcomes[i]
		o.LeadID, o.Made = a.ID, !a.Existing
		switch {
		case leads[i].Test:
			o.Outcome = lead.EventTest
		case a.Existing:
			o.Outcome = lead.EventDuplicate
		default:
			o.Outcome = lead.EventLead
		}
	}
	return outcomes
}

// tellOf makes an arrival of leads that are to be fetched.
func tellOf(fetches []Fetch) ([]store.NewFetch, error) {
	all := make([]store.NewFetch, len(fetches))
	for i, f := range fetches {
		attribution, err := json.Marshal(f.Attribution)
		if err != nil {
			return nil, err
		}
		all[i] = store.NewFetch{ExternalID: f.ID, Attribution: attribution, Withdrawn: f.Withdrawn, Place: i}
	}
	return all, nil
}
