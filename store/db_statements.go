package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// Statements that run again and again are prepared once a connection: Postgres then neither parses nor, mostly, plans them anew,
// which took it three times as long as running them. Prepared is what writes, since its statements are few and look up what they
// touch by keys, and what reads in a context of often. Lists are not: each is planned for the values that it asks for, since what is
// right for a small workspace takes minutes in a large one.
const (
	// preparedAt is at which run on a connection a statement is prepared: what runs but once is not worth keeping.
	preparedAt = 2
	// maxPrepared is how many statements a connection has prepared at most. It takes Postgres some 30 KiB to keep one.
	maxPrepared = 128
	// preparedFor is how long one is kept: Postgres plans it for the sizes that its tables have then, and reads a small table whole,
	// which must not go on once a million rows have come.
	preparedFor = 10 * time.Second
)

// often says that what is read with the context runs for each request or each lead, and looks its rows up by keys.
func often(ctx context.Context) context.Context { return context.WithValue(ctx, oftenKey{}, true) }

type oftenKey struct{}

// preparing is a connector whose connections prepare what runs again.
type preparing struct{ lines *lines }

// Driver implements driver.Connector.
func (p preparing) Driver() driver.Driver { return &pq.Driver{} }

// Connect implements driver.Connector.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, l, err := p.lines.open(ctx)
	if err != nil {
		return nil, err
	}
	return &statements{pqConn: c, line: l, runs: map[string]int{}, prepared: map[string]kept{}}, nil
}

// pqConn is what database/sql makes use of in a connection of lib/pq.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// pqStmt is the same of a statement.
type pqStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// kept is a prepared statement, and until when.
type kept struct {
	pqStmt
	until time.Time
}

// statements is a connection and what it has prepared. Like every connection of database/sql it is used by one at a time.
type statements struct {
	pqConn
	line     *line
	runs     map[string]int
	prepared map[string]kept
	writing  bool
}

// BeginTx implements driver.ConnBeginTx.
func (s *statements) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	s.line.wait(ctx)
	tx, err := s.pqConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	if wait := s.line.of.lockWait; wait != "" {
		if _, err := s.pqConn.ExecContext(ctx, "SET LOCAL lock_timeout = "+wait, nil); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
	}
	s.writing = !o.ReadOnly
	return writing{tx, s}, nil
}

// writing is a transaction whose end its connection is told of.
type writing struct {
	driver.Tx
	on *statements
}

// Commit implements driver.Tx.
func (w writing) Commit() error {
	wrote, l := w.on.writing, w.on.line
	w.on.writing = false
	if wrote && l.of.former(l.server) {
		l.dead = true
		return errors.Join(errFormer, w.Tx.Rollback()) // which goes no further than the line
	}
	l.wait(context.Background()) // it ends as it may, whatever has become of its caller
	l.alone = false
	if err := w.Tx.Commit(); err != nil {
		return err
	}
	return l.together()
}

// Rollback implements driver.Tx.
func (w writing) Rollback() error {
	w.on.writing = false
	w.on.line.wait(context.Background()) // it ends as it may, whatever has become of its caller
	return w.Tx.Rollback()
}

// ExecContext implements driver.ExecerContext.
func (s *statements) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s.line.wait(ctx)
	if stmt, err := s.of(ctx, query, args); err != nil {
		return nil, err
	} else if stmt != nil {
		result, err := stmt.ExecContext(ctx, args)
		return result, s.checked(query, err)
	}
	s.line.alone = false
	result, err := s.pqConn.ExecContext(ctx, query, args)
	if err != nil {
		return result, err
	}
	return result, s.line.together()
}

// QueryContext implements driver.QueryerContext.
func (s *statements) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s.line.wait(ctx)
	if stmt, err := s.of(ctx, query, args); err != nil {
		return nil, err
	} else if stmt != nil {
		rows, err := stmt.QueryContext(ctx, args)
		return rows, s.checked(query, err)
	}
	return s.pqConn.QueryContext(ctx, query, args)
}

// Ping implements driver.Pinger.
func (s *statements) Ping(ctx context.Context) error {
	s.line.wait(ctx)
	return s.pqConn.Ping(ctx)
}

// Close implements driver.Conn. A server that has gone needs no farewell.
func (s *statements) Close() error {
	if err := s.pqConn.Close(); err != nil && !Unavailable(err) {
		return err
	}
	return nil
}

// ResetSession implements driver.SessionResetter. It is called before a connection is used again.
func (s *statements) ResetSession(ctx context.Context) error {
	if !s.line.usable() {
		return driver.ErrBadConn
	}
	return s.pqConn.ResetSession(ctx)
}

// IsValid implements driver.Validator. It is called when a connection is not used any more.
func (s *statements) IsValid() bool { return s.line.usable() && s.pqConn.IsValid() }

// of is the prepared statement of a query, nil where it runs as it is: without arguments it may be several statements, and behind a
// pooler the next may run on a connection that has not prepared it.
func (s *statements) of(ctx context.Context, query string, args []driver.NamedValue) (pqStmt, error) {
	if len(args) == 0 || s.line.of.pooled || !s.writing && ctx.Value(oftenKey{}) == nil {
		return nil, nil
	}
	now := time.Now()
	stmt, is := s.prepared[query]
	if is && now.Before(stmt.until) {
		return stmt, nil
	}
	if s.runs[query]++; !is && s.runs[query] < preparedAt {
		if len(s.runs) > 8*maxPrepared { // of statements that are put together
			clear(s.runs)
		}
		return nil, nil
	}
	if is || len(s.prepared) == maxPrepared {
		if err := s.forget(now); err != nil || len(s.prepared) == maxPrepared {
			return nil, err
		}
	}
	made, err := s.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	delete(s.runs, query)
	s.prepared[query] = kept{made.(pqStmt), now.Add(preparedFor)}
	return s.prepared[query], nil
}

// forget closes what has been kept for long enough.
func (s *statements) forget(now time.Time) error {
	for query, stmt := range s.prepared {
		if now.Before(stmt.until) {
			continue
		}
		delete(s.prepared, query)
		if err := stmt.Close(); err != nil { // as where the server has ended the session: what is asked runs on another connection
			return errors.Join(driver.ErrBadConn, err)
		}
	}
	return nil
}

// checked forgets a statement that Postgres does not run any more: a migration changed what it returns, or a pooler that
// keeps no sessions, of which the address does not tell, ran it on another connection than had prepared it. It runs as it is the next time, and is prepared again after that.
func (s *statements) checked(query string, err error) error {
	var refused *pq.Error
	if errors.As(err, &refused) && (refused.Code == pqerror.FeatureNotSupported || refused.Code == pqerror.InvalidSQLStatementName) {
		delete(s.prepared, query)
	}
	return err
}
