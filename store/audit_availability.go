package store

// capsAsCopiesSay are what members with caps got, as their copies say.
const capsAsCopiesSay = `
	SELECT c.workspace_id, c.member_id, c.group_id, n.* FROM cap_counts c CROSS JOIN LATERAL (
		SELECT count(*) FILTER (WHERE a.assigned_at >= c.hour_from) AS hour, count(*) FILTER (WHERE a.assigned_at >= c.day_from) AS day,
			count(*) FILTER (WHERE a.assigned_at >= c.week_from) AS week, count(*) FILTER (WHERE a.assigned_at >= c.month_from) AS month,
			count(*) FILTER (WHERE a.status <> ALL (w.closed_statuses)) AS open
		FROM workspaces w JOIN assigned_leads a USING (workspace_id)
		WHERE w.workspace_id = c.workspace_id AND a.member_id = c.member_id AND a.withdrawn_at IS NULL
			AND (c.group_id = '00000000-0000-0000-0000-000000000000' OR a.group_id = c.group_id)) n`

// availabilityAudits are the checks of who could take a lead, and of what waits for somebody who can.
var availabilityAudits = []auditQuery{
	{name: "caps_counted_wrong", promise: "what members with caps got is counted as their copies say", query: `
		SELECT 'member ' || c.member_id || ', group ' || c.group_id FROM cap_counts c JOIN (` + capsAsCopiesSay + `) n
			USING (workspace_id, member_id, group_id)
		WHERE (c.in_hour, c.in_day, c.in_week, c.in_month, c.open) IS DISTINCT FROM (n.hour, n.day, n.week, n.month, n.open)`},
	{name: "caps_passed", promise: "nobody got more by turn than their caps allow", query: `
		SELECT 'member ' || m.member_id || ', ' || cap.name FROM members m JOIN cap_counts c USING (workspace_id, member_id)
		CROSS JOIN LATERAL (VALUES ('per_hour', c.hour_from), ('per_day', c.day_from), ('per_week', c.week_from),
			('per_month', c.month_from)) AS cap (name, since)
		WHERE c.group_id = '00000000-0000-0000-0000-000000000000' AND m.caps ? cap.name AND m.updated_at < cap.since
			AND (m.caps ->> cap.name)::int < (SELECT count(*)
				FROM ` + historyOf("m.workspace_id", "member_id", "m.member_id") + ` h WHERE h.at >= cap.since AND h.outcome = 'succeeded'
					AND h.turn IS NOT NULL AND h.trigger IN ('immediate', 'overflow', 'reassigned', 'accepted')
					AND NOT EXISTS (SELECT 1 FROM history u WHERE u.workspace_id = h.workspace_id AND u.lead_id = h.lead_id
						AND u.pending_id = h.pending_id AND u.member_id = h.member_id AND u.outcome = 'undone'))`},
	{name: "received_while_unavailable", promise: "nobody received by turn who was off duty, away or outside their hours", query: `
		WITH spans AS (
			SELECT m.workspace_id, m.member_id, coalesce(m.timezone, w.timezone) AS zone, m.updated_at, days.n AS dow,
				s ->> 'from' AS opens, s ->> 'to' AS closes
			FROM members m JOIN workspaces w USING (workspace_id)
			CROSS JOIN (VALUES ('sun', 0), ('mon', 1), ('tue', 2), ('wed', 3), ('thu', 4), ('fri', 5), ('sat', 6)) AS days (name, n)
			CROSS JOIN LATERAL jsonb_array_elements(m.working_hours -> days.name) AS s
		), by_turn AS (
			SELECT h.workspace_id, h.history_id, h.member_id, h.at, h.at AT TIME ZONE coalesce(m.timezone, w.timezone) AS wall,
				m.on_duty, m.working_hours
			FROM history h JOIN members m USING (workspace_id, member_id) JOIN workspaces w USING (workspace_id)
			WHERE h.outcome = 'succeeded' AND h.turn IS NOT NULL AND h.trigger IN ('immediate', 'overflow', 'reassigned')
				AND m.updated_at < h.at AND (NOT m.on_duty OR m.working_hours IS NOT NULL OR m.absent_until IS NOT NULL)
		)
		SELECT 'history ' || b.history_id FROM by_turn b
		WHERE NOT b.on_duty
			OR b.working_hours IS NOT NULL AND NOT EXISTS (SELECT 1 FROM spans s
				WHERE s.workspace_id = b.workspace_id AND s.member_id = b.member_id AND (
					s.dow = extract(dow FROM b.wall) AND s.opens <= to_char(b.wall, 'HH24:MI')
						AND (s.closes < s.opens OR to_char(b.wall, 'HH24:MI') < s.closes)
					OR s.dow = extract(dow FROM b.wall - interval '1 day') AND s.closes < s.opens AND to_char(b.wall, 'HH24:MI') < s.closes))
			OR EXISTS (SELECT 1 FROM absences a WHERE a.workspace_id = b.workspace_id AND a.member_id = b.member_id AND a.created_at < b.at
				AND (a.from_at <= b.at AND b.at < a.to_at OR b.wall::date BETWEEN a.from_date AND a.to_date))`},
	{name: "waiting_though_somebody_can", promise: "nothing waits while somebody can take it", overdue: true, query: `
		SELECT 'group ' || group_id FROM waiting_groups WHERE wake_at < $2
		UNION ALL
		SELECT 'pending lead ' || p.pending_id FROM pending_leads p
		WHERE p.waiting_since < $2 AND p.batch_id IS NULL AND p.offered_at IS NULL AND (
			NOT EXISTS (SELECT 1 FROM waiting_groups w WHERE w.workspace_id = p.workspace_id AND w.group_id = p.group_id)
			OR EXISTS (SELECT 1 FROM groups g CROSS JOIN LATERAL jsonb_path_query(g.listed, '$[*].members[*].member_id') AS listed (id)
				JOIN members m ON m.workspace_id = g.workspace_id AND m.member_id = (listed.id #>> '{}')::uuid
				WHERE g.workspace_id = p.workspace_id AND g.group_id = p.group_id AND g.deleted_at IS NULL AND m.active AND m.removed_at IS NULL
					AND m.on_duty AND m.working_hours IS NULL AND NOT m.counted AND m.absent_until IS NULL AND m.updated_at < $2
					AND NOT EXISTS (SELECT 1 FROM assigned_leads a
						WHERE a.workspace_id = p.workspace_id AND a.source_lead_id = p.lead_id AND a.member_id = m.member_id)
					AND NOT EXISTS (SELECT 1 FROM offers o
						WHERE o.workspace_id = p.workspace_id AND o.pending_id = p.pending_id AND o.member_id = m.member_id)))`},
	{name: "debts_of_no_turn", promise: "each turn that is kept for somebody is in the ledger, without a lead", query: `
		SELECT 'group ' || d.group_id || ', turn ' || d.turn FROM debts d
		WHERE NOT EXISTS (SELECT 1 FROM turns t WHERE (t.workspace_id, t.group_id, t.version, t.turn) = (d.workspace_id, d.group_id, d.version, d.turn)
			AND t.lead_id IS NULL)`},
}
