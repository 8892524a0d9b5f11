package testenv

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/store"
)

func TestMain(m *testing.M) { Main(m) }

func TestNewIsMigratedAndEmpty(t *testing.T) {
	t.Parallel()
	env := New(t)
	if err := store.CheckSchema(t.Context(), env.DatabaseURL); err != nil {
		t.Errorf("schema of the cloned database: %v", err)
	}
	if n := env.Redis.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("a new Redis database holds %d keys", n)
	}
}

func TestEachTestHasItsOwn(t *testing.T) {
	t.Parallel()
	for n := range 8 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			env := New(t)
			// Each of these fails where another test's doing can be seen.
			if _, err := env.DB.ExecContext(t.Context(), `CREATE TABLE mine (n int)`); err != nil {
				t.Error(err)
			}
			if set, err := env.Redis.SetNX(t.Context(), "mine", n, 0).Result(); err != nil || !set {
				t.Errorf("SetNX = %v, %v", set, err)
			}
		})
	}
}

func TestWithClock(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	env := New(t, WithClock(func() time.Time { return noon }))
	if got := env.Store.Now(); !got.Equal(noon) {
		t.Errorf("Store.Now() = %v, want %v", got, noon)
	}
}

func TestDedicatedServersDieAndComeBack(t *testing.T) {
	t.Parallel()
	d := NewDedicated(t)
	ctx := t.Context()
	if _, err := d.DB.ExecContext(ctx, `CREATE TABLE kept (n int)`); err != nil {
		t.Fatal(err)
	}
	d.PostgresServer.Kill()
	d.RedisServer.Kill()
	if err := d.DB.PingContext(ctx); err == nil {
		t.Error("a killed Postgres still answers")
	}
	if err := d.Redis.Ping(ctx).Err(); err == nil {
		t.Error("a killed Redis still answers")
	}
	d.PostgresServer.Start()
	d.RedisServer.Start()
	Eventually(t, 10*time.Second, func() error {
		_, err := d.DB.ExecContext(ctx, `INSERT INTO kept VALUES (1)`)
		return errors.Join(err, d.Redis.Ping(ctx).Err())
	})
}

func TestProxy(t *testing.T) {
	t.Parallel()
	d := NewDedicated(t)
	proxy := Proxy(t, d.RedisServer.Addr)
	options, err := redis.ParseURL(d.RedisServer.URLAt(proxy.Addr))
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries = -1
	options.ContextTimeoutEnabled = true
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() }) // the proxy may have cut its connections
	ping := func() error { return client.Ping(t.Context()).Err() }
	if err := ping(); err != nil {
		t.Fatalf("through the proxy: %v", err)
	}
	proxy.Cut()
	if err := ping(); err == nil {
		t.Error("a cut proxy still passes data")
	}
	proxy.Restore()
	Eventually(t, 5*time.Second, ping)

	cure := proxy.Poison("timeout", "downstream", map[string]any{"timeout": 0})
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := client.Ping(short).Err(); err == nil {
		t.Error("an answer came through a proxy that swallows answers")
	}
	cure()
	Eventually(t, 5*time.Second, ping)
}

func TestPostgresThroughProxy(t *testing.T) {
	t.Parallel()
	d := NewDedicated(t)
	proxy := Proxy(t, d.PostgresServer.Addr)
	if err := store.CheckSchema(t.Context(), d.PostgresServer.URLAt(proxy.Addr)); err != nil {
		t.Errorf("through the proxy: %v", err)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(b)
	}
}
