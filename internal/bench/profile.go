package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// profiledFor is for how long the server's CPU is profiled from the beginning of what is measured, in seconds.
const profiledFor = 10

// profiled does something, and keeps profiles of the server's CPU and of its heap after it in the folder for that, if there is one.
// The server may begin to run meanwhile.
func (i *installation) profiled(ctx context.Context, name string, do func() error) error {
	if i.cfg.Profiles == "" {
		return do()
	}
	if err := os.MkdirAll(i.cfg.Profiles, 0o755); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("making the folder of profiles: %w", err)
	}
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() { ended <- i.profileCPU(ctx, name, done) }()
	err := do()
	close(done)
	if profiling := <-ended; err != nil || profiling != nil {
		return cmp.Or(err, profiling)
	}
	return i.keepProfile(ctx, "/debug/pprof/heap", name+"-heap.pprof")
}

// profileCPU profiles the server as soon as it runs, unless that comes too late.
func (i *installation) profileCPU(ctx context.Context, name string, done <-chan struct{}) error {
	for {
		err := i.keepProfile(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", profiledFor), name+"-cpu.pprof")
		if err == nil {
			return nil
		}
		select {
		case <-done:
			return fmt.Errorf("profiling the server: %w", err)
		case <-time.After(lookInterval):
		}
	}
}

func (i *installation) keepProfile(ctx context.Context, path, file string) error {
	ops := i.ops.Load()
	if ops == nil {
		return errors.New("the server does not run yet")
	}
	var profile strings.Builder
	if err := ops.Download(ctx, path, "application/octet-stream", &profile); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(i.cfg.Profiles, file), []byte(profile.String()), 0o644) //nolint:gosec // for everybody to read
}
