package store

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// Mark is what all words of a workspace begin with.
func Mark(workspace uuid.UUID) string { return mark(workspace) }

// Explained runs lists as q does, and logs the plan of each statement beside.
func Explained(q Queries, log func(...any)) Queries {
	q.q = explained{q.q, log}
	return q
}

type explained struct {
	sqlx.ExtContext
	log func(...any)
}

// QueryxContext implements sqlx.QueryerContext.
func (e explained) QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	var plan []string
	if err := sqlx.SelectContext(ctx, e.ExtContext, &plan, "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) "+query, args...); err != nil {
		return nil, err
	}
	e.log(strings.Join(plan, "\n"))
	return e.ExtContext.QueryxContext(ctx, query, args...)
}
