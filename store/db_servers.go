package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/lib/pq"
)

// An address may name several servers, of which one is the primary and the others follow it, or a name that leads to whichever is. When
// the primary is gone another is promoted, and begins a new timeline of the database's log. By that it is known from the one before: a
// process that has met a timeline has nothing to do with an earlier one any more, however alive that server may be, or come to be again,
// and whatever connections to it are open. Only who has never met the new one is not kept from the old one by this.
const (
	// hedge is for how long the server that serves is waited for alone, and grace is what others get to answer once one has, where
	// it is not known which is the primary.
	hedge = 300 * time.Millisecond
	grace = 500 * time.Millisecond
	// watchEvery is how often a process looks for a new primary, and watchTry how long each server has to answer.
	watchEvery = 3 * time.Second
	watchTry   = 2 * time.Second
)

var (
	// errNoServer means that none of the address' servers can be worked with for now.
	errNoServer = errors.New("none of the database's servers takes writes")
	// errFormer means that a server was the primary before another was promoted.
	errFormer = errors.New("this server was the primary before another was promoted; nothing is written there any more")
	// errOtherSystem means that a server does not belong to the others.
	errOtherSystem = errors.New("this server has another database than the address' others")
	// errAlone means that what was written is with the primary alone, which was to wait until a standby has it too. A failover would lose it.
	errAlone = errors.New("what was written is not known to be with the synchronous standby")
)

// A server is a database as Postgres tells it from others, and the timeline of its log: 0 where that is not known, as of a standby.
type server struct{ system, timeline int64 }

// serverIs asks for a server, behind sessionIs.
const serverIs = `, s.system_identifier, CASE WHEN pg_is_in_recovery() THEN 0
		ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END
	FROM pg_stat_get_activity(pg_backend_pid()) a, pg_control_system() s`

// servers are those of an address, and what the process knows of them. Its pools share it.
type servers struct {
	address
	// connectors are one a server where the primary is looked for, else one for all.
	connectors []driver.Connector
	names      []string

	mu     sync.Mutex
	newest server
	serves int // which of them the primary is, as far as is known; -1 where it is not
}

func newServers(a address) (*servers, error) {
	s := &servers{address: a, serves: -1}
	each := []pq.Config{a.Config}
	if a.primary {
		each[0].Multi = nil
		for _, m := range a.Multi {
			one := a.Clone()
			one.Host, one.Hostaddr, one.Port, one.Multi = m.Host, m.Hostaddr, m.Port, nil
			each = append(each, one)
		}
	}
	for _, c := range each {
		connector, err := pq.NewConnectorConfig(c)
		if err != nil {
			return nil, errAddress
		}
		connector.Dialer(dialer{})
		s.connectors = append(s.connectors, connector)
		host := c.Host
		if c.Hostaddr.IsValid() {
			host = c.Hostaddr.String()
		}
		s.names = append(s.names, net.JoinHostPort(host, strconv.Itoa(int(c.Port))))
	}
	return s, nil
}

// former reports whether another server was promoted after this one.
func (s *servers) former(of server) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return of.timeline != 0 && of.system == s.newest.system && of.timeline < s.newest.timeline
}

// meet notes which server was found. It returns an error where that is none to work with.
func (s *servers) meet(at int, found server) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case found.timeline == 0:
	case s.newest.system == 0 || len(s.connectors) == 1 && found.system != s.newest.system: // restored, or replaced
		s.newest = found
	case found.system != s.newest.system:
		return errOtherSystem
	case found.timeline < s.newest.timeline:
		return errFormer
	case found.timeline > s.newest.timeline:
		s.newest, s.serves = found, at
	}
	return nil
}

// first is the server to ask first, and the timeline that it has.
func (s *servers) first() (at int, timeline int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serves, s.newest.timeline
}

func (s *servers) use(at int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serves = at
}

// watch looks for a new primary until ctx ends, where the address asks for one: else who has open connections to the old one, which does not
// know yet that it is, would go on with it.
func (s *servers) watch(ctx context.Context) {
	if !s.primary || s.pooled {
		return
	}
	l := &lines{servers: s}
	every(ctx, watchEvery, func() {
		var all sync.WaitGroup
		for at := range s.connectors {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(ctx, watchTry)
				defer cancel()
				if c, _, err := l.openAt(ctx, at); err == nil {
					_ = c.Close() // nothing is left on it
				}
			})
		}
		all.Wait()
	})
}

// openAt connects to one of the servers and meets it.
func (l *lines) openAt(ctx context.Context, at int) (pqConn, *line, error) {
	c, opened, err := l.connect(ctx, l.connectors[at], nil)
	if err != nil {
		return nil, nil, l.naming(at, err)
	}
	opened.at = at
	pq.SetNoticeHandler(c, opened.heed)
	if err = opened.know(ctx, c); err == nil {
		err = l.meet(at, opened.server)
	}
	if err != nil {
		return nil, nil, l.naming(at, errors.Join(err, quietly(c.Close())))
	}
	return c, opened, nil
}

