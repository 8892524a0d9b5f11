package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestMigratingHoldsUpNobody has somebody read a table for long while a migration wants it for itself: others go on meanwhile, and the
// migration is applied when they are done.
func TestMigratingHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := newDatabase(t, w, "before")
	if err := store.MigrateTo(t.Context(), url, 131); err != nil { // the next one alters the batches
		t.Fatal(err)
	}
	db, err := sqlx.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	reading := db.MustBegin()
	reading.MustExec(`SELECT count(*) FROM batches`)
	migrated := make(chan error, 1)
	go func() { migrated <- store.Migrate(t.Context(), url) }()
	var longest time.Duration
	queued := 0
	for began := time.Now(); time.Since(began) < 4*time.Second; {
		asked := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		if _, err := db.ExecContext(ctx, `SELECT count(*) FROM batches`); err != nil {
			t.Errorf("reading beside the migration: %v", err)
		}
		cancel()
		took := time.Since(asked)
		longest = max(longest, took)
		if took > 200*time.Millisecond {
			queued++
		}
	}
	select {
	case err := <-migrated:
		t.Errorf("it was done before the table was free: %v", err)
	default:
	}
	if err := reading.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-migrated; err != nil {
		t.Error(err)
	}
	if queued == 0 || longest > time.Second {
		t.Errorf("others waited %d times behind the migration, for %s at the most", queued, longest)
	}
	if err := store.CheckSchema(t.Context(), url); err != nil {
		t.Error(err)
	}
}

// TestProgramsOfOtherSchemas has a program meet schemas that are older and newer than its own.
func TestProgramsOfOtherSchemas(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	check := func(when string, want error) {
		t.Helper()
		if err := store.CheckSchema(t.Context(), env.DatabaseURL); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", when, err, want)
		}
	}
	check("its own", nil)
	env.DB.MustExec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99998, true)`)
	check("one that only adds", nil)
	if err := store.Migrate(t.Context(), env.DatabaseURL); err != nil {
		t.Error("an older program cannot migrate, though there is nothing to do: ", err)
	}
	env.DB.MustExec(`UPDATE schema_floor SET version = 99997`)
	check("one that takes away what it uses", store.ErrNewSchema)
	env.DB.MustExec(`DELETE FROM goose_db_version WHERE version_id > 100`)
	check("an older one", store.ErrOldSchema)
}
