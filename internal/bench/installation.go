package bench

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/client"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/localservices"
	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// ringSize is the number of members in each group.
	ringSize = 7
	// maxConnections is what the bare database is driven with at the most.
	maxConnections = 64
)

// An installation is a Leadwheel of its own: private servers, and one process with all roles.
type installation struct {
	cfg       Config
	dir       string
	servers   []*localservices.Server // Postgres, Redis
	process   *exec.Cmd               // nil where Leadwheel does not run
	peak      float64                 // the most memory, in MiB, that a process had which was stopped
	store     *store.Store
	db        *sqlx.DB
	key       string
	base      string // where Leadwheel's public side is
	client    *client.Client
	ops       *client.Client // at the operators' address
	workspace uuid.UUID
	group     uuid.UUID
	// other is a group of other members, whom the bare database gives the same leads.
	versions     map[string]string // of other queues, by their names
	kept         map[string]int    // profiles, by what they are of
	other        uuid.UUID
	otherMembers []uuid.UUID
	turn         int64 // of other, the first that is free
	stored       int   // leads that were stored, so that each has a number of its own
	pushed       int   // leads that were pushed one by one, so that each has a number of its own
	// crowded is another installation, of many workspaces, nil where none was made, and neighbours are those at work on such a one.
	crowded    *installation
	neighbours []neighbour
}

// install starts everything. Remove what it returns, also where it failed.
func install(ctx context.Context, cfg Config) (*installation, error) {
	i := &installation{cfg: cfg, versions: map[string]string{}, kept: map[string]int{}}
	var err error
	if i.dir, err = os.MkdirTemp("", "leadwheel-bench-"); err != nil {
		return i, err
	}
	if err := os.Chmod(i.dir, 0o755); err != nil { // as root, Postgres runs as somebody else
		return i, err
	}
	postgres, err := localservices.StartPostgres(ctx, localservices.PostgresOptions{Dir: filepath.Join(i.dir, "postgres")})
	if err != nil {
		return i, err
	}
	i.servers = append(i.servers, postgres)
	redis, err := localservices.StartRedis(ctx, localservices.RedisOptions{Dir: filepath.Join(i.dir, "redis")})
	if err != nil {
		return i, err
	}
	i.servers = append(i.servers, redis)
	if err := store.Migrate(ctx, postgres.URL); err != nil {
		return i, err
	}
	if i.store, err = store.Open(ctx, store.Options{DatabaseURL: postgres.URL, MaxConns: 4}); err != nil {
		return i, err
	}
	if i.db, err = sqlx.ConnectContext(ctx, "postgres", postgres.URL); err != nil {
		return i, err
	}
	i.db.SetMaxIdleConns(maxConnections)
	i.db.SetMaxOpenConns(maxConnections)
	return i, i.populate(ctx)
}

// populate makes a workspace with two groups and an admin's key.
func (i *installation) populate(ctx context.Context) error {
	w, err := i.store.CreateWorkspace(ctx, store.WorkspaceSpec{Name: "bench", Timezone: "UTC", Region: "MY"})
	if err != nil {
		return err
	}
	i.workspace = w.ID
	if i.group, _, err = i.newGroup(ctx, i.workspace, ringSize); err != nil {
		return err
	}
	if i.other, i.otherMembers, err = i.newGroup(ctx, i.workspace, ringSize); err != nil {
		return err
	}
	_, i.key, err = i.store.CreateAPIKey(ctx, i.workspace, store.APIKey{Role: lead.RoleAdmin})
	return err
}

func (i *installation) newGroup(ctx context.Context, workspace uuid.UUID, size int) (id uuid.UUID, members []uuid.UUID, err error) {
	spec := store.GroupSpec{Name: "bench", Method: lead.RoundRobin}
	for n := range size {
		m, err := i.store.CreateMember(ctx, workspace, store.Member{Name: fmt.Sprint("member ", n)})
		if err != nil {
			return id, nil, err
		}
		members = append(members, m.ID)
		spec.Listed = append(spec.Listed, lead.Listed{Weight: 1, Members: lead.Slot{{MemberID: m.ID}}})
	}
	err = i.store.WithTx(ctx, func(t *store.Tx) error {
		g, err := t.CreateGroup(ctx, workspace, spec)
		id = g.ID
		return err
	})
	return id, members, err
}

