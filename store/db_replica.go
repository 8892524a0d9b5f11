package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// A replica of the database takes lists, exports and simulations off it. Whoever asks sees all that was committed before: the database is
// asked how far its log goes, and the replica has to have got there. Where it does not within a moment the database itself is read, as
// where the replica does not answer. So nobody misses what they have just saved, by whatever process, and no answer is older than its question.
const (
	// replicaWait is what a read waits for the replica, and simulationWait a simulation, which takes longer itself.
	replicaWait    = 100 * time.Millisecond
	simulationWait = 2 * time.Second
	// replicaPoll is how often it is asked meanwhile.
	replicaPoll = 5 * time.Millisecond
	// replicaRest is for how long the replica is left alone that was behind for a read, or failed one.
	replicaRest = time.Second
	// replicaWatch is how often its lag is measured, and replicaTry how long it has to answer.
	replicaWatch = time.Second
	replicaTry   = 2 * time.Second
	// mostLag is with how much lag it is not asked, until it has less.
	mostLag = 2 * time.Second
	// replicaMarks is how many marks of the database's log are kept, by which lag is told: ten minutes of them.
	replicaMarks = 600
)

// errNotStandby is for a server that does not follow the database, as a replica that was promoted.
var errNotStandby = errors.New("it is no standby; point LEADWHEEL_REPLICA_URL to a server that follows the database")

// ErrNoReplica means that a store has none.
var ErrNoReplica = errors.New("there is no replica")

// A replica is a standby of the database.
type replica struct {
	db *sqlx.DB
	// rests is until when, after the store was opened, it is not asked.
	rests atomic.Int64
	used  [2]atomic.Int64 // how many reads it had, and how many of those that it could have had the database had

	mu    sync.Mutex
	marks []logMark
	lag   time.Duration
	err   error // why it is not asked; errNotMeasured at first
}

// A logMark is how far the database's log went at a time.
type logMark struct {
	at  time.Time
	end position
}

// A position is a place in the log of a database.
type position int64

// logEnd is how far the database's log goes, and logReplayed how far a standby has got: nothing where it is none. systemIs is the same of a
// database and of all its copies.
const (
	logEnd      = `SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint`
	logReplayed = `SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END`
	systemIs    = `SELECT system_identifier FROM pg_control_system()`
)

var errNotMeasured = errors.New("it has not been asked yet")

func openReplica(url string, maxConns int, lockWait time.Duration) (*replica, error) {
	at, err := serversOf(url, lockWait)
	if err != nil {
		return nil, fmt.Errorf("LEADWHEEL_REPLICA_URL: %w", err)
	}
	return &replica{db: at.pool(maxConns), err: errNotMeasured}, nil
}

// replayed is how far the replica has got.
func (r *replica) replayed(ctx context.Context) (position, error) {
	var at *position
	if err := r.db.GetContext(ctx, &at, logReplayed); err != nil {
		return 0, err
	}
	if at == nil {
		return 0, errNotStandby
	}
	return *at, nil
}

// watchReplica measures the replica's lag until ctx ends.
func (s *Store) watchReplica(ctx context.Context) {
	s.measure(ctx)
	every(ctx, replicaWatch, func() { s.measure(ctx) })
}

// measure measures the replica's lag: for how long the database has had what the replica has not.
func (s *Store) measure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, replicaTry)
	defer cancel()
	r := s.replica
	got, err := r.replayed(ctx)
	var end position
	if err == nil {
		err = s.db.GetContext(ctx, &end, logEnd)
	}
	if err == nil {
		err = s.sameSystem(ctx)
	}
	if err == nil && got > end {
		err = errors.New("it is ahead of the database, so it follows another; has the database failed over? have the replica follow the one that is there now")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	if err == nil {
		r.note(logMark{time.Now(), end}, got)
	}
}

// sameSystem returns an error where the replica follows another database than this store's.
func (s *Store) sameSystem(ctx context.Context) error {
	var ours, theirs int64
	if err := errors.Join(s.db.GetContext(ctx, &ours, systemIs), s.replica.db.GetContext(ctx, &theirs, systemIs)); err != nil {
		return err
	}
	if ours != theirs {
		return errors.New("it follows another database; point LEADWHEEL_REPLICA_URL to a standby of the one that DATABASE_URL names")
	}
	return nil
}

