package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An Event is an arrival to an integration as it came in, and what became of it.
type Event struct {
	ID            uuid.UUID `db:"event_id"`
	IntegrationID uuid.UUID `db:"integration_id"`
	ReceivedAt    time.Time `db:"received_at"`
	// Headers are those that say how to read the body and who signed it, by their canonical names; Query is the
	// address's.
	Headers object[string]    `db:"headers"`
	Query   string            `db:"query"`
	Body    []byte            `db:"body"`
	Outcome lead.EventOutcome `db:"outcome"`
	// Detail is a sentence for whoever set the integration up, empty where there is nothing to say.
	Detail string `db:"detail"`
	// LeadIDs are the arrival's leads in its order, made by it or there before; nil ids stand for entries without.
	LeadIDs IDs `db:"lead_ids"`
	// Beside is how many of the leads it made have the external id of another person's lead. It is not kept.
	Beside int `db:"-"`
	// Made is how many leads it has made that were not there, and NotMade says of which entries none could be made.
	Made    int              `db:"made"`
	NotMade objects[NotMade] `db:"not_made"`
}

// An Arrival is leads that came in together, with the event that tells of it; Event is nil where nobody keeps one. Places
// are the leads' in the event's LeadIDs.
type Arrival struct {
	Event  *Event
	Leads  []NewLead
	Places []int
	// Fetches are the leads that it only tells of.
	Fetches []NewFetch
	// Answers are those of its leads that their platform gave, to be kept with it.
	Answers []FetchedAnswer
	// Key is what its sender says makes it the same when it comes again, nil where it says nothing.
	Key *ArrivalKey
}

// AddArrivals stores arrivals, the leads in them and the decisions to distribute those, as AddLeads does. It answers
// with each one's leads, and fills in its event's leads and, where it has leads, its outcome.
//
// Of an arrival that came before, which its key tells, nothing is stored but an event: see ArrivalKey.
func (t *Tx) AddArrivals(ctx context.Context, workspace uuid.UUID, queue lead.Queue, arrivals []Arrival) ([][]AddedLead, error) {
	arrivals, repeats, err := t.claimArrivals(ctx, workspace, arrivals)
	if err != nil {
		return nil, err
	}
	var leads []NewLead
	var events []*Event
	for _, d := range arrivals {
		leads = append(leads, d.Leads...)
	}
	added, err := t.AddLeads(ctx, workspace, queue, leads)
	if err != nil {
		return nil, err
	}
	if err := t.addFetches(ctx, workspace, arrivals); err != nil {
		return nil, err
	}
	all := make([][]AddedLead, len(arrivals))
	for i, d := range arrivals {
		all[i], added = added[:len(d.Leads)], added[len(d.Leads):]
		if d.Event != nil {
			d.Event.Made = 0 // whatever a transaction that was undone has counted
			d.Event.settle(d, all[i])
			events = append(events, d.Event)
		}
	}
	repeats.settle(events)
	if err := t.insertEvents(ctx, workspace, events); err != nil {
		return nil, err
	}
	return all, t.keepAnswers(ctx, workspace, answersOf(arrivals))
}

// settle records what became of an arrival's leads. Where it has none, its outcome was decided before.
func (e *Event) settle(d Arrival, added []AddedLead) {
	if len(d.Leads) == 0 {
		return
	}
	e.Outcome = lead.EventDuplicate
	for i, a := range added {
		for len(e.LeadIDs) <= d.Places[i] {
			e.LeadIDs = append(e.LeadIDs, uuid.Nil)
		}
		e.LeadIDs[d.Places[i]] = a.ID
		if !a.Existing {
			e.Made++
		}
		switch {
		case a.Erased:
			e.Detail = cmp.Or(e.Detail, "a lead in it was of a person whose data was erased at their request; it did not come in")
		case a.Beside != uuid.Nil:
			e.Beside++
			e.Detail = cmp.Or(e.Detail, "a lead in it has the external id of another person's lead; it came in as a lead of its own")
		}
		switch {
		case d.Leads[i].Test && e.Outcome != lead.EventLead:
			e.Outcome = lead.EventTest
		case !d.Leads[i].Test && !a.Existing:
			e.Outcome = lead.EventLead
		}
	}
}

