package testenv

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/leadwheel/leadwheel/internal/localservices"
	"github.com/leadwheel/leadwheel/store"
)

const (
	// keptPrefix begins the names of folders that keep a migrated database, of which each test process copies one: making and migrating one
	// takes two seconds of the processor, and copying it a tenth.
	keptPrefix = "leadwheel-database-"
	// keptFor is how long one is kept that nobody copies any more, as those of earlier schemas.
	keptFor = 24 * time.Hour
)

// migrated returns the folder with the files of a migrated Postgres that has ended, which other test processes copy too. The first makes it;
// who comes meanwhile waits.
func migrated(ctx context.Context) (string, error) {
	schema, err := schemaHash()
	if err != nil {
		return "", fmt.Errorf("reading what makes the tests' database: %w", err)
	}
	caches, err := os.UserCacheDir()
	if err != nil || os.MkdirAll(caches, 0o700) != nil { // whoever runs the tests has no home, or may not write there
		caches = os.TempDir()
	}
	kept := filepath.Join(caches, keptPrefix+schema)
	lock, err := os.OpenFile(kept+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("locking the tests' database: %w", err)
	}
	defer func() { _ = lock.Close() }() // nothing was written
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("locking the tests' database: %w", err)
	}
	now := time.Now()
	if err := os.Chtimes(kept, now, now); err == nil {
		return kept, nil
	}
	forget(caches)
	if err := makeMigrated(ctx, kept); err != nil {
		return "", fmt.Errorf("making a migrated database for the tests: %w", err)
	}
	return kept, nil
}

// makeMigrated makes a Postgres, migrates it, ends it, and keeps its files.
func makeMigrated(ctx context.Context, kept string) (err error) {
	dir, err := os.MkdirTemp(scratch(), folderPrefix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := localservices.StartPostgres(ctx, localservices.PostgresOptions{Dir: dir, Throwaway: true})
	if err != nil {
		return err
	}
	if err := errors.Join(store.Migrate(ctx, server.URL), server.Stop(ctx)); err != nil {
		return err
	}
	unfinished := kept + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := copyFiles(ctx, filepath.Join(server.Dir, "data"), unfinished); err != nil {
		return err
	}
	return os.Rename(unfinished, kept)
}

// forget removes what is kept of schemas that nobody has any more. It is housekeeping: what it cannot remove, somebody else is removing.
func forget(caches string) {
	old, _ := filepath.Glob(filepath.Join(caches, keptPrefix+"*")) // the pattern is well-formed
	for _, path := range old {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > keptFor {
			_ = os.RemoveAll(path)
		}
	}
}

// fill copies a migrated database into a folder in which a Postgres is to be started.
func fill(ctx context.Context, dir string) error {
	kept, err := migrated(ctx)
	if err != nil {
		return err
	}
	return copyFiles(ctx, kept, filepath.Join(dir, "data"))
}

func copyFiles(ctx context.Context, from, to string) error {
	if out, err := exec.CommandContext(ctx, "cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copying %s: %w:\n%s", from, err, out)
	}
	return nil
}

// schemaHash tells databases apart by all that could make them differ: Postgres, the migrations, and the store's own code.
// None of it changes while tests run.
var schemaHash = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	version, err := localservices.PostgresVersion(context.Background())
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	hash.Write([]byte(version))
	err = filepath.WalkDir(filepath.Join(root, "store"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || filepath.Ext(path) != ".go" && filepath.Ext(path) != ".sql" {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(hash, f)
		return errors.Join(err, f.Close())
	})
	return hex.EncodeToString(hash.Sum(nil)[:8]), err
})

// moduleRoot is the folder of the module whose tests run, in one of whose packages they do.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "store", "migrations")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no folder above this one has store/migrations")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
