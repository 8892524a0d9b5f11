package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	contacts "github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// An arrival is a store.Arrival that is being made.
type arrival struct {
	store.Arrival
	sources  []string // that the leads name, empty where one names none
	redirect string
	rejected *RejectedError
	trial    bool // all its leads are tests, since Try made them
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

// nobody is why no lead can be made of an entry that has no name, and nothing by which somebody could be reached.
const nobody = "its name, email and phone stand for nothing, or are no name, address or number: nobody could be reached by them"

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
	l.Test = l.Test || d.trial
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
	} else if err == nil && !contacts.Somebody(made.Name, made.Email, made.Phone) {
		reason = nobody
	}
	return made, source, reason, err
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
	fit, cut := fitter(fitting), ""
	if h.Kind == lead.KindForm {
		fit = fitVisitor(&cut)
	}
	c, err := l.Answers.settleBy(l.Own, fit)
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
		Guessed: strings.TrimSpace(c.guessed + " " + cut),
	}
	switch {
	case h.Route:
		made.Distribute.Route = true
	case h.GroupID != nil && !l.Test:
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

// incomplete warns of leads that nobody would miss beside those that were made.
func incomplete(e *store.Event) string {
	if n := e.CountNotMade(); n > 0 && e.Outcome != lead.EventUnmapped {
		return fmt.Sprintf("Of %d entries of a delivery no lead could be made: %s. They are kept; see the integration's events, and replay them once they can be read.",
			n, e.NotMade[0].Reason)
	}
	return ""
}

// externalID is an id as the index over them takes it. One that is too long for that is known by its hash.
func externalID(id string) string {
	if len(id) <= maxExternalID/2 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256:" + hex.EncodeToString(sum[:])
}
