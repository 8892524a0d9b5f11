package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/contact"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// impersonal are the columns that can hold text and hold nothing of the people behind leads: what operators and admins
// chose, the program's own words, ids, digests. Those that do are in privacy_columns.go.
var impersonal = map[string]string{
	"api_keys":           "name role key_hash addresses",
	"assignments":        "pace",
	"audits":             "report",
	"audit_log":          "operation fields filter",
	"batches":            "queue error traceparent",
	"dead_tasks":         "queue task_id type",
	"absences":           "note",
	"groups":             "name method listed when_away overflow answer_within balance_by external_id metadata",
	"history":            "outcome reason trigger skipped pace",
	"idempotency_keys":   "key request_hash",
	"import_rejects":     "reason",
	"imports":            "pace status warnings error erased mapping columns",
	"integration_events": "outcome not_made",
	"fetched_answers":    "external_id",
	"delivery_keys":      "key_hash request_hash",
	"integrations":       "kind name token token_hash sealed settings warning health reconcile",
	"fetches":            "external_id attribution error",
	"leads":              "channel origin rule rules_broken",
	"members":            "timezone language notify_by email_off working_hours caps",
	"message_templates":  "template",
	"notifications":      "kind channel state error fallback_from traceparent",
	"opportunities":      "stage currency",
	"offers":             "state",
	"pending_leads":      "trigger pace refused skipped traceparent",
	"rings":              "slots owed_to balance_by",
	"lane_rings":         "owed_to",
	"rules":              "rules",
	"people":             "role language password_hash",
	"passkeys":           "name credential_id credential",
	"person_identities":  "issuer subject",
	"sign_in_flows":      "token_hash kind state",
	"sessions":           "token_hash link_hash address browser",
	"message_links":      "token_hash",
	"sign_in_links":      "token_hash",
	"sources":            "name name_key external_id metadata",
	"assigned_leads":     "status",
	"telegram_links":     "token_hash used_by",
	"unsubscribe_links":  "token_hash",
	"status_changes":     "from_status to_status",
	"simulations":        "state spec result error",
	"undos":              "kind state",
	"undo_kept":          "why",
	"webhooks":           "url events disabled_for sealed",
	"webhook_deliveries": "event changed state error traceparent",
	"workspaces":         "name timezone region language statuses won_status closed_statuses duplicates_policy",
}

// A schemaColumn is a column as the catalog has it.
type schemaColumn struct {
	Table  string `db:"table"`
	Name   string `db:"name"`
	Type   string `db:"type"`
	Needed bool   `db:"needed"`
}

func schemaColumns(t *testing.T, env *testenv.Env) (all []schemaColumn) {
	t.Helper()
	if err := env.DB.Select(&all, `
		SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AND NOT a.atthasdef AS needed
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'goose_db_version' AND a.attnum > 0 AND NOT a.attisdropped
		ORDER BY 1, a.attnum`); err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("found only %d columns", len(all))
	}
	return all
}

// TestEveryTextIsPersonalOrNot walks the catalog, so that nobody adds a column without thinking of whose data it holds.
func TestEveryTextIsPersonalOrNot(t *testing.T) {
	t.Parallel()
	texts := []string{"text", "character varying", "character", "json", "jsonb", "bytea", "tsvector", "text[]", "bytea[]", "json[]", "jsonb[]", "xml", "inet"}
	personal := store.PersonalColumns()
	known := map[string]bool{}
	for _, c := range schemaColumns(t, testenv.New(t)) {
		known[c.Table+"."+c.Name] = true
		declared := []bool{slices.Contains(personal[c.Table], c.Name), slices.Contains(strings.Fields(impersonal[c.Table]), c.Name)}
		switch {
		case declared[0] && declared[1]:
			t.Errorf("%s.%s is declared personal in privacy_columns.go and impersonal here", c.Table, c.Name)
		case slices.Contains(texts, c.Type) && !declared[0] && !declared[1]:
			t.Errorf("%s.%s can hold text: say in privacy_columns.go how it is erased with a person, or here that it holds nothing of one", c.Table, c.Name)
		}
	}
	for table, columns := range impersonal {
		for _, column := range strings.Fields(columns) {
			if !known[table+"."+column] {
				t.Errorf("%s.%s is declared and does not exist", table, column)
			}
		}
	}
}

// A soul is a person with a row in each personal table, with their own mark in each personal column.
type soul struct {
	mark, email, phone   string
	lead, copy, customer uuid.UUID
}

// in is what stands of the person in a personal column that takes any text.
func (s soul) in(table, column string) string {
	switch column {
	case "email":
		return s.email
	case "email_key": // of whoever was removed
		sum := sha256.Sum256([]byte(contact.Email(s.email)))
		return hex.EncodeToString(sum[:])
	case "phone":
		return s.phone
	}
	return s.mark + table + column + ". " + s.email
}

