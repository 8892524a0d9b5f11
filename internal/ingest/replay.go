package ingest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// Replay reads an arrival again, by the settings and the secret that its integration has now. Leads that it has made
// before are not made again, whatever their ids have become, unless they were deleted; where it has made all of them it is
// a duplicate. It returns the arrival as it is then.
func (r *Receiver) Replay(ctx context.Context, t *store.Tx, workspace, integration, event uuid.UUID) (store.Event, error) {
	h, err := t.HookOf(ctx, workspace, integration)
	if err != nil {
		return store.Event{}, err
	}
	before, err := t.LockEvent(ctx, workspace, integration, event)
	if err != nil {
		return store.Event{}, err
	}
	if before.Headers[cutHeader] != "" {
		return before, nil // what is left of it could be read as something else
	}
	e := before
	deleted, err := t.DeletedLeads(ctx, workspace, before.LeadIDs)
	if err != nil {
		return store.Event{}, err
	}
	e.LeadIDs = slices.Clone(before.LeadIDs)
	for i, id := range e.LeadIDs {
		if slices.Contains(deleted, id) {
			e.LeadIDs[i] = uuid.Nil
		}
	}
	d, err := r.read(h, requestOf(before), &e, before.Outcome != lead.EventRefused, true)
	if err != nil {
		return store.Event{}, err
	}
	answers, err := t.FetchedAnswers(ctx, workspace, integration, event)
	if err != nil {
		return store.Event{}, err
	}
	if err := d.readAnswers(h, answers); err != nil {
		return store.Event{}, err
	}
	if len(before.LeadIDs) > 0 && len(d.Leads) == 0 && len(d.Fetches) == 0 {
		if before.Outcome == lead.EventLead {
			before.Outcome = lead.EventDuplicate // but for the list, which goes on to say what it brought
		}
		return before, nil
	}
	if _, err := d.findSources(ctx, t.Queries, h); err != nil {
		return store.Event{}, err
	}
	return e, t.AddReplayed(ctx, workspace, lead.QueueFresh, d.Arrival)
}

// readAnswers makes those leads that the platform has given before from what it gave. They are not asked for again: by now
// the platform may not have them any more.
func (d *arrival) readAnswers(h store.Hook, answers map[int]store.FetchedAnswer) error {
	reader, reads := sortOf[answerReader](h.Kind)
	if !reads {
		return nil
	}
	left := d.Fetches[:0:0]
	for _, f := range d.Fetches {
		a, kept := answers[f.Place]
		switch {
		case f.Withdrawn, !kept && !d.has(f.Place), kept && a.ExternalID != f.ExternalID:
			left = append(left, f)
		case !d.has(f.Place):
			l, err := reader.lead(a.Answer)
			if err != nil {
				return err
			}
			if err := l.addTold(f.Attribution); err != nil {
				return err
			}
			if _, err := d.add(h, f.Place, l); err != nil {
				return err
			}
		}
	}
	d.Fetches = left
	for _, place := range d.Places {
		if a, kept := answers[place]; kept {
			d.Answers = append(d.Answers, a)
		}
	}
	return nil
}

// addTold adds what a notification said of a lead, as far as the lead does not say so itself.
func (l *Lead) addTold(attribution json.RawMessage) error {
	var told map[string]string
	if err := json.Unmarshal(attribution, &told); err != nil {
		return err
	}
	for name, value := range told {
		if l.Attribution[name] == "" {
			l.Attribution.Set(name, flexible(value))
		}
	}
	return nil
}

// requestOf is the request that an event keeps.
func requestOf(e store.Event) Request {
	header := make(http.Header, len(e.Headers))
	for name, value := range e.Headers {
		header.Set(name, value)
	}
	return Request{Header: header, Query: e.Query, Body: e.Body, At: e.ReceivedAt, trial: e.Headers[trialHeader] != ""}
}
