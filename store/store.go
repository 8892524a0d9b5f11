// Package store holds all SQL, a file an aggregate, and the transactions around it. Every room that reads or changes data calls it. It
// decides within its transactions whatever must hold after them, and talks to no one but Postgres and the cursors in Redis.
package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store/cursor"
)

// A Store is Leadwheel's truth: a Postgres database, and the Redis that holds the turn cursors rebuilt from it. Its
// reading and single-statement methods are those of Queries; what must happen together goes through WithTx.
type Store struct {
	Queries
	db      *sqlx.DB
	servers *servers
	cursors *cursor.Cursors
	// cursorsAway is until when, after the store was opened, they are not asked, since they did not answer.
	cursorsAway atomic.Int64
	opened      time.Time
	// replica is nil where there is none.
	replica *replica
	// full is set when Postgres had no room on its disk for something, until it has.
	full atomic.Bool
	// committed may be nil.
	committed  func(Committed)
	stop       context.CancelFunc // ends what runs in the background
	background sync.WaitGroup
}

// A Tx is one open transaction. Use it only inside the function given to WithTx.
type Tx struct {
	Queries
	turnsOf turnsOf
	gate    gate
	// lockWait is how long it waits for tables and rows, in milliseconds; empty is as its session does.
	lockWait string
	draws    []draws // of what was planned for groups
	left     Committed
}

// Queries are the statements that run on the database or inside a transaction alike.
type Queries struct {
	q        sqlx.ExtContext
	now      func() time.Time
	channels []lead.Channel
	ids      *ids
	compiled *compiledLists
	// lanesKnown are lanes that are open, of rings whose leads went out of late.
	lanesKnown *laneCache
}

// Options are what a Store needs.
type Options struct {
	// DatabaseURL is a postgres:// address or a key=value connection string, of one server or several: see readAddress.
	DatabaseURL string
	// ReplicaURL is the address of a standby, from which lists, exports and simulations are read; empty where there is none.
	ReplicaURL string
	// Redis holds the turn cursors. A store that distributes nothing may do without.
	Redis redis.UniversalClient
	// MaxConns bounds the open connections; 0 means 16. A leading scheduler has one more.
	MaxConns int
	// LockWait is how long a statement waits for a table or a row that another has locked, before Postgres ends it: see Locked. 0 is for as
	// long as its context lets it. What waits in turn for a workspace's locks waits on: see waitFor.
	LockWait time.Duration
	// Channels are those by which this installation can send messages. Distributions owe members messages by these only.
	Channels []lead.Channel
	// Committed is given what each transaction left to be done, once that has committed. It must neither block nor fail: the
	// reconciler finds what is lost. nil means that nobody does it.
	Committed func(Committed)
	// Now is the clock; nil means the database's: see dbClock.
	Now func() time.Time
}

// Open connects to the database. It neither migrates nor checks the schema: see Migrate and CheckSchema.
func Open(ctx context.Context, o Options) (*Store, error) {
	at, err := serversOf(o.DatabaseURL, o.LockWait)
	if err != nil {
		return nil, err
	}
	db := at.pool(o.MaxConns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(connecting(err), db.Close())
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &Store{db: db, servers: at, committed: o.Committed, stop: stop, opened: time.Now()}
	now := o.Now
	if now == nil {
		c, err := newDBClock(ctx, db)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		now = c.now
		s.background.Go(func() { c.keep(background, db) })
	}
	// Postgres keeps microseconds; a time that is rounded once compares equal wherever it has been.
	clock := func() time.Time { return now().UTC().Truncate(time.Microsecond) }
	s.Queries = Queries{q: byContext{db}, now: clock, channels: o.Channels, ids: new(ids), compiled: new(compiledLists), lanesKnown: newLaneCache()}
	s.background.Go(func() { at.watch(background) })
	if o.ReplicaURL != "" {
		if s.replica, err = openReplica(o.ReplicaURL, o.MaxConns, o.LockWait); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.background.Go(func() { s.watchReplica(background) })
	}
	if o.Redis != nil {
		s.cursors = cursor.New(o.Redis)
	}
	return s, nil
}

func openDB(url string, maxConns int) (*sqlx.DB, error) {
	at, err := serversOf(url, 0)
	if err != nil {
		return nil, err
	}
	return at.pool(maxConns), nil
}

func serversOf(url string, lockWait time.Duration) (*servers, error) {
	a, err := readAddress(url)
	if err != nil {
		return nil, err
	}
	a.BinaryParameters = true // one round trip a statement instead of two
	if _, set := a.Runtime["idle_in_transaction_session_timeout"]; !set && !a.pooled {
		// A client that vanishes without closing its connection must not hold its locks for long.
		a.Runtime["idle_in_transaction_session_timeout"] = "10s"
	}
	if _, set := a.Runtime["lock_timeout"]; !set && lockWait > 0 {
		if wait := strconv.FormatInt(lockWait.Milliseconds(), 10); a.pooled {
			a.lockWait = wait
		} else {
			a.Runtime["lock_timeout"] = wait
		}
	}
	return newServers(a)
}

// pool makes a pool of connections.
func (s *servers) pool(maxConns int) *sqlx.DB {
	if maxConns == 0 {
		maxConns = 16
	}
	db := sqlx.NewDb(sql.OpenDB(preparing{&lines{servers: s}}), "postgres")
	db.SetMaxOpenConns(maxConns)
	db.SetConnMaxLifetime(time.Hour) // so that servers that come back get their share again
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db
}

// Close closes the database connections. The Redis client stays its owner's.
func (s *Store) Close() error {
	s.stop()
	s.background.Wait()
	if s.replica != nil {
		return errors.Join(s.replica.db.Close(), s.db.Close())
	}
	return s.db.Close()
}

// Ping checks that Postgres answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// Pool is how the connections to Postgres are used.
func (s *Store) Pool() sql.DBStats { return s.db.Stats() }

// Now is the store's clock, in UTC and whole microseconds.
func (q Queries) Now() time.Time { return q.now() }
