package testenv

import (
	"context"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// maxConns keeps many parallel tests within the server's 300 connections.
const maxConns = 12

// An Env is what one test works on. All of it is closed and removed when the test ends.
type Env struct {
	// DatabaseURL and RedisURL are for programs under test that connect by themselves.
	DatabaseURL string
	RedisURL    string
	// DB is for looking at, and preparing, what the store does not show.
	DB *sqlx.DB
	// Redis is a client for the test's own logical database. FLUSHDB it at will; for FLUSHALL use NewDedicated.
	Redis *redis.Client
	// Store is open on both.
	Store *store.Store
	left  collector
}

// An Option changes what New and NewDedicated give.
type Option func(*config)

type config struct {
	now      func() time.Time
	channels []lead.Channel
	disk     string
	settings map[string]string
}

// WithClock gives the store the clock now.
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.now = now }
}

// WithChannels gives the store channels by which messages can be sent.
func WithChannels(channels ...lead.Channel) Option {
	return func(c *config) { c.channels = channels }
}

// WithPostgresOn has a dedicated environment's Postgres, or a standby of it, keep its data in a folder, as of a Disk.
func WithPostgresOn(folder string) Option {
	return func(c *config) { c.disk = folder }
}

// WithStandby has a dedicated environment's Postgres write what standbys need: see NewStandby.
func WithStandby() Option { return WithPostgresSettings(followed) }

// New gives the test an empty, migrated database and an empty Redis database, on servers that other tests of the
// process use too. The test may be parallel.
func New(tb testing.TB, opts ...Option) *Env {
	tb.Helper()
	ctx := tb.Context()
	if err := shared.start(ctx); err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	name, err := shared.databases.clone(ctx)
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	cleanup(tb, func(ctx context.Context) error { return shared.databases.drop(ctx, name) })
	n, client, err := shared.redises.lease(ctx)
	if err != nil {
		tb.Fatalf("testenv: %v", err)
	}
	cleanup(tb, func(ctx context.Context) error { return shared.redises.giveBack(ctx, n, client) })
	env := &Env{DatabaseURL: shared.databases.address(name), RedisURL: shared.redises.address(n), Redis: client}
	env.open(tb, opts)
	return env
}

// ExampleRedis gives an example, which has no testing.TB, the address of an empty Redis database, and what gives it back.
// It panics where there is no server, as examples do.
func ExampleRedis() (url string, giveBack func()) {
	ctx := context.Background()
	if err := shared.start(ctx); err != nil {
		panic(err)
	}
	n, client, err := shared.redises.lease(ctx)
	if err != nil {
		panic(err)
	}
	return shared.redises.address(n), func() {
		if err := shared.redises.giveBack(ctx, n, client); err != nil {
			panic(err)
		}
	}
}

// WithPostgresSettings has a dedicated environment's Postgres started with settings.
func WithPostgresSettings(settings map[string]string) Option {
	return func(c *config) { c.settings = settings }
}

func configOf(opts []Option) (c config) {
	for _, opt := range opts {
		opt(&c)
	}
	return c
}

// open connects DB and Store.
func (e *Env) open(tb testing.TB, opts []Option) {
	tb.Helper()
	c := configOf(opts)
	db, err := sqlx.Open("postgres", e.DatabaseURL)
	if err != nil {
		tb.Fatalf("testenv: reading the database address: %v", err)
	}
	db.SetMaxOpenConns(maxConns)
	// The connections may have been cut by the test, so an error of closing them says nothing.
	tb.Cleanup(func() { _ = db.Close() })
	e.DB = db
	e.Store, err = store.Open(tb.Context(), store.Options{
		DatabaseURL: e.DatabaseURL, Redis: e.Redis, MaxConns: maxConns, Now: c.now, Channels: c.channels, Committed: e.left.add,
	})
	if err != nil {
		tb.Fatalf("testenv: opening the store: %v", err)
	}
	tb.Cleanup(func() { _ = e.Store.Close() })
}

// cleanup runs f at the end of the test, with a context of its own since the test's has then ended.
func cleanup(tb testing.TB, f func(context.Context) error) {
	tb.Helper()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), stopTimeout)
		defer cancel()
		if err := f(ctx); err != nil {
			tb.Errorf("testenv: %v", err)
		}
	})
}
