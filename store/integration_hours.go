package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// What makes an integration quiet. Silence is compared with the same hours a week and two weeks before, so that nights and
// weekends are none.
const (
	// quietEvents is how many arrivals must be missing, and quietHours in how many hours they came then: ad platforms
	// deliver by chance, and some in lots.
	quietEvents, quietHours = 10, 3
	week                    = 7 * 24 * time.Hour
	// quietFor is after what silence an integration is taken to have ended.
	quietFor = week
	// hoursKept is what comparing looks back on: two weeks before a silence that may last one, and a day to spare.
	hoursKept = 3*week + 24*time.Hour
	// hoursAtOnce bounds what one statement counts.
	hoursAtOnce = 24 * time.Hour
)

// CountEvents counts the arrivals that came in since it last did, by integration and hour, and forgets hours that
// nobody compares with any more. What bears no lead does not count: tests, what was refused or ignored.
func (s *Store) CountEvents(ctx context.Context) error {
	now := s.now()
	oldest := now.Add(-hoursKept).Truncate(time.Hour)
	var last *time.Time
	if err := sqlx.GetContext(ctx, s.q, &last, `SELECT max(hour) FROM integration_hours`); err != nil {
		return translate(err)
	}
	from := oldest
	if last != nil && last.Add(-time.Hour).After(oldest) {
		from = last.Add(-time.Hour) // an arrival of the last minutes may have been committed after they were counted
	}
	for ; !from.After(now); from = from.Add(hoursAtOnce) {
		if _, err := s.q.ExecContext(ctx, `
			INSERT INTO integration_hours AS h (workspace_id, integration_id, hour, deliveries, last_at)
			SELECT workspace_id, integration_id, date_trunc('hour', received_at, 'UTC'), count(*), max(received_at)
			FROM integration_events
			WHERE received_at >= $1 AND received_at < $2 AND outcome IN ('lead', 'duplicate', 'unmapped', 'held')
			GROUP BY 1, 2, 3
			ON CONFLICT (workspace_id, integration_id, hour)
			DO UPDATE SET deliveries = excluded.deliveries, last_at = excluded.last_at WHERE h.deliveries < excluded.deliveries`,
			from, from.Add(hoursAtOnce)); err != nil {
			return fmt.Errorf("counting the deliveries since %s: %w", from.Format(time.RFC3339), translate(err))
		}
	}
	_, err := s.q.ExecContext(ctx, `DELETE FROM integration_hours WHERE hour < $1`, oldest)
	return translate(err)
}

// A Rhythm is when an integration last delivered, and whether it is quiet although it usually delivers at this time.
type Rhythm struct {
	Workspace   uuid.UUID `db:"workspace_id"`
	Integration uuid.UUID `db:"integration_id"`
	Kind        lead.Kind `db:"kind"`
	LastAt      time.Time `db:"last_at"`
	Quiet       bool      `db:"quiet"`
}

// Rhythms lists the integrations, of all workspaces, that are enabled and have delivered within weeks: the quiet ones first,
// then those that delivered last, limit at the most. One that has not delivered for a week before its silence cannot be
// told to be quiet; the second week counts once it has one.
func (q Queries) Rhythms(ctx context.Context, limit int) ([]Rhythm, error) {
	now := q.now()
	all := []Rhythm{}
	err := sqlx.SelectContext(ctx, q.q, &all, `
		WITH delivered AS (
			SELECT workspace_id, integration_id, min(hour) AS first, max(hour) + interval '1 hour' AS silent, max(last_at) AS last_at
			FROM integration_hours GROUP BY 1, 2
		)
		SELECT d.workspace_id, d.integration_id, i.kind, d.last_at,
			d.silent > $2::timestamptz AND d.first <= d.silent - interval '168 hours' AND missing.enough
				AND (d.first > d.silent - interval '336 hours' OR missing.enough_before) AS quiet
		FROM delivered d JOIN integrations i USING (workspace_id, integration_id), LATERAL (
			SELECT
				coalesce(sum(h.deliveries) FILTER (WHERE h.hour >= d.silent - interval '168 hours'), 0) >= $3
					AND count(*) FILTER (WHERE h.hour >= d.silent - interval '168 hours') >= $4 AS enough,
				coalesce(sum(h.deliveries) FILTER (WHERE h.hour < d.silent - interval '168 hours'), 0) >= $3
					AND count(*) FILTER (WHERE h.hour < d.silent - interval '168 hours') >= $4 AS enough_before
			FROM integration_hours h
			WHERE h.workspace_id = d.workspace_id AND h.integration_id = d.integration_id
				AND (h.hour >= d.silent - interval '168 hours' AND h.hour < $1::timestamptz - interval '168 hours'
					OR h.hour >= d.silent - interval '336 hours' AND h.hour < $1::timestamptz - interval '336 hours')
		) missing
		WHERE i.enabled AND i.deleted_at IS NULL
		ORDER BY quiet DESC, d.last_at DESC LIMIT $5`,
		now.Truncate(time.Hour), now.Add(-quietFor), quietEvents, quietHours, limit)
	return all, translate(err)
}
