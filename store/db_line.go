package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// A server that has gone without a word, as one that was switched off or whose network was cut, leaves connections on which answers are
// waited for until TCP gives up, which takes a quarter of an hour. A line does not wait for that: where nothing has come for a while, it
// asks the server, over a new connection, whether it still works for this one. However long a statement takes, it is left alone.
const (
	// silence is for how long nothing comes before a line asks.
	silence = 5 * time.Second
	// lastWord is what an answer that was on its way when a line asked gets to arrive, and one to a caller whose time is over.
	lastWord = time.Second
	// probeTime is how long the server has to answer what a line asks, connecting included.
	probeTime = 3 * time.Second
)

// lines are the lines of one pool. Where one is found dead, those that were there before it was are not used any more.
type lines struct {
	*servers
	probing sync.Mutex
	found   atomic.Int64 // how many times a line was found dead
}

// A line is what goes to a server and comes from it. It is used by one at a time, as its connection is.
type line struct {
	net.Conn
	of     *lines
	opened int64 // what of.found was
	// open is set once a connection is in use. Until then, nothing is asked about it.
	open bool
	// session is the server's own, made up of its process and when that began; it is not known of a pooled line.
	session session
	// server is what is at its other end, network and address where that was looked for.
	server           server
	at               int // which of the address' connectors
	network, address string
	until            time.Time // when whoever waits does not wait any more; zero is never
	dead             bool
	// alone is set where what was committed is not known to be with the standby that has to have it: see errAlone.
	alone bool
}

type session struct {
	process int64
	began   time.Time
}

// opening is how a line is being opened.
type opening struct {
	of *lines
	// only is the line to whose server it goes, nil where it goes to any.
	only *line
	line *line
	// ends is when nobody waits for it any more, and forget has that not matter any more.
	ends   context.Context //nolint:containedctx // lib/pq gives another one to who dials, which is over once there is a connection
	forget func() bool
}

// openingKey is the key of a context's opening.
type openingKey struct{}

// A dialer opens lines.
type dialer struct{}

// Dial implements pq.Dialer, and so does DialTimeout.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// DialContext implements pq.DialerContext.
func (dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	o, is := ctx.Value(openingKey{}).(*opening)
	if is && o.only != nil && (o.only.network != network || o.only.address != address) {
		return nil, errOtherServer
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil || !is {
		return conn, err
	}
	if o.forget != nil { // it was dialled before, with or without TLS
		o.forget()
	}
	o.forget = context.AfterFunc(o.ends, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) //nolint:contextcheck // as above; where it cannot be set, it is closed
	o.line = &line{Conn: conn, of: o.of, opened: o.of.found.Load(), network: network, address: address}
	return o.line, nil
}

var errOtherServer = errors.New("this is another server than the one that is asked about")

// connect connects to a server. It takes no longer than the context lets it, however long the server says nothing.
func (l *lines) connect(ctx context.Context, to driver.Connector, only *line) (pqConn, *line, error) {
	o := &opening{of: l, only: only, ends: ctx}
	c, err := to.Connect(context.WithValue(ctx, openingKey{}, o))
	if o.forget != nil && !o.forget() && err == nil {
		err = errors.Join(context.Cause(ctx), c.Close())
	}
	if err != nil {
		return nil, nil, err
	}
	return c.(pqConn), o.line, nil
}

// know has a new connection's line be in use, and learns what the server calls its session, and which server that is.
func (l *line) know(ctx context.Context, c driver.QueryerContext) error {
	if l.of.pooled {
		l.open = true
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	said, err := l.row(ctx, c, sessionIs+serverIs)
	var refused *pq.Error
	if errors.As(err, &refused) { // it does not tell who it is
		said, err = l.row(ctx, c, sessionIs+`, 0::bigint, 0::bigint`)
	}
	l.until = time.Time{}
	if err != nil {
		return err
	}
	process, isProcess := said[0].(int64)
	began, isTime := said[1].(time.Time)
	system, isSystem := said[2].(int64)
	timeline, isTimeline := said[3].(int64)
	if !isProcess || !isTime || !isSystem || !isTimeline {
		return fmt.Errorf("one of Postgres' sessions says %v of itself; no such session can be looked for", said)
	}
	l.session, l.server, l.open = session{process, began}, server{system, timeline}, true
	return nil
}

const sessionIs = `SELECT a.pid, a.backend_start`

// row reads one row over a connection that is not in the pool.
func (l *line) row(ctx context.Context, c driver.QueryerContext, query string, args ...driver.NamedValue) ([]driver.Value, error) {
	l.wait(ctx)
	rows, err := c.QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	said := make([]driver.Value, len(rows.Columns()))
	return said, errors.Join(rows.Next(said), rows.Close())
}

// wait says until when whoever uses the line waits for it.
func (l *line) wait(ctx context.Context) {
	l.until = time.Time{}
	if end, has := ctx.Deadline(); has {
		l.until = end.Add(lastWord)
	}
}

// Read implements net.Conn.
func (l *line) Read(b []byte) (int, error) {
	if l.dead {
		return 0, net.ErrClosed
	}
	if !l.open && l.until.IsZero() { // it is being opened, which has a time of its own
		return l.Conn.Read(b)
	}
	for patience := silence; ; {
		end, pause := l.until, time.Now().Add(patience)
		asks := l.open && (end.IsZero() || pause.Before(end))
		if asks {
			end = pause
		}
		_ = l.SetReadDeadline(end) // where it cannot be set, reading fails too
		n, err := l.Conn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if !asks || patience == lastWord {
			return n, l.died(err)
		}
		switch l.ask() {
		case working:
		case idle:
			patience = lastWord
		case gone:
			return n, l.died(err)
		}
	}
}

// Write implements net.Conn.
func (l *line) Write(b []byte) (int, error) {
	if l.dead {
		return 0, net.ErrClosed
	}
	if l.open {
		_ = l.SetWriteDeadline(time.Now().Add(silence)) // as above
	}
	n, err := l.Conn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = l.died(err)
	}
	return n, err
}

func (l *line) died(err error) error {
	l.dead = true
	l.of.found.Add(1)
	return err
}

// usable reports whether nothing speaks against the line.
func (l *line) usable() bool {
	return !l.dead && l.opened == l.of.found.Load() && !l.of.former(l.server)
}

// What a server does for a session.
type activity int

const (
	gone activity = iota
	idle
	working
)

// ask asks the server what it does for this line's session: gone is also said where the server does not answer.
func (l *line) ask() activity {
	l.of.probing.Lock()
	defer l.of.probing.Unlock()
	if !l.usable() { // another line has found out
		return gone
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTime)
	defer cancel()
	c, probe, err := l.of.connect(ctx, l.of.connectors[l.at], l)
	if err != nil {
		return gone
	}
	defer func() { _ = c.Close() }() // nothing is left on it
	if l.of.pooled {
		if c.Ping(ctx) != nil {
			return gone
		}
		return working // it is the pooler's to notice where a server behind it is gone
	}
	said, err := probe.row(ctx, c, `SELECT state IN ('active', 'fastpath function call')
		FROM pg_stat_get_activity($1) WHERE backend_start = $2`,
		driver.NamedValue{Ordinal: 1, Value: l.session.process}, driver.NamedValue{Ordinal: 2, Value: l.session.began})
	switch {
	case err != nil:
		return gone
	case said[0] == true:
		return working
	}
	return idle
}
