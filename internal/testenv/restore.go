package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"
)

// An Archive is where a Postgres puts its log, part by part, to be restored from together with a copy of its data.
type Archive struct {
	dir string
	tb  testing.TB
}

// NewArchive makes one.
func NewArchive(tb testing.TB) *Archive {
	tb.Helper()
	a := &Archive{dir: folder(tb), tb: tb}
	if err := os.Chmod(a.dir, 0o777); err != nil { // #nosec G302 // the server may be another user's
		tb.Fatalf("testenv: %v", err)
	}
	return a
}

// Settings have a Postgres archive here: give them to WithPostgresSettings.
func (a *Archive) Settings() map[string]string {
	return map[string]string{
		"wal_level": "replica", "max_wal_senders": "3", "archive_mode": "on", "full_page_writes": "on",
		"archive_command": fmt.Sprintf("test ! -f %s/%%f && cp %%p %[1]s/%%f", a.dir),
	}
}

// BaseBackup copies the data of a running server into a folder that it makes, as pg_basebackup does.
func (b *Backend) BaseBackup() (folderOfData string) {
	b.tb.Helper()
	dir := folder(b.tb)
	cmd := exec.CommandContext(b.tb.Context(), "pg_basebackup", "--dbname="+b.URLAt(b.Addr), "--pgdata="+filepath.Join(dir, "data"), "--checkpoint=fast", "--wal-method=none", "--no-sync")
	if said, err := cmd.CombinedOutput(); err != nil {
		b.tb.Fatalf("testenv: pg_basebackup: %v\n%s", err, said)
	}
	owner, err := os.Stat(filepath.Join(b.server.Dir, "data"))
	if err != nil {
		b.tb.Fatalf("testenv: %v", err)
	}
	if of, is := owner.Sys().(*syscall.Stat_t); is && int(of.Uid) != os.Geteuid() { // the server is another user's, as Postgres' is where we are root
		if said, err := exec.CommandContext(b.tb.Context(), "chown", "-R", fmt.Sprintf("%d:%d", of.Uid, of.Gid), dir).CombinedOutput(); err != nil {
			b.tb.Fatalf("testenv: giving a backup to the server's user: %v\n%s", err, said)
		}
	}
	return dir
}

// Restore starts a Postgres on a copy of a base backup, has it read the archive up to a target, as in recovery_target_name=x, and go on from
// there by itself.
func (a *Archive) Restore(backup, target, value string, redisURL string, client *redis.Client) *Env {
	a.tb.Helper()
	dir := folder(a.tb)
	data := filepath.Join(dir, "data")
	if said, err := exec.CommandContext(a.tb.Context(), "cp", "-a", filepath.Join(backup, "data"), data).CombinedOutput(); err != nil {
		a.tb.Fatalf("testenv: copying a backup: %v\n%s", err, said)
	}
	if err := os.WriteFile(filepath.Join(data, "recovery.signal"), nil, 0o600); err != nil {
		a.tb.Fatalf("testenv: %v", err)
	}
	settings := a.Settings()
	settings["archive_mode"] = "off"
	settings["restore_command"] = fmt.Sprintf("cp %s/%%f %%p", a.dir)
	settings[target] = value
	settings["recovery_target_action"] = "promote"
	server := postgresIn(a.tb, dir, settings)
	env := &Env{DatabaseURL: server.server.URL, RedisURL: redisURL, Redis: client}
	env.open(a.tb, nil)
	Eventually(a.tb, startTimeout, func() error {
		var recovering bool
		err := env.DB.Get(&recovering, `SELECT pg_is_in_recovery()`)
		if err == nil && recovering {
			err = errors.New("it is still reading the archive")
		}
		return err
	})
	return env
}
