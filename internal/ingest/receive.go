package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/store"
)

// A Receiver takes what is delivered to integrations: it verifies, reads and stores it, in one transaction with its raw
// body.
type Receiver struct {
	store   *store.Store
	intake  *Intake
	box     Box
	metrics *metrics.Metrics
	log     *slog.Logger
	refused *Limits
	budget  *budget
}

// ReceiverOptions are what a Receiver needs.
type ReceiverOptions struct {
	Store   *store.Store
	Intake  *Intake
	Box     Box
	Metrics *metrics.Metrics
	Log     *slog.Logger
}

// Whoever finds an address can send unsigned bodies to it: a few are kept for whoever set the secret wrongly, and no flood.
const (
	refusedRate  = 1
	refusedBurst = 50
)

// NewReceiver makes a receiver.
func NewReceiver(o ReceiverOptions) *Receiver {
	return &Receiver{
		store: o.Store, intake: o.Intake, box: o.Box, metrics: o.Metrics, log: o.Log,
		refused: NewLimits(refusedRate, refusedBurst),
		budget:  newBudget(o.Store, 0),
	}
}

// Keeping is the receiver with a limit of how many bytes a day an integration keeps of what strangers send; 0 is none.
func (r *Receiver) Keeping(bytes int64) *Receiver {
	other := *r
	other.budget = newBudget(r.store, bytes)
	return &other
}

// Received is what became of a request.
type Received struct {
	store.Event
	// Redirect is where its sender goes next, empty for nowhere.
	Redirect string
	// Rejected says why it is not taken, nil where it is.
	Rejected *RejectedError
}

// ErrTooFast is for a delivery with more leads than its sender may send now; nothing of it is kept.
var ErrTooFast = errors.New("leads are sent too fast")

// Receive takes a request to an integration's address and returns what became of it, once that is committed. Its error is
// trouble of ours, after which the sender should try again.
func (r *Receiver) Receive(ctx context.Context, h store.Hook, q Request) (Received, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Received{}, err
	}
	e := &store.Event{
		ID: id, IntegrationID: h.ID, ReceivedAt: q.At, Headers: keptHeaders(h.Kind, q.Header), Query: Clean(q.Query), Body: q.Body,
	}
	d, err := r.read(h, q, e, false, false)
	if err != nil {
		return Received{}, err
	}
	if q.Admit != nil && !q.Admit(len(d.Leads)) {
		return Received{}, ErrTooFast
	}
	warning, err := d.findSources(ctx, r.store.Queries, h)
	if err != nil {
		return Received{}, err
	}
	if len(d.Leads) > 0 || len(d.Fetches) > 0 || e.Outcome == lead.EventHeld {
		d.Key = arrivalKey(h.Kind, q)
	}
	keep := e.Outcome != lead.EventRefused || r.refused.Allow(h.ID.String(), 0)
	if keep {
		if keep, err = r.budget.spare(ctx, h, e, len(d.Leads)+len(d.Fetches)); err != nil {
			return Received{}, err
		}
	}
	if keep {
		if err := r.keep(ctx, h, d.Arrival); err != nil {
			return Received{}, err
		}
	}
	r.metrics.Hooks.WithLabelValues(string(h.Kind), string(e.Outcome)).Inc()
	if warning = cmp.Or(incomplete(e), warning, warningOf(e.Beside)); warning != "" {
		r.warn(ctx, h, warning)
	}
	return d.received(), nil
}

// Challenge answers a platform that checks an integration's address. It returns an *UnsignedError for a check that is not
// the platform's, and store.ErrNotFound where the kind has none.
func (r *Receiver) Challenge(h store.Hook, query url.Values) (Challenged, error) {
	p, checks := sortOf[challenger](h.Kind)
	if !checks {
		return Challenged{}, fmt.Errorf("checks of kind %q: %w", h.Kind, store.ErrNotFound)
	}
	secrets, err := OpenSecrets(r.box, h.Integration)
	if err != nil {
		return Challenged{}, fmt.Errorf("opening the secrets of integration %s: %w", h.ID, err)
	}
	return p.Challenge(secrets, query)
}

