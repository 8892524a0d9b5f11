package testenv

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/localservices"
	"github.com/leadwheel/leadwheel/store"
)

// A Dedicated environment has servers of its own, for tests that kill them, empty them or cut them off.
type Dedicated struct {
	Env
	PostgresServer *Backend
	RedisServer    *Backend
}

// A Backend is a server that the test may kill and start again. Postgres then has all that was committed; Redis is
// empty.
type Backend struct {
	// Addr is its "host:port" on the loopback interface, the same after each start: the upstream of a Proxy.
	Addr string

	tb     testing.TB
	start  func(context.Context) (*localservices.Server, error)
	server *localservices.Server
	frozen bool
	// sessions are Postgres' processes that are frozen too.
	sessions []int
}

// NewDedicated starts a Postgres and a Redis for this test alone.
func NewDedicated(tb testing.TB, opts ...Option) *Dedicated {
	tb.Helper()
	d := &Dedicated{PostgresServer: newPostgres(tb, configOf(opts)), RedisServer: newRedis(tb)}
	d.DatabaseURL, d.RedisURL = d.PostgresServer.server.URL, d.RedisServer.server.URL
	if err := store.Migrate(tb.Context(), d.DatabaseURL); err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	options, err := redis.ParseURL(d.RedisURL)
	if err != nil {
		tb.Fatalf("testenv: reading the address of the test's Redis: %v", err)
	}
	d.Redis = redis.NewClient(options)
	tb.Cleanup(func() { _ = d.Redis.Close() }) // the test may have killed its server
	d.open(tb, opts)
	return d
}

func newPostgres(tb testing.TB, c config) *Backend {
	tb.Helper()
	if c.disk == "" {
		c.disk = folder(tb)
		if c.settings == nil { // who is followed or restored is to have an identity of its own
			if err := fill(tb.Context(), c.disk); err != nil {
				tb.Fatalf("testenv: %v", err)
			}
		}
	}
	return postgresIn(tb, c.disk, c.settings)
}

// postgresIn starts a Postgres on the data in a folder, which is made where there is none.
func postgresIn(tb testing.TB, dir string, settings map[string]string) *Backend {
	tb.Helper()
	port := freePort(tb)
	return newBackend(tb, func(ctx context.Context) (*localservices.Server, error) {
		return localservices.StartPostgres(ctx, localservices.PostgresOptions{Dir: dir, Throwaway: true, TCPPort: port, Settings: settings})
	})
}

// followed are the settings of servers that are followed, and of those that follow. A standby is soon back once its primary is.
var followed = map[string]string{
	"wal_level": "replica", "max_wal_senders": "4", "wal_keep_size": "64MB", "wal_retrieve_retry_interval": "200ms",
}

// NewStandby starts a server that follows the environment's Postgres, which has to be followed: see WithStandby.
func (d *Dedicated) NewStandby(tb testing.TB, opts ...Option) *Backend {
	tb.Helper()
	dir := configOf(opts).disk
	if dir == "" {
		dir = folder(tb)
	}
	return newBackend(tb, following(d.PostgresServer, dir, freePort(tb)))
}

// following starts a server in a folder that follows another.
func following(primary *Backend, dir string, port int) func(context.Context) (*localservices.Server, error) {
	return func(ctx context.Context) (*localservices.Server, error) {
		return localservices.StartPostgres(ctx, localservices.PostgresOptions{
			Dir: dir, Throwaway: true, TCPPort: port, Settings: followed, StandbyOf: primary.URLAt(primary.Addr),
		})
	}
}

func newRedis(tb testing.TB) *Backend {
	tb.Helper()
	return newRedisAt(tb, folder(tb), freePort(tb))
}

func newRedisAt(tb testing.TB, dir string, port int, arguments ...string) *Backend {
	tb.Helper()
	return newBackend(tb, func(ctx context.Context) (*localservices.Server, error) {
		return localservices.StartRedis(ctx, localservices.RedisOptions{Dir: dir, Throwaway: true, TCPPort: port, Arguments: arguments})
	})
}

