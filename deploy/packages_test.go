package deploy_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestStamp has the source say its version: the newest of the changelog, with more behind it where something is unreleased.
func TestStamp(t *testing.T) {
	t.Parallel()
	newest := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$`).FindStringSubmatch(readText(t, "../CHANGELOG.md"))
	if newest == nil {
		t.Fatal("the changelog has no version with a date")
	}
	said, err := exec.CommandContext(t.Context(), "./stamp").Output()
	if words := strings.Fields(string(said)); err != nil || len(words) != 3 || words[0] != newest[1] && !strings.HasPrefix(words[0], newest[1]+"+") {
		t.Errorf("it says %q, %v; the newest version is %s", said, err, newest[1])
	}
	flags, err := exec.CommandContext(t.Context(), "./stamp", "ldflags").Output()
	if err != nil || !strings.Contains(string(flags), "-X main.builtVersion="+newest[1]) {
		t.Errorf("the linker is told %q, %v", flags, err)
	}
}

// TestPackageScripts has a shell read the scripts of the packages, and has those do nothing that are called on the way back from an
// installation that was broken off. What they do else is tried with real packages, by `make test-release`.
func TestPackageScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("packages/*.sh")
	if err != nil || len(scripts) != 3 {
		t.Fatalf("there are %v, %v", scripts, err)
	}
	for _, script := range scripts {
		runTool(t, "sh", "-n", script)
		said, err := exec.CommandContext(t.Context(), "sh", script, "abort-upgrade", "0.1.0").CombinedOutput()
		if err != nil || len(said) > 0 {
			t.Errorf("%s abort-upgrade: %v\n%s", script, err, said)
		}
	}
	for name, unit := range map[string]string{"leadwheel@.service": readText(t, "systemd/leadwheel@.service"), "leadwheel-migrate.service": readText(t, "systemd/leadwheel-migrate.service")} {
		if user := strings.Fields(readText(t, "systemd/leadwheel.sysusers"))[1]; !strings.Contains(unit, "\nUser="+user+"\n") {
			t.Errorf("%s does not run as %s, whom the packages make", name, user)
		}
	}
}
