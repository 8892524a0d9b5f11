package store

// undoAudits are the checks of what was undone.
var undoAudits = []auditQuery{
	{name: "undone_though_touched", promise: "no lead with which somebody has done something is undone", query: `
		SELECT 'copy ' || a.assigned_lead_id FROM assigned_leads a
		WHERE a.undone_lead_id IS NOT NULL AND (a.source_lead_id IS NOT NULL OR a.withdrawn_at IS NULL OR a.answered_at IS NOT NULL
			OR EXISTS (SELECT 1 FROM customers c WHERE c.workspace_id = a.workspace_id AND c.assigned_lead_id = a.assigned_lead_id)
			OR EXISTS (SELECT 1 FROM undo_kept k WHERE k.workspace_id = a.workspace_id AND k.assigned_lead_id = a.assigned_lead_id))`},
	{name: "undone_without_history", promise: "history has each lead that was undone, and no turn that went back is spent on it", query: `
		SELECT 'copy ' || a.assigned_lead_id FROM assigned_leads a
		WHERE a.undone_lead_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM history h WHERE h.workspace_id = a.workspace_id
			AND h.lead_id = a.undone_lead_id AND h.member_id = a.member_id AND h.outcome = 'undone')
		UNION ALL
		SELECT 'history ' || u.history_id FROM history u
		WHERE u.outcome = 'undone' AND u.turn IS NOT NULL AND EXISTS (SELECT 1 FROM turns t
			WHERE (t.workspace_id, t.group_id, t.version, t.turn, t.lead_id) = (u.workspace_id, u.group_id, u.ring_version, u.turn, u.lead_id))
			AND NOT EXISTS (SELECT 1 FROM history h WHERE h.workspace_id = u.workspace_id AND h.lead_id = u.lead_id
				AND h.group_id = u.group_id AND h.ring_version = u.ring_version AND h.turn = u.turn AND h.pending_id <> u.pending_id)
			AND NOT EXISTS (SELECT 1 FROM pending_leads p WHERE p.workspace_id = u.workspace_id AND p.lead_id = u.lead_id
				AND p.group_id = u.group_id AND p.ring_version = u.ring_version AND p.turn = u.turn)`},
	{name: "undo_stuck", promise: "an undo goes on until it is done", overdue: true, query: `
		SELECT 'run ' || run_id FROM undos WHERE done_at IS NULL AND updated_at < $2`},
}
