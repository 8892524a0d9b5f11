package chaos_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

const (
	// postgresIsFull is the one kind that not everybody may bring about.
	postgresIsFull = "postgres-full"
	// diskSize is that of a disk, in MiB, of which only what is on it is taken.
	diskSize = 16 << 10
	// revived is within what time Postgres works again by itself once its disk has room.
	revived = 30 * time.Second
)

// mountDisks makes a disk for each Postgres, and returns an error where that is not allowed.
func mountDisks(t *testing.T) (disks []*testenv.Disk, err error) {
	t.Helper()
	for range 2 {
		disk, err := testenv.TryDisk(t, diskSize)
		if err != nil {
			return nil, err
		}
		disks = append(disks, disk)
	}
	return disks, nil
}

// startPair starts the servers, of which Postgres is two: its commits wait for a standby.
func (w *world) startPair() {
	w.t.Helper()
	options := [2][]testenv.Option{{testenv.WithStandby()}}
	for n, disk := range w.settings.disks {
		options[n] = append(options[n], testenv.WithPostgresOn(disk.Folder))
	}
	w.Dedicated = testenv.NewDedicated(w.t, options[0]...)
	w.postgres = []*testenv.Backend{w.PostgresServer, w.NewStandby(w.t, options[1]...)}
	w.PostgresServer.WaitFor(w.t)
	w.DatabaseURL = w.PostgresServer.URLAt(w.postgres[0].Addr + "," + w.postgres[1].Addr)
}

// database is for looking past all proxies at what is there.
func (w *world) database() *sqlx.DB {
	w.reading.Lock()
	defer w.reading.Unlock()
	return w.DB
}

// serves is the Postgres that takes writes.
func (w *world) serves() *testenv.Backend { return w.postgres[w.serving] }

func postgresKilled(w *world, _ string, _ *rand.Rand) func() {
	w.serves().Kill()
	return w.serves().Start
}

// postgresLocked has somebody hold a lock that all others want.
func postgresLocked(w *world, _ string, rng *rand.Rand) func() {
	tables := []string{"batches", "leads", "assigned_leads", "pending_leads", "scheduler_lease"}
	tx, err := w.database().BeginTxx(context.WithoutCancel(w.t.Context()), nil)
	w.must(err)
	_, err = tx.ExecContext(w.t.Context(), "LOCK TABLE "+tables[rng.IntN(len(tables))]+" IN ACCESS EXCLUSIVE MODE")
	w.must(err)
	return func() { w.must(tx.Rollback()) }
}

func postgresReadOnly(w *world, _ string, _ *rand.Rand) func() { return w.serves().OnlyRead() }

// postgresCrowded has others hold all connections, also those that the processes had.
func postgresCrowded(w *world, _ string, _ *rand.Rand) func() { return w.serves().TakeConnections() }

// postgresConflicting has no lead and no copy be written.
func postgresConflicting(w *world, _ string, _ *rand.Rand) func() {
	return w.serves().Conflict("leads", "assigned_leads")
}

// postgresFull leaves no room where Postgres keeps its data. It refuses what needs some, and where that is its log it ends, and cannot come back:
// whatever looks after it starts it again.
func postgresFull(w *world, _ string, _ *rand.Rand) func() {
	disk, server := w.settings.disks[w.serving], w.serves()
	disk.Fill()
	return func() {
		disk.Empty()
		testenv.Eventually(w.t, revived, func() error {
			if server.Ended() {
				server.Start()
			}
			var one int
			return w.database().Get(&one, `SELECT 1`)
		})
	}
}

// postgresStandbyLost has the standby die or freeze, without which nothing is committed that is acknowledged, and waits until it has caught up.
func postgresStandbyLost(w *world, _ string, rng *rand.Rand) func() {
	standby := w.postgres[1-w.serving]
	back := standby.Start
	if rng.IntN(2) == 0 {
		standby.Kill()
	} else {
		standby.FreezeWhole()
		back = standby.Thaw
	}
	return func() {
		back()
		w.serves().WaitFor(w.t)
	}
}

// postgresFailedOver has the server that serves die, freeze, or go on and be given up all the same, and its standby take its place. In the end it
// begins anew, as the standby of that one.
func postgresFailedOver(w *world, _ string, rng *rand.Rand) func() {
	old, next := w.serves(), w.postgres[1-w.serving]
	[]func(){old.Kill, old.FreezeWhole, func() {}}[rng.IntN(3)]()
	next.Promote()
	w.serving = 1 - w.serving
	w.reading.Lock()
	w.DB = next.Reach()
	w.reading.Unlock()
	return func() {
		old.Follow(next)
		next.WaitFor(w.t)
	}
}
