package testenv

import (
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	folderPrefix = "leadwheel-test-"
	// sweepAge is longer than any run of tests takes between making a folder and locking it.
	sweepAge = time.Hour
)

// sweep removes the data of test processes that were killed before they could. It is housekeeping: what it cannot
// remove, someone else is removing or owns.
func sweep() {
	folders, _ := filepath.Glob(filepath.Join(scratch(), folderPrefix+"*")) // the pattern is well-formed
	for _, folder := range folders {
		info, err := os.Stat(folder)
		if err == nil && time.Since(info.ModTime()) > sweepAge && !inUse(folder) {
			_ = os.RemoveAll(folder)
		}
	}
}

// inUse tells whether a running process holds the lock that localservices takes in its data folder.
func inUse(folder string) bool {
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR, 0)
	if err != nil {
		return !os.IsNotExist(err)
	}
	defer func() { _ = lock.Close() }() // nothing was written
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}