func newBackend(tb testing.TB, start func(context.Context) (*localservices.Server, error)) *Backend {
	tb.Helper()
	b := &Backend{tb: tb, start: start}
	cleanup(tb, func(ctx context.Context) error {
		if b.server == nil {
			return nil
		}
		if b.frozen { // it would not hear that it is to end
			return b.server.Kill()
		}
		return b.server.Stop(ctx)
	})
	b.Start()
	b.Addr = b.server.Addr
	return b
}

// Kill ends the server as a crash would, and returns once it has ended. Call it from the test's own goroutine.
func (b *Backend) Kill() {
	b.tb.Helper()
	if err := b.server.Kill(); err != nil {
		b.tb.Fatalf("testenv: %v", err)
	}
}

// Freeze stops the server's process where it stands, as a machine does that is out of breath, until Thaw. What serves Postgres' sessions
// are processes of their own, which go on.
func (b *Backend) Freeze() {
	b.tb.Helper()
	b.signal(syscall.SIGSTOP)
	b.frozen = true
}

// Thaw lets it go on.
func (b *Backend) Thaw() {
	b.tb.Helper()
	for _, pid := range b.sessions {
		_ = syscall.Kill(pid, syscall.SIGCONT) // it may have been killed
	}
	b.signal(syscall.SIGCONT)
	b.frozen, b.sessions = false, nil
}

func (b *Backend) signal(sig syscall.Signal) {
	b.tb.Helper()
	if err := syscall.Kill(b.server.Pid(), sig); err != nil {
		b.tb.Fatalf("testenv: sending %s to %s: %v", sig, b.server.Name(), err)
	}
}

// Start starts the server again at the same addresses, and returns once it answers. Call it from the test's own
// goroutine.
func (b *Backend) Start() {
	b.tb.Helper()
	ctx, cancel := context.WithTimeout(b.tb.Context(), startTimeout)
	defer cancel()
	server, err := b.start(ctx)
	if err != nil {
		b.tb.Fatalf("testenv: %v", err)
	}
	b.server, b.frozen, b.sessions = server, false, nil
}

// Ended reports whether the server has ended, also by itself.
func (b *Backend) Ended() bool {
	select {
	case <-b.server.Done():
		return true
	default:
		return false
	}
}

// Log is what the server has written to its log in all of its runs.
func (b *Backend) Log() string {
	b.tb.Helper()
	text, err := os.ReadFile(filepath.Join(b.server.Dir, "server.log"))
	if err != nil {
		b.tb.Fatalf("testenv: reading the server's log: %v", err)
	}
	return string(text)
}

// URLAt is the server's URL as seen through a proxy that listens on addr ("host:port").
func (b *Backend) URLAt(addr string) string {
	if b.server.Name() == "redis" {
		return "redis://" + addr + "/0"
	}
	u, err := url.Parse(b.server.URL)
	if err != nil {
		b.tb.Fatalf("testenv: %v", err)
	}
	u.Host = addr
	u.RawQuery = url.Values{"sslmode": {"disable"}}.Encode()
	return u.String()
}

func folder(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp(scratch(), folderPrefix)
	if err != nil {
		tb.Fatalf("testenv: making a folder for a server: %v", err)
	}
	cleanup(tb, func(context.Context) error { return os.RemoveAll(dir) })
	return dir
}

// FreeAddress is an address on the loopback interface at which nobody listens. Its port is below those that the kernel gives to
// connections, of which it could give this one to somebody before the test listens there.
func FreeAddress(tb testing.TB) string {
	tb.Helper()
	for range 100 {
		address := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(10_000+rand.IntN(20_000))).String() // #nosec G404 G115 // it is no secret, and less than 30,000
		l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", address)
		if err != nil {
			continue // it is taken
		}
		if err := l.Close(); err != nil {
			tb.Fatalf("testenv: finding a free port: %v", err)
		}
		return address
	}
	tb.Fatal("testenv: of 100 ports none is free")
	return ""
}

func freePort(tb testing.TB) int {
	tb.Helper()
	return portOf(tb, FreeAddress(tb))
}

func portOf(tb testing.TB, address string) int {
	tb.Helper()
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		tb.Fatalf("testenv: reading the port of %s: %v", address, err)
	}
	return int(addr.Port())
}
