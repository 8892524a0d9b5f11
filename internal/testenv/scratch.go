package testenv

import (
	"os"
	"syscall"
)

const (
	// memory is where Linux keeps files in memory. Each test's database is some 600 files that are made and removed, which
	// on a disk's file system takes twice the time of all tests.
	memory = "/dev/shm"
	// enough is what must be free there, in bytes: the servers of the packages that are tested at once stay far below it.
	enough = 4 << 30
)

// scratch is where the servers that tests share keep their data.
func scratch() string {
	var fs syscall.Statfs_t
	if os.Getenv("TMPDIR") != "" || syscall.Statfs(memory, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < enough {
		return os.TempDir()
	}
	return memory
}
