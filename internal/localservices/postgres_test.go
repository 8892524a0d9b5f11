//go:build unix

package localservices

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lib/pq"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPostgresKeepsDataOverRestart(t *testing.T) {
	t.Parallel()
	o := PostgresOptions{Dir: tempDir(t)}
	first := startPostgresServer(t, o)
	run(t, first, `CREATE TABLE kept AS SELECT 7 AS n`)
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Err(); err != nil {
		t.Errorf("Err() after Stop = %v", err)
	}
	second := startPostgresServer(t, o)
	if got := queryInt(t, second, `SELECT n FROM kept`); got != 7 {
		t.Errorf("after a restart n = %d, want 7", got)
	}
	if first.URL != second.URL {
		t.Errorf("the address changed over a restart: %s, then %s", first.URL, second.URL)
	}
}

func TestPostgresKeepsCommittedDataOverKill(t *testing.T) {
	t.Parallel()
	o := PostgresOptions{Dir: tempDir(t), Throwaway: true}
	first := startPostgresServer(t, o)
	run(t, first, `CREATE TABLE kept AS SELECT 7 AS n`)
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	if got := queryInt(t, startPostgresServer(t, o), `SELECT n FROM kept`); got != 7 {
		t.Errorf("after a kill n = %d, want 7", got)
	}
}

func TestPostgresSecondStartIsRefused(t *testing.T) {
	t.Parallel()
	o := PostgresOptions{Dir: tempDir(t), Throwaway: true}
	startPostgresServer(t, o)
	_, err := StartPostgres(t.Context(), o)
	var inUse *InUseError
	if !errors.As(err, &inUse) {
		t.Fatalf("second start on the same folder: %v, want an InUseError", err)
	}
	if inUse.Pid != os.Getpid() {
		t.Errorf("InUseError.Pid = %d, want ours, %d", inUse.Pid, os.Getpid())
	}
}

func TestPostgresLeftoverIsEnded(t *testing.T) {
	t.Parallel()
	o := PostgresOptions{Dir: tempDir(t), Throwaway: true}
	first := startPostgresServer(t, o)
	run(t, first, `CREATE TABLE kept AS SELECT 7 AS n`)
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A server that nobody holds the lock for, as after a killed program.
	as, err := postgresAccount(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	p := &postgres{options: o, dir: o.Dir, as: as}
	if err := p.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := p.launch(t.Context(), func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.ready(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	fresh := startPostgresServer(t, o)
	<-left.done
	if got := queryInt(t, fresh, `SELECT n FROM kept`); got != 7 {
		t.Errorf("after ending a leftover n = %d, want 7", got)
	}
}

func TestPostgresForeignPidFileIsIgnored(t *testing.T) {
	t.Parallel()
	o := PostgresOptions{Dir: tempDir(t), Throwaway: true}
	first := startPostgresServer(t, o)
	pidFile := filepath.Join(first.Dir, clusterFolder, "postmaster.pid")
	content, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	// The number of the killed server now belongs to another process, this one.
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(pidFile, fmt.Appendf(nil, "%d\n%s", os.Getpid(), rest), 0o600); err != nil {
		t.Fatal(err)
	}
	startPostgresServer(t, o)
}

func TestPostgresDeathIsReported(t *testing.T) {
	t.Parallel()
	s := startPostgresServer(t, PostgresOptions{Dir: tempDir(t), Throwaway: true})
	p, err := os.FindProcess(s.Pid())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
	var died *ServerError
	if err := s.Err(); !errors.As(err, &died) || !strings.Contains(died.Tail, "ready to accept connections") {
		t.Errorf("Err() = %v, want a ServerError with the end of the log", err)
	}
}

func TestPostgresStartFailureShowsLog(t *testing.T) {
	t.Parallel()
	o := PostgresOptions{Dir: tempDir(t), Throwaway: true}
	s := startPostgresServer(t, o)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(s.Dir, clusterFolder, "postgresql.conf")
	if err := os.WriteFile(conf, []byte("no_such_setting = on\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := StartPostgres(t.Context(), o)
	var failed *ServerError
	if !errors.As(err, &failed) || !strings.Contains(failed.Error(), "no_such_setting") {
		t.Errorf("start with a broken setting: %v, want a ServerError that names it", err)
	}
}

func TestPostgresUnfinishedInitdbIsRedone(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	unfinished := filepath.Join(dir, clusterFolder+".new")
	if err := os.MkdirAll(filepath.Join(unfinished, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	startPostgresServer(t, PostgresOptions{Dir: dir, Throwaway: true})
}

func TestPostgresStartObeysContext(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := StartPostgres(ctx, PostgresOptions{Dir: dir, Throwaway: true}); err == nil {
		t.Errorf("StartPostgres with an ended context = %v", s)
	}
	startPostgresServer(t, PostgresOptions{Dir: dir, Throwaway: true}) // the lock was given back
}

func startPostgresServer(t *testing.T, o PostgresOptions) *Server {
	t.Helper()
	s, err := StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, s)
	return s
}

func stopAtEnd(t *testing.T, s *Server) {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

func open(t *testing.T, s *Server) *sql.DB {
	t.Helper()
	connector, err := pq.NewConnector(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() }) // its server may be gone
	return db
}

func run(t *testing.T, s *Server, statement string) {
	t.Helper()
	if _, err := open(t, s).ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func queryInt(t *testing.T, s *Server, query string) (n int) {
	t.Helper()
	if err := open(t, s).QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
