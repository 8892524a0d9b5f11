package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// reconcileInterval is how often a platform's lists are looked through for leads that it did not tell of, and
	// reconcileAgain how long after it could not be asked.
	reconcileInterval = time.Hour
	reconcileAgain    = time.Minute
	// reconcileOverlap is how much of the time that was looked through before is looked through again.
	reconcileOverlap = 2 * time.Hour
	// PlatformsKeep is how long platforms keep leads.
	PlatformsKeep = 90 * 24 * time.Hour
)

// reconcile looks through the forms' lists, where that is due, until the time is over, the platform refuses or all is
// seen. It goes on where it was left.
func (r *fetchRun) reconcile(ctx context.Context, until time.Time) error {
	lists, can := r.platform.(lister)
	if !can || !r.reconcileDue() {
		return nil
	}
	place, err := r.reconcilePlace(ctx)
	if err != nil {
		return err
	}
	forms := r.hook.Settings.FormIDs
	for _, form := range forms[max(0, slices.Index(forms, place.Form)):] {
		if form != place.Form {
			place.Form, place.After = form, ""
		}
		for more := true; more; more = place.After != "" {
			if time.Now().After(until) {
				r.store.FetchOn(ctx, r.hook.Workspace, r.hook.ID)
				return nil
			}
			page, err := lists.leads(ctx, r.access, form, place.Since, place.After)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				refused := refusedBy(err)
				if refused.refusal != refusedLead {
					return r.refusedList(ctx, refused)
				}
				r.warnOf(ctx, form, refused)
			}
			place.After = page.next
			if err := r.keepPage(ctx, page, place); err != nil {
				return err
			}
		}
	}
	if err := r.note(ctx, nil, true); err != nil {
		return err
	}
	return r.store.EndReconcile(ctx, r.hook.Workspace, r.hook.ID, place, r.store.Now().Add(reconcileInterval))
}

func (r *fetchRun) reconcileDue() bool {
	at := r.state.CreatedAt.Add(reconcileInterval)
	if r.state.ReconcileAt != nil {
		at = *r.state.ReconcileAt
	}
	return r.access.token != "" && len(r.hook.Settings.FormIDs) > 0 && !at.After(r.store.Now())
}

// reconcilePlace is where to go on, or to begin: behind what was looked through before.
func (r *fetchRun) reconcilePlace(ctx context.Context) (store.Reconcile, error) {
	if place := r.state.Reconcile; !place.Began.IsZero() {
		return place, nil
	}
	place := store.Reconcile{Since: r.state.CreatedAt, Began: r.store.Now()}
	if r.state.ReconciledUntil != nil {
		place.Since = r.state.ReconciledUntil.Add(-reconcileOverlap)
	}
	return place, r.store.BeginReconcile(ctx, r.hook.Workspace, r.hook.ID, place)
}

// refusedList notes that the platform did not give a list. It is asked again from the same place.
func (r *fetchRun) refusedList(ctx context.Context, refused *RefusedError) error {
	if _, general := refused.refusal.health(); general {
		return r.note(ctx, refused, false)
	}
	r.log.Warn("a platform's list of leads could not be read; trying again", "integration_id", r.hook.ID, "error", refused.Message)
	return r.store.DelayReconcile(ctx, r.hook.Workspace, r.hook.ID, r.store.Now().Add(reconcileAgain))
}

// warnOf notes on the integration that one of its forms cannot be looked through. The others are.
func (r *fetchRun) warnOf(ctx context.Context, form string, cause error) {
	r.warn(ctx, fmt.Sprintf("Form %s cannot be looked through for leads that were missed: %s.", shorten(form, 50), cause))
}

