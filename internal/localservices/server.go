//go:build unix

// Package localservices starts private Postgres and Redis servers as child processes: for `leadwheel up` on a machine
// that has no servers of its own, and for tests. They listen on Unix sockets in a private folder, end with the program
// (also when it is killed, on Linux), and keep their data in the folder they are given. It knows nothing of what is stored in them.
package localservices

import (
	"context"
	"syscall"
	"time"
)

// A Server is one running server. It is safe for concurrent use.
type Server struct {
	// URL is what clients connect to: a postgres:// or unix:// (Redis) address, or redis:// for the in-process Redis.
	URL string
	// Addr is the "host:port" of the loopback listener; empty where none was asked for.
	Addr string
	// Dir is the folder that holds the data and the log. It differs from the one asked for where the server's user
	// could not reach that one.
	Dir string
	// Notes are what the person at the terminal should know about this server, a sentence each; often none.
	Notes []string

	name    string
	pid     int
	done    <-chan struct{}
	signal  func(syscall.Signal) error
	kill    func() error
	exitErr func() error
	stop    []stopStep
}

// A stopStep is one signal and how long to wait for its effect before the next, harsher one.
type stopStep struct {
	signal syscall.Signal
	wait   time.Duration
}

// Name is "postgres" or "redis".
func (s *Server) Name() string { return s.name }

// Pid is the process id of the server: our own, where it runs inside this program.
func (s *Server) Pid() int { return s.pid }

// Done is closed when the server has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err tells how the server ended, with the last lines of its log where it died by itself. It is nil while the server
// runs and after Stop or Kill.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.exitErr()
	default:
		return nil
	}
}

// Stop ends the server and waits until it has ended: within 8 s, by SIGKILL if nothing gentler helped. When ctx ends,
// it goes straight to the harsher signals. Stopping a server that has ended is no error.
func (s *Server) Stop(ctx context.Context) error {
	for _, step := range s.stop {
		if err := s.signal(step.signal); err != nil {
			return err
		}
		if s.endedWithin(ctx, step.wait) {
			return nil
		}
	}
	return s.Kill()
}

func (s *Server) endedWithin(ctx context.Context, wait time.Duration) bool {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	select {
	case <-s.done:
		return true
	case <-timeout.C:
	case <-ctx.Done():
	}
	return false
}

// Kill ends the server and its own children by SIGKILL, as a crash would, and waits until they have ended. Its data can
// be opened again.
func (s *Server) Kill() error { return s.kill() }
