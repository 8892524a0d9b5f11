//go:build unix

package localservices

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestRedisKeepsDataOverRestart(t *testing.T) {
	t.Parallel()
	o := RedisOptions{Dir: tempDir(t)}
	first := startRedis(t, o)
	set(t, first, "kept", "yes")
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := client(t, startRedis(t, o)).Get(t.Context(), "kept").Val(); got != "yes" {
		t.Errorf("after a restart kept = %q, want yes", got)
	}
}

func TestThrowawayRedisForgetsOverKill(t *testing.T) {
	t.Parallel()
	o := RedisOptions{Dir: tempDir(t), Throwaway: true}
	first := startRedis(t, o)
	set(t, first, "gone", "yes")
	if err := first.Kill(); err != nil {
		t.Fatal(err)
	}
	if n := client(t, startRedis(t, o)).DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("after a kill a throwaway Redis holds %d keys", n)
	}
}

func TestRedisSecondStartIsRefused(t *testing.T) {
	t.Parallel()
	o := RedisOptions{Dir: tempDir(t), Throwaway: true}
	startRedis(t, o)
	_, err := StartRedis(t.Context(), o)
	var inUse *InUseError
	if !errors.As(err, &inUse) {
		t.Errorf("second start on the same folder: %v, want an InUseError", err)
	}
}

func TestRedisLeftoverIsEnded(t *testing.T) {
	t.Parallel()
	o := RedisOptions{Dir: tempDir(t)}
	bin, err := findRedis()
	if err != nil {
		t.Fatal(err)
	}
	// A server that nobody holds the lock for, as after a killed program.
	r := &redisServer{options: o, bin: bin, dir: o.Dir}
	if err := r.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := r.launch(t.Context(), func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ready(t.Context(), left); err != nil {
		t.Fatal(err)
	}
	set(t, r.server(left), "kept", "yes")
	fresh := startRedis(t, o)
	<-left.done
	if got := client(t, fresh).Get(t.Context(), "kept").Val(); got != "yes" {
		t.Errorf("after ending a leftover kept = %q, want yes", got)
	}
}

func TestEmbeddedRedis(t *testing.T) {
	t.Parallel()
	s, err := StartEmbeddedRedis()
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, s)
	c := client(t, s)
	if err := c.Set(t.Context(), "short", "lived", 20*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(5 * time.Second)
	for c.Exists(t.Context(), "short").Val() == 1 {
		select {
		case <-deadline:
			t.Fatal("a key outlived its time")
		default:
		}
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
}

func TestMissingServersSayWhatToInstall(t *testing.T) {
	t.Parallel()
	for _, name := range []string{postgresName, redisName} {
		err := &NotInstalledError{Server: name, Looked: []string{"PATH"}, Err: os.ErrDeadlineExceeded}
		for _, want := range []string{name, "install", "PATH", "_URL"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err.Error(), want)
			}
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the cause is lost")
		}
	}
}

func startRedis(t *testing.T, o RedisOptions) *Server {
	t.Helper()
	s, err := StartRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	stopAtEnd(t, s)
	return s
}

func client(t *testing.T, s *Server) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() }) // its server may be gone
	return c
}

func set(t *testing.T, s *Server, key, value string) {
	t.Helper()
	if err := client(t, s).Set(t.Context(), key, value, 0).Err(); err != nil {
		t.Fatal(err)
	}
}
