package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// again is how long whatever looks after a process waits before it starts it anew, once it has ended by itself.
const again = 500 * time.Millisecond

// build builds the program at a path, as it is shipped but for its clock, which can be set, and for files that are changed, by their paths.
func build(t *testing.T, path string, changed map[string]string) string {
	t.Helper()
	all := settableClock(t)
	maps.Copy(all, changed)
	return buildIn(t, root, path, all)
}

// buildIn builds the source in a folder, but for files that are changed, by their paths.
func buildIn(t *testing.T, folder, path string, changed map[string]string) string {
	t.Helper()
	args := []string{"build", "-trimpath", "-o", path}
	if len(changed) > 0 {
		args = append(args, "-overlay", overlaid(t, changed))
	}
	cmd := exec.CommandContext(t.Context(), "go", append(args, "./cmd/leadwheel")...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, said)
	}
	return path
}

// built is the program as it is, built once for all tests, or the one that the environment names.
func built(t *testing.T) string {
	t.Helper()
	if path := os.Getenv(programVariable); path != "" {
		return path
	}
	building.Do(func() {
		dir, err := os.MkdirTemp("", "leadwheel-test-")
		if err != nil {
			t.Fatal(err)
		}
		testenv.AtEnd(func(context.Context) error { return os.RemoveAll(dir) })
		whole = build(t, filepath.Join(dir, "leadwheel"), nil)
	})
	return whole
}

var (
	building sync.Once
	whole    string
)

// root is the module's, seen from here.
const root = "../.."

// A process is one of Leadwheel's. Where it ends by itself it is started again, as whatever looks after it in production does.
type process struct {
	name, role string
	side       int
	program    string // which it is; it may be another when it is started again
	listen     string // where it takes requests, if it does
	ops        string // where operators ask it
	start      func(extra []string) (*exec.Cmd, error)
	extra      []string // settings of the next start that others have not

	mu    sync.Mutex
	cmd   *exec.Cmd
	down  bool // it was killed, and is to stay so
	ended chan struct{}
	fell  int // how many times it ended by itself
}

// run starts it, where it does not run.
func (p *process) run() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil && !p.down {
		return nil
	}
	p.down = false
	return p.launch()
}

// launch starts it; p.mu is held.
func (p *process) launch() error {
	cmd, err := p.start(p.extra)
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	p.cmd, p.ended = cmd, make(chan struct{})
	go p.watch(cmd, p.ended)
	return nil
}

// watch starts it again where it ends by itself.
func (p *process) watch(cmd *exec.Cmd, ended chan struct{}) {
	_ = cmd.Wait() // what it said is in its log
	close(ended)
	for {
		p.mu.Lock()
		if p.down || p.cmd != cmd {
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		time.Sleep(again) //nolint:forbidigo // a service manager's pause, which is no wait for anything
		p.mu.Lock()
		if !p.down && p.cmd == cmd {
			p.fell++
			_ = p.launch() // it is tried again
		}
		p.mu.Unlock()
	}
}

// kill ends it as a crash does, until it is run again.
func (p *process) kill() {
	p.mu.Lock()
	p.down = true
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill() // it may have ended just now
		<-ended
	}
}

// end tells it to end, and returns how long that took. It must end well.
func (p *process) end(t *testing.T) time.Duration {
	t.Helper()
	p.mu.Lock()
	p.down = true
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("telling %s to end: %v", p.name, err)
	}
	select {
	case <-ended:
	case <-time.After(endsWithin):
		t.Errorf("%s has not ended %s after it was told to", p.name, endsWithin)
		p.kill()
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("%s ended with %d", p.name, code)
	}
	return time.Since(began)
}

// endsWithin is how long docs/upgrade.md says that a process takes to end, draining and all.
const endsWithin = 13 * time.Second

// signal sends a signal, to nobody where it has just ended.
func (p *process) signal(sig syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("sending %s to %s: %w", sig, p.name, err)
	}
	return nil
}

// falls is how many times it ended by itself.
func (p *process) falls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fell
}

// command is a process of the program with a log of its own.
func command(ctx context.Context, program, log string, settings []string, args ...string) (*exec.Cmd, error) {
	said, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = said.Close() }() // the process has its own
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}, settings...)
	cmd.Stdout, cmd.Stderr = said, said
	return cmd, cmd.Start()
}