// note takes a mark of the database's log, and how far the replica had got just before.
func (r *replica) note(end logMark, got position) {
	if len(r.marks) < replicaMarks && (len(r.marks) == 0 || end.end > r.marks[len(r.marks)-1].end) {
		r.marks = append(r.marks, end)
	}
	for len(r.marks) > 0 && r.marks[0].end <= got {
		r.marks = r.marks[1:]
	}
	r.lag = 0
	if len(r.marks) > 0 {
		r.lag = end.at.Sub(r.marks[0].at)
	}
	if r.lag > mostLag {
		r.err = fmt.Errorf("it lags behind the database by %s", r.lag.Round(time.Second))
	}
}

// Replica says how far the replica lags behind, and why it is not asked, if it is not. It returns ErrNoReplica where there is none.
func (s *Store) Replica() (lag time.Duration, err error) {
	if s.replica == nil {
		return 0, ErrNoReplica
	}
	s.replica.mu.Lock()
	defer s.replica.mu.Unlock()
	return s.replica.lag, s.replica.err
}

// FollowReplica waits until the replica has all that the database has now, and says why it does not get there.
func (s *Store) FollowReplica(ctx context.Context) error {
	if s.replica == nil {
		return ErrNoReplica
	}
	s.measure(ctx)
	if _, err := s.Replica(); err != nil {
		return translate(err)
	}
	if !s.caughtUp(ctx, mostLag) {
		return fmt.Errorf("it lags behind the database by more than %s", mostLag)
	}
	return nil
}

// ReplicaReads are how many reads the replica had, and how many the database itself had instead.
func (s *Store) ReplicaReads() (had, instead int64) {
	if s.replica == nil {
		return 0, 0
	}
	return s.replica.used[0].Load(), s.replica.used[1].Load()
}

// near is the replica, where it has by now, or within a wait, all that was committed before; else nil.
func (s *Store) near(ctx context.Context, wait time.Duration) *sqlx.DB {
	r := s.replica
	if r == nil {
		return nil
	}
	if _, err := s.Replica(); err != nil || time.Since(s.opened) < time.Duration(r.rests.Load()) || !s.caughtUp(ctx, wait) {
		r.used[1].Add(1)
		return nil
	}
	r.used[0].Add(1)
	return r.db
}

// caughtUp waits until the replica has what the database has now. Where that takes too long, it is left alone for a while.
func (s *Store) caughtUp(ctx context.Context, wait time.Duration) bool {
	var end position
	if err := s.db.GetContext(ctx, &end, logEnd); err != nil {
		return false // which whoever reads is told by the database
	}
	within, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		got, err := s.replica.replayed(within)
		if err == nil && got >= end {
			return true
		}
		if err == nil {
			select {
			case <-within.Done():
			case <-time.After(replicaPoll):
				continue
			}
		}
		if ctx.Err() == nil {
			s.replica.rest(s.opened)
		}
		return false
	}
}

func (r *replica) rest(opened time.Time) { r.rests.Store(int64(time.Since(opened) + replicaRest)) }

// nearby reads from the replica where that is there and has all that was committed before, and else, or where it fails, from the
// database. So read may be called twice.
func (s *Store) nearby(ctx context.Context, wait time.Duration, read func(*sqlx.DB) error) error {
	if db := s.near(ctx, wait); db != nil {
		err := read(db)
		if !s.replicaFailed(ctx, err) {
			return err
		}
		s.replica.rest(s.opened)
		s.replica.used[0].Add(-1)
		s.replica.used[1].Add(1)
	}
	return read(s.db)
}

// replicaFailed reports whether an error is of the replica's making: it has gone, or ended what it did since that stood in the way of
// following the database. What may take no longer, and what only tells of the data, the database would say as well.
func (s *Store) replicaFailed(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	var refused *pq.Error
	if errors.As(err, &refused) {
		return refused.Code != pqerror.QueryCanceled
	}
	return Unavailable(err) || errors.Is(err, sql.ErrConnDone)
}
