package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An UpcomingTurn is a turn that has not been handed out yet and the active members who would receive its lead.
type UpcomingTurn struct {
	Turn      int64       `json:"turn"`
	MemberIDs []uuid.UUID `json:"member_ids"`
}

// Upcoming lists a group's next n turns as the ledger stands, those that reach nobody left out.
func (q Queries) Upcoming(ctx context.Context, workspace, group uuid.UUID, n int) ([]UpcomingTurn, error) {
	g, err := q.Group(ctx, workspace, group)
	if err != nil {
		return nil, err
	}
	row, err := q.ring(ctx, workspace, group, g.Version)
	if err != nil {
		return nil, err
	}
	position, err := q.position(ctx, workspace, row)
	if err != nil {
		return nil, err
	}
	return q.upcoming(ctx, workspace, group, row.ring(), position, n)
}

// UpcomingOf is Upcoming for several groups, by their ids.
func (q Queries) UpcomingOf(ctx context.Context, workspace uuid.UUID, groups []uuid.UUID, n int) (map[uuid.UUID][]UpcomingTurn, error) {
	var rows []ringRow
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT `+ringColumns+` FROM rings r JOIN groups g USING (workspace_id, group_id, version)
		WHERE r.workspace_id = $1 AND r.group_id = ANY($2::uuid[]) AND g.deleted_at IS NULL`, workspace, uuids(groups)); err != nil {
		return nil, fmt.Errorf("reading rings: %w", translate(err))
	}
	rings := make([]lead.Ring, len(rows))
	for i, row := range rows {
		rings[i] = row.ring()
	}
	known := make(map[uuid.UUID]lead.Ring, len(rows))
	for i, row := range rows {
		known[row.GroupID] = rings[i]
	}
	obstacles, err := q.obstacles(ctx, workspace, known, q.now())
	if err != nil {
		return nil, err
	}
	all := make(map[uuid.UUID][]UpcomingTurn, len(rows))
	for i, row := range rows {
		position, err := q.position(ctx, workspace, row)
		if err != nil {
			return nil, err
		}
		all[row.GroupID] = upcomingAt(rings[i], position, n, obstacles.able(row.GroupID))
	}
	return all, nil
}

// upcoming lists the turns of a group's ring that come at a position.
func (q Queries) upcoming(ctx context.Context, workspace, group uuid.UUID, ring lead.Ring, position lead.Position, n int) ([]UpcomingTurn, error) {
	obstacles, err := q.obstacles(ctx, workspace, map[uuid.UUID]lead.Ring{group: ring}, q.now())
	if err != nil {
		return nil, err
	}
	return upcomingAt(ring, position, n, obstacles.able(group)), nil
}

func upcomingAt(ring lead.Ring, position lead.Position, n int, able func(uuid.UUID) bool) []UpcomingTurn {
	turns := []UpcomingTurn{}
	for _, turn := range ring.Upcoming(position, n, able) {
		up := UpcomingTurn{Turn: turn}
		for _, m := range ring.SlotOf(turn) {
			if able(m.MemberID) {
				up.MemberIDs = append(up.MemberIDs, m.MemberID)
			}
		}
		turns = append(turns, up)
	}
	return turns
}
