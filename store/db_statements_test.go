package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// oneConnection is a database that is reached by one connection.
func oneConnection(t *testing.T) *sqlx.DB {
	t.Helper()
	db, err := store.OpenDB(testenv.New(t).DatabaseURL, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// What writes is prepared when it runs again on a connection, what reads only where it says that it runs often; and what was prepared
// before a migration changed what it returns runs again after it.
func TestStatementsThatRunAgainArePrepared(t *testing.T) {
	t.Parallel()
	db := oneConnection(t)
	prepared := func() (n int) {
		t.Helper()
		if err := db.Get(&n, `SELECT count(*) FROM pg_prepared_statements`); err != nil {
			t.Fatal(err)
		}
		return n
	}
	read := func(ctx context.Context) { t.Helper(); reads(ctx, t, db, `SELECT $1::int`, 7) }

	for range 3 {
		read(t.Context())
	}
	if n := prepared(); n != 0 {
		t.Errorf("%d statements are prepared that read seldom", n)
	}
	for range 3 {
		read(store.Often(t.Context()))
	}
	if n := prepared(); n != 1 {
		t.Errorf("%d statements are prepared of one that reads often", n)
	}

	if _, err := db.Exec(`CREATE TABLE growing (a int); INSERT INTO growing VALUES (7)`); err != nil {
		t.Fatal(err)
	}
	write := func() error {
		tx := db.MustBegin()
		defer func() { _ = tx.Rollback() }()
		if _, err := tx.Exec(`UPDATE growing SET a = a WHERE a = $1`, 7); err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT * FROM growing WHERE a = $1`, 7)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
		}
		return rows.Err()
	}
	for range 3 {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	if n := prepared(); n != 3 {
		t.Errorf("%d statements are prepared, with two that write", n)
	}
	db.MustExec(`ALTER TABLE growing ADD COLUMN b int`)
	if err := write(); err == nil {
		t.Error("Postgres ran what it had planned for a table of one column")
	}
	for range 3 {
		if err := write(); err != nil {
			t.Errorf("after the table grew: %v", err)
		}
	}
}

// A connection that was given statements of all kinds keeps but so many of them.
func TestAConnectionKeepsSoManyStatements(t *testing.T) {
	t.Parallel()
	db := oneConnection(t)
	for i := range 2000 {
		for range 2 {
			reads(store.Often(t.Context()), t, db, fmt.Sprintf(`SELECT %d + $1::int`, i), 7+i)
		}
	}
	var n int
	if err := db.Get(&n, `SELECT count(*) FROM pg_prepared_statements`); err != nil || n != store.MaxPrepared {
		t.Errorf("%d statements are prepared, %v", n, err)
	}
}

func reads(ctx context.Context, t *testing.T, db *sqlx.DB, query string, want int) {
	t.Helper()
	var got int
	if err := db.GetContext(ctx, &got, query, 7); err != nil || got != want {
		t.Fatalf("%s with 7 is %d, %v", query, got, err)
	}
}