// naming says of which server an error is, where there are several.
func (l *lines) naming(at int, err error) error {
	if len(l.connectors) == 1 {
		return err
	}
	return fmt.Errorf("%s: %w", l.names[at], err)
}

// quietly leaves out the errors of a server that has gone.
func quietly(err error) error {
	if Unavailable(err) {
		return nil
	}
	return err
}

// open connects to the server that the address means.
func (l *lines) open(ctx context.Context) (pqConn, *line, error) {
	if len(l.connectors) == 1 {
		c, opened, err := l.openAt(ctx, 0)
		if err != nil && l.primary {
			err = fmt.Errorf("%w: %w", errNoServer, err)
		}
		return c, opened, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e := &election{lines: l, answers: make(chan candidate, len(l.connectors))}
	defer func() { go e.dismiss() }()
	e.serves, e.timeline = l.first()
	return e.hold(ctx)
}

// An election finds the primary among servers of which some may not answer, or still think that they are it.
type election struct {
	lines    *lines
	serves   int
	timeline int64 // which is known
	answers  chan candidate
	asked    int
	answered int
	best     candidate
	errs     []error
}

type candidate struct {
	at   int
	conn pqConn
	line *line
	err  error
}

func (e *election) ask(ctx context.Context, at int) {
	e.asked++
	go func() {
		c, opened, err := e.lines.openAt(ctx, at)
		e.answers <- candidate{at, c, opened, err}
	}()
}

// askOthers asks all that were not asked yet.
func (e *election) askOthers(ctx context.Context) {
	for at := range e.lines.connectors {
		if at != e.serves {
			e.ask(ctx, at)
		}
	}
}

// hold asks the server that serves, and the others where it does not answer soon. The one that was promoted last is taken.
func (e *election) hold(ctx context.Context) (pqConn, *line, error) {
	var others, enough <-chan time.Time
	if e.serves >= 0 {
		e.ask(ctx, e.serves)
		others = time.After(hedge)
	} else {
		e.askOthers(ctx)
	}
	for {
		select {
		case <-others:
			others = nil
			e.askOthers(ctx)
		case <-enough:
			return e.elect()
		case c := <-e.answers:
			switch {
			case e.hear(c):
				return e.elect()
			case c.err == nil:
				enough = time.After(grace)
			case others != nil && c.at == e.serves:
				others = nil
				e.askOthers(ctx)
			}
			if e.answered == e.asked {
				return e.elect()
			}
		}
	}
}

// hear takes an answer, and reports whether no other can be better.
func (e *election) hear(c candidate) bool {
	e.answered++
	if c.err != nil {
		e.errs = append(e.errs, c.err)
		return false
	}
	if e.best.conn != nil && c.line.server.timeline <= e.best.line.server.timeline {
		_ = c.conn.Close() // nothing is left on it
		return false
	}
	if e.best.conn != nil {
		_ = e.best.conn.Close() // as above
	}
	e.best = c
	return c.at == e.serves || e.timeline > 0 && c.line.server.timeline > e.timeline
}

func (e *election) elect() (pqConn, *line, error) {
	if e.best.conn == nil {
		return nil, nil, fmt.Errorf("%w: %w", errNoServer, errors.Join(e.errs...))
	}
	e.lines.use(e.best.at)
	return e.best.conn, e.best.line, nil
}

// dismiss closes the connections to those who answer when the election is over.
func (e *election) dismiss() {
	for ; e.answered < e.asked; e.answered++ {
		if c := <-e.answers; c.conn != nil {
			_ = c.conn.Close() // nothing is left on it
		}
	}
}

// heed hears what the server remarks.
func (l *line) heed(said *pq.Error) {
	if said.Routine == "SyncRepWaitForLSN" {
		l.alone = true
	}
}

// together returns errAlone where what was just committed is with the primary alone. Postgres says so in a warning, and that it is committed,
// when whoever waits for the synchronous standby is not waited for any more: a request whose time is over.
func (l *line) together() error {
	if l.alone {
		return errAlone
	}
	return nil
}

// bare is a connector for what does without prepared statements.
type bare struct{ lines *lines }

// Driver implements driver.Connector.
func (b bare) Driver() driver.Driver { return &pq.Driver{} }

// Connect implements driver.Connector.
func (b bare) Connect(ctx context.Context) (driver.Conn, error) {
	c, _, err := b.lines.open(ctx)
	if err != nil {
		return nil, err
	}
	return c, nil
}
