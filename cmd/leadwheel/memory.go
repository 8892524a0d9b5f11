package main

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// memoryRatio is how much of what the container may have Go is told of. The rest is for what Go does not count.
const memoryRatio = 0.8

// limitMemory has Go collect in time to stay within what the process' control group allows it, or it would be killed there
// with garbage in its hands. GOMEMLIMIT says otherwise where it is set, and has to be set where control groups are of version 1.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if bytes := allowedMemory(os.DirFS("/")); bytes < math.MaxInt64 {
		debug.SetMemoryLimit(int64(memoryRatio * float64(bytes)))
	}
}

// allowedMemory is the least that the process' control group, or one that it is in, may have in bytes, as files of version 2 say under the
// system's root; math.MaxInt64 where none says anything.
func allowedMemory(root fs.FS) int64 {
	allowed := int64(math.MaxInt64)
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return allowed // no Linux
	}
	for line := range strings.Lines(string(groups)) {
		group, isVersion2 := strings.CutPrefix(strings.TrimSpace(line), "0::/")
		if !isVersion2 {
			continue
		}
		for {
			limit, err := fs.ReadFile(root, path.Join("sys/fs/cgroup", group, "memory.max"))
			if bytes, wrong := strconv.ParseInt(strings.TrimSpace(string(limit)), 10, 64); err == nil && wrong == nil && bytes > 0 {
				allowed = min(allowed, bytes) // or it says "max"
			}
			if group == "" || group == "." {
				break
			}
			group = path.Dir(group)
		}
	}
	return allowed
}
