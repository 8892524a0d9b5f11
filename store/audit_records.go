package store

// erasedLeadThere and erasedCopyThere hold of what was erased and says something of a person.
const (
	erasedLeadThere = `erased_at IS NOT NULL AND (num_nonnulls(name, email, phone, phone_e164, email_key, nullif(words, '')) > 0 OR fields <> '{}')`
	erasedCopyThere = `erased_at IS NOT NULL AND (num_nonnulls(name, email, phone, phone_e164, nullif(words, '')) > 0 OR fields <> '{}' OR notes <> '')`
	// columnsThere names the columns that say it. Words may be empty: versions before this one wrote them at each migration.
	columnsThere = `CASE WHEN name IS NOT NULL THEN 'name' END, CASE WHEN email IS NOT NULL THEN 'email' END,
		CASE WHEN num_nonnulls(phone, phone_e164) > 0 THEN 'phone' END, CASE WHEN words <> '' THEN 'words' END,
		CASE WHEN fields <> '{}' THEN 'fields' END`
)

// recordAudits are the checks of what the records say of each other: that none is gone, and none was changed past the program.
var recordAudits = []auditQuery{
	{name: "leads_gone", promise: "every lead that was stored is there", gone: true, query: `
		WITH stored AS (
			SELECT workspace_id, sum(leads) AS n, bit_xor(ids) AS ids FROM (
				SELECT * FROM lead_tallies UNION ALL SELECT * FROM lead_tally_sums) t GROUP BY 1
		), there AS (
			SELECT workspace_id, count(*) AS n, bit_xor(uuid_hash_extended(lead_id, 0)) AS ids FROM leads GROUP BY 1
		)
		SELECT 'workspace ' || workspace_id || ': ' || s.n || ' leads were stored, ' || coalesce(t.n, 0) || ' are there'
			|| CASE WHEN s.n = t.n THEN ', not the same ones' ELSE '' END
		FROM stored s LEFT JOIN there t USING (workspace_id)
		WHERE s.n > coalesce(t.n, 0) OR s.n = t.n AND s.ids <> t.ids`},
	{name: "rows_of_no_lead", promise: "whatever was done with a lead, the lead is there, deleted or not", gone: true, query: `
		SELECT DISTINCT 'lead ' || r.lead_id FROM (
			SELECT workspace_id, lead_id FROM history
			UNION ALL SELECT workspace_id, coalesce(source_lead_id, undone_lead_id) FROM assigned_leads
			UNION ALL SELECT workspace_id, lead_id FROM pending
			UNION ALL SELECT workspace_id, lead_id FROM turns
			UNION ALL SELECT workspace_id, lead_id FROM offers
			UNION ALL SELECT workspace_id, lead_id FROM customers
			UNION ALL SELECT workspace_id, lead_id FROM opportunities
			UNION ALL SELECT workspace_id, duplicate_of FROM leads) r
		WHERE r.lead_id IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM leads l WHERE l.workspace_id = r.workspace_id AND l.lead_id = r.lead_id)`},
	{name: "rows_of_no_copy", promise: "a customer, an opportunity or a change of status is of a copy that is there", gone: true, query: `
		SELECT DISTINCT 'copy ' || r.assigned_lead_id FROM (
			SELECT workspace_id, assigned_lead_id FROM customers
			UNION ALL SELECT workspace_id, assigned_lead_id FROM opportunities
			UNION ALL SELECT workspace_id, assigned_lead_id FROM status_changes) r
		WHERE r.assigned_lead_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM assigned_leads a
			WHERE a.workspace_id = r.workspace_id AND a.assigned_lead_id = r.assigned_lead_id)
		UNION ALL
		SELECT 'customer ' || o.customer_id FROM opportunities o
		WHERE o.customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM customers c
			WHERE c.workspace_id = o.workspace_id AND c.customer_id = o.customer_id)`},
	{name: "rows_of_no_run", promise: "what an assignment decided has its assignment", gone: true, query: `
		SELECT DISTINCT 'assignment ' || r.assignment_id FROM (
			SELECT workspace_id, assignment_id FROM history
			UNION ALL SELECT workspace_id, assignment_id FROM pending
			UNION ALL SELECT workspace_id, assignment_id FROM deleted_pending
			UNION ALL SELECT workspace_id, assignment_id FROM batches) r
		WHERE r.assignment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM assignments a
			WHERE a.workspace_id = r.workspace_id AND a.assignment_id = r.assignment_id)`},
	{name: "rows_of_no_ring", promise: "every version of a group has its ring, and every turn is of a ring", gone: true, query: `
		SELECT 'group ' || g.group_id || ', version ' || v FROM groups g CROSS JOIN LATERAL generate_series(1, g.version) AS v
		WHERE NOT EXISTS (SELECT 1 FROM rings r WHERE (r.workspace_id, r.group_id, r.version) = (g.workspace_id, g.group_id, v))
		UNION
		SELECT 'group ' || t.group_id || ', version ' || t.version FROM (
			SELECT workspace_id, group_id, version FROM turns
			UNION SELECT workspace_id, group_id, ring_version FROM history WHERE turn IS NOT NULL
			UNION SELECT workspace_id, group_id, ring_version FROM pending_leads WHERE turn IS NOT NULL) t
		WHERE NOT EXISTS (SELECT 1 FROM rings r WHERE (r.workspace_id, r.group_id, r.version) = (t.workspace_id, t.group_id, t.version))`},
	{name: "decided_too_often", promise: "no lead is given out more often than it was to be", query: `
		WITH decided AS (
			SELECT workspace_id, lead_id, assignment_id, pending_id FROM history
			WHERE retry_of IS NULL AND outcome NOT IN ('withdrawn', 'lapsed', 'undone') AND trigger <> 'reassigned'
			UNION SELECT workspace_id, lead_id, assignment_id, pending_id FROM pending p
			WHERE retry_of IS NULL AND trigger <> 'reassigned' AND NOT EXISTS (SELECT 1 FROM pending_leads u
				WHERE u.workspace_id = p.workspace_id AND u.pending_id = p.pending_id AND u.withdraws IS NOT NULL)
			UNION SELECT workspace_id, lead_id, assignment_id, pending_id FROM deleted_pending WHERE retry_of IS NULL
		)
		SELECT 'lead ' || l.lead_id FROM leads l
		JOIN (SELECT workspace_id, lead_id, count(*) AS n FROM decided WHERE assignment_id IS NULL GROUP BY 1, 2) d USING (workspace_id, lead_id)
		WHERE l.decisions < d.n
		UNION ALL
		SELECT 'assignment ' || a.assignment_id FROM assignments a
		JOIN (SELECT workspace_id, assignment_id, count(*) AS n FROM decided GROUP BY 1, 2) d USING (workspace_id, assignment_id)
		WHERE a.count < d.n`},
	{name: "run_of_others", promise: "what was assigned to members is planned for them, or was moved from them", query: `
		SELECT 'pending lead ' || p.pending_id FROM pending_leads p JOIN assignments a USING (workspace_id, assignment_id)
		WHERE a.group_id IS NULL AND coalesce(p.moved_from, p.member_id) <> ALL (a.member_ids)`},
	{name: "changed_by_nobody", promise: "a copy says what its lead said, until somebody edits one of them", query: `
		SELECT 'copy ' || a.assigned_lead_id FROM assigned_leads a
		JOIN leads l ON l.workspace_id = a.workspace_id AND l.lead_id = coalesce(a.source_lead_id, a.undone_lead_id)
		WHERE a.updated_at = a.assigned_at AND l.updated_at <= a.assigned_at AND a.erased_at IS NULL AND l.erased_at IS NULL
			AND (a.name, a.email, a.phone, a.phone_e164, a.fields) IS DISTINCT FROM (l.name, l.email, l.phone, l.phone_e164, l.fields)`},
	{name: "found_by_others", promise: "a copy is found by what it says: where it has no words of its own it says what its lead says", query: `
		SELECT 'copy ' || a.assigned_lead_id FROM assigned_leads a
		LEFT JOIN leads l ON l.workspace_id = a.workspace_id AND l.lead_id = a.source_lead_id
		WHERE a.words IS NULL AND a.erased_at IS NULL AND (l.lead_id IS NULL
			OR (a.name, a.email, a.phone, a.phone_e164) IS DISTINCT FROM (l.name, l.email, l.phone, l.phone_e164))`},
	{name: "history_incomplete", promise: "each row of history says what it has to", query: `
		SELECT 'history ' || history_id FROM history
		WHERE outcome = 'succeeded' AND (member_id IS NULL OR reason IS NOT NULL)
			OR outcome = 'failed' AND reason IS NULL
			OR outcome = 'withdrawn' AND member_id IS NULL
			OR turn IS NOT NULL AND (ring_version IS NULL OR group_id IS NULL)
			OR ring_version IS NOT NULL AND turn IS NULL
			OR paced_day IS NOT NULL AND pace IS NULL
			OR trigger = 'retried' AND retry_of IS NULL`},
	{name: "erased_but_there", promise: "of whoever was erased nothing is kept", query: `
		SELECT 'lead ' || lead_id || ': ' || concat_ws(', ', ` + columnsThere + `) FROM leads WHERE ` + erasedLeadThere + `
		UNION ALL
		SELECT 'copy ' || assigned_lead_id || ': ' || concat_ws(', ', ` + columnsThere + `, CASE WHEN notes <> '' THEN 'notes' END)
		FROM assigned_leads WHERE ` + erasedCopyThere},
	{name: "tests_given", promise: "a test lead is given to nobody", query: `
		SELECT 'copy ' || a.assigned_lead_id FROM assigned_leads a JOIN leads l ON l.workspace_id = a.workspace_id AND l.lead_id = a.source_lead_id
		WHERE l.test`},
	{name: "imports_counted_wrong", promise: "what an import says that it stored is there", query: `
		SELECT 'import ' || i.import_id FROM imports i
		WHERE i.imported <> (SELECT count(*) FROM leads l WHERE l.workspace_id = i.workspace_id AND l.import_id = i.import_id)
			OR i.rows < i.imported + i.duplicates + i.rejected`},
	{name: "times_out_of_order", promise: "nothing is answered or changed before it was given, or given before it came", query: `
		SELECT 'copy ' || a.assigned_lead_id FROM assigned_leads a
		WHERE a.updated_at < a.assigned_at OR a.answered_at < a.assigned_at OR a.withdrawn_at < a.assigned_at
		UNION ALL
		SELECT 'lead ' || lead_id FROM leads WHERE updated_at < created_at OR deleted_at < created_at`},
}
