//go:build unix

// Package standalone runs everything in one process on one machine: Postgres and Redis servers of its own where none are
// given, a migrated database with something in it, and all roles. `leadwheel up` calls it. It adds nothing that internal/app cannot
// do on servers of others.
package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/localservices"
	"github.com/leadwheel/leadwheel/store"
)

// Together with what a server needs to be killed at last, these keep Stop within ten seconds.
const (
	appStop     = 5 * time.Second
	serversStop = 3 * time.Second
)

// Options are where and how to run.
type Options struct {
	// App is how to run the roles. An empty DatabaseURL or RedisURL means a private server; Roles are always all.
	App app.Config
	// DataDir holds a folder for each public port, with the private servers' data and the admin key.
	DataDir string
	// MoveOps takes a free port for the operators' listener where the one it should have is taken.
	MoveOps bool
}

// A Standalone is everything, running.
type Standalone struct {
	// Dir is the data folder.
	Dir string
	// KeyFile holds AdminKey, a key to Workspace.
	KeyFile   string
	AdminKey  string
	Workspace store.Workspace
	// SignInLink is the token of a link that signs whoever started this in to the console, once.
	SignInLink string
	// Group is the workspace's oldest distribution group; nil where it has none.
	Group *store.Group
	// Notes are what the person at the terminal should know, a sentence each.
	Notes []string
	// Settings lead other commands to the private servers, each as the shell sets a variable.
	Settings []string

	log     *slog.Logger
	servers []*localservices.Server
	app     *app.App
	failed  chan error
	stopped chan struct{}
}

// Start starts it all. What was started before a failure is stopped again. Stop what it returns.
func Start(ctx context.Context, o Options) (*Standalone, error) {
	s := &Standalone{log: o.App.Log, failed: make(chan error, 1), stopped: make(chan struct{})}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	go s.watch()
	return s, nil
}

func (s *Standalone) start(ctx context.Context, o Options) (err error) {
	if s.Dir, err = dataFolder(ctx, o.DataDir, o.App.Listen); err != nil {
		return err
	}
	o.App.Roles = app.Roles()
	if o.App.SecretKeys == "" {
		if o.App.SecretKeys, err = secretKey(s.Dir); err != nil {
			return err
		}
	}
	if err := s.startServers(ctx, &o.App); err != nil {
		return err
	}
	s.log.Info("bringing the database to this program's schema")
	if err := store.Migrate(ctx, o.App.DatabaseURL); err != nil {
		return err
	}
	if err := s.prepare(ctx, o.App.DatabaseURL); err != nil {
		return err
	}
	return s.startApp(ctx, o)
}

// dataFolder makes the folder for the port of a public address, so that programs side by side do not share one.
func dataFolder(ctx context.Context, base, listen string) (string, error) {
	_, name, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("reading the public address %q: %w; it looks like 127.0.0.1:8080", listen, err)
	}
	port, err := net.DefaultResolver.LookupPort(ctx, "tcp", name)
	if err != nil {
		return "", fmt.Errorf("reading the port of the public address %q: %w", listen, err)
	}
	dir := filepath.Join(base, strconv.Itoa(port))
	// Postgres does not run as root, so others may pass through; what is in here is closed to them by itself.
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the data folder: %w", err)
	}
	return dir, nil
}

// startApp starts all roles, on another port for operators where it may and must.
func (s *Standalone) startApp(ctx context.Context, o Options) (err error) {
	if s.app, err = app.Start(ctx, o.App); !o.MoveOps || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	taken := o.App.OpsListen
	host, _, err := net.SplitHostPort(taken)
	if err != nil {
		return fmt.Errorf("reading the operators' address %q: %w", taken, err)
	}
	o.App.OpsListen = net.JoinHostPort(host, "0")
	s.app, err = app.Start(ctx, o.App)
	s.Notes = append(s.Notes, fmt.Sprintf("%s is taken, so the operators' listener has another port.", taken))
	return err
}

// URL is the public address, OpsURL the operators'.
func (s *Standalone) URL() string { return s.app.URL() }

// OpsURL is the operators' address.
func (s *Standalone) OpsURL() string { return s.app.OpsURL() }

// Failed gives an error when it cannot go on. It is then to be stopped.
func (s *Standalone) Failed() <-chan error { return s.failed }

// watch passes on the first failure of the app or a server.
func (s *Standalone) watch() {
	ended := make(chan *localservices.Server, len(s.servers))
	for _, server := range s.servers {
		go func() {
			<-server.Done()
			ended <- server
		}()
	}
	select {
	case <-s.stopped:
	case err := <-s.app.Failed():
		s.failed <- err
	case server := <-ended:
		if err := server.Err(); err != nil { // it is nil where we ended the server
			s.failed <- fmt.Errorf("the private %s ended: %w", server.Name(), err)
		}
	}
}

// Stop ends it all within ten seconds: first the work, then the servers. It is called once.
func (s *Standalone) Stop(ctx context.Context) error {
	close(s.stopped)
	s.log.Info("stopping")
	s.stopApp(ctx)
	ctx, cancel := context.WithTimeout(ctx, serversStop)
	defer cancel()
	errs := make([]error, len(s.servers))
	var all sync.WaitGroup
	for i, server := range s.servers {
		all.Go(func() { errs[i] = server.Stop(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// stopApp does not wait for work that takes too long to end; it is begun anew at the next start.
func (s *Standalone) stopApp(ctx context.Context) {
	if s.app == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, appStop)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.app.Stop(ctx) }()
	select {
	case err := <-ended:
		if err != nil {
			s.log.Warn("not everything stopped in good order", "error", err)
		}
	case <-ctx.Done():
		s.log.Warn("not all work ended in time; it is begun anew at the next start")
	}
}
