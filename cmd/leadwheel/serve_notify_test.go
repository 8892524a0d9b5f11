package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestServiceManagerIsTold starts the program as systemd does, and freezes it meanwhile.
func TestServiceManagerIsTold(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	dir, err := os.MkdirTemp("", "notify-") // the names of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "s")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	told := func(within time.Duration) string {
		t.Helper()
		if err := socket.SetReadDeadline(time.Now().Add(within)); err != nil {
			t.Fatal(err)
		}
		said := make([]byte, 100)
		n, err := socket.Read(said)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		return string(said[:n])
	}
	p := startShipped(t, []string{
		"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL, "LEADWHEEL_LISTEN=127.0.0.1:0", "LEADWHEEL_OPS_LISTEN=127.0.0.1:0",
		"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=600000",
	}, "serve", "--roles=api")
	if got := told(patience); got != "READY=1" {
		t.Fatalf("first it is told %q; the program wrote:\n%s", got, &p.stderr)
	}
	for range 2 {
		if got := told(patience); got != "WATCHDOG=1" {
			t.Errorf("then it is told %q", got)
		}
	}
	p.signal(syscall.SIGSTOP)
	for told(time.Second) != "" { // what was sent before
	}
	p.signal(syscall.SIGCONT)
	if got := told(patience); got != "WATCHDOG=1" {
		t.Errorf("when it goes on it is told %q", got)
	}
	p.signal(syscall.SIGTERM)
	for got := told(patience); got != "STOPPING=1"; got = told(patience) {
		if got != "WATCHDOG=1" {
			t.Fatalf("at the end it is told %q", got)
		}
	}
	if code := p.wait(patience); code != exitOK {
		t.Errorf("it ended with %d", code)
	}
}
