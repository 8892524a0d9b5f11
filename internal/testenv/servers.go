package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/localservices"
)

var errNoMain = errors.New("add `func TestMain(m *testing.M) { testenv.Main(m) }` to this package's tests, or its servers are never stopped")

// servers are one Postgres and one Redis, started when first needed.
type servers struct {
	mu      sync.Mutex
	allowed bool
	started bool
	err     error

	databases *databases
	redises   *redises
	closers   []func(context.Context) error
}

// allow tells that someone will stop what is started.
func (s *servers) allow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.allowed = true
}

// start starts the servers once; later calls give the first one's result.
func (s *servers) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.allowed {
		return errNoMain
	}
	if !s.started {
		s.started = true
		s.err = s.startAll(ctx)
	}
	return s.err
}

func (s *servers) startAll(ctx context.Context) error {
	sweep()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return errors.Join(s.startPostgres(ctx), s.startRedis(ctx))
}

func (s *servers) startPostgres(ctx context.Context) error {
	dir, err := s.folder("postgres")
	if err == nil {
		err = fill(ctx, dir)
	}
	if err != nil {
		return err
	}
	server, err := localservices.StartPostgres(ctx, localservices.PostgresOptions{Dir: dir, Throwaway: true})
	if err != nil {
		return fmt.Errorf("starting Postgres for the tests: %w", err)
	}
	s.atEnd(server.Stop)
	s.databases, err = newDatabases(ctx, server.URL)
	if err != nil {
		return err
	}
	s.atEnd(func(context.Context) error { return s.databases.close() })
	return nil
}

func (s *servers) startRedis(ctx context.Context) error {
	dir, err := s.folder("redis")
	if err != nil {
		return err
	}
	server, err := localservices.StartRedis(ctx, localservices.RedisOptions{Dir: dir, Throwaway: true})
	if err != nil {
		return fmt.Errorf("starting Redis for the tests: %w", err)
	}
	s.atEnd(server.Stop)
	options, err := redis.ParseURL(server.URL)
	if err != nil {
		return fmt.Errorf("reading the address of the tests' Redis: %w", err)
	}
	s.redises = newRedises(server.URL, options)
	return nil
}

func (s *servers) folder(kind string) (string, error) {
	dir, err := os.MkdirTemp(scratch(), folderPrefix+kind+"-")
	if err != nil {
		return "", fmt.Errorf("making a folder for the tests' %s: %w", kind, err)
	}
	s.atEnd(func(context.Context) error { return os.RemoveAll(dir) })
	return dir, nil
}

func (s *servers) atEnd(f func(context.Context) error) { s.closers = append(s.closers, f) }

// stop undoes all that start did, last first.
func (s *servers) stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		errs = append(errs, s.closers[last](ctx))
		s.closers = s.closers[:last]
	}
	return errors.Join(errs...)
}
