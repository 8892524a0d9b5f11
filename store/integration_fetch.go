package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/tracing"
)

// A NewFetch is a lead of which a platform has said that it is there.
type NewFetch struct {
	// ExternalID is its id there.
	ExternalID string
	// Attribution is a JSON object of what the platform has said of it.
	Attribution json.RawMessage
	// Withdrawn means that the platform has taken it back.
	Withdrawn bool
	// Place is its place in the arrival.
	Place int
}

// A Fetch is a lead that is to be fetched.
type Fetch struct {
	ExternalID string `db:"external_id"`
	// EventID is the arrival that told of it, and Place its place there.
	EventID     uuid.UUID      `db:"event_id"`
	Place       int            `db:"place"`
	Attribution object[string] `db:"attribution"`
	// Attempts is how often that has failed.
	Attempts int `db:"attempts"`
}

// addFetches notes the leads that arrivals tell of, and gives each such arrival its outcome: held where one of its leads
// is new or was given up before, else duplicate. What was withdrawn is deleted, or never fetched.
func (t *Tx) addFetches(ctx context.Context, workspace uuid.UUID, arrivals []Arrival) error {
	for _, d := range arrivals {
		if len(d.Fetches) == 0 {
			continue
		}
		waits, err := t.addFetchesOf(ctx, workspace, d)
		if err != nil {
			return err
		}
		withdrawn, err := t.withdraw(ctx, workspace, d)
		if err != nil {
			return err
		}
		switch {
		case waits:
			if d.Event.Made == 0 {
				d.Event.Outcome = lead.EventHeld
			}
			t.hint(fetchHint(workspace, d.Event.IntegrationID, t.now()))
		case withdrawn:
			d.Event.Outcome, d.Event.Detail = lead.EventIgnored, "the platform took the lead back; copies that members have stay"
		case len(d.Event.LeadIDs) == 0:
			d.Event.Outcome = lead.EventDuplicate
		}
	}
	return nil
}

// FetchOn has the queue told once more of an integration that has leads to fetch: there were more than one task takes.
func (s *Store) FetchOn(ctx context.Context, workspace, integration uuid.UUID) {
	s.handOn(Committed{Hints: []lead.Hint{fetchHint(workspace, integration, s.now())}}, tracing.Parent(ctx))
}

// fetchHint is a hint that an integration has leads to fetch. The time tells it from others.
func fetchHint(workspace, integration uuid.UUID, at time.Time) lead.Hint {
	return lead.Hint{Workspace: workspace, ID: integration, Queue: lead.QueueFetch, Generation: int(at.UnixNano())}
}