// warningOf is what to say of an integration whose leads share external ids with other people's, empty where none does.
func warningOf(beside int) string {
	if beside == 0 {
		return ""
	}
	return "Leads have the external id of another person's lead; they came in as leads of their own. See what the sender gives for an id."
}

// warnAgain is how old a warning gets before it is noted again.
const warnAgain = time.Hour

// warn notes on an integration what was left out of a lead. The lead is stored: where this fails, the next one will do.
func (r *Receiver) warn(ctx context.Context, h store.Hook, warning string) {
	if h.Warning == warning && h.WarnedAt != nil && r.store.Now().Sub(*h.WarnedAt) < warnAgain {
		return
	}
	if err := r.store.WarnIntegration(ctx, h.Workspace, h.ID, warning); err != nil {
		r.log.WarnContext(ctx, "a warning could not be noted on its integration", "integration_id", h.ID, "error", err)
	}
}

// keep stores an arrival. One whose leads the database refuses is kept without them, so that they are not lost.
func (r *Receiver) keep(ctx context.Context, h store.Hook, d store.Arrival) error {
	_, err := r.intake.AddArrival(ctx, h.Workspace, d)
	if !store.Refused(err) || len(d.Leads) == 0 {
		return err
	}
	r.log.ErrorContext(ctx, "the database refused the leads of a delivery, which is kept without them",
		"integration_id", h.ID, "event_id", d.Event.ID, "error", err)
	d.Event.Outcome, d.Event.Detail, d.Event.LeadIDs = lead.EventUnmapped, "the database refused what was read of it", nil
	_, err = r.intake.AddArrival(ctx, h.Workspace, store.Arrival{Event: d.Event})
	return err
}

// read reads a request into an arrival, whose event has its outcome where there are no leads to store. One that was
// verified before is not verified again, and again means that no pause holds it.
func (r *Receiver) read(h store.Hook, q Request, e *store.Event, verified, again bool) (arrival, error) {
	provider := providers[h.Kind]
	if provider == nil {
		return arrival{}, fmt.Errorf("integrations of kind %q: %w", h.Kind, store.ErrNotFound)
	}
	d := arrival{Arrival: store.Arrival{Event: e}, redirect: h.Settings.RedirectURL}
	if !verified {
		if err := r.verify(provider, h, q); err != nil {
			return d, d.refuse(err)
		}
	}
	q, err := plain(q)
	if err != nil {
		return d, d.refuse(err)
	}
	e.Body, e.Headers = Redacted(h.Kind, q.Body), keptHeaders(h.Kind, q.Header)
	if d.trial = q.trial; d.trial {
		e.Headers[trialHeader] = "yes"
	}
	if !h.Enabled && !again {
		e.Outcome, e.Detail = lead.EventHeld, "the integration is paused"
		return d, nil
	}
	parsed, err := provider.Parse(h.Settings, q)
	if err != nil {
		return d, d.refuse(err)
	}
	e.Detail, e.NotMade = parsed.Note, nil
	for _, reason := range parsed.Unread {
		e.AddNotMade(-1, reason)
	}
	if parsed.Redirect != "" {
		d.redirect = parsed.Redirect
	}
	if len(parsed.Fetches) > 0 {
		d.Fetches, err = tellOf(parsed.Fetches)
		return d, err
	}
	return d, d.fill(h, parsed.Leads)
}

func (r *Receiver) verify(p Provider, h store.Hook, q Request) error {
	secrets, err := OpenSecrets(r.box, h.Integration)
	if err != nil {
		return fmt.Errorf("opening the secrets of integration %s: %w", h.ID, err)
	}
	return p.Verify(secrets, q)
}

// keptHeaders are the headers that a request is read again with.
func keptHeaders(kind lead.Kind, header http.Header) map[string]string {
	kept := make(map[string]string)
	names := []string{"Content-Type", "Content-Encoding"}
	if p := providers[kind]; p != nil {
		names = slices.Concat(names, p.Headers())
	}
	for _, name := range names {
		if value := shorten(Clean(header.Get(name)), maxText); value != "" {
			kept[name] = value
		}
	}
	return kept
}
