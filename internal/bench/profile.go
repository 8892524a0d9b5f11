package bench

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// profiledFor is for how long the server's CPU is profiled from the beginning of what it does, in seconds.
const profiledFor = 5

// profiled has the server do something, and keeps profiles of its CPU and of its heap after it in the folder for that, if there is one,
// under a name and the number of the round.
func (i *installation) profiled(ctx context.Context, name string, do func() error) error {
	if i.cfg.Profiles == "" {
		return do()
	}
	if err := os.MkdirAll(i.cfg.Profiles, 0o755); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("making the folder of profiles: %w", err)
	}
	i.kept[name]++
	file := fmt.Sprintf("%s-%d", name, i.kept[name])
	ended := make(chan error, 1)
	go func() {
		ended <- i.keepProfile(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", profiledFor), file+"-cpu.pprof")
	}()
	err := do()
	if profiling := <-ended; err != nil || profiling != nil {
		return cmp.Or(err, profiling)
	}
	return i.keepProfile(ctx, "/debug/pprof/heap", file+"-heap.pprof")
}

func (i *installation) keepProfile(ctx context.Context, path, file string) error {
	var profile strings.Builder
	err := i.ops.Download(ctx, path, "application/octet-stream", &profile)
	if err == nil {
		err = os.WriteFile(filepath.Join(i.cfg.Profiles, file), []byte(profile.String()), 0o644) //nolint:gosec // for everybody to read
	}
	if err != nil {
		return fmt.Errorf("keeping the profile %s: %w", file, err)
	}
	return nil
}