// addFetchesOf notes one arrival's leads and reports whether some of them wait for its sake. Where a lead is there already,
// or waits for an earlier arrival, nothing is to be done; one that was deleted here is fetched again.
func (t *Tx) addFetchesOf(ctx context.Context, workspace uuid.UUID, d Arrival) (bool, error) {
	var ids, attributions []string
	var places []int
	for _, f := range d.Fetches {
		if !f.Withdrawn {
			ids, attributions, places = append(ids, f.ExternalID), append(attributions, string(f.Attribution)), append(places, f.Place)
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO fetches (workspace_id, integration_id, external_id, event_id, place, attribution, fetch_at, created_at)
		SELECT $1, $2, n.external_id, $3, n.place, n.attribution, $4, $4
		FROM unnest($5::text[], $6::jsonb[], $7::int[]) AS n (external_id, attribution, place)
		WHERE NOT EXISTS (
			SELECT FROM leads l WHERE l.workspace_id = $1 AND l.origin = $8 AND l.external_id = n.external_id
				AND (l.deleted_at IS NULL OR l.erased_at IS NOT NULL))
		ORDER BY n.external_id -- the same in every transaction, or two could wait for each other
		ON CONFLICT (workspace_id, integration_id, external_id) DO UPDATE SET fetch_at = EXCLUDED.fetch_at, attempts = 0
			WHERE fetches.fetch_at IS NULL AND NOT fetches.withdrawn`,
		workspace, d.Event.IntegrationID, d.Event.ID, t.now(), texts(ids), jsonbs(attributions), ints(places),
		IntegrationOrigin(d.Event.IntegrationID)); err != nil {
		return false, translate(err)
	}
	var waits bool
	err := sqlx.GetContext(ctx, t.q, &waits, `
		SELECT EXISTS (
			SELECT FROM fetches
			WHERE workspace_id = $1 AND integration_id = $2 AND external_id = ANY($3::text[]) AND event_id = $4 AND NOT withdrawn)`,
		workspace, d.Event.IntegrationID, texts(ids), d.Event.ID)
	return waits, translate(err)
}

// withdraw deletes the leads that a platform has taken back, and keeps those that have yet to come from being fetched. It
// reports whether there were any in the arrival.
func (t *Tx) withdraw(ctx context.Context, workspace uuid.UUID, d Arrival) (bool, error) {
	var ids []string
	for _, f := range d.Fetches {
		if f.Withdrawn {
			ids = append(ids, f.ExternalID)
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	if _, err := t.q.ExecContext(ctx, `
		INSERT INTO fetches (workspace_id, integration_id, external_id, event_id, place, attribution, withdrawn, created_at)
		SELECT $1, $2, n.external_id, $3, 0, '{}', true, $4 FROM unnest($5::text[]) AS n (external_id) ORDER BY n.external_id
		ON CONFLICT (workspace_id, integration_id, external_id) DO UPDATE SET fetch_at = NULL, withdrawn = true`,
		workspace, d.Event.IntegrationID, d.Event.ID, t.now(), texts(ids)); err != nil {
		return true, translate(err)
	}
	var there []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &there, `
		SELECT lead_id FROM leads
		WHERE workspace_id = $1 AND origin = $2 AND external_id = ANY($3::text[]) AND deleted_at IS NULL`,
		workspace, IntegrationOrigin(d.Event.IntegrationID), texts(ids)); err != nil || len(there) == 0 {
		return true, translate(err)
	}
	_, err := t.DeleteLeads(ctx, workspace, there)
	return true, err
}

// ClaimFetches returns leads of an integration that are to be fetched, limit at the most, and keeps others from fetching
// them until the lease ends.
func (q Queries) ClaimFetches(ctx context.Context, workspace, integration uuid.UUID, lease time.Duration, limit int) ([]Fetch, error) {
	var claimed []Fetch
	err := sqlx.SelectContext(ctx, q.q, &claimed, `
		WITH chosen AS (
			SELECT external_id FROM fetches
			WHERE workspace_id = $1 AND integration_id = $2 AND fetch_at <= $3
			ORDER BY fetch_at LIMIT $5 FOR UPDATE SKIP LOCKED
		)
		UPDATE fetches f SET fetch_at = $4 FROM chosen c
		WHERE f.workspace_id = $1 AND f.integration_id = $2 AND f.external_id = c.external_id
		RETURNING f.external_id, f.event_id, f.place, f.attribution, f.attempts`,
		workspace, integration, q.now(), q.now().Add(lease), limit)
	return claimed, translate(err)
}

// TakeFetches deletes the fetches whose leads are about to be stored, and returns those that were there by their external
// ids. The others were stored by somebody else, or withdrawn.
func (t *Tx) TakeFetches(ctx context.Context, workspace, integration uuid.UUID, externalIDs []string) (map[string]Fetch, error) {
	var there []Fetch
	if err := sqlx.SelectContext(ctx, t.q, &there, `
		WITH locked AS (
			SELECT external_id FROM fetches
			WHERE workspace_id = $1 AND integration_id = $2 AND external_id = ANY($3::text[]) AND NOT withdrawn
			ORDER BY external_id FOR UPDATE
		)
		DELETE FROM fetches f USING locked l
		WHERE f.workspace_id = $1 AND f.integration_id = $2 AND f.external_id = l.external_id
		RETURNING f.external_id, f.event_id, f.place, f.attribution, f.attempts`,
		workspace, integration, texts(externalIDs)); err != nil {
		return nil, translate(err)
	}
	taken := make(map[string]Fetch, len(there))
	for _, f := range there {
		taken[f.ExternalID] = f
	}
	return taken, nil
}

// A Postponed is a fetch that failed: when to try again, zero for not by ourselves, how often that has failed, and what
// the platform said.
type Postponed struct {
	ExternalID string
	At         time.Time
	Attempts   int
	Error      string
}

// PostponeFetches notes that fetches failed.
func (t *Tx) PostponeFetches(ctx context.Context, workspace, integration uuid.UUID, postponed []Postponed) error {
	if len(postponed) == 0 {
		return nil
	}
	var ids, errs []string
	var times []time.Time
	var attempts []int
	never := time.Unix(0, 0)
	for _, p := range postponed {
		if p.At.IsZero() {
			p.At = never
		}
		ids, errs, times, attempts = append(ids, p.ExternalID), append(errs, p.Error), append(times, p.At), append(attempts, p.Attempts)
	}
	_, err := t.q.ExecContext(ctx, `
		UPDATE fetches f SET fetch_at = nullif(n.fetch_at, $3), attempts = n.attempts, error = nullif(n.error, '')
		FROM unnest($4::text[], $5::timestamptz[], $6::int[], $7::text[]) AS n (external_id, fetch_at, attempts, error)
		WHERE f.workspace_id = $1 AND f.integration_id = $2 AND f.external_id = n.external_id AND NOT f.withdrawn`,
		workspace, integration, never, texts(ids), timestamps(times), ints(attempts), texts(errs))
	return translate(err)
}

// ReleaseFetches has an integration's leads fetched at once, also those that were given up.
func (t *Tx) ReleaseFetches(ctx context.Context, workspace, integration uuid.UUID) error {
	_, err := t.q.ExecContext(ctx, `
		UPDATE fetches SET fetch_at = $3, attempts = 0
		WHERE workspace_id = $1 AND integration_id = $2 AND (fetch_at IS NULL OR fetch_at > $3) AND NOT withdrawn`,
		workspace, integration, t.now())
	if err == nil {
		_, err = t.q.ExecContext(ctx, `
			UPDATE integrations SET health = 'ok', fetch_from = NULL, setbacks = 0 WHERE workspace_id = $1 AND integration_id = $2`,
			workspace, integration)
	}
	t.hint(fetchHint(workspace, integration, t.now()))
	return translate(err)
}
