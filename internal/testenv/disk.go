package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A Disk is a small one, which a test can fill.
type Disk struct {
	// Folder is where it begins.
	Folder string

	tb testing.TB
}

// NewDisk makes a disk in memory of so many MiB. It skips the test where this user may not mount one.
func NewDisk(tb testing.TB, size int) *Disk {
	tb.Helper()
	d := &Disk{Folder: folder(tb), tb: tb}
	mount := exec.CommandContext(tb.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm,mode=0777", size), "leadwheel-test", d.Folder)
	if said, err := mount.CombinedOutput(); err != nil {
		tb.Skipf("a small disk cannot be mounted here, which takes root: %v %s", err, said)
	}
	tb.Cleanup(func() {
		if err := syscall.Unmount(d.Folder, syscall.MNT_DETACH); err != nil {
			tb.Errorf("testenv: unmounting %s: %v", d.Folder, err)
		}
	})
	return d
}

// ballast is what fills a disk.
func (d *Disk) ballast() string { return filepath.Join(d.Folder, "ballast") }

// Fill leaves no room on it.
func (d *Disk) Fill() {
	d.tb.Helper()
	f, err := os.Create(d.ballast())
	if err != nil {
		d.tb.Fatalf("testenv: %v", err)
	}
	for block := make([]byte, 1<<20); err == nil; {
		if _, err = f.Write(block); len(block) > 1<<12 && errors.Is(err, syscall.ENOSPC) {
			block, err = block[:len(block)/2], nil
		}
	}
	if err = errors.Join(ignore(err, syscall.ENOSPC), f.Close()); err != nil {
		d.tb.Fatalf("testenv: filling a disk: %v", err)
	}
}

// Empty makes room again.
func (d *Disk) Empty() {
	d.tb.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.tb.Fatalf("testenv: %v", err)
	}
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
