package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A KindHealth is how the integrations of a kind, of all workspaces, stand with their platform: how many in each state,
// and how many leads wait.
type KindHealth struct {
	Kind   lead.Kind
	States map[lead.Health]int
	Held   int
}

// IntegrationHealth lists every kind's.
func (s *Store) IntegrationHealth(ctx context.Context) ([]KindHealth, error) {
	var states []struct {
		Kind   lead.Kind   `db:"kind"`
		Health lead.Health `db:"health"`
		N      int         `db:"n"`
	}
	if err := sqlx.SelectContext(ctx, s.q, &states, `
		SELECT kind, health, count(*) AS n FROM integrations WHERE deleted_at IS NULL GROUP BY 1, 2`); err != nil {
		return nil, translate(err)
	}
	var held []struct {
		Kind lead.Kind `db:"kind"`
		N    int       `db:"n"`
	}
	if err := sqlx.SelectContext(ctx, s.q, &held, heldLeads+`
		SELECT i.kind, sum(h.held)::int AS n FROM held h JOIN integrations i USING (workspace_id, integration_id)
		WHERE i.deleted_at IS NULL GROUP BY 1`); err != nil {
		return nil, translate(err)
	}
	var all []KindHealth
	for _, k := range lead.Kinds() {
		h := KindHealth{Kind: k, States: make(map[lead.Health]int)}
		for _, state := range lead.Healths() {
			h.States[state] = 0
		}
		for _, s := range states {
			if s.Kind == k {
				h.States[s.Health] += s.N
			}
		}
		for _, w := range held {
			if w.Kind == k {
				h.Held = w.N
			}
		}
		all = append(all, h)
	}
	return all, nil
}
