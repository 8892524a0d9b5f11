package testenv

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/lib/pq"
)

// fewConnections is how many a test at least finds free.
const fewConnections = 100

// OnlyRead sets a Postgres to read, until end. It holds for whoever does not ask to write.
func (b *Backend) OnlyRead() (end func()) {
	b.tb.Helper()
	b.configure(b.tb, `ALTER SYSTEM SET default_transaction_read_only = on`)
	return func() { b.configure(b.tb, `ALTER SYSTEM RESET default_transaction_read_only`) }
}

// Conflict has each insert into some tables end in a deadlock or a serialization failure, until end.
func (b *Backend) Conflict(tables ...string) (end func()) {
	b.tb.Helper()
	db := b.Reach()
	do := func(statement string) {
		if _, err := db.ExecContext(b.tb.Context(), statement); err != nil {
			b.tb.Fatalf("testenv: %s: %v", statement, err)
		}
	}
	do(`CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF random() < 0.5 THEN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF;
			RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
		END $$`)
	for _, table := range tables {
		do(`CREATE TRIGGER conflict BEFORE INSERT ON ` + table + ` EXECUTE FUNCTION conflict()`)
	}
	return func() {
		for _, table := range tables { // one by one, so that nobody waits for another table while they have one
			do(`DROP TRIGGER conflict ON ` + table)
		}
		do(`DROP FUNCTION conflict`)
	}
}

// TakeConnections takes all connections that a Postgres has, also those that others had, until they are given back.
func (b *Backend) TakeConnections() (giveBack func()) {
	b.tb.Helper()
	taking, stop := context.WithCancel(b.tb.Context())
	db, err := sql.Open("postgres", b.URLAt(b.Addr))
	b.must(err)
	var held []*sql.Conn
	take := func() error {
		c, err := db.Conn(taking)
		if err == nil {
			held = append(held, c)
		}
		return err
	}
	b.must(take())
	for take() == nil { // until there are none
	}
	if len(held) < fewConnections {
		b.tb.Fatalf("testenv: there were only %d connections to take", len(held))
	}
	var pids []int64
	for _, c := range held {
		var pid int64
		b.must(c.QueryRowContext(taking, `SELECT pg_backend_pid()`).Scan(&pid))
		pids = append(pids, pid)
	}
	_, err = held[0].ExecContext(taking, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND NOT pid = ANY($1)`, pq.Array(pids))
	b.must(err)
	var taker sync.WaitGroup
	taker.Go(func() {
		for taking.Err() == nil {
			if take() != nil {
				select {
				case <-taking.Done():
				case <-time.After(time.Millisecond):
				}
			}
		}
	})
	return func() {
		stop()
		taker.Wait()
		for _, c := range held {
			err = errors.Join(err, c.Close())
		}
		b.must(errors.Join(err, db.Close()))
	}
}

func (b *Backend) must(err error) {
	b.tb.Helper()
	if err != nil {
		b.tb.Fatalf("testenv: %v", err)
	}
}
