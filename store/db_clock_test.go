package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestOneClock opens a store on a machine whose clock is five minutes off the database's, in either direction, and sets the database's
// clock while it is open.
func TestOneClock(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	off := func(by time.Duration) {
		env.DB.MustExec(fmt.Sprintf(`CREATE OR REPLACE FUNCTION off.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
			$$SELECT pg_catalog.clock_timestamp() + interval '%d seconds'$$`, int(by.Seconds())))
	}
	env.DB.MustExec(`CREATE SCHEMA off`)
	off(5 * time.Minute)
	st, err := store.Open(t.Context(), store.Options{DatabaseURL: env.DatabaseURL + "&search_path=off,pg_catalog,public", Redis: env.Redis})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	near := func(got, want time.Duration) error {
		if (got - want).Abs() > time.Second {
			return fmt.Errorf("%s, not %s", got, want)
		}
		return nil
	}
	if err := near(time.Until(st.Now()), 5*time.Minute); err != nil {
		t.Errorf("the store's time is ahead of ours by %v", err)
	}
	if err := near(st.ClockAhead(), -5*time.Minute); err != nil {
		t.Errorf("our clock is said to be ahead by %v", err)
	}
	w, err := st.CreateWorkspace(t.Context(), store.WorkspaceSpec{Name: "A", Timezone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	if err := near(time.Until(w.CreatedAt), 5*time.Minute); err != nil {
		t.Errorf("a record's time is ahead of ours by %v", err)
	}
	off(-5 * time.Minute)
	testenv.Eventually(t, 15*time.Second, func() error { return near(time.Until(st.Now()), -5*time.Minute) })
}