func (t *Tx) insertEvents(ctx context.Context, workspace uuid.UUID, events []*Event) error {
	if len(events) == 0 {
		return nil
	}
	texted := func(of func(**Event) string) array { return texts(pluck(events, of)) }
	var headers []string
	for _, e := range events {
		text, err := json.Marshal(e.Headers)
		if err != nil {
			return err
		}
		headers = append(headers, string(text))
	}
	from, args := unnest("e", []any{workspace}, append(settledColumns(events),
		column{"integration_id", uuids(pluck(events, func(e **Event) uuid.UUID { return (*e).IntegrationID }))},
		column{"received_at", timestamps(pluck(events, func(e **Event) time.Time { return (*e).ReceivedAt }))},
		column{"headers", jsonbs(headers)},
		column{"query", texted(func(e **Event) string { return (*e).Query })},
		column{"body", byteas(pluck(events, func(e **Event) []byte { return (*e).Body }))})...)
	_, err := t.q.ExecContext(ctx, `
		INSERT INTO integration_events (workspace_id, event_id, integration_id, received_at, headers, query, body, outcome,
			detail, lead_ids, made, not_made)
		SELECT $1, event_id, integration_id, received_at, headers, query, body, outcome, nullif(detail, ''), lead_ids::uuid[],
			made, not_made
		FROM `+from, args...)
	if err != nil {
		return fmt.Errorf("storing %d deliveries: %w", len(events), translate(err))
	}
	return nil
}

// settledColumns are what became of events.
func settledColumns(events []*Event) []column {
	texted := func(of func(**Event) string) array { return texts(pluck(events, of)) }
	return []column{
		{"event_id", uuids(pluck(events, func(e **Event) uuid.UUID { return (*e).ID }))},
		{"outcome", texted(func(e **Event) string { return string((*e).Outcome) })},
		{"detail", texted(func(e **Event) string { return (*e).Detail })},
		{"lead_ids", texted(func(e **Event) string { return uuidArray((*e).LeadIDs) })},
		{"made", ints(pluck(events, func(e **Event) int { return (*e).Made }))},
		{"not_made", jsonbs(pluck(events, func(e **Event) string { return textOfJSON((*e).NotMade) }))},
	}
}

