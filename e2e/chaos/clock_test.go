package chaos_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// clockVariable names, to a program that was built with the time package below, the instant at which its machine's clock is set, in Unix
// seconds, and by how many seconds: "1767225600,-300".
const clockVariable = "CHAOS_CLOCK"

// A program asks the processor for the time and not the kernel, so that nobody can tell it another one from outside. Chaos therefore builds it
// with a package time whose Now can be set, ahead or back, while the process runs; what goes on evenly (timers, durations) goes on evenly
// there too, as on a machine whose clock somebody sets.
const (
	readsClock = "	sec, nsec, mono := runtimeNow()\n"
	setsClock  = readsClock + "	if sec >= clockSetAt {\n		sec += clockSetBy\n	}\n"
	clockIsSet = `
var clockSetAt, clockSetBy = clockSet()

func clockSet() (at, by int64) {
	text, found := syscall.Getenv("` + clockVariable + `")
	for n := range len(text) {
		if text[n] == ',' {
			from, wrong := atoi(text[:n])
			seconds, bad := atoi(text[n+1:])
			if wrong == nil && bad == nil {
				return int64(from), int64(seconds)
			}
		}
	}
	if found {
		panic("` + clockVariable + ` is not as in 1767225600,-300")
	}
	return 1 << 62, 0
}
`
)

// settableClock is what package time becomes, by the path of its file.
func settableClock(t *testing.T) map[string]string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "time").Output()
	if err != nil {
		t.Fatalf("looking for package time: %v", err)
	}
	path := filepath.Join(strings.TrimSpace(string(dir)), "time.go")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, change := range [][2]string{{"\n\t\"errors\"\n", "\n\t\"errors\"\n\t\"syscall\"\n"}, {readsClock, setsClock}} {
		if n := strings.Count(text, change[0]); n != 1 {
			t.Fatalf("this version of Go has %d of what is changed in %s; see how its Now reads the clock by now:\n%s", n, path, change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	return map[string]string{path: text + clockIsSet}
}

// overlaid writes for the compiler what files become, by their paths, and returns where it says so.
func overlaid(t *testing.T, changed map[string]string) string {
	t.Helper()
	dir, replace := t.TempDir(), make(map[string]string)
	for path, text := range changed {
		whole, err := filepath.Abs(path)
		at := filepath.Join(dir, strings.ReplaceAll(whole, "/", "_"))
		if err := errors.Join(err, os.WriteFile(at, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		replace[whole] = at
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	path := filepath.Join(dir, "overlay.json")
	if err := errors.Join(err, os.WriteFile(path, data, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// clockSet has the clock of a process' machine be set while it works, after it was started anew for it; the next start has the right time.
func clockSet(by time.Duration) func(*world, string, *rand.Rand) func() {
	return func(w *world, target string, _ *rand.Rand) func() {
		p := w.process(target)
		begin := func(settings ...string) {
			p.kill()
			p.extra = settings
			w.must(p.run())
		}
		begin(fmt.Sprintf("%s=%d,%d", clockVariable, time.Now().Add(2*time.Second).Unix(), int(by.Seconds())))
		return func() { begin() }
	}
}
