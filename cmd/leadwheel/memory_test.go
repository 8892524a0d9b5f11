package main

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestMemoryThatIsAllowed(t *testing.T) {
	t.Parallel()
	file := func(content string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(content)} }
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  int64
	}{
		"a container": {fstest.MapFS{
			"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("536870912\n"),
		}, 512 << 20},
		"a service, whose slice may have less": {fstest.MapFS{
			"proc/self/cgroup": file("0::/system.slice/leadwheel@api.service\n"),
			"sys/fs/cgroup/system.slice/leadwheel@api.service/memory.max":    file("1073741824\n"),
			"sys/fs/cgroup/system.slice/memory.max":                          file("268435456\n"),
			"sys/fs/cgroup/system.slice/another-process.service/memory.max":  file("1048576\n"),
			"sys/fs/cgroup/system.slice/leadwheel@api.service/memory.events": file("max 0\n"),
		}, 256 << 20},
		"a group without a limit, within one that has one": {fstest.MapFS{
			"proc/self/cgroup": file("0::/pod/container\n"), "sys/fs/cgroup/pod/container/memory.max": file("max\n"),
			"sys/fs/cgroup/pod/memory.max": file("4194304\n"),
		}, 4 << 20},
		"no limit":                      {fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("max\n")}, math.MaxInt64},
		"a group that cannot be seen":   {fstest.MapFS{"proc/self/cgroup": file("0::/../host\n")}, math.MaxInt64},
		"control groups of version 1":   {fstest.MapFS{"proc/self/cgroup": file("4:memory:/docker/1f\n1:cpu:/\n")}, math.MaxInt64},
		"a system of another kind":      {fstest.MapFS{}, math.MaxInt64},
		"a file that says nothing well": {fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("\n")}, math.MaxInt64},
	} {
		if got := allowedMemory(c.files); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, got, c.want)
		}
	}
}