// serve starts this program again, as a server with all roles, unless it runs.
func (i *installation) serve(ctx context.Context) error {
	if i.process != nil {
		return nil
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	ops, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	log, err := os.OpenFile(i.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()         // the process has its own
	i.process = exec.Command(program, "serve") //nolint:noctx // it is stopped by remove, and asked first
	i.process.Env = append(os.Environ(), "DATABASE_URL="+i.servers[0].URL, "REDIS_URL="+i.servers[1].URL,
		"LEADWHEEL_LISTEN="+address, "LEADWHEEL_OPS_LISTEN="+ops, "LEADWHEEL_LOG_LEVEL=warn",
		"LEADWHEEL_SECRET_KEY="+base64.StdEncoding.EncodeToString(make([]byte, secret.KeySize)), "LEADWHEEL_HOOK_RATE=0", "LEADWHEEL_HOOK_ADDRESS_RATE=0",
		"LEADWHEEL_FORM_RATE=0", "LEADWHEEL_FORM_ADDRESS_RATE=0", "LEADWHEEL_API_RATE=0")
	i.process.Stdout, i.process.Stderr = log, log
	if err := i.process.Start(); err != nil {
		i.process = nil
		return err
	}
	i.base = "http://" + address
	if i.client, err = client.New(i.base, i.key); err != nil {
		return err
	}
	if i.ops, err = client.New("http://"+ops, i.key); err != nil {
		return err
	}
	return i.until(ctx, time.Minute, func() (bool, error) {
		return i.client.Get(ctx, "/readyz", nil) == nil, nil
	})
}

func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// lookInterval is how often a condition is looked at: seldom enough that looking costs what is measured next to nothing.
const lookInterval = 20 * time.Millisecond

// until waits for a condition.
func (i *installation) until(ctx context.Context, limit time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it did not come about within %s: %w", limit, ctx.Err())
		case <-time.After(lookInterval):
		}
	}
}

// untilDistributed waits until nothing is pending.
func (i *installation) untilDistributed(ctx context.Context, limit time.Duration) error {
	return i.until(ctx, limit, func() (bool, error) {
		var pending bool
		err := i.db.GetContext(ctx, &pending, `SELECT EXISTS (SELECT 1 FROM batches WHERE queue <> 'bare')`)
		return !pending, err
	})
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory is the most memory, in MiB, that a process of Leadwheel, with all roles, was resident with so far.
func (i *installation) peakMemory() (float64, error) {
	if i.process == nil {
		return i.peak, nil
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", i.process.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil // not Linux
	}
	if err != nil {
		return 0, err
	}
	found := peakLine.FindStringSubmatch(string(status))
	if found == nil {
		return 0, errors.New("the system does not tell the process's memory")
	}
	kib, err := strconv.ParseFloat(found[1], 64)
	return max(i.peak, kib/1024), err
}

func (i *installation) log() string { return filepath.Join(i.dir, "leadwheel.log") }

// stop stops Leadwheel where it runs.
func (i *installation) stop() (err error) {
	if i.process == nil {
		return nil
	}
	if i.peak, err = i.peakMemory(); err != nil {
		return err
	}
	err = errors.Join(i.process.Process.Signal(syscall.SIGTERM), i.process.Wait())
	i.process = nil
	if log, read := os.ReadFile(i.log()); read == nil && err != nil {
		err = fmt.Errorf("stopping leadwheel: %w; its log ends with:\n%s", err, lastLines(string(log), 10))
	}
	return err
}

// remove stops everything and deletes the folder.
func (i *installation) remove(ctx context.Context) (err error) {
	err = i.stop()
	if i.crowded != nil {
		err = errors.Join(err, i.crowded.remove(ctx))
	}
	if i.db != nil {
		err = errors.Join(err, i.db.Close())
	}
	if i.store != nil {
		err = errors.Join(err, i.store.Close())
	}
	for _, s := range i.servers {
		err = errors.Join(err, s.Stop(ctx))
	}
	return errors.Join(err, os.RemoveAll(i.dir))
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
