package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/store"
)

func TestPostgresFindings(t *testing.T) {
	t.Parallel()
	good := store.Server{Version: 15, MaxConnections: 100, Connections: 10, Durable: true}
	change := func(f func(*store.Server)) store.Server {
		s := good
		f(&s)
		return s
	}
	for name, test := range map[string]struct {
		got  Check
		want State
	}{
		"version":          {version(good), OK},
		"old version":      {version(change(func(s *store.Server) { s.Version = 13 })), Broken},
		"writes":           {writes(good), OK},
		"replica":          {writes(change(func(s *store.Server) { s.ReadOnly = true })), Broken},
		"not durable":      {writes(change(func(s *store.Server) { s.Durable = false })), Warning},
		"clock":            {clock(good), OK},
		"clock behind":     {clock(change(func(s *store.Server) { s.Skew = -3 * time.Second })), Warning},
		"clock far ahead":  {clock(change(func(s *store.Server) { s.Skew = time.Hour })), Broken},
		"connections":      {connections(good), OK},
		"few connections":  {connections(change(func(s *store.Server) { s.Connections = 90 })), Warning},
		"few at the start": {connections(change(func(s *store.Server) { s.MaxConnections, s.Connections = 15, 1 })), Warning},
	} {
		if test.got.State != test.want || (test.want == OK) != (test.got.Advice == "") {
			t.Errorf("%s: %+v, want %s, with advice unless ok", name, test.got, test.want)
		}
	}
}

func TestStandings(t *testing.T) {
	t.Parallel()
	first, second := store.Standing{Name: "a:1", Primary: true, Timeline: 1}, store.Standing{Name: "b:2", Primary: true, Timeline: 2}
	follows, gone := store.Standing{Name: "c:3"}, store.Standing{Name: "d:4", Err: errors.New("connection refused")}
	for name, test := range map[string]struct {
		of   []store.Standing
		want State
	}{
		"one and a standby": {[]store.Standing{follows, first}, OK},
		"one is gone":       {[]store.Standing{gone, first}, Warning},
		"two primaries":     {[]store.Standing{first, second}, Broken},
		"none":              {[]store.Standing{follows, gone}, Broken},
	} {
		got := standings(test.of)
		if got.State != test.want || (test.want == OK) != (got.Advice == "") {
			t.Errorf("%s: %+v, want %s, with advice unless ok", name, got, test.want)
		}
	}
}

func TestRedisFindings(t *testing.T) {
	t.Parallel()
	info := func(name, value string) map[string]string { return map[string]string{name: value} }
	for name, test := range map[string]struct {
		got  Check
		want State
	}{
		"7.2.4":          {redisVersion(info("redis_version", "7.2.4")), OK},
		"6.2.0":          {redisVersion(info("redis_version", "6.2.0")), OK},
		"6.0.16":         {redisVersion(info("redis_version", "6.0.16")), Broken},
		"10.0":           {redisVersion(info("redis_version", "10.0")), OK},
		"no version":     {redisVersion(nil), Warning},
		"noeviction":     {redisEviction(info("maxmemory_policy", "noeviction")), OK},
		"allkeys-lru":    {redisEviction(info("maxmemory_policy", "allkeys-lru")), Warning},
		"no policy":      {redisEviction(nil), Warning},
		"appendonly":     {redisPersistence(info("aof_enabled", "1")), OK},
		"no appendonly":  {redisPersistence(info("aof_enabled", "0")), Warning},
		"no persistence": {redisPersistence(nil), Warning},
	} {
		if test.got.State != test.want || (test.want == OK) != (test.got.Advice == "") {
			t.Errorf("%s: %+v, want %s, with advice unless ok", name, test.got, test.want)
		}
	}
}

func TestSecretFindings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		got  Check
		want State
	}{
		"nothing":        {secrets(nil, false), OK},
		"all open":       {secrets([]store.Sealed{{Rows: 3}}, false), OK},
		"an older key":   {secrets([]store.Sealed{{Rows: 3}, {Rows: 2, Older: 1}}, false), Warning},
		"an unknown key": {secrets([]store.Sealed{{Rows: 3, Older: 1}, {Rows: 2, Closed: 1}}, false), Broken},
		"no key":         {secrets([]store.Sealed{{Rows: 3, Closed: 3}}, true), Warning},
	} {
		if test.got.State != test.want || (test.want == OK) != (test.got.Advice == "") {
			t.Errorf("%s: %+v, want %s, with advice unless ok", name, test.got, test.want)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got := examineFiles(dir); got[0].State != Skipped {
		t.Errorf("with no files: %+v", got)
	}
	key := filepath.Join(dir, "8080", "admin-key")
	if err := os.Mkdir(filepath.Dir(key), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, []byte("lw_x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := examineFiles(dir); got[0].State != OK {
		t.Errorf("with a private key: %+v", got)
	}
	if err := os.Chmod(key, 0o640); err != nil {
		t.Fatal(err)
	}
	if got := examineFiles(dir); got[0].State != Broken {
		t.Errorf("with a key that the group may read: %+v", got)
	}
}
