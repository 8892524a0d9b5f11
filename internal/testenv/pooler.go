package testenv

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A Pooler is a PgBouncer in front of a test's Postgres. It has a few connections to it, which it gives for a transaction at a time.
type Pooler struct {
	// URL is the database's address behind it.
	URL string

	tb      testing.TB
	config  string
	addr    string
	program *exec.Cmd
}

// NewPooler starts a PgBouncer with so many connections to the server of a dedicated environment.
func NewPooler(tb testing.TB, d *Dedicated, connections int) *Pooler {
	tb.Helper()
	host, port, err := net.SplitHostPort(d.PostgresServer.Addr)
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	u, err := url.Parse(d.PostgresServer.URLAt(FreeAddress(tb)))
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	dir := folder(tb)
	p := &Pooler{tb: tb, addr: u.Host, config: filepath.Join(dir, "pgbouncer.ini")}
	listenHost, listenPort, err := net.SplitHostPort(p.addr)
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	config := fmt.Sprintf("[databases]\n* = host=%s port=%s user=%s\n[pgbouncer]\nlisten_addr = %s\nlisten_port = %s\nunix_socket_dir =\n"+
		"auth_type = any\npool_mode = transaction\ndefault_pool_size = %d\nmax_client_conn = 500\nlog_connections = 0\nlog_disconnections = 0\n",
		host, port, u.User.Username(), listenHost, listenPort, connections)
	if os.Geteuid() == 0 { // as whom it does not run
		config += "user = nobody\n"
	}
	if err := os.WriteFile(p.config, []byte(config), 0o600); err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	query := u.Query()
	query.Set("pool_mode", "transaction")
	u.RawQuery = query.Encode()
	p.URL = u.String()
	tb.Cleanup(p.Kill)
	p.Start()
	return p
}

// Start starts it, and returns once it takes connections. Call it from the test's own goroutine.
func (p *Pooler) Start() {
	p.tb.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil { // where it is not on an ordinary user's path
		program = "/usr/sbin/pgbouncer"
	}
	p.program = exec.Command(program, "--quiet", p.config) //nolint:noctx // killed at the end
	if err := p.program.Start(); err != nil {
		p.program = nil
		p.tb.Fatalf("testenv: %v; install it with make monitoring", err)
	}
	Eventually(p.tb, 10*time.Second, func() error {
		conn, err := (&net.Dialer{}).DialContext(p.tb.Context(), "tcp", p.addr)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}

// Kill ends it as a crash would, with all connections through it.
func (p *Pooler) Kill() {
	if p.program != nil {
		_ = p.program.Process.Kill()
		_ = p.program.Wait() // its error is the kill
		p.program = nil
	}
}
