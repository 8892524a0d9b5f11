package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A FetchState is how an integration stands with its platform.
type FetchState struct {
	Health lead.Health `db:"health"`
	// From is when the platform may be asked again, and Setbacks how often in a row it has refused.
	From     *time.Time `db:"fetch_from"`
	Setbacks int        `db:"setbacks"`
	// ReconcileAt is when to look through the platform's lists, Reconcile how far that is, and ReconciledUntil when it was
	// last begun and came to its end.
	ReconcileAt     *time.Time `db:"reconcile_at"`
	Reconcile       Reconcile  `db:"reconcile"`
	ReconciledUntil *time.Time `db:"reconciled_until"`
	CreatedAt       time.Time  `db:"created_at"`
}

// A Reconcile is how far the platform's lists have been looked through: of the leads since a time, to a place in a form.
type Reconcile struct {
	Since time.Time `json:"since"`
	Began time.Time `json:"began"`
	Form  string    `json:"form,omitempty"`
	After string    `json:"after,omitempty"`
}

// Scan implements sql.Scanner.
func (r *Reconcile) Scan(src any) error { return readJSON(src, r) }

// FetchState returns an integration's, ErrNotFound where there is no such integration.
func (q Queries) FetchState(ctx context.Context, workspace, integration uuid.UUID) (FetchState, error) {
	var s FetchState
	err := sqlx.GetContext(ctx, q.q, &s, `
		SELECT health, fetch_from, setbacks, reconcile_at, reconcile, reconciled_until, created_at FROM integrations
		WHERE workspace_id = $1 AND integration_id = $2 AND deleted_at IS NULL`, workspace, integration)
	return s, translate(err)
}

// SetHealth notes how an integration stands with its platform, and from when on that may be asked again; zero is at once.
func (q Queries) SetHealth(ctx context.Context, workspace, integration uuid.UUID, health lead.Health, from time.Time, setbacks int) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE integrations SET health = $3, fetch_from = $4, setbacks = $5
		WHERE workspace_id = $1 AND integration_id = $2 AND (health, fetch_from, setbacks) IS DISTINCT FROM ($3, $4, $5)`,
		workspace, integration, string(health), nullTime(from), setbacks)
	return translate(err)
}

// StartReconcile has the platform's lists looked through as soon as may be, for leads since a time.
func (t *Tx) StartReconcile(ctx context.Context, workspace, integration uuid.UUID, since time.Time) error {
	result, err := t.q.ExecContext(ctx, `
		UPDATE integrations SET reconcile_at = $3, reconcile = $4
		WHERE workspace_id = $1 AND integration_id = $2 AND deleted_at IS NULL`,
		workspace, integration, t.now(), asJSON(Reconcile{Since: since, Began: t.now()}))
	t.hint(fetchHint(workspace, integration, t.now()))
	return oneRow(result, err)
}

// BeginReconcile notes that the platform's lists are being looked through, unless they are already.
func (q Queries) BeginReconcile(ctx context.Context, workspace, integration uuid.UUID, r Reconcile) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE integrations SET reconcile = $3 WHERE workspace_id = $1 AND integration_id = $2 AND reconcile IS NULL`,
		workspace, integration, asJSON(r))
	return translate(err)
}

// DelayReconcile has the platform's lists looked through later, from where that was left.
func (q Queries) DelayReconcile(ctx context.Context, workspace, integration uuid.UUID, at time.Time) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE integrations SET reconcile_at = $3 WHERE workspace_id = $1 AND integration_id = $2`, workspace, integration, at)
	return translate(err)
}

// AdvanceReconcile notes how far the platform's lists have been looked through.
func (q Queries) AdvanceReconcile(ctx context.Context, workspace, integration uuid.UUID, r Reconcile) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE integrations SET reconcile = $3 WHERE workspace_id = $1 AND integration_id = $2 AND reconcile IS NOT NULL
			AND (reconcile ->> 'began')::timestamptz = $4`, workspace, integration, asJSON(r), r.Began)
	return translate(err)
}

// EndReconcile notes that they have been looked through to their end, and when to do so next. One that was started since
// goes on.
func (q Queries) EndReconcile(ctx context.Context, workspace, integration uuid.UUID, r Reconcile, next time.Time) error {
	_, err := q.q.ExecContext(ctx, `
		UPDATE integrations SET reconcile = NULL, reconcile_at = $3, reconciled_until = $4
		WHERE workspace_id = $1 AND integration_id = $2 AND (reconcile IS NULL OR (reconcile ->> 'began')::timestamptz = $4)`,
		workspace, integration, next, r.Began)
	return translate(err)
}

