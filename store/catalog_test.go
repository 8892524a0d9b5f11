package store_test

import (
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestEveryKeyLeadsWithTheWorkspace walks the catalog: a table that could not be sharded by workspace fails it. Who leads the
// schedule, what audits found, and for which programs the schema is, are of the whole installation.
func TestEveryKeyLeadsWithTheWorkspace(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	var tables []struct {
		Name  string `db:"name"`
		First string `db:"first"`
	}
	if err := env.DB.Select(&tables, `
		SELECT c.relname AS name, a.attname AS first
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('goose_db_version', 'scheduler_lease', 'audits', 'schema_floor')`); err != nil {
		t.Fatal(err)
	}
	if len(tables) < 10 {
		t.Fatalf("found only %d tables", len(tables))
	}
	for _, table := range tables {
		if table.First != "workspace_id" {
			t.Errorf("table %s starts with %s", table.Name, table.First)
		}
	}
	var keys []struct {
		Name  string `db:"name"`
		First string `db:"first"`
	}
	if err := env.DB.Select(&keys, `
		SELECT c.relname AS name, pg_get_indexdef(i.indexrelid, 1, true) AS first
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND c.relname NOT LIKE 'goose%' AND c.relname NOT IN ('scheduler_lease_pkey', 'audits_pkey')`); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if key.First != "workspace_id" {
			t.Errorf("key %s leads with %s", key.Name, key.First)
		}
	}
}

// TestEveryConstraintHasAMeaning walks the catalog: a constraint that callers would meet as a bare error fails it.
func TestEveryConstraintHasAMeaning(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	var names []string
	if err := env.DB.Select(&names, `
		SELECT conname FROM pg_constraint
		WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'x') AND conrelid::regclass::text NOT LIKE 'goose%'
		UNION SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND NOT i.indisprimary AND c.relname NOT LIKE 'goose%'`); err != nil {
		t.Fatal(err)
	}
	if len(names) < 10 {
		t.Fatalf("found only %d constraints", len(names))
	}
	for _, name := range names {
		if !store.HasViolation(name) {
			t.Errorf("constraint %s has no row in the violations table", name)
		}
	}
	if store.HasViolation(strings.Join(names, "")) {
		t.Error("the violations table knows a constraint that is not there")
	}
}
