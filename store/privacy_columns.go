package store

// A personalTable says where a table has what is known of the people behind leads, so that it can be given to them and
// erased. A test walks the schema: every column that can hold text is here, or listed there as not personal.
type personalTable struct {
	name string
	// about is the condition, in SQL over its row t and the person p, under which a row is about a person. p has the ids
	// of what was found to be theirs: leads, copies, customers and members; and a pattern for them in text of any kind.
	about string
	// erased is what columns are set to when the person is erased, in SQL over t and p. Rows of tables without are given
	// to the person and stay: they hold ids and times only.
	erased map[string]string
	// since is a condition for rows that may be younger than p.since. Tables that have it are searched text by text, which
	// takes its time: nothing is held up by it, and what came in meanwhile is then searched again.
	since string
}

// What stands for nothing, in columns that may be null and those that may not.
const (
	null    = "NULL"
	nothing = "''"
	noJSON  = "'{}'"
)

// personal are all tables with what is known of people. Rows stay, emptied, so that turns and counts stay true.
var personal = []personalTable{
	{
		name: "leads", about: "t.lead_id = ANY(p.leads)",
		erased: map[string]string{
			"name": null, "email": null, "phone": null, "phone_e164": null, "email_key": null, "words": null, "fields": noJSON,
			"attribution": null, "consent": null,
			// It stays, so that the lead sent again is recognised and does not come back, but for one that tells who they are.
			"external_id": "CASE WHEN t.external_id ~* p.pattern THEN " + digestOfExternalID + " ELSE t.external_id END",
			"also_id":     "CASE WHEN t.also_id ~* p.pattern THEN " + digestOfAlsoID + " ELSE t.also_id END",
			"former":      null,
			"deleted_at":  "coalesce(t.deleted_at, p.now)", "erased_at": "p.now", "updated_at": "p.now",
		},
	},
	{
		name: "assigned_leads", about: "t.assigned_lead_id = ANY(p.copies)",
		erased: map[string]string{
			"name": null, "email": null, "phone": null, "phone_e164": null, "words": null, "fields": noJSON, "notes": nothing,
			"follow_up_at": null, "remind_at": null, "erased_at": "p.now", "updated_at": "p.now",
		},
	},
	{
		name: "customers", about: "t.customer_id = ANY(p.customers)",
		erased: map[string]string{
			"name": null, "email": null, "phone": null, "phone_e164": null, "words": null, "fields": noJSON, "notes": nothing,
			"erased_at": "p.now", "updated_at": "p.now",
		},
	},
	{
		name:   "opportunities",
		about:  "(t.lead_id = ANY(p.leads) OR t.assigned_lead_id = ANY(p.copies) OR t.customer_id = ANY(p.customers))",
		erased: map[string]string{"title": nothing, "updated_at": "p.now"},
	},
	{name: "status_changes", about: "t.assigned_lead_id = ANY(p.copies)"},
	{name: "pending", about: "t.lead_id = ANY(p.leads)"},
	{name: "offers", about: "t.lead_id = ANY(p.leads)"},
	{name: "history", about: "t.lead_id = ANY(p.leads)", erased: map[string]string{"detail": null}},
	{
		// A person may be a member too. While they work here they stay, and are erased once they were removed.
		name: "members", about: "t.member_id = ANY(p.members)",
		erased: map[string]string{
			"name":  "CASE WHEN t.removed_at IS NULL THEN t.name ELSE '' END",
			"email": "CASE WHEN t.removed_at IS NULL THEN t.email END", "telegram_chat_id": "CASE WHEN t.removed_at IS NULL THEN t.telegram_chat_id END",
			"external_id": "CASE WHEN t.removed_at IS NULL THEN t.external_id END", "metadata": "CASE WHEN t.removed_at IS NULL THEN t.metadata ELSE '{}' END",
		},
	},
	{
		// So it is with those who sign in. A removed one's address is forgotten already, see Tx.RemovePerson.
		name: "people", about: "t.person_id = ANY(p.people)",
		erased: map[string]string{
			"name":  "CASE WHEN t.removed_at IS NULL THEN t.name ELSE '' END",
			"email": "CASE WHEN t.removed_at IS NULL THEN t.email ELSE '' END", "email_key": "CASE WHEN t.removed_at IS NULL THEN t.email_key ELSE '' END",
		},
	},
	{
		name: "import_rejects", about: "t.record ~* p.pattern", erased: map[string]string{"record": nothing},
		since: "t.import_id IN (SELECT i.import_id FROM imports i WHERE i.workspace_id = p.workspace AND i.updated_at >= p.since)",
	},
	// A group may balance by a field that tells who somebody is: its lanes are then called by it.
	{name: "lanes", about: "t.value ~* p.pattern", erased: map[string]string{"value": "'erased:' || t.lane"}},
	// A file may be called by whom it is about.
	{name: "imports", about: "t.file_name ~* p.pattern", erased: map[string]string{"file_name": nothing}},
	{
		name:   "idempotency_keys",
		about:  "(t.answer::text ~* p.pattern OR t.answer ->> 'id' = ANY((p.leads || p.copies || p.customers)::text[]))",
		erased: map[string]string{"answer": "'null'"}, since: "t.created_at >= p.since",
	},
	{
		// A delivery of several people is emptied as a whole: those of the others that became leads are not touched.
		name:   "integration_events",
		about:  "(t.lead_ids && p.leads OR encode(t.body, 'escape') ~* p.pattern OR t.query ~* p.pattern)",
		erased: map[string]string{"body": nothing, "headers": noJSON, "query": nothing, "detail": null}, since: "t.received_at >= p.since",
	},
	{
		name: "fetched_answers", about: "(t.lead_id = ANY(p.leads) OR encode(t.answer, 'escape') ~* p.pattern)",
		erased: map[string]string{"answer": nothing}, since: "t.created_at >= p.since",
	},
	{
		// The other leads in a task stay; see Tx.eraseDeadTasks.
		name: "dead_tasks", about: "encode(t.payload, 'escape') ~* p.pattern", erased: map[string]string{"payload": nothing, "error": nothing},
	},
}

// digestOfExternalID is what an external id that tells who somebody is becomes. See externalDigest, which finds it again.
const (
	digestOfExternalID = `'erased:' || encode(sha256(convert_to(t.origin || ' ' || t.external_id, 'UTF8')), 'hex')`
	digestOfAlsoID     = `'erased:' || encode(sha256(convert_to(t.origin || ' ' || t.also_id, 'UTF8')), 'hex')`
)