// TestEveryPersonalColumnIsErased fills every personal column there is for two persons, and erases one.
func TestEveryPersonalColumnIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	columns := schemaColumns(t, w.Env)
	gone := w.soul(columns, soul{mark: "MARKGONE", email: "Gone.Person@Example.com", phone: "012-345 6789"})
	stays := w.soul(columns, soul{mark: "MARKSTAYS", email: "stays@example.com", phone: "012-345 6780"})
	before := w.marks(columns, stays.mark)

	i, err := w.Store.Identify(t.Context(), w.workspace, "gone.person@EXAMPLE.com", "+60123456789")
	if err != nil {
		t.Fatal(err)
	}
	records, err := w.Store.ExportPerson(t.Context(), w.workspace, i)
	if err != nil {
		t.Fatal(err)
	}
	exported := fmt.Sprintf("%s", records)
	for table, names := range store.PersonalColumns() {
		for _, name := range names {
			if value := gone.in(table, name); w.holds(columns, table, name) && !strings.Contains(exported, value) {
				t.Errorf("the export is without %s.%s", table, name)
			}
		}
	}
	if strings.Contains(exported, stays.mark) {
		t.Errorf("the export has another person in it: %s", exported)
	}
	w.erase(i)
	for _, mark := range []string{gone.mark, gone.email, gone.phone} {
		if left := w.marks(columns, mark); len(left) > 0 {
			t.Errorf("of the person who was erased is left: %v", left)
		}
	}
	equal(t, "rows of the other person", w.marks(columns, stays.mark), before)
	records, err = w.Store.ExportPerson(t.Context(), w.workspace, i)
	if err != nil || len(records) != 0 {
		t.Errorf("of the person is left %s, %v", records, err)
	}
}

// holds reports whether a personal column of a table takes any text: others stand for times and are only set.
func (w *world) holds(columns []schemaColumn, table, name string) bool {
	return slices.ContainsFunc(columns, func(c schemaColumn) bool {
		return c.Table == table && c.Name == name && slices.Contains([]string{"text", "json", "jsonb", "bytea"}, c.Type)
	})
}

// soul writes the rows of a person.
func (w *world) soul(columns []schemaColumn, s soul) soul {
	w.t.Helper()
	s.lead, s.copy, s.customer = uuid.New(), uuid.New(), uuid.New()
	tables := map[string][]schemaColumn{}
	for _, c := range columns {
		tables[c.Table] = append(tables[c.Table], c)
	}
	for table, personal := range store.PersonalColumns() {
		var names, values []string
		for _, c := range tables[table] {
			if value := w.seed(c, slices.Contains(personal, c.Name), s); value != "" {
				names, values = append(names, c.Name), append(values, value)
			}
		}
		if _, err := w.DB.Exec(fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, table, strings.Join(names, ", "), strings.Join(values, ", "))); err != nil {
			w.t.Fatalf("%s: %v", table, err)
		}
	}
	// Contacts are found by what the program works out of them.
	w.DB.MustExec(`UPDATE people SET removed_at = now() WHERE name LIKE '%' || $1 || '%'`, s.mark)
	w.DB.MustExec(`UPDATE members SET removed_at = now() WHERE name LIKE '%' || $1 || '%'`, s.mark)
	return s
}

// seed is a column's value for a person, as SQL; empty leaves it to its default.
func (w *world) seed(c schemaColumn, personal bool, s soul) string {
	text := s.in(c.Table, c.Name)
	switch {
	case c.Name == "workspace_id":
		return "'" + w.workspace.String() + "'"
	case c.Name == "lead_id" && c.Table != "customers" || c.Name == "source_lead_id":
		return "'" + s.lead.String() + "'"
	case c.Name == "assigned_lead_id":
		return "'" + s.copy.String() + "'"
	case c.Name == "customer_id":
		return "'" + s.customer.String() + "'"
	case c.Name == "erased_at" || c.Name == "deleted_at":
		return ""
	case c.Name == "words":
		return fmt.Sprintf("array_to_tsvector(ARRAY['%s', '%s'])", s.mark, store.WordOf(w.workspace, s.email))
	case personal && c.Type == "text":
		return "'" + text + "'"
	case personal && (c.Type == "json" || c.Type == "jsonb"):
		return `'{"text": "` + text + `"}'`
	case personal && c.Type == "bytea":
		return "convert_to('" + text + "', 'UTF8')"
	case !c.Needed:
		return ""
	case c.Name == "role":
		return "'admin'"
	case c.Type == "uuid":
		return "gen_random_uuid()"
	case c.Type == "uuid[]":
		return "'{}'"
	case c.Type == "text":
		return "'" + s.mark[4:] + "x'"
	case c.Type == "jsonb" || c.Type == "json":
		return "'{}'"
	case c.Type == "bytea":
		return `'\x00'`
	case strings.HasPrefix(c.Type, "timestamp"):
		return "now()"
	case c.Type == "boolean":
		return "false"
	}
	return "1"
}

// marks counts the rows with a mark, plain or as bytes, by table.
func (w *world) marks(columns []schemaColumn, mark string) map[string]int {
	w.t.Helper()
	found := map[string]int{}
	for _, c := range columns {
		var n int
		if c.Name != "workspace_id" {
			continue // once a table
		}
		if err := w.DB.Get(&n, `SELECT count(*) FROM `+c.Table+` t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0`,
			mark, hex.EncodeToString([]byte(mark))); err != nil {
			w.t.Fatal(err)
		}
		if n > 0 {
			found[c.Table] = n
		}
	}
	return found
}
