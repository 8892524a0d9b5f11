package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// patience is what a program under test has for anything but stopping.
const patience = 30 * time.Second

// A program is leadwheel running as a process of its own.
type program struct {
	tb     testing.TB
	cmd    *exec.Cmd
	stdout testenv.Log
	stderr testenv.Log
	ended  chan struct{}
	err    error // read it after ended
}

// start starts leadwheel with arguments, and with no settings in its environment but those given. It is killed at the
// end of the test if it still runs.
func start(tb testing.TB, settings []string, args ...string) *program {
	tb.Helper()
	return startAs(tb, os.Args[0], settings, args...)
}

// startAs is start for a program at a path of its own.
func startAs(tb testing.TB, path string, settings []string, args ...string) *program {
	tb.Helper()
	p := &program{tb: tb, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(context.WithoutCancel(tb.Context()), path, args...)
	p.cmd.Env = append([]string{
		asProgram + "=1", "PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir(),
		"GORACE=atexit_sleep_ms=0", // the race detector else holds up each end by a second
	}, settings...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		tb.Fatalf("starting leadwheel %v: %v", args, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	tb.Cleanup(func() {
		select {
		case <-p.ended:
		default:
			_ = p.cmd.Process.Kill() // it may have ended just now
			<-p.ended
		}
	})
	return p
}

// wait waits for the end and returns the exit code, -1 where a signal ended it.
func (p *program) wait(within time.Duration) int {
	p.tb.Helper()
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case <-p.ended:
	case <-timeout.C:
		p.tb.Fatalf("%v has not ended within %s; it wrote:\n%s%s", p.cmd.Args[1:], within, &p.stdout, &p.stderr)
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		p.tb.Fatalf("waiting for %v: %v", p.cmd.Args[1:], p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// signal sends a signal, and stop one that ends the program in good order.
func (p *program) signal(sig syscall.Signal) {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.tb.Fatalf("sending %v: %v", sig, err)
	}
}

func (p *program) stop(sig syscall.Signal) {
	p.tb.Helper()
	p.signal(sig)
	if code := p.wait(10 * time.Second); code != exitOK {
		p.tb.Errorf("%v ended with %d after %v; it wrote:\n%s", p.cmd.Args[1:], code, sig, &p.stderr)
	}
}

// until waits until the program has written a text to o.
func (p *program) until(o *testenv.Log, text string) {
	p.tb.Helper()
	testenv.Eventually(p.tb, patience, func() error {
		select {
		case <-p.ended:
			p.tb.Fatalf("%v ended before it wrote %q; it wrote:\n%s%s", p.cmd.Args[1:], text, &p.stdout, &p.stderr)
		default:
		}
		if strings.Contains(o.String(), text) {
			return nil
		}
		return fmt.Errorf("it wrote no %q but:\n%s%s", text, &p.stdout, &p.stderr)
	})
}

// shipped is the program as make builds it, built once for all tests. Without the race detector it starts in a seventh of the time;
// what it would find in the commands that serve, it finds in those that start starts.
var shipped = sync.OnceValues(func() (path string, err error) {
	dir, err := os.MkdirTemp("", "leadwheel-test-")
	if err != nil {
		return "", err
	}
	testenv.AtEnd(func(context.Context) error { return os.RemoveAll(dir) })
	path = filepath.Join(dir, "leadwheel")
	build := exec.Command("go", "build", "-trimpath", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, said)
	}
	return path, nil
})

// startShipped is start for the program as it is shipped.
func startShipped(tb testing.TB, settings []string, args ...string) *program {
	tb.Helper()
	path, err := shipped()
	if err != nil {
		tb.Fatal(err)
	}
	return startAs(tb, path, settings, args...)
}

// command runs a command that ends by itself, and fails the test where its exit code is not the one wanted. It returns
// what the command printed and what it said beside.
func command(tb testing.TB, code int, settings []string, args ...string) (stdout, stderr string) {
	tb.Helper()
	p := startShipped(tb, settings, args...)
	if got := p.wait(patience); got != code {
		tb.Fatalf("leadwheel %v ended with %d, want %d; it wrote:\n%s%s", args, got, code, &p.stderr, &p.stdout)
	}
	return p.stdout.String(), p.stderr.String()
}

// commandJSON runs a command that succeeds, with --json, and returns what it printed.
func commandJSON[T any](tb testing.TB, settings []string, args ...string) T {
	tb.Helper()
	stdout, _ := command(tb, exitOK, settings, append(args, "--json")...)
	return parse[T](tb, stdout)
}

func parse[T any](tb testing.TB, text string) T {
	tb.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		tb.Fatalf("reading %q as JSON: %v", text, err)
	}
	return v
}

// freePort finds a port at which nobody listens.
func freePort(tb testing.TB) string {
	tb.Helper()
	_, port, err := net.SplitHostPort(testenv.FreeAddress(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return port
}

// dataDir is a folder that the user whom private servers run as can reach, which a test's own one is not.
func dataDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "leadwheel-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return dir
}
