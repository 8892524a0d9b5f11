package store_test

import (
	"slices"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestTablesCouldBeDistributed walks the catalog for what Citus' create_distributed_table refuses of a table that is distributed by
// workspace_id, beside keys that do not begin with it (TestEveryKeyLeadsWithTheWorkspace): foreign keys that do not pair it with
// itself, or set columns to null, and constraints that exclude across workspaces. It says which tables have triggers, which it takes only
// with citus.enable_unsafe_triggers; docs/sizing.md lists them.
func TestTablesCouldBeDistributed(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	var keys []struct {
		Name   string `db:"name"`
		Paired bool   `db:"paired"`
		Sets   bool   `db:"sets"`
	}
	if err := env.DB.Select(&keys, `
		SELECT c.conrelid::regclass || '.' || c.conname AS name, c.confdeltype IN ('n', 'd') OR c.confupdtype IN ('n', 'd', 'c') AS sets,
			EXISTS (SELECT 1 FROM unnest(c.conkey, c.confkey) AS pair (own, other)
				JOIN pg_attribute o ON o.attrelid = c.conrelid AND o.attnum = pair.own
				JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = pair.other
				WHERE o.attname = 'workspace_id' AND f.attname = 'workspace_id') AS paired
		FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace`); err != nil {
		t.Fatal(err)
	}
	if len(keys) < 10 {
		t.Fatalf("found only %d foreign keys", len(keys))
	}
	for _, key := range keys {
		if !key.Paired || key.Sets {
			t.Errorf("foreign key %s pairs workspace_id with itself: %t; it sets columns: %t", key.Name, key.Paired, key.Sets)
		}
	}
	var excluding []string
	if err := env.DB.Select(&excluding, `
		SELECT conrelid::regclass || '.' || conname FROM pg_constraint c WHERE contype = 'x' AND connamespace = 'public'::regnamespace
			AND NOT EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey) AND a.attname = 'workspace_id')`); err != nil {
		t.Fatal(err)
	}
	for _, name := range excluding {
		t.Errorf("constraint %s excludes across workspaces", name)
	}
	var triggered []string
	if err := env.DB.Select(&triggered, `
		SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	if known := []string{"audit_log"}; !slices.Equal(triggered, known) {
		t.Errorf("tables %q have triggers; docs/sizing.md knows of %q", triggered, known)
	}
}