// FeedFetches returns hints at the integrations, of all workspaces, whose leads can be fetched or whose platform's lists
// are to be looked through, and that were not handed to the queue since before.
func (s *Store) FeedFetches(ctx context.Context, before time.Time, limit int) ([]lead.Hint, error) {
	var fed []lead.Hint
	err := sqlx.SelectContext(often(ctx), s.q, &fed, `
		WITH due AS (
			SELECT workspace_id, integration_id FROM integrations i
			WHERE kind = ANY($4) AND deleted_at IS NULL AND enabled AND (fetch_from IS NULL OR fetch_from <= $1)
				AND (fed_at IS NULL OR fed_at < $2)
				AND (kind = ANY($5) AND settings ? 'form_ids' AND coalesce(reconcile_at, created_at + interval '1 hour') <= $1 OR EXISTS (
					SELECT FROM fetches f
					WHERE f.workspace_id = i.workspace_id AND f.integration_id = i.integration_id AND f.fetch_at <= $1))
			LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
		)
		UPDATE integrations i SET fed_at = $1, fed_times = i.fed_times + 1 FROM due
		WHERE i.workspace_id = due.workspace_id AND i.integration_id = due.integration_id
		RETURNING i.workspace_id, i.integration_id AS batch_id, 'fetch' AS queue, i.fed_times AS generation`,
		s.now(), before, limit, texts(lead.FetchedKinds()), texts(lead.ListedKinds()))
	return fed, translate(err)
}

// KnownLeads returns which of an integration's external ids are known: their leads are here, were deleted, or were
// withdrawn: nobody sends those again, they are only still on the platform's list.
func (q Queries) KnownLeads(ctx context.Context, workspace, integration uuid.UUID, externalIDs []string) (map[string]bool, error) {
	var here []string
	if err := sqlx.SelectContext(ctx, q.q, &here, `
		SELECT external_id FROM leads WHERE workspace_id = $1 AND origin = $3 AND external_id = ANY($4::text[])
		UNION ALL
		SELECT external_id FROM fetches WHERE workspace_id = $1 AND integration_id = $2 AND external_id = ANY($4::text[]) AND withdrawn`,
		workspace, integration, IntegrationOrigin(integration), texts(externalIDs)); err != nil {
		return nil, translate(err)
	}
	known := make(map[string]bool, len(here))
	for _, id := range here {
		known[id] = true
	}
	return known, nil
}

// UnmadeLeads returns which of an integration's external ids are kept as their platform gave them, with no lead made of
// them yet.
func (q Queries) UnmadeLeads(ctx context.Context, workspace, integration uuid.UUID, externalIDs []string) (map[string]bool, error) {
	var kept []string
	if err := sqlx.SelectContext(ctx, q.q, &kept, `
		SELECT external_id FROM fetched_answers
		WHERE workspace_id = $1 AND integration_id = $2 AND external_id = ANY($3::text[]) AND lead_id IS NULL`,
		workspace, integration, texts(externalIDs)); err != nil {
		return nil, translate(err)
	}
	unmade := make(map[string]bool, len(kept))
	for _, id := range kept {
		unmade[id] = true
	}
	return unmade, nil
}

// Held is how many leads wait, by integration: deliveries that are kept until they can be read, and leads that their
// platform does not let us fetch.
func (q Queries) Held(ctx context.Context, workspace uuid.UUID) (map[uuid.UUID]int, error) {
	var rows []struct {
		Integration uuid.UUID `db:"integration_id"`
		Held        int       `db:"held"`
	}
	if err := sqlx.SelectContext(ctx, q.q, &rows, heldLeads+`
		SELECT integration_id, sum(held)::int AS held FROM held WHERE workspace_id = $1 GROUP BY integration_id`, workspace); err != nil {
		return nil, translate(err)
	}
	held := make(map[uuid.UUID]int, len(rows))
	for _, r := range rows {
		held[r.Integration] = r.Held
	}
	return held, nil
}

// heldLeads counts what waits. A delivery whose leads are noted for fetching is counted by these.
const heldLeads = `
	WITH held AS (
		SELECT e.workspace_id, e.integration_id, count(*) AS held FROM integration_events e
		WHERE outcome = 'held' AND outcome IN ('unmapped', 'held', 'refused')
			AND NOT EXISTS (SELECT FROM fetches f WHERE f.workspace_id = e.workspace_id AND f.integration_id = e.integration_id AND f.event_id = e.event_id)
		GROUP BY 1, 2
		UNION ALL
		SELECT f.workspace_id, f.integration_id, count(*) FROM fetches f JOIN integrations i USING (workspace_id, integration_id)
		WHERE NOT f.withdrawn AND (f.fetch_at IS NULL OR i.health IN ('token_dead', 'permission'))
		GROUP BY 1, 2
	)`
