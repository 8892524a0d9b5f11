package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
)

// giveBackCaps counts copies no more that are taken back, and has the groups look again that wait for their members. The gate is closed.
func (t *Tx) giveBackCaps(ctx context.Context, workspace uuid.UUID, gone []givenCopy) error {
	if len(gone) == 0 {
		return nil
	}
	from, args := unnest("n", []any{workspace, uuid.Nil},
		column{"member_id", uuids(pluck(gone, func(c *givenCopy) uuid.UUID { return c.Member }))},
		column{"group_id", uuids(pluck(gone, func(c *givenCopy) uuid.UUID { return c.Group.UUID }))},
		column{"at", timestamps(pluck(gone, func(c *givenCopy) time.Time { return c.AssignedAt }))},
		column{"open", ints(pluck(gone, func(c *givenCopy) int { return oneIf(!c.Closed) }))})
	var freed []uuid.UUID
	if err := sqlx.SelectContext(ctx, t.q, &freed, `
		WITH back AS (
			SELECT c.member_id, c.group_id, sum(n.open) AS open, count(*) FILTER (WHERE n.at >= c.hour_from) AS hour,
				count(*) FILTER (WHERE n.at >= c.day_from) AS day, count(*) FILTER (WHERE n.at >= c.week_from) AS week,
				count(*) FILTER (WHERE n.at >= c.month_from) AS month
			FROM `+from+` JOIN cap_counts c ON c.workspace_id = $1 AND c.member_id = n.member_id AND (c.group_id = $2 OR c.group_id = n.group_id)
			GROUP BY 1, 2
		), counted AS (
			UPDATE cap_counts c SET open = c.open - b.open, in_hour = c.in_hour - b.hour, in_day = c.in_day - b.day,
				in_week = c.in_week - b.week, in_month = c.in_month - b.month
			FROM back b WHERE c.workspace_id = $1 AND c.member_id = b.member_id AND c.group_id = b.group_id RETURNING c.member_id
		)
		SELECT DISTINCT member_id FROM counted ORDER BY 1`, args...); err != nil {
		return fmt.Errorf("giving back what %d copies counted: %w", len(gone), translate(err))
	}
	for _, member := range freed {
		if err := t.wakeGroupsOf(ctx, workspace, member); err != nil {
			return err
		}
	}
	return nil
}
