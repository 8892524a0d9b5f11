//go:build unix

package localservices

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An account is the user a server runs as when we are root, since Postgres refuses to. A nil account is ourselves.
type account struct {
	uid, gid uint32
}

// postgresAccount chooses the user for the cluster in dir: whoever owns it already, else postgres, else nobody.
func postgresAccount(dir string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if owner := ownerOf(filepath.Join(dir, clusterFolder)); owner != nil {
		return owner, nil
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return parseAccount(u)
		}
	}
	return nil, errors.New("running as root, and there is neither a user postgres nor a user nobody to run Postgres as; run as an ordinary user")
}

// ownerOf is the ordinary user whose folder this is when we are root, so that a server run by root leaves no files
// behind that the owner cannot use. It is nil where we need no other account than our own.
func ownerOf(path string) *account {
	var st syscall.Stat_t
	if os.Geteuid() != 0 || syscall.Stat(path, &st) != nil || st.Uid == 0 {
		return nil
	}
	return &account{st.Uid, st.Gid}
}

func parseAccount(u *user.User) (*account, error) {
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, fmt.Errorf("reading the ids of user %s: %w", u.Username, err)
	}
	return &account{uint32(uid), uint32(gid)}, nil
}

func (a *account) credential() *syscall.Credential {
	if a == nil {
		return nil
	}
	return &syscall.Credential{Uid: a.uid, Gid: a.gid}
}

// own makes path the account's.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	if err := os.Chown(path, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("giving %s to the server's user: %w", path, err)
	}
	return nil
}

// canReach tells whether the account may pass through every folder above dir. Folders that are not there yet will be
// made passable.
func (a *account) canReach(dir string) (bool, error) {
	if a == nil {
		return true, nil
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		var st syscall.Stat_t
		err := syscall.Stat(parent, &st)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("looking at %s: %w", parent, err)
		}
		if err == nil && uint32(st.Mode)&a.passBit(&st) == 0 { //nolint:unconvert // Mode is narrower on other systems
			return false, nil
		}
		if parent == filepath.Dir(parent) {
			return true, nil
		}
	}
}

// passBit is the permission bit that lets the account pass through a folder.
func (a *account) passBit(st *syscall.Stat_t) uint32 {
	switch {
	case st.Uid == a.uid:
		return 0o100
	case st.Gid == a.gid:
		return 0o010
	default:
		return 0o001
	}
}
