//go:build unix

package localservices

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// clusterFolder is Postgres's own data within the data folder.
	clusterFolder = "data"
	// databaseName is also the name of the role, a superuser of this private server.
	databaseName = "leadwheel"
)

// PostgresOptions are where and how to run Postgres.
type PostgresOptions struct {
	// Dir holds the data; it is made, and the database with it, where it is not there yet.
	Dir string
	// Throwaway trades durability for speed: a crash of the machine may lose the data. For tests.
	Throwaway bool
	// TCPPort makes the server listen on 127.0.0.1 too, with no password. For tests only; 0 means the socket alone.
	TCPPort int
	// Settings are the server's own, in the place of ours. For tests.
	Settings map[string]string
	// StandbyOf is the address of the server that this one follows, of which it is made a copy where it has no data yet. For tests.
	StandbyOf string
}

// StartPostgres starts Postgres on the data in o.Dir and returns once it answers, with an empty database the first
// time. A server left running there by a killed program is ended first. The context bounds the start only.
//
// Errors: *NotInstalledError, *InUseError, *ServerError.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Server, error) {
	giveUp := time.Now().Add(orphansTimeout)
	for {
		s, err := startPostgres(ctx, o)
		if err == nil || !hasOrphans(err) || time.Now().After(giveUp) {
			return s, err
		}
		select {
		case <-time.After(orphansRetry):
		case <-ctx.Done():
			return nil, err
		}
	}
}

func startPostgres(ctx context.Context, o PostgresOptions) (*Server, error) {
	as, err := postgresAccount(o.Dir)
	if err != nil {
		return nil, err
	}
	dir, err := dataFolder(o.Dir, as)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	p := &postgres{options: o, dir: dir, as: as}
	if err := p.prepare(ctx); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	proc, err := p.launch(ctx, func() error { return errors.Join(os.RemoveAll(p.socket), lock.release()) })
	if err != nil {
		return nil, err
	}
	s := p.server(proc)
	if err := p.ready(ctx, proc); err != nil {
		return nil, errors.Join(err, s.Kill())
	}
	return s, nil
}

// A postgres is one server about to be started.
type postgres struct {
	options PostgresOptions
	dir     string
	as      *account
	bin     string
	socket  string
}

func (p *postgres) cluster() string { return filepath.Join(p.dir, clusterFolder) }

// prepare does all that comes before the server itself: find it, end a leftover, make the database files.
func (p *postgres) prepare(ctx context.Context) error {
	version, err := os.ReadFile(filepath.Join(p.cluster(), "PG_VERSION"))
	isNew := errors.Is(err, os.ErrNotExist)
	if err != nil && !isNew {
		return fmt.Errorf("reading the version of the database in %s (was it made by another user?): %w", p.dir, err)
	}
	if p.bin, err = p.findBinaries(ctx, strings.TrimSpace(string(version))); err != nil {
		return err
	}
	if isNew {
		fill := p.initdb
		if p.options.StandbyOf != "" {
			fill = p.copyPrimary
		}
		if err := fill(ctx); err != nil {
			return err
		}
	}
	if err := endLeftover(ctx, p.cluster()); err != nil {
		return err
	}
	p.socket, err = socketFolder(p.dir, p.as)
	return err
}

// initdb makes the database files under another name first, so that an interrupted initdb is never taken for a database.
func (p *postgres) initdb(ctx context.Context) error {
	unfinished := p.cluster() + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("removing an unfinished database: %w", err)
	}
	args := []string{
		"--pgdata=" + unfinished, "--username=" + databaseName, "--encoding=UTF8", "--locale=C", "--auth=trust", "--no-instructions",
	}
	if p.options.Throwaway {
		args = append(args, "--no-sync")
	}
	out, err := p.command(ctx, "initdb", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("making a new database in %s: %w:\n%s", p.dir, err, out)
	}
	return os.Rename(unfinished, p.cluster())
}

// copyPrimary makes a standby of a running server.
func (p *postgres) copyPrimary(ctx context.Context) error {
	unfinished := p.cluster() + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("removing an unfinished copy: %w", err)
	}
	server, err := filepath.EvalSymlinks(filepath.Join(p.bin, "postgres")) // a link may stand alone on the PATH
	if err != nil {
		return err
	}
	cmd := p.command(ctx, "pg_basebackup", "--pgdata="+unfinished, "--dbname="+p.options.StandbyOf, "--write-recovery-conf",
		"--checkpoint=fast", "--no-sync")
	cmd.Path = filepath.Join(filepath.Dir(server), "pg_basebackup")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("copying a database to %s: %w:\n%s", p.dir, err, out)
	}
	return os.Rename(unfinished, p.cluster())
}

// command is one of Postgres's programs, run as its user from a folder that that user can be in.
func (p *postgres) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.Env = serverEnv()
	cmd.SysProcAttr = childAttr(p.as, p.deathSignal())
	return cmd
}

// deathSignal is what the kernel sends Postgres when we die: an orderly end, or the quickest one.
func (p *postgres) deathSignal() syscall.Signal {
	if p.options.Throwaway {
		return syscall.SIGQUIT
	}
	return syscall.SIGINT
}

// launch runs the server; onExit is called once it has ended, or could not be run.
func (p *postgres) launch(ctx context.Context, onExit func() error) (*process, error) {
	log, err := openLog(p.dir)
	if err != nil {
		return nil, errors.Join(err, onExit())
	}
	// The server outlives the start, so the context that bounds the start must not end it.
	cmd := p.command(context.WithoutCancel(ctx), "postgres", p.serverArgs()...)
	return startProcess(postgresName, cmd, log, onExit)
}

func (p *postgres) server(proc *process) *Server {
	s := Server{
		URL:  p.databaseURL(databaseName),
		Dir:  p.dir,
		stop: []stopStep{{syscall.SIGINT, 5 * time.Second}, {syscall.SIGQUIT, 2 * time.Second}},
	}
	if p.options.TCPPort > 0 {
		s.Addr = loopback(p.options.TCPPort)
	}
	if asked, err := filepath.Abs(p.options.Dir); err == nil && asked != p.dir {
		s.Notes = append(s.Notes, fmt.Sprintf("Postgres does not run as root, and its user cannot reach %s, so the data is in %s.", asked, p.dir))
	}
	return proc.server(s)
}

func (p *postgres) serverArgs() []string {
	settings := map[string]string{
		"unix_socket_directories": p.socket,
		"unix_socket_permissions": "0700",
		"listen_addresses":        "",
		"port":                    p.port(),
		"log_line_prefix":         "%m [%p] ",
	}
	if p.options.TCPPort > 0 {
		settings["listen_addresses"] = "127.0.0.1"
	}
	args := []string{"-D", p.cluster()}
	for _, set := range []map[string]string{settings, tuning(p.options.Throwaway), p.options.Settings} { // the last one holds
		for name, value := range set {
			args = append(args, "-c", name+"="+value)
		}
	}
	return args
}

// port also names the socket, so there is one even where no TCP port is open.
func (p *postgres) port() string {
	if p.options.TCPPort > 0 {
		return strconv.Itoa(p.options.TCPPort)
	}
	return "5432"
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// serverEnv leaves out PG… variables, which would change what the server and initdb do, and keeps the server's
// messages in English.
func serverEnv() []string {
	env := []string{"LC_ALL=C"}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			env = append(env, kv)
		}
	}
	return env
}
