package store

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// An entry of history that made a copy has the copy's id, and says so by copied: by member, group and lead it is found by the copy's indexes.
// Indexes of history by these have the rest, uncopied: what made no copy, and what programs wrote before ids were shared. An entry keeps the
// member and the group of its copy, and the lead too, which stands in another column of a copy that was undone.

// uncopied is which entries of history have indexes of their own by member, group and lead.
const uncopied = "copied IS NULL"

// historyPart is a part of the history of what one column of it is, as a statement to which conditions can be added, and what the entries' ids
// are called in it.
type historyPart struct{ query, id string }

func historyParts(workspace, column, value string) []historyPart {
	parts := []historyPart{{fmt.Sprintf("SELECT e.* FROM history e WHERE e.workspace_id = %s AND e.%s = %s AND e.%s", workspace, column, value, uncopied), "e.history_id"}}
	of := []string{column}
	if column == "lead_id" {
		of = []string{"source_lead_id", "undone_lead_id"}
	}
	for _, one := range of {
		parts = append(parts, historyPart{fmt.Sprintf(`SELECT e.* FROM assigned_leads c JOIN history e ON e.workspace_id = c.workspace_id
			AND e.history_id = c.assigned_lead_id AND e.copied WHERE c.workspace_id = %s AND c.%s = %s`, workspace, one, value), "c.assigned_lead_id"})
	}
	return parts
}

// historyOf is the history of what one column of it is, as a table in a statement. What narrows it by the entries' ids is put to each part,
// as in ">= $3".
func historyOf(workspace, column, value string, ids ...string) string {
	var parts []string
	for _, p := range historyParts(workspace, column, value) {
		for _, condition := range ids {
			p.query += " AND " + p.id + " " + condition
		}
		parts = append(parts, p.query)
	}
	return "(" + strings.Join(parts, " UNION ALL ") + ")"
}

// newestOf is as historyOf, of the entries e that fulfil a condition, and holds the newest of them at least, as many as limit says.
func newestOf(workspace, column, value, condition, limit string) string {
	var parts []string
	for _, p := range historyParts(workspace, column, value) {
		parts = append(parts, fmt.Sprintf("(%s AND %s ORDER BY %s DESC LIMIT %s)", p.query, condition, p.id, limit))
	}
	return "(" + strings.Join(parts, " UNION ALL ") + ")"
}

// byCopies are the columns of copies by which a list of history finds entries, none where it goes by something else.
func byCopies(f HistoryFilter) []string {
	switch {
	case f.ActID != uuid.Nil:
		return nil
	case f.LeadID != uuid.Nil:
		return []string{"source_lead_id AS lead_id", "undone_lead_id AS lead_id"}
	case f.MemberID != uuid.Nil:
		return []string{"member_id"}
	case f.GroupID != uuid.Nil:
		return []string{"group_id"}
	}
	return nil
}

// historyPages are a page of what is found by indexes of history, and one of what is found by each column of copies. What copies are found by
// is not asked of their entries again: Postgres would take it for a reason to look through these, newest first.
func (l *list) historyPages() []string {
	pages := []string{"(" + l.newest(l.rows(l.table, uncopied), l.limit) + ")"}
	entry := strings.Join(append([]string{l.where[0], "copied", l.table + ".history_id = c.history_id"}, l.others...), " AND ")
	for _, column := range l.byCopies {
		pages = append(pages, fmt.Sprintf(`(SELECT e.* FROM (
				SELECT history_id FROM (SELECT workspace_id, assigned_lead_id AS history_id, %s FROM assigned_leads) AS c WHERE %s) AS c
			CROSS JOIN LATERAL (SELECT * FROM %s WHERE %s) AS e ORDER BY %s LIMIT %d)`,
			column, strings.Join(l.where, " AND "), l.table, entry, l.order("e."), l.limit))
	}
	return pages
}
