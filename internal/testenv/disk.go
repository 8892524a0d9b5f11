package testenv

import (
	"fmt"
	"os/exec"
	"syscall"
	"testing"
)

// A Disk is a small one, which a test can fill.
type Disk struct {
	// Folder is where it begins.
	Folder string

	tb   testing.TB
	size int // in KiB
}

// NewDisk makes a disk in memory of so many MiB. It skips the test where this user may not mount one.
func NewDisk(tb testing.TB, size int) *Disk {
	tb.Helper()
	d, err := TryDisk(tb, size)
	if err != nil {
		tb.Skip(err)
	}
	return d
}

// TryDisk is NewDisk for a test that can do without: it returns an error where this user may not mount one. It takes no more memory than there
// is on it.
func TryDisk(tb testing.TB, size int) (*Disk, error) {
	tb.Helper()
	d := &Disk{Folder: folder(tb), tb: tb, size: size << 10}
	mount := exec.CommandContext(tb.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk,mode=0777", d.size), "leadwheel-test", d.Folder)
	if said, err := mount.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("a small disk cannot be mounted here, which takes root: %w %s", err, said)
	}
	tb.Cleanup(func() {
		if err := syscall.Unmount(d.Folder, syscall.MNT_DETACH); err != nil {
			tb.Errorf("testenv: unmounting %s: %v", d.Folder, err)
		}
	})
	return d, nil
}

// Fill leaves no room on it: it becomes as large as what is there.
func (d *Disk) Fill() {
	d.tb.Helper()
	Eventually(d.tb, startTimeout, func() error { // somebody may write meanwhile
		var is syscall.Statfs_t
		if err := syscall.Statfs(d.Folder, &is); err != nil {
			return fmt.Errorf("asking what is on a disk: %w", err)
		}
		return d.resize((is.Blocks - is.Bfree) * uint64(is.Bsize) >> 10) // #nosec G115 // it is a page
	})
}

// Empty makes room again.
func (d *Disk) Empty() {
	d.tb.Helper()
	if err := d.resize(uint64(d.size)); err != nil { // #nosec G115 // it is what the test asked for
		d.tb.Fatalf("testenv: %v", err)
	}
}

// resize gives it another size, in KiB, which is not below what is there.
func (d *Disk) resize(size uint64) error {
	said, err := exec.CommandContext(d.tb.Context(), "mount", "-o", fmt.Sprintf("remount,size=%dk", size), d.Folder).CombinedOutput()
	if err != nil {
		return fmt.Errorf("giving a disk %d KiB: %w %s", size, err, said)
	}
	return nil
}
