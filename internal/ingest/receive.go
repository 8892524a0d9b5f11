package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
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

// received is what to tell the sender of an arrival that is stored. What came before is answered as it was then.
func (d *arrival) received() Received {
	got := Received{*d.Event, d.redirect, d.rejected}
	switch {
	case d.Key == nil || d.Key.First == nil:
	case d.Key.Other:
		got.Rejected = &RejectedError{http.StatusUnprocessableEntity, store.OtherRequest}
	case d.Key.First.Outcome != "":
		got.Event = *d.Key.First
	}
	return got
}

// Challenge answers a platform that checks an integration's address. It returns an *UnsignedError for a check that is not
// the platform's, and store.ErrNotFound where the kind has none.
func (r *Receiver) Challenge(h store.Hook, query url.Values) (Challenged, error) {
	p, checks := providers[h.Kind].(challenger)
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

// An arrival is a store.Arrival that is being made.
type arrival struct {
	store.Arrival
	sources  []string // that the leads name, empty where one names none
	redirect string
	rejected *RejectedError
}

// refuse notes in the event why nothing is made of an arrival, and has the sender be told where that is to send something
// else. An error that does not lie in the arrival is returned.
func (d *arrival) refuse(err error) error {
	var unmapped *UnmappedError
	var excess *ExcessError
	switch unsigned := Unsigned(err); {
	case unsigned != nil:
		d.Event.Outcome, d.Event.Detail = lead.EventRefused, unsigned.Message
	case errors.As(err, &excess):
		d.rejected = &RejectedError{http.StatusRequestEntityTooLarge, excess.Message}
		d.Event.Outcome, d.Event.Detail = lead.EventRefused, excess.Message
	case errors.As(err, &d.rejected):
		d.Event.Outcome, d.Event.Detail = lead.EventRefused, d.rejected.Message
	case errors.As(err, &unmapped):
		d.Event.Outcome, d.Event.Detail = lead.EventUnmapped, unmapped.Message
	default:
		return err
	}
	return nil
}

func (r *Receiver) verify(p Provider, h store.Hook, q Request) error {
	secrets, err := OpenSecrets(r.box, h.Integration)
	if err != nil {
		return fmt.Errorf("opening the secrets of integration %s: %w", h.ID, err)
	}
	return p.Verify(secrets, q)
}

// noContact is why no lead can be made of an entry whose names are not known.
const noContact = "there is no name, email or phone in it; see which names it uses and set the mapping"

// fill turns a request's leads into the store's. Those that the event has made before are left out, and what cannot be made
// is noted with its reason.
func (d *arrival) fill(h store.Hook, leads []Lead) error {
	without := 0
	for place, l := range leads {
		if d.has(place) {
			continue
		}
		reason, err := d.add(h, place, l)
		if err != nil {
			return err
		}
		if reason == noContact {
			without++
		}
	}
	switch n := d.Event.CountNotMade(); {
	case n > 0 && n == len(leads):
		d.Event.Outcome, d.Event.Detail = lead.EventUnmapped, d.Event.NotMade[0].Reason
	case n > 0 && n == without:
		d.Event.Detail = fmt.Sprintf("%d of %d entries have no name, email or phone", without, len(leads))
	case n > 0:
		d.Event.Detail = fmt.Sprintf("%d of %d entries cannot be read, or have no name, email or phone", n, len(leads))
	case len(leads) == 0:
		d.Event.Outcome = lead.EventIgnored
	}
	for _, l := range d.Leads {
		d.Event.AddGuess(l.Guessed)
	}
	return nil
}

// has reports whether the event has made a lead at a place before.
func (d *arrival) has(place int) bool {
	return place < len(d.Event.LeadIDs) && d.Event.LeadIDs[place] != uuid.Nil
}

// add adds the lead at a place, or notes and returns why there is none.
func (d *arrival) add(h store.Hook, place int, l Lead) (reason string, err error) {
	made, source, reason, err := madeOf(h, l)
	if err != nil {
		return "", err
	}
	if reason != "" {
		d.Event.AddNotMade(place, reason)
		return reason, nil
	}
	d.Leads, d.Places, d.sources = append(d.Leads, made), append(d.Places, place), append(d.sources, source)
	return "", nil
}

// madeOf is newLead, and why there is none.
func madeOf(h store.Hook, l Lead) (made store.NewLead, source, reason string, err error) {
	if l.Unread != "" {
		return made, "", l.Unread, nil
	}
	made, source, err = newLead(h, l)
	if err == nil && made.Name == "" && made.Email == "" && made.Phone == "" {
		reason = noContact
	}
	return made, source, reason, err
}

// incomplete warns of leads that nobody would miss beside those that were made.
func incomplete(e *store.Event) string {
	if n := e.CountNotMade(); n > 0 && e.Outcome != lead.EventUnmapped {
		return fmt.Sprintf("Of %d entries of a delivery no lead could be made: %s. They are kept; see the integration's events, and replay them once they can be read.",
			n, e.NotMade[0].Reason)
	}
	return ""
}

// findSources gives the leads the sources that they name, and the others the integration's. The warning says what of it
// could not be found.
func (d *arrival) findSources(ctx context.Context, q store.Queries, h store.Hook) (warning string, err error) {
	found := make(map[string]uuid.UUID)
	if h.LeadSource != nil {
		found[""] = *h.LeadSource
	} else if h.SourceID != nil && len(d.Leads) > 0 {
		warning = "Leads come in without a source: " + lead.SourceNotEligible.Text() + "."
	}
	for i, name := range d.sources {
		id, known := found[name]
		if !known && name != "" {
			var missing string
			id, missing, err = q.LeadSource(ctx, h.Workspace, store.SourceRef{Name: name, Create: h.CreateSources})
			if err != nil {
				return warning, err
			}
			if missing != "" {
				id, warning = found[""], missing
			}
			found[name] = id
		}
		d.Leads[i].SourceID = id
	}
	return warning, nil
}

// newLead is a lead as the store takes it, and the name of the source that it wants. Tests are not distributed.
func newLead(h store.Hook, l Lead) (made store.NewLead, source string, err error) {
	if !l.Own { // with those of one's own the mapping was followed before attribution and consent were taken out
		l.Answers = l.Answers.follow(mappingOf(h.Settings))
	}
	c, err := l.Answers.settle(l.Own)
	if err != nil {
		return made, "", err
	}
	id := cmp.Or(contacts.ID(Clean(l.ID)), contacts.ID(c.id))
	if c.mappedID {
		id = cmp.Or(contacts.ID(c.id), contacts.ID(Clean(l.ID)))
	}
	made = store.NewLead{
		Name: contacts.Unguard(c.name), Email: contacts.Unguard(c.email), Phone: contacts.Number(c.phone),
		Fields: c.fields, Channel: string(h.Kind), Test: l.Test,
		Origin: store.IntegrationOrigin(h.ID), ExternalID: externalID(id), IntegrationID: h.ID,
		Guessed: c.guessed,
	}
	if h.GroupID != nil && !l.Test {
		made.Distribute.GroupID = *h.GroupID
	}
	if len(l.Attribution) > 0 {
		if made.Attribution, err = plainJSON(l.Attribution); err != nil {
			return made, "", err
		}
	}
	if len(l.Consent) > 0 {
		made.Consent, err = plainJSON(l.Consent)
	}
	return made, c.source, err
}

// keptHeaders are the headers that a request is read again with.
func keptHeaders(kind lead.Kind, header http.Header) map[string]string {
	kept := make(map[string]string)
	names := []string{"Content-Type", "Content-Encoding"}
	if p := providers[kind]; p != nil {
		names = slices.Concat(names, p.Headers())
	}
	for _, name := range names {
		if value := Clean(header.Get(name)); value != "" {
			kept[name] = value
		}
	}
	return kept
}

// externalID is an id as the index over them takes it. One that is too long for that is known by its hash.
func externalID(id string) string {
	if len(id) <= maxExternalID/2 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}