// keepPage stores the leads of a page that are not here yet, with an arrival of our own that holds them as they came, and
// how far the lists were looked through.
func (r *fetchRun) keepPage(ctx context.Context, page leadPage, place store.Reconcile) error {
	var d arrival
	var added [][]store.AddedLead
	err := r.store.WithTx(ctx, func(tx *store.Tx) (err error) {
		taken, err := r.missing(ctx, tx, page, &d)
		if err != nil {
			return err
		}
		added = nil
		if d.Event != nil {
			if _, err := d.findSources(ctx, tx.Queries, r.hook); err != nil {
				return err
			}
			if added, err = tx.AddArrivals(ctx, r.hook.Workspace, lead.QueueFresh, []store.Arrival{d.Arrival}); err != nil {
				return err
			}
			if err := tx.SettleFetched(ctx, r.hook.Workspace, r.hook.ID, r.toldBefore(d, added[0], taken)); err != nil {
				return err
			}
		}
		return tx.AdvanceReconcile(ctx, r.hook.Workspace, r.hook.ID, place)
	})
	if err != nil || d.Event == nil {
		return err
	}
	r.metrics.Reconciled.WithLabelValues("lead_missed").Add(float64(len(d.Leads)))
	r.warnOfIDs(ctx, added[0])
	if n := d.Event.CountNotMade(); n > 0 {
		r.warnUnmade(ctx, n)
	}
	r.log.Warn("leads were found of which their platform had not told, or that waited to be fetched",
		"integration_id", r.hook.ID, "leads", len(d.Leads), "not_made", d.Event.CountNotMade())
	return nil
}

// missing makes an arrival of a page's leads that are not here, none where all are, and takes them from those that are to
// be fetched. Leads that are kept already, and of which none can be made still, are not missing.
func (r *fetchRun) missing(ctx context.Context, tx *store.Tx, page leadPage, d *arrival) (map[string]store.Fetch, error) {
	*d = arrival{}
	ids := make([]string, len(page.leads))
	for i, l := range page.leads {
		ids[i] = l.ID
	}
	known, err := tx.KnownLeads(ctx, r.hook.Workspace, r.hook.ID, ids)
	if err != nil {
		return nil, err
	}
	unmade, err := tx.UnmadeLeads(ctx, r.hook.Workspace, r.hook.ID, ids)
	if err != nil {
		return nil, err
	}
	if d.Event, err = r.found(); err != nil {
		return nil, err
	}
	var body struct {
		Data []json.RawMessage `json:"data"`
	}
	ids = ids[:0]
	for _, l := range page.leads {
		made, source, reason, err := madeOf(r.hook, l)
		switch place := len(body.Data); {
		case err != nil:
			return nil, err
		case known[l.ID] || reason != "" && unmade[l.ID]:
			continue
		case reason != "":
			d.Event.AddNotMade(place, noContactFetched)
			d.Answers = append(d.Answers, store.FetchedAnswer{Place: place, ExternalID: l.ID, Answer: l.Raw})
		default:
			d.Leads, d.Places, d.sources, ids = append(d.Leads, made), append(d.Places, place), append(d.sources, source), append(ids, l.ID)
		}
		body.Data = append(body.Data, l.Raw)
	}
	if len(body.Data) == 0 {
		d.Event = nil
		return nil, nil
	}
	if d.Event.Body, err = json.Marshal(body); err != nil {
		return nil, err
	}
	if len(d.Leads) == 0 {
		d.Event.Outcome = lead.EventUnmapped
	}
	return tx.TakeFetches(ctx, r.hook.Workspace, r.hook.ID, ids)
}

// found is an arrival of our own of leads that a platform's list brought.
func (r *fetchRun) found() (*store.Event, error) {
	id, err := uuid.NewV7()
	return &store.Event{
		ID: id, IntegrationID: r.hook.ID, ReceivedAt: r.store.Now(), Headers: map[string]string{"Content-Type": "application/json"},
		Detail: "found by looking through the platform's list of leads",
	}, err
}

// toldBefore is what became of leads that an arrival had told of, and that a list brought before they were fetched.
func (r *fetchRun) toldBefore(d arrival, added []store.AddedLead, taken map[string]store.Fetch) []store.FetchedLead {
	var all []store.FetchedLead
	for i, a := range added {
		if f, told := taken[d.Leads[i].ExternalID]; told {
			all = append(all, store.FetchedLead{EventID: f.EventID, Place: f.Place, LeadID: a.ID, Outcome: lead.EventDuplicate})
		}
	}
	return all
}