// uuidArray writes ids as the text of a uuid[], nil ones as NULL.
func uuidArray(ids []uuid.UUID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		if texts[i] = "NULL"; id != uuid.Nil {
			texts[i] = id.String()
		}
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// eventColumns are an event's but for what came in. Earlier versions kept only whether an event has made any lead, not how many.
const eventColumns = `event_id, integration_id, received_at, outcome, coalesce(detail, '') AS detail, not_made, lead_ids,
	coalesce(made, CASE WHEN outcome = 'duplicate' THEN 0 ELSE cardinality(array_remove(lead_ids, NULL)) END) AS made`

// Event returns an arrival with its body, ErrNotFound where there is none.
func (q Queries) Event(ctx context.Context, workspace, integration, event uuid.UUID) (Event, error) {
	return q.event(ctx, workspace, integration, event, "")
}

// LockEvent is Event, for whoever reads it again: of several at once, one goes first.
func (t *Tx) LockEvent(ctx context.Context, workspace, integration, event uuid.UUID) (Event, error) {
	return t.event(ctx, workspace, integration, event, " FOR NO KEY UPDATE")
}

func (q Queries) event(ctx context.Context, workspace, integration, event uuid.UUID, lock string) (Event, error) {
	var e Event
	err := sqlx.GetContext(ctx, q.q, &e, `
		SELECT `+eventColumns+`, headers, query, body FROM integration_events
		WHERE workspace_id = $1 AND integration_id = $2 AND event_id = $3`+lock, workspace, integration, event)
	return e, translate(err)
}

// Events lists a page of an integration's arrivals without their bodies, newest first; outcome narrows them unless it
// is empty.
func (q Queries) Events(ctx context.Context, workspace, integration uuid.UUID, outcome lead.EventOutcome, p Page) ([]Event, error) {
	return q.events(ctx, workspace, integration, outcome, false, p)
}

// IncompleteEvents lists, as Events does, arrivals with entries of which no lead could be made.
func (q Queries) IncompleteEvents(ctx context.Context, workspace, integration uuid.UUID, outcome lead.EventOutcome, p Page) ([]Event, error) {
	return q.events(ctx, workspace, integration, outcome, true, p)
}

func (q Queries) events(ctx context.Context, workspace, integration uuid.UUID, outcome lead.EventOutcome, incomplete bool, p Page) ([]Event, error) {
	var all []Event
	err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT `+eventColumns+` FROM integration_events
		WHERE workspace_id = $1 AND integration_id = $2 AND ($3::uuid IS NULL OR event_id < $3) AND ($4::text = '' OR outcome = $4)
			AND (NOT $5 OR not_made IS NOT NULL)
		ORDER BY event_id DESC LIMIT $6`, workspace, integration, nullID(p.After), string(outcome), incomplete, p.Limit)
	return all, translate(err)
}

// DeletedLeads are those of some leads that were deleted here, and may come back.
func (q Queries) DeletedLeads(ctx context.Context, workspace uuid.UUID, leads []uuid.UUID) ([]uuid.UUID, error) {
	var deleted []uuid.UUID
	err := sqlx.SelectContext(ctx, q.q, &deleted, `
		SELECT lead_id FROM leads
		WHERE workspace_id = $1 AND lead_id = ANY($2::uuid[]) AND deleted_at IS NOT NULL AND erased_at IS NULL`, workspace, uuids(leads))
	return deleted, translate(err)
}

// AddReplayed stores the leads that were made of an arrival by reading it again, as AddLeads does, and what became of it.
// The event is one that LockEvent gave.
func (t *Tx) AddReplayed(ctx context.Context, workspace uuid.UUID, queue lead.Queue, d Arrival) error {
	added, err := t.AddLeads(ctx, workspace, queue, d.Leads)
	if err != nil {
		return err
	}
	e := d.Event
	e.LeadIDs = slices.Clone(e.LeadIDs)
	e.settle(d, added)
	if err := t.addFetches(ctx, workspace, []Arrival{d}); err != nil {
		return err
	}
	statement, args := row{
		{"outcome", e.Outcome}, {"detail", nullText(e.Detail)}, {"lead_ids", expr{"?::text::uuid[]", uuidArray(e.LeadIDs)}},
		{"body", e.Body}, {"headers", asJSON(e.Headers)}, {"made", e.Made}, {"not_made", nullText(textOfJSON(e.NotMade))},
	}.update("integration_events", "workspace_id = $1 AND integration_id = $2 AND event_id = $3", workspace, e.IntegrationID, e.ID)
	if _, err = t.q.ExecContext(ctx, statement, args...); err != nil {
		return translate(err)
	}
	return t.keepAnswers(ctx, workspace, answersOf([]Arrival{d}))
}

// DeleteOldEvents deletes arrivals that came in before the given time, oldest first, limit at the most, and returns
// their number.
func (s *Store) DeleteOldEvents(ctx context.Context, before time.Time, limit int) (int64, error) {
	var n int64
	err := sqlx.GetContext(ctx, s.q, &n, `
		WITH old AS (
			SELECT workspace_id, integration_id, event_id FROM integration_events
			WHERE received_at < $1 ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
		), gone AS (
			DELETE FROM integration_events e USING old
			WHERE e.workspace_id = old.workspace_id AND e.integration_id = old.integration_id AND e.event_id = old.event_id
			RETURNING e.workspace_id, e.integration_id, e.event_id
		), answers AS (
			DELETE FROM fetched_answers a USING gone
			WHERE a.workspace_id = gone.workspace_id AND a.integration_id = gone.integration_id AND a.event_id = gone.event_id
		)
		SELECT count(*) FROM gone`, before, limit)
	return n, translate(err)
}
