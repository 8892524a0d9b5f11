package store

import (
	"fmt"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// laneAudits are the checks of groups that balance by something.
var laneAudits = []auditQuery{
	{name: "turns_of_no_lane", promise: "every turn is of a lane that its ring has, and not from before it began", query: fmt.Sprintf(`
		SELECT 'group ' || t.group_id || ', version ' || t.version || ', turn ' || t.turn
		FROM turns t JOIN rings r USING (workspace_id, group_id, version)
		LEFT JOIN ring_lanes l ON l.workspace_id = t.workspace_id AND l.group_id = t.group_id AND l.version = t.version
			AND l.lane = t.turn / (%[1]d - %[1]d %% jsonb_array_length(r.slots))
		WHERE l.lane IS NULL OR t.turn < l.first_turn AND t.turn <> ALL (l.owed_turns)`, int64(lead.LaneTurns))},
	{name: "lane_of_others", promise: "a lead that nobody has edited takes a turn of the lane of its value", query: fmt.Sprintf(`
		SELECT 'group ' || t.group_id || ', version ' || t.version || ', turn ' || t.turn
		FROM turns t JOIN rings r USING (workspace_id, group_id, version)
		JOIN leads l ON l.workspace_id = t.workspace_id AND l.lead_id = t.lead_id AND l.updated_at = l.created_at
		CROSS JOIN LATERAL (SELECT t.turn / (%[1]d - %[1]d %% jsonb_array_length(r.slots)) AS number, left(coalesce(CASE r.balance_by
			WHEN 'source' THEN l.source_id::text
			WHEN 'campaign' THEN l.attribution ->> 'campaign_id'
			WHEN 'form' THEN coalesce(nullif(l.attribution ->> 'form_id', ''), l.integration_id::text)
			WHEN 'rule' THEN l.rule
			ELSE l.fields ->> substr(r.balance_by, 7) END, ''), %[2]d) AS value) lane
		LEFT JOIN lanes n ON n.workspace_id = t.workspace_id AND n.group_id = t.group_id AND n.since = r.lanes_since AND n.lane = lane.number
		WHERE r.lanes_since IS NOT NULL AND (n.value <> lane.value OR lane.number > 0 AND n.value IS NULL)
			AND NOT (r.balance_by = 'source' AND EXISTS (SELECT 1 FROM sources s -- it was merged before that, which changes no lead
				WHERE s.workspace_id = t.workspace_id AND s.source_id = l.source_id AND s.merged_into::text = n.value))`,
		int64(lead.LaneTurns), lead.MaxLaneValue)},
	{name: "lanes_too_many", promise: fmt.Sprintf("a group has at most %d lanes", lead.MaxLanes), query: fmt.Sprintf(`
		SELECT 'group ' || group_id || ', since version ' || since || ': ' || count(*) + 1 FROM lanes
		GROUP BY workspace_id, group_id, since HAVING count(*) >= %[1]d OR max(lane) >= %[1]d`, lead.MaxLanes)},
}
