package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// recording has a server of the test's own write down each statement as it understands it.
func recording(t *testing.T, d *testenv.Dedicated) {
	t.Helper()
	for _, statement := range []string{
		"ALTER SYSTEM SET debug_print_rewritten = on", "ALTER SYSTEM SET debug_pretty_print = off", "SELECT pg_reload_conf()",
	} {
		if _, err := d.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	testenv.Eventually(t, 10*time.Second, func() error { // the server tells its sessions, which hear of it with their next statement
		if _, err := d.Store.Workspace(t.Context(), newID()); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if !strings.Contains(d.PostgresServer.Log(), "DETAIL:  ({QUERY ") {
			return errors.New("statements are not recorded yet")
		}
		return nil
	})
}

// oneWorkspace and otherWorkspace are the ids of two workspaces.
const oneWorkspace, otherWorkspace = "$1::uuid", "$2::uuid"

// planted are statements, and of which tables is to be found that they are not restricted to one workspace, or what else is wrong.
var planted = map[string]struct{ statement, want string }{
	"one table":                     {`SELECT 1 FROM leads WHERE workspace_id = ` + oneWorkspace, ""},
	"a constant":                    {`SELECT 1 FROM leads WHERE workspace_id = '01900000-0000-7000-8000-000000000001'`, ""},
	"one table of all":              {`SELECT 1 FROM leads`, "leads"},
	"either of two":                 {`SELECT 1 FROM leads WHERE workspace_id = ` + oneWorkspace + ` OR workspace_id = ` + otherWorkspace, "leads"},
	"or everything":                 {`SELECT 1 FROM leads WHERE workspace_id = ` + oneWorkspace + ` OR test`, "leads"},
	"not":                           {`SELECT 1 FROM leads WHERE workspace_id <> ` + oneWorkspace, "leads"},
	"any of some":                   {`SELECT 1 FROM leads WHERE workspace_id = ANY(ARRAY[` + oneWorkspace + `])`, "leads"},
	"a join":                        {`SELECT 1 FROM leads l JOIN members m USING (workspace_id) WHERE l.workspace_id = ` + oneWorkspace, ""},
	"a join by a chain":             {`SELECT 1 FROM leads l, members m, groups g WHERE l.workspace_id = m.workspace_id AND g.workspace_id = m.workspace_id AND g.workspace_id = ` + oneWorkspace, ""},
	"a join that misses it":         {`SELECT 1 FROM leads l JOIN members m ON m.member_id = l.lead_id WHERE l.workspace_id = ` + oneWorkspace, "members"},
	"a join of two workspaces":      {`SELECT 1 FROM leads l JOIN members m ON m.workspace_id = ` + otherWorkspace + ` WHERE l.workspace_id = ` + oneWorkspace, "its tables"},
	"a left join":                   {`SELECT 1 FROM leads l LEFT JOIN members m ON m.workspace_id = l.workspace_id WHERE l.workspace_id = ` + oneWorkspace, ""},
	"a left join by its right side": {`SELECT 1 FROM leads l LEFT JOIN members m ON m.workspace_id = l.workspace_id AND m.workspace_id = ` + oneWorkspace, "leads"},
	"a right join by its left side": {`SELECT 1 FROM members m RIGHT JOIN leads l ON m.workspace_id = l.workspace_id AND m.workspace_id = ` + oneWorkspace, "leads"},
	"a full join":                   {`SELECT 1 FROM leads l FULL JOIN members m ON m.workspace_id = l.workspace_id AND l.workspace_id = ` + oneWorkspace, "leads members"},
	"a sub-select":                  {`SELECT 1 FROM leads l WHERE l.workspace_id = ` + oneWorkspace + ` AND EXISTS (SELECT FROM members m WHERE m.workspace_id = l.workspace_id)`, ""},
	"a sub-select that misses it":   {`SELECT 1 FROM leads l WHERE l.workspace_id = ` + oneWorkspace + ` AND NOT EXISTS (SELECT FROM members m WHERE m.member_id = l.lead_id)`, "members"},
	"a sub-select alone":            {`SELECT 1 FROM leads l WHERE EXISTS (SELECT FROM members m WHERE m.workspace_id = l.workspace_id AND m.workspace_id = ` + oneWorkspace + `)`, "leads"},
	"what is returned misses it":    {`SELECT (SELECT name FROM members m WHERE m.member_id = l.lead_id) FROM leads l WHERE l.workspace_id = ` + oneWorkspace, "members"},
	"IN":                            {`SELECT 1 FROM leads l WHERE l.workspace_id = ` + oneWorkspace + ` AND (l.workspace_id, l.lead_id) IN (SELECT workspace_id, member_id FROM members)`, ""},
	"IN that misses it":             {`SELECT 1 FROM leads l WHERE l.workspace_id = ` + oneWorkspace + ` AND l.lead_id IN (SELECT member_id FROM members)`, "members"},
	"IN a part":                     {`SELECT 1 FROM leads l WHERE l.workspace_id = ` + oneWorkspace + ` AND l.workspace_id IN (SELECT workspace_id FROM members LIMIT 3)`, "members"},
	"not IN":                        {`SELECT 1 FROM leads l WHERE l.workspace_id NOT IN (SELECT workspace_id FROM members WHERE workspace_id = ` + oneWorkspace + `)`, "leads"},
	"FROM a sub-select":             {`SELECT 1 FROM (SELECT workspace_id FROM leads) l WHERE workspace_id = ` + oneWorkspace, ""},
	"FROM a part":                   {`SELECT 1 FROM (SELECT workspace_id FROM leads ORDER BY lead_id LIMIT 3) l WHERE workspace_id = ` + oneWorkspace, "leads"},
	"FROM groups":                   {`SELECT 1 FROM (SELECT workspace_id, count(*) FROM leads GROUP BY workspace_id) l WHERE workspace_id = ` + oneWorkspace, ""},
	"FROM other groups":             {`SELECT 1 FROM (SELECT min(lead_id::text), (array_agg(workspace_id))[1] AS workspace_id FROM leads GROUP BY lead_id) l WHERE workspace_id = ` + oneWorkspace, "leads"},
	"FROM with a window":            {`SELECT 1 FROM (SELECT workspace_id, row_number() OVER () FROM leads) l WHERE workspace_id = ` + oneWorkspace, "leads"},
	"a view":                        {`SELECT 1 FROM pending WHERE workspace_id = ` + oneWorkspace, ""},
	"a view of all":                 {`SELECT 1 FROM pending`, "batches pending_leads"},
	"a UNION":                       {`SELECT 1 FROM (SELECT workspace_id FROM leads UNION ALL SELECT workspace_id FROM members) u WHERE workspace_id = ` + oneWorkspace, ""},
	"a part of a UNION":             {`SELECT 1 FROM leads WHERE workspace_id = ` + oneWorkspace + ` UNION ALL SELECT 1 FROM members`, "members"},
	"WITH":                          {`WITH l AS (SELECT workspace_id, lead_id FROM leads WHERE workspace_id = ` + oneWorkspace + `) SELECT 1 FROM l JOIN members m USING (workspace_id)`, ""},
	"WITH that is restricted later": {`WITH l AS MATERIALIZED (SELECT workspace_id FROM leads) SELECT 1 FROM l WHERE workspace_id = ` + oneWorkspace, "leads"},
	"WITH that deletes":             {`WITH d AS (DELETE FROM leads WHERE lead_id = ` + oneWorkspace + ` RETURNING workspace_id) SELECT 1 FROM d JOIN members USING (workspace_id) WHERE workspace_id = ` + oneWorkspace, "leads"},
	"WITH that returns it":          {`WITH d AS (DELETE FROM leads WHERE workspace_id = ` + oneWorkspace + ` RETURNING *) SELECT 1 FROM members m JOIN d ON d.workspace_id = m.workspace_id`, ""},
	"WITH RECURSIVE": {`WITH RECURSIVE r AS (SELECT workspace_id, lead_id FROM leads WHERE workspace_id = ` + oneWorkspace + `
			UNION SELECT m.workspace_id, m.member_id FROM r JOIN members m ON m.workspace_id = r.workspace_id) SELECT 1 FROM r`, ""},
	"WITH RECURSIVE that leaves": {`WITH RECURSIVE r AS (SELECT workspace_id, lead_id FROM leads WHERE workspace_id = ` + oneWorkspace + `
			UNION SELECT m.workspace_id, m.member_id FROM r JOIN members m ON m.member_id = r.lead_id) SELECT 1 FROM r`, "members"},
	"WITH RECURSIVE to the next": {`WITH RECURSIVE r AS (SELECT ` + oneWorkspace + ` AS w
			UNION ALL SELECT (SELECT workspace_id FROM workspaces WHERE workspace_id > r.w LIMIT 1) FROM r) SELECT 1 FROM r JOIN leads l ON l.workspace_id = r.w`, "leads workspaces"},
	"INSERT":                  {`INSERT INTO lead_tallies (workspace_id, leads, ids) VALUES (` + oneWorkspace + `, 1, 1)`, ""},
	"INSERT of rows":          {`INSERT INTO lead_tallies (workspace_id, leads, ids) VALUES (` + oneWorkspace + `, 1, 1), (` + oneWorkspace + `, 2, 2)`, ""},
	"INSERT of two":           {`INSERT INTO lead_tallies (workspace_id, leads, ids) VALUES (` + oneWorkspace + `, 1, 1), (` + otherWorkspace + `, 2, 2)`, "lead_tallies"},
	"INSERT of what it reads": {`INSERT INTO lead_tallies (workspace_id, leads, ids) SELECT workspace_id, 1, 1 FROM leads WHERE workspace_id = ` + oneWorkspace, ""},
	"INSERT from elsewhere":   {`INSERT INTO lead_tallies (workspace_id, leads, ids) SELECT ` + oneWorkspace + `, 1, 1 FROM leads WHERE workspace_id = ` + otherWorkspace, "its tables"},
	"INSERT from all":         {`INSERT INTO lead_tallies (workspace_id, leads, ids) SELECT ` + oneWorkspace + `, 1, 1 FROM leads`, "leads"},
	"INSERT what is given":    {`INSERT INTO lead_tallies (workspace_id, leads, ids) SELECT w, 1, 1 FROM unnest(ARRAY[` + oneWorkspace + `]) AS w`, "lead_tallies"},
	"UPDATE":                  {`UPDATE leads l SET name = m.name FROM members m WHERE m.workspace_id = l.workspace_id AND l.workspace_id = ` + oneWorkspace, ""},
	"UPDATE of all":           {`UPDATE leads SET name = '' WHERE lead_id = ` + oneWorkspace, "leads"},
	"UPDATE from all":         {`UPDATE leads l SET name = m.name FROM members m WHERE m.member_id = l.lead_id AND l.workspace_id = ` + oneWorkspace, "members"},
	"UPDATE of where it is":   {`UPDATE leads SET workspace_id = ` + otherWorkspace + ` WHERE workspace_id = ` + oneWorkspace, "it changes"},
	"DELETE of what is read":  {`DELETE FROM leads l USING members m WHERE m.workspace_id = ` + oneWorkspace + ` AND m.member_id = l.lead_id`, "leads"},
	"TRUNCATE":                {`TRUNCATE leads`, "it is a TRUNCATE"},
	"LOCK":                    {`LOCK TABLE leads IN SHARE MODE`, "it is a LOCK"},
	"MERGE":                   {`MERGE INTO leads l USING members m ON m.workspace_id = l.workspace_id AND l.workspace_id = ` + oneWorkspace + ` WHEN MATCHED THEN DO NOTHING`, "it is a MERGE"},
	"a table of all beside":   {`SELECT 1 FROM leads, scheduler_lease WHERE workspace_id = ` + oneWorkspace, "scheduler_lease, which is not distributed"},
	"no table of theirs":      {`SELECT 1 FROM goose_db_version`, ""},
}

// TestUnroutedStatementsAreFound plants statements that cannot go to one shard, and some like them that can.
func TestUnroutedStatementsAreFound(t *testing.T) {
	t.Parallel()
	d := testenv.NewDedicated(t)
	recording(t, d)
	catalog := readShardCatalog(t, d.DB)
	wants := map[string]string{}
	for what, c := range planted {
		statement, err := d.DB.PrepareContext(t.Context(), c.statement+" -- "+what)
		if err == nil {
			err = statement.Close()
		} else if what == "MERGE" { // which Postgres has from version 15 on
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		wants[what] = c.want
	}
	trees, err := loggedTrees(d.PostgresServer.Log())
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range trees {
		_, what, _ := strings.Cut(tree.text, " -- ")
		want, is := wants[what]
		if !is {
			continue
		}
		delete(wants, what)
		var found []string
		for _, wrong := range catalog.unrouted(tree) {
			found = append(found, strings.TrimSuffix(wrong, " is not restricted to one workspace"))
		}
		if got := strings.Join(found, " "); (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s: found %q, not %q", what, got, want)
		}
	}
	if len(wants) > 0 {
		t.Errorf("the server's log has nothing of %v", wants)
	}
}
