package testenv

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// FreezeWhole stops all of Postgres' processes where they stand, also those that serve sessions, as a machine does that is paused. Thaw has
// them go on.
func (b *Backend) FreezeWhole() {
	b.tb.Helper()
	b.Freeze() // it makes no new ones
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", b.server.Pid()))
	if err != nil || len(lists) == 0 {
		b.tb.Fatalf("testenv: looking for the processes of %s: %v", b.server.Name(), err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list) // #nosec G304 // of our own server
		if err != nil {
			b.tb.Fatalf("testenv: %v", err)
		}
		for _, field := range bytes.Fields(text) {
			pid, err := strconv.Atoi(string(field))
			if err == nil && syscall.Kill(pid, syscall.SIGSTOP) == nil {
				b.sessions = append(b.sessions, pid)
			}
		}
	}
}

// Promote has a standby follow nobody any more, and returns once it takes writes. What it replays meanwhile may end the question.
func (b *Backend) Promote() {
	b.tb.Helper()
	db := b.Reach()
	Eventually(b.tb, startTimeout, func() error {
		var done bool
		err := db.GetContext(b.tb.Context(), &done, `SELECT NOT pg_is_in_recovery() OR pg_promote(true, 60)`)
		if err == nil && !done {
			err = errors.New("the standby is not promoted yet")
		}
		return err
	})
}

// Follow has a server begin anew as the standby of another, which has to be one that is followed: see WithStandby. What it had is gone.
func (b *Backend) Follow(primary *Backend) {
	b.tb.Helper()
	if !b.Ended() {
		b.Kill()
	}
	if err := os.RemoveAll(filepath.Join(b.server.Dir, "data")); err != nil {
		b.tb.Fatalf("testenv: removing what a server had: %v", err)
	}
	b.start = following(primary, b.server.Dir, portOf(b.tb, b.Addr))
	b.Start()
}

// WaitFor has a server's commits wait for a standby that follows it, as synchronous replication does, and returns once one does.
func (b *Backend) WaitFor(tb testing.TB) {
	tb.Helper()
	db := b.configure(tb, `ALTER SYSTEM SET synchronous_standby_names = '*'`)
	Eventually(tb, startTimeout, func() error {
		var synchronous int
		err := db.GetContext(tb.Context(), &synchronous, `SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'`)
		if err == nil && synchronous == 0 {
			err = errors.New("no standby is synchronous")
		}
		return err
	})
}

// WaitForNobody has its commits wait for no standby any more.
func (b *Backend) WaitForNobody(tb testing.TB) {
	tb.Helper()
	b.configure(tb, `ALTER SYSTEM RESET synchronous_standby_names`)
}

// configure changes a setting of a server that runs, and returns its database.
func (b *Backend) configure(tb testing.TB, change string) *sqlx.DB {
	tb.Helper()
	db := b.Reach()
	for _, statement := range []string{change, `SELECT pg_reload_conf()`} {
		if _, err := db.ExecContext(tb.Context(), statement); err != nil {
			tb.Fatalf("testenv: %s: %v", statement, err)
		}
	}
	return db
}

// Reach opens the database of this server, whichever others there are.
func (b *Backend) Reach() *sqlx.DB {
	b.tb.Helper()
	db, err := sqlx.Open("postgres", b.URLAt(b.Addr))
	if err != nil {
		b.tb.Fatalf("testenv: reading a server's address: %v", err)
	}
	db.SetMaxOpenConns(2)
	db.SetConnMaxIdleTime(time.Second)
	b.tb.Cleanup(func() { _ = db.Close() }) // its server may be gone
	return db
}
