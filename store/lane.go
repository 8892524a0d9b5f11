package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// A LaneShare is a lane of a group, what its receivers got of its last rounds, and whose turns come next.
type LaneShare struct {
	Number int    `db:"lane"`
	Value  string `db:"value"`
	// Name is what people call the value, where they call it anything else.
	Name string `db:"name"`
	// OpenedAt is nil for lane 0, which values share that came when there were enough lanes.
	OpenedAt *time.Time `db:"opened_at"`
	Shares   []Share
	Next     []UpcomingTurn
}

// laneName is what people call the value of a lane n of a ring r, in SQL: NULL where they call it nothing else. The names of campaigns and
// forms are those that leads came in with.
const laneName = `CASE r.balance_by
	WHEN 'source' THEN (SELECT s.name FROM sources s WHERE s.workspace_id = n.workspace_id AND s.source_id::text = n.value)
	WHEN 'campaign' THEN (SELECT l.attribution ->> 'campaign_name' FROM leads l WHERE l.workspace_id = n.workspace_id AND l.attribution IS NOT NULL
		AND l.attribution ->> 'campaign_id' = n.value ORDER BY l.lead_id DESC LIMIT 1)
	WHEN 'form' THEN coalesce((SELECT i.name FROM integrations i WHERE i.workspace_id = n.workspace_id AND i.integration_id::text = n.value),
		(SELECT l.attribution ->> 'form_name' FROM leads l WHERE l.workspace_id = n.workspace_id AND l.attribution IS NOT NULL
			AND l.attribution ->> 'form_id' = n.value ORDER BY l.lead_id DESC LIMIT 1)) END`

// LaneShares lists a page of a group's lanes, those that were opened last first, with the next turns of each. A group that balances by
// nothing has none; lane 0 is only there where values share it.
func (q Queries) LaneShares(ctx context.Context, workspace, group uuid.UUID, before, limit, next int) ([]LaneShare, error) {
	g, err := q.Group(ctx, workspace, group)
	if err != nil {
		return nil, err
	}
	row, err := q.ring(ctx, workspace, group, g.Version)
	if err != nil || row.LanesSince == 0 {
		return nil, err
	}
	all := []LaneShare{}
	if err := sqlx.SelectContext(ctx, q.q, &all, `
		SELECT n.lane, n.value, coalesce(`+laneName+`, '') AS name, n.opened_at FROM lanes n JOIN rings r USING (workspace_id, group_id)
		WHERE n.workspace_id = $1 AND n.group_id = $2 AND r.version = $3 AND n.since = r.lanes_since AND n.lane < $4
		ORDER BY n.lane DESC LIMIT $5`, workspace, group, row.Version, before, limit); err != nil {
		return nil, fmt.Errorf("listing the lanes of group %s: %w", group, translate(err))
	}
	if len(all) < limit && before > 0 {
		all = append(all, LaneShare{})
	}
	var shares []Share
	if err := sqlx.SelectContext(ctx, q.q, &shares, sharesNow+`
		SELECT * FROM share WHERE lane = ANY($4::int[]) ORDER BY lane, member_id`,
		ShareRounds, workspace, group, ints(pluck(all, func(l *LaneShare) int { return l.Number }))); err != nil {
		return nil, fmt.Errorf("counting what the lanes of group %s gave: %w", group, translate(err))
	}
	for _, s := range shares {
		at := slices.IndexFunc(all, func(l LaneShare) bool { return l.Number == s.Lane })
		all[at].Shares = append(all[at].Shares, s)
	}
	if last := len(all) - 1; last >= 0 && all[last].Number == 0 && (len(all[last].Shares) == 0 || all[last].Shares[0].Turns == 0) {
		all = all[:last]
	}
	if next == 0 || len(all) == 0 {
		return all, nil
	}
	return all, q.nextInLanes(ctx, workspace, row, all, next)
}

// nextInLanes fills in the next turns of lanes.
func (q Queries) nextInLanes(ctx context.Context, workspace uuid.UUID, row ringRow, all []LaneShare, next int) error {
	stands, err := q.stands(ctx, workspace, row)
	if err != nil {
		return err
	}
	obstacles, err := q.obstacles(ctx, workspace, map[uuid.UUID]lead.Ring{row.GroupID: row.ring()}, q.now())
	if err != nil {
		return err
	}
	for i, l := range all {
		at := slices.IndexFunc(stands, func(s lead.Stand) bool { return s.Ring.Lane == l.Number })
		all[i].Next = upcomingAt(stands[at].Ring, stands[at].Position, next, obstacles.able(row.GroupID))
	}
	return nil
}

// A LaneTurn is the lane of a turn that something took: of which value, what people call that, and the how manyth of its turns it was.
type LaneTurn struct {
	Value string `json:"value"`
	Name  string `json:"name"`
	// Shared says that it is lane 0.
	Shared bool  `json:"shared"`
	Turn   int64 `json:"turn"`
}

// Scan implements sql.Scanner.
func (l *LaneTurn) Scan(src any) error {
	type plain LaneTurn
	return readJSON(src, (*plain)(l))
}

// laneTurn is the LaneTurn of a turn of a ring that stands in a row x, as JSON in SQL: NULL where the ring has no lanes.
func laneTurn(x string) string {
	end := fmt.Sprintf("(%[1]d - %[1]d %% jsonb_array_length(r.slots))", int64(lead.LaneTurns))
	return `(SELECT jsonb_build_object('value', coalesce(n.value, ''), 'name', coalesce(` + laneName + `, ''), 'shared', n.lane IS NULL,
			'turn', ` + x + `.turn % ` + end + `)
		FROM rings r LEFT JOIN lanes n ON n.workspace_id = r.workspace_id AND n.group_id = r.group_id AND n.since = r.lanes_since
			AND n.lane = ` + x + `.turn / ` + end + `
		WHERE r.workspace_id = ` + x + `.workspace_id AND r.group_id = ` + x + `.group_id AND r.version = ` + x + `.ring_version
			AND r.lanes_since IS NOT NULL)`
}
