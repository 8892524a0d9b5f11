package store_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/store"
)

const (
	// rowsVariable says with how many rows migrations are measured; `make test-upgrade` sets it. Else it is someRows, which holds that this
	// can be done at all.
	rowsVariable = "MIGRATE_ROWS"
	someRows     = 200
	// longestLock is for how long a migration may hold up whoever writes.
	longestLock = time.Second
)

// measuredFrom is the schema of the last release: what came after it is measured.
const measuredFrom = 126

// TestMigrationsOfLongTables migrates a database that has lists of many rows, while others write to each table all the time.
func TestMigrationsOfLongTables(t *testing.T) {
	t.Parallel()
	rows := someRows
	if set := os.Getenv(rowsVariable); set != "" {
		var err error
		if rows, err = strconv.Atoi(set); err != nil {
			t.Fatalf("%s is %q; give a number", rowsVariable, set)
		}
	}
	w := newWorld(t)
	url := newDatabase(t, w, "long")
	if err := store.MigrateTo(t.Context(), url, max(measuredFrom, int64(newestReleased(t)))); err != nil {
		t.Fatal(err)
	}
	db, err := sqlx.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	began := time.Now()
	fillLong(t, db, rows)
	t.Logf("%d rows of each were made in %s", rows, time.Since(began).Round(time.Second))
	db.MustExec(waitedSQL)
	var tables []string
	if err := db.Select(&tables, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE 'goose%' AND relname <> 'bench'`); err != nil {
		t.Fatal(err)
	}
	writing, stop := context.WithCancel(t.Context())
	longest := make(map[string]time.Duration)
	var mu sync.Mutex
	var all sync.WaitGroup
	for part := range slices.Chunk(tables, 1+len(tables)/3) {
		all.Go(func() {
			for writing.Err() == nil {
				for _, table := range part {
					took := writeTo(writing, t, db, table)
					mu.Lock()
					longest[table] = max(longest[table], took)
					mu.Unlock()
				}
			}
		})
	}
	began = time.Now()
	err = store.Migrate(t.Context(), url)
	took := time.Since(began)
	stop()
	all.Wait()
	if err != nil {
		t.Fatal(err)
	}
	worst := slices.MaxFunc(slices.Collect(maps.Keys(longest)), func(a, b string) int { return int(longest[a] - longest[b]) })
	t.Logf("migrating took %s; of %d tables %s was held up for longest, for %s", took.Round(10*time.Millisecond), len(longest), worst, longest[worst].Round(time.Millisecond))
	for table, took := range longest {
		if took > longestLock {
			t.Errorf("whoever writes to %s was held up for %s", table, took)
		}
	}
}

// writeTo takes the lock that writing takes on a table, and returns how long the server waited for it.
func writeTo(ctx context.Context, t *testing.T, db *sqlx.DB, table string) time.Duration {
	var waited float64
	if err := db.GetContext(ctx, &waited, `SELECT waited($1)`, table); err != nil && ctx.Err() == nil {
		t.Errorf("writing to %s: %v", table, err)
	}
	return time.Duration(waited * float64(time.Second))
}

// waitedSQL makes the function that writeTo asks. The server's own clock leaves out for how long this program waited for the machine.
const waitedSQL = `
	CREATE FUNCTION waited(held text) RETURNS float8 LANGUAGE plpgsql AS $$
	DECLARE began timestamptz := clock_timestamp();
	BEGIN
		EXECUTE format('LOCK TABLE %I IN ROW EXCLUSIVE MODE', held);
		RETURN extract(epoch FROM clock_timestamp() - began);
	END $$`

// fillLong makes long lists in a database of an earlier schema.
func fillLong(t *testing.T, db *sqlx.DB, rows int) {
	t.Helper()
	ids := make([]uuid.UUID, 2)
	for i := range ids {
		ids[i] = uuid.Must(uuid.NewV7())
		db.MustExec(`INSERT INTO workspaces (workspace_id, name, timezone, region, created_at, updated_at) VALUES ($1, $2, 'UTC', 'MY', now(), now())`, ids[i], fmt.Sprint(i))
	}
	db.MustExec(listsOf(ids[0], ids[1], rows, false))
	db.MustExec(`VACUUM ANALYZE`)
}
