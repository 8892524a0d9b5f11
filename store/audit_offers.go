package store

// offerAudits are the checks of leads that are offered to several.
var offerAudits = []auditQuery{
	{name: "accepted_twice", promise: "of those to whom a lead is offered one gets it", query: `
		SELECT 'pending lead ' || pending_id FROM offers WHERE state = 'accepted' GROUP BY workspace_id, pending_id HAVING count(*) > 1
		UNION ALL
		SELECT 'history ' || h.history_id FROM history h
		WHERE h.trigger = 'accepted' AND h.outcome = 'succeeded' AND NOT EXISTS (SELECT 1 FROM offers o
			WHERE o.workspace_id = h.workspace_id AND o.pending_id = h.pending_id AND o.member_id = h.member_id AND o.state = 'accepted')`},
	{name: "accepted_without_copy", promise: "whoever accepted an offer has the lead, answered", query: `
		SELECT 'offer ' || o.offer_id FROM offers o
		WHERE o.state = 'accepted' AND NOT EXISTS (SELECT 1 FROM assigned_leads a WHERE a.workspace_id = o.workspace_id
			AND a.assigned_lead_id = o.assigned_lead_id AND a.member_id = o.member_id AND a.source_lead_id = o.lead_id
			AND a.answered_at IS NOT NULL)`},
	{name: "offered_to_others", promise: "a lead is offered to the slot whose turn it is, and to nobody else", query: `
		SELECT 'offer ' || o.offer_id FROM offers o
		JOIN rings r ON (r.workspace_id, r.group_id, r.version) = (o.workspace_id, o.group_id, o.ring_version)
		WHERE NOT r.slots -> (o.turn % jsonb_array_length(r.slots))::int @> jsonb_build_array(jsonb_build_object('member_id', o.member_id))
		UNION ALL
		SELECT 'offer ' || o.offer_id FROM offers o
		WHERE NOT EXISTS (SELECT 1 FROM turns t WHERE (t.workspace_id, t.group_id, t.version, t.turn, t.lead_id)
			= (o.workspace_id, o.group_id, o.ring_version, o.turn, o.lead_id))
			AND NOT EXISTS (SELECT 1 FROM history u WHERE u.workspace_id = o.workspace_id AND u.lead_id = o.lead_id AND u.outcome = 'undone'
				AND (u.group_id, u.ring_version, u.turn) = (o.group_id, o.ring_version, o.turn))`},
	{name: "offers_of_nothing", promise: "what can be accepted is pending, and by one turn", query: `
		SELECT 'offer ' || o.offer_id FROM offers o
		WHERE o.state = 'open' AND NOT EXISTS (SELECT 1 FROM pending_leads p WHERE p.workspace_id = o.workspace_id AND p.pending_id = o.pending_id
			AND p.offered_at = o.offered_at AND (p.group_id, p.ring_version, p.turn) = (o.group_id, o.ring_version, o.turn))`},
	{name: "offers_forgotten", promise: "what nobody accepted in time is seen to within a minute, and what nobody can accept goes on", overdue: true, query: `
		SELECT 'pending lead ' || pending_id FROM pending_leads WHERE offer_alarm_at < $2
		UNION ALL
		SELECT 'pending lead ' || p.pending_id FROM pending_leads p
		WHERE p.offered_at < $2 AND p.batch_id IS NULL AND p.offer_alarm_at IS NULL AND NOT EXISTS (SELECT 1 FROM offers o
			WHERE o.workspace_id = p.workspace_id AND o.pending_id = p.pending_id AND o.state = 'open')`},
}
