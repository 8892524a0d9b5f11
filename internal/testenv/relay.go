package testenv

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// A Relay stands between a program and a server, as a network does of which a part can go dark: see Darken. It may lead to another server
// later, as a virtual address or a balancer does: see Lead.
type Relay struct {
	// Addr is the "host:port" where it listens.
	Addr     string
	network  string
	upstream atomic.Pointer[string]
	gone     atomic.Bool
	mu       sync.Mutex
	lines    []*relayed
}

// relayed is a connection through a Relay.
type relayed struct {
	from, to net.Conn
	dark     atomic.Bool
}

// Relay puts a Relay before the Postgres server, until the test ends, and returns it with the database's address through it.
func (e *Env) Relay(tb testing.TB) (r *Relay, databaseURL string) {
	tb.Helper()
	u, err := url.Parse(e.DatabaseURL)
	if err != nil {
		tb.Fatalf("testenv: reading the database address: %v", err)
	}
	network, address, q := "tcp", u.Host, u.Query()
	if folder := q.Get("host"); folder != "" {
		network, address = "unix", fmt.Sprintf("%s/.s.PGSQL.%s", folder, cmp.Or(q.Get("port"), u.Port(), "5432"))
	}
	r = newRelay(tb, network, address)
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = r.Addr, q.Encode()
	return r, u.String()
}

// NewRelay puts a Relay before a server's "host:port", until the test ends.
func NewRelay(tb testing.TB, upstream string) *Relay {
	tb.Helper()
	return newRelay(tb, "tcp", upstream)
}

func newRelay(tb testing.TB, network, upstream string) *Relay {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("testenv: opening a relay: %v", err)
	}
	r := &Relay{Addr: listener.Addr().String(), network: network}
	r.Lead(upstream)
	var running sync.WaitGroup
	tb.Cleanup(func() {
		_ = listener.Close()
		r.each(func(l *relayed) { l.close() })
		running.Wait()
	})
	running.Go(func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := new(net.Dialer).DialContext(tb.Context(), r.network, *r.upstream.Load())
			if err != nil {
				_ = from.Close()
				continue
			}
			l := &relayed{from: from, to: to}
			l.dark.Store(r.gone.Load())
			r.mu.Lock()
			r.lines = append(r.lines, l)
			r.mu.Unlock()
			running.Go(func() { l.pass(to, from) })
			running.Go(func() { l.pass(from, to) })
		}
	})
	return r
}

// Lead has new connections lead to another address. Those that there are stay where they lead.
func (r *Relay) Lead(upstream string) { r.upstream.Store(&upstream) }

func (r *Relay) each(do func(*relayed)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lines {
		do(l)
	}
}

// Darken lets vanish, without a word, what goes over the connections that there are, as where a server was switched off. New ones
// work, as where another has taken its address.
func (r *Relay) Darken() { r.each(func(l *relayed) { l.dark.Store(true) }) }

// Vanish does the same to new ones, as where the whole network is gone.
func (r *Relay) Vanish() {
	r.gone.Store(true)
	r.Darken()
}

// pass hands on what comes from one end until that is over. What is dark neither hands on nor ends.
func (l *relayed) pass(to, from net.Conn) {
	_, err := io.Copy(writer(func(b []byte) (int, error) {
		if l.dark.Load() {
			return len(b), nil
		}
		return to.Write(b)
	}), from)
	if err != nil || !l.dark.Load() {
		l.close()
	}
}

func (l *relayed) close() {
	_ = l.from.Close()
	_ = l.to.Close()
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }
