//go:build unix

package localservices

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

const (
	// rootsData holds the data of a server started by root in a folder that the server's user cannot reach.
	rootsData = "/var/lib/leadwheel"
	// maxSocketDir leaves room for ".s.PGSQL.12345.lock" within the 104 to 108 bytes of a socket's address.
	maxSocketDir = 80
)

// dataFolder makes dir, or a stand-in for it that the account can reach, and returns its absolute path.
func dataFolder(dir string, as *account) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the data folder: %w", err)
	}
	reachable, err := as.canReach(dir)
	if err != nil {
		return "", err
	}
	if !reachable {
		dir = filepath.Join(rootsData, shortHash(dir))
	}
	if err := makeFolders(dir, as); err != nil {
		return "", fmt.Errorf("making the data folder %s: %w", dir, err)
	}
	return dir, nil
}

// makeFolders makes dir private to the account, and the folders above it passable.
func makeFolders(dir string, as *account) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return as.own(dir)
}

// socketFolder makes the private folder for the sockets of the server whose data is in dir. It has the same name at
// each start, so that addresses survive a restart and nothing piles up; only when someone else already has that name
// is a random one used.
func socketFolder(dir string, as *account) (string, error) {
	base := "/tmp"
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		base = os.TempDir()
	}
	name := fmt.Sprintf("leadwheel-%d-%s", os.Geteuid(), shortHash(dir))
	path := filepath.Join(base, name)
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrExist) && !privatelyOurs(path, as) {
		path, err = os.MkdirTemp(base, "leadwheel-")
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("making a folder for the server's socket: %w", err)
	}
	if len(path) > maxSocketDir {
		return "", fmt.Errorf("the folder for the server's socket, %s, has too long a name; set TMPDIR to a shorter one", path)
	}
	return path, as.own(path)
}

// privatelyOurs tells whether path is a real folder that only we, or the server's user, can enter.
func privatelyOurs(path string, as *account) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(st.Uid) == os.Geteuid() || as != nil && st.Uid == as.uid)
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}
