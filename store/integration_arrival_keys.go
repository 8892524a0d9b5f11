package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An ArrivalKey is what a sender says makes its arrival the same when it comes again.
type ArrivalKey struct {
	// Hash is the key's, and Request that of what was sent.
	Hash, Request []byte
	// For is how long the key holds.
	For time.Duration
	// First is the arrival that came with the key before, once this one is stored; nil where this is the first. Of what
	// comes again the event is a duplicate, and nothing else is stored.
	First *Event
	// Other means that it came with something else, and is refused.
	Other bool
}

// OtherRequest says why an arrival is refused whose key came with something else.
const OtherRequest = "the Idempotency-Key was sent before with another body; send each lead under a key of its own"

// DeleteOldArrivalKeys deletes the keys of arrivals that have ended before a time, and returns how many.
func (q Queries) DeleteOldArrivalKeys(ctx context.Context, before time.Time) (int64, error) {
	result, err := q.q.ExecContext(ctx, `DELETE FROM delivery_keys WHERE expires_at <= $1`, before)
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}

// repeats are arrivals that came before, as they are being stored.
type repeats []*Arrival

// firstKey names a key of an integration.
type firstKey struct {
	integration uuid.UUID
	hash        string
}

func (d *Arrival) key() firstKey {
	return firstKey{d.Event.IntegrationID, string(d.Key.Hash)}
}

// claimArrivals claims the keys of arrivals for those that came first with them, and empties the others. Keys are
// claimed in one order in every transaction, or two could wait for each other; whoever waits for one finds what the other
// has stored under it.
func (t *Tx) claimArrivals(ctx context.Context, workspace uuid.UUID, arrivals []Arrival) ([]Arrival, repeats, error) {
	var keyed repeats
	arrivals = slices.Clone(arrivals)
	for i := range arrivals {
		if d := &arrivals[i]; d.Key != nil && d.Event != nil {
			d.Key.First, d.Key.Other = nil, false // the transaction before this may have been undone
			keyed = append(keyed, d)
		}
	}
	if len(keyed) == 0 {
		return arrivals, nil, nil
	}
	slices.SortStableFunc(keyed, func(a, b *Arrival) int {
		return cmp.Or(bytes.Compare(a.Event.IntegrationID[:], b.Event.IntegrationID[:]), bytes.Compare(a.Key.Hash, b.Key.Hash))
	})
	firsts, err := t.claimKeys(ctx, workspace, keyed)
	if err != nil {
		return nil, nil, fmt.Errorf("claiming the keys of %d deliveries: %w", len(keyed), translate(err))
	}
	var again repeats
	for _, d := range keyed {
		f := firsts[d.key()]
		if f.event == d.Event.ID {
			continue
		}
		d.Key.First, d.Key.Other = &Event{ID: f.event, IntegrationID: d.Event.IntegrationID}, !bytes.Equal(f.request, d.Key.Request)
		d.Leads, d.Places, d.Fetches, d.Answers = nil, nil, nil, nil
		d.Event.NotMade, d.Event.LeadIDs = nil, nil
		again = append(again, d)
	}
	return arrivals, again, t.readFirsts(ctx, workspace, again)
}

// first is what a key is known to stand for.
type first struct {
	event   uuid.UUID
	request []byte
}

// claimKeys claims keys, those that have ended among them, and returns whose each of them is.
func (t *Tx) claimKeys(ctx context.Context, workspace uuid.UUID, keyed repeats) (map[firstKey]first, error) {
	var integrations, events []uuid.UUID
	var hashes, requests [][]byte
	var ends []time.Time
	for i, d := range keyed {
		if i > 0 && keyed[i-1].key() == d.key() {
			continue // which of the two in one insert came first
		}
		integrations, events = append(integrations, d.Event.IntegrationID), append(events, d.Event.ID)
		hashes, requests, ends = append(hashes, d.Key.Hash), append(requests, d.Key.Request), append(ends, t.now().Add(d.Key.For))
	}
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO delivery_keys AS k (workspace_id, integration_id, key_hash, request_hash, event_id, expires_at)
		SELECT $1, integration_id, key_hash, request_hash, event_id, expires_at
		FROM unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::uuid[], $6::timestamptz[]) WITH ORDINALITY
			AS n (integration_id, key_hash, request_hash, event_id, expires_at, place)
		ORDER BY place
		ON CONFLICT (workspace_id, integration_id, key_hash) DO UPDATE
			SET request_hash = EXCLUDED.request_hash, event_id = EXCLUDED.event_id, expires_at = EXCLUDED.expires_at
			WHERE k.expires_at <= $7`,
		workspace, uuids(integrations), byteas(hashes), byteas(requests), uuids(events), timestamps(ends), t.now()); err != nil {
		return nil, err
	}
	var rows []struct {
		Integration uuid.UUID `db:"integration_id"`
		Key         []byte    `db:"key_hash"`
		Request     []byte    `db:"request_hash"`
		Event       uuid.UUID `db:"event_id"`
	}
	if err := sqlx.SelectContext(ctx, t.q, &rows, `
		SELECT k.integration_id, k.key_hash, k.request_hash, k.event_id
		FROM delivery_keys k JOIN unnest($2::uuid[], $3::bytea[]) AS n (integration_id, key_hash) USING (integration_id, key_hash)
		WHERE k.workspace_id = $1`, workspace, uuids(integrations), byteas(hashes)); err != nil {
		return nil, err
	}
	firsts := make(map[firstKey]first, len(rows))
	for _, r := range rows {
		firsts[firstKey{r.Integration, string(r.Key)}] = first{r.Event, r.Request}
	}
	for _, d := range keyed {
		if _, there := firsts[d.key()]; !there {
			return nil, fmt.Errorf("the key %s of a delivery is gone", hex.EncodeToString(d.Key.Hash))
		}
	}
	return firsts, nil
}

// readFirsts reads what came with the keys before. What is stored in this transaction is not there yet.
func (t *Tx) readFirsts(ctx context.Context, workspace uuid.UUID, again repeats) error {
	for _, d := range again {
		e, err := t.event(ctx, workspace, d.Event.IntegrationID, d.Key.First.ID, "")
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		*d.Key.First = e
	}
	return nil
}

// settle gives the events of repeats their outcomes. events are those of all arrivals that are being stored.
func (r repeats) settle(events []*Event) {
	for _, d := range r {
		if i := slices.IndexFunc(events, func(e *Event) bool { return e.ID == d.Key.First.ID }); i >= 0 {
			*d.Key.First = *events[i]
		}
		if d.Key.Other {
			d.Event.Outcome, d.Event.Detail = lead.EventRefused, OtherRequest
			continue
		}
		d.Event.Outcome, d.Event.Detail, d.Event.LeadIDs = lead.EventDuplicate, "it came before", d.Key.First.LeadIDs
	}
}
