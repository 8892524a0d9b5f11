package store_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/store"
)

// TestBackupAndRestore dumps a database, goes on, and restores the dump beside it: once with the Redis that has gone on,
// once with an empty one. Both go on with every turn in place.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.group("A B C")
	w.give(g, 4)
	_, waiting := w.add(3, store.Distribution{GroupID: g})
	dump := filepath.Join(t.TempDir(), "leadwheel.dump")
	postgresTool(t, "pg_dump", "--format=custom", "--file="+dump, "--dbname="+w.DatabaseURL)
	w.run(waiting...)
	w.give(g, 10) // Redis is 13 turns ahead of the dump

	for _, redisIs := range []string{"ahead", "empty"} {
		if redisIs == "empty" {
			if err := w.Redis.FlushDB(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
		}
		restored := *w
		restored.Env = restore(t, w, dump, redisIs)
		if _, err := restored.Store.RebuildLost(t.Context()); err != nil {
			t.Fatal(err)
		}
		restored.run(waiting...)
		equal(t, "who is next where Redis is "+redisIs, restored.give(g, 4), "B C A B")
		equal(t, "copies where Redis is "+redisIs, restored.counts(), map[string]int{"A": 4, "B": 4, "C": 3})
		restored.exact()
	}
}

// restore puts a dump into a database of its own, to work on with the world's Redis.
func restore(t *testing.T, w *world, dump, name string) *testenv.Env {
	t.Helper()
	env := &testenv.Env{DatabaseURL: newDatabase(t, w, name), RedisURL: w.RedisURL, Redis: w.Redis}
	postgresTool(t, "pg_restore", "--exit-on-error", "--no-owner", "--dbname="+env.DatabaseURL, dump)
	var err error
	if env.DB, err = sqlx.Open("postgres", env.DatabaseURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = env.DB.Close() }) // nothing is left to lose
	env.Store, err = store.Open(t.Context(), store.Options{DatabaseURL: env.DatabaseURL, Redis: env.Redis})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = env.Store.Close() })
	return env
}

// postgresTool runs one of the programs that come with Postgres.
func postgresTool(t *testing.T, name string, args ...string) {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v; install the client programs of Postgres", err)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// newDatabase makes an empty database beside the world's, and returns its address.
func newDatabase(t *testing.T, w *world, suffix string) string {
	t.Helper()
	address, err := url.Parse(w.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(address.Path) + "_" + suffix
	w.DB.MustExec(`CREATE DATABASE ` + name + ` TEMPLATE template0`)
	t.Cleanup(func() { w.DB.MustExec(`DROP DATABASE ` + name + ` WITH (FORCE)`) })
	address.Path = "/" + name
	return address.String()
}
