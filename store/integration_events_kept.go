package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// KeptBytes is about how many bytes are kept of what came to an integration since a time and made no lead, or of all that came.
// Bodies are not read for it: how long one is stands beside where it lies.
func (q Queries) KeptBytes(ctx context.Context, workspace, integration uuid.UUID, since time.Time, all bool) (int64, error) {
	low, _ := idSpan(since, time.Time{}, idSlack)
	var n int64
	err := sqlx.GetContext(ctx, q.q, &n, `
		SELECT coalesce(sum(octet_length(body) + octet_length(query) + 512), 0) FROM integration_events
		WHERE workspace_id = $1 AND integration_id = $2 AND event_id >= $3 AND received_at >= $4
			AND ($5 OR cardinality(lead_ids) = 0)`,
		workspace, integration, low, since, all)
	return n, translate(err)
}
