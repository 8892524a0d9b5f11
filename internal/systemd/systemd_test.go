package systemd

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// listen opens a socket as systemd does.
func listen(t *testing.T) (*net.UnixConn, string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify-") // the names of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Close(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	return conn, path
}

// next is the next datagram, empty where none comes in time.
func next(t *testing.T, conn *net.UnixConn, within time.Duration) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 100)
	n, err := conn.Read(said)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	return string(said[:n])
}

func TestStates(t *testing.T) {
	t.Parallel()
	conn, path := listen(t)
	m, err := Started(path, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Ready(t.Context()), m.Stopping(t.Context())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"READY=1", "STOPPING=1"} {
		if got := next(t, conn, 10*time.Second); got != want {
			t.Errorf("it was told %q, want %q", got, want)
		}
	}
	m.Watch(t.Context(), func(context.Context) error { t.Error("nobody watches"); return nil }, func(err error) { t.Error(err) })
}

// TestWatch has a process that works, then does not, and then does again.
func TestWatch(t *testing.T) {
	t.Parallel()
	conn, path := listen(t)
	m, err := Started(path, "30000", strconv.Itoa(os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var broken atomic.Bool
	failures, ended := make(chan error, 1000), make(chan struct{})
	go func() {
		defer close(ended)
		m.Watch(ctx, func(ctx context.Context) error {
			if broken.Load() {
				<-ctx.Done() // as what is stuck
			}
			return ctx.Err()
		}, func(err error) { failures <- err })
	}()
	if got := next(t, conn, 10*time.Second); got != "WATCHDOG=1" {
		t.Errorf("it was told %q", got)
	}
	broken.Store(true)
	if err := <-failures; !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "is told nothing") {
		t.Errorf("the failure is %v", err)
	}
	for next(t, conn, time.Millisecond) != "" { // what was sent before
	}
	if got := next(t, conn, 200*time.Millisecond); got != "" {
		t.Errorf("while it does not work it was told %q", got)
	}
	broken.Store(false)
	if got := next(t, conn, 10*time.Second); got != "WATCHDOG=1" {
		t.Errorf("when it works again it was told %q", got)
	}
	cancel()
	<-ended
}

func TestNobody(t *testing.T) {
	t.Parallel()
	m, err := Started("", "", "")
	if err := errors.Join(err, m.Ready(t.Context()), m.Stopping(t.Context())); err != nil {
		t.Error(err)
	}
	for _, pid := range []string{"1", "0"} { // meant for others
		if m, err := Started("/run/notify", "1000000", pid); err != nil || m.patience != 0 {
			t.Errorf("for process %s the patience is %s, %v", pid, m.patience, err)
		}
	}
	for _, wrong := range []string{"soon", "0", "-1"} {
		if _, err := Started("/run/notify", wrong, ""); err == nil || !strings.Contains(err.Error(), "WATCHDOG_USEC") {
			t.Errorf("WATCHDOG_USEC=%s: %v", wrong, err)
		}
	}
	m, err = Started(filepath.Join(t.TempDir(), "none"), "", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "READY=1") {
		t.Errorf("with no such socket: %v", err)
	}
}
