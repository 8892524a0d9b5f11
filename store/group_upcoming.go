package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// An UpcomingTurn is a turn that has not been handed out yet and the active members who would receive its lead.
type UpcomingTurn struct {
	Turn      int64       `json:"turn"`
	MemberIDs []uuid.UUID `json:"member_ids"`
}

// nextOf is the ring of which a lead takes the next turn that has a value without a lane, and where it stands: that of the lane which would be
// opened for it, and lane 0 where the group has no lanes or as many as it may.
func nextOf(stands []lead.Stand, laned bool) (lead.Ring, lead.Position) {
	open := make([]Lane, len(stands)-1)
	for i, s := range stands[1:] {
		open[i].Number = s.Ring.Lane
	}
	if numbers := freeLanes(open, 1); laned && len(numbers) > 0 {
		ring := lead.NewLaneTally(stands).Open(stands[0].Ring, numbers[0])
		return ring, lead.Position{Next: ring.First}
	}
	return stands[0].Ring, stands[0].Position
}

// Upcoming lists a group's next n turns as the ledger stands, those that reach nobody left out: of a group with lanes those of leads with a
// value that has none yet.
func (q Queries) Upcoming(ctx context.Context, workspace, group uuid.UUID, n int) ([]UpcomingTurn, error) {
	all, err := q.UpcomingOf(ctx, workspace, []uuid.UUID{group}, n)
	if err == nil && all[group] == nil {
		err = ErrNotFound
	}
	return all[group], err
}

// UpcomingIn is Upcoming for leads of a value, of a group with lanes.
func (q Queries) UpcomingIn(ctx context.Context, workspace, group uuid.UUID, value string, n int) ([]UpcomingTurn, error) {
	row, err := q.presentRing(ctx, workspace, group)
	if err != nil {
		return nil, err
	}
	open, err := q.lanes(ctx, workspace, row)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(open, func(l Lane) bool { return l.Value == lead.LaneValue(value) })
	if at < 0 {
		return q.Upcoming(ctx, workspace, group, n)
	}
	stands, err := q.stands(ctx, workspace, row)
	if err != nil {
		return nil, err
	}
	at = slices.IndexFunc(stands, func(s lead.Stand) bool { return s.Ring.Lane == open[at].Number })
	return q.upcoming(ctx, workspace, group, stands[max(at, 0)].Ring, stands[max(at, 0)].Position, n)
}

// UpcomingOf is Upcoming for several groups, by their ids.
func (q Queries) UpcomingOf(ctx context.Context, workspace uuid.UUID, groups []uuid.UUID, n int) (map[uuid.UUID][]UpcomingTurn, error) {
	var rows []ringRow
	if err := sqlx.SelectContext(ctx, q.q, &rows, `
		SELECT `+ringColumns+` FROM rings r JOIN groups g USING (workspace_id, group_id, version)
		WHERE r.workspace_id = $1 AND r.group_id = ANY($2::uuid[]) AND g.deleted_at IS NULL`, workspace, uuids(groups)); err != nil {
		return nil, fmt.Errorf("reading rings: %w", translate(err))
	}
	known := make(map[uuid.UUID]lead.Ring, len(rows))
	for _, row := range rows {
		known[row.GroupID] = row.ring()
	}
	obstacles, err := q.obstacles(ctx, workspace, known, q.now())
	if err != nil {
		return nil, err
	}
	all := make(map[uuid.UUID][]UpcomingTurn, len(rows))
	for _, row := range rows {
		stands, err := q.stands(ctx, workspace, row)
		if err != nil {
			return nil, err
		}
		ring, position := nextOf(stands, row.LanesSince > 0)
		all[row.GroupID] = upcomingAt(ring, position, n, obstacles.able(row.GroupID))
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
