package deploy_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/app"
)

// TestUnits looks at the systemd units; where systemd is at hand it does so too.
func TestUnits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"leadwheel@.service", "leadwheel-migrate.service", "leadwheel.target"} {
		text := readText(t, filepath.Join("systemd", name))
		if strings.HasSuffix(name, ".service") {
			for _, want := range []string{"DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=\n", "SystemCallFilter=@system-service"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s has no %s", name, want)
				}
			}
		}
		for _, found := range regexp.MustCompile(`\b((?:DATABASE|REDIS|LEADWHEEL)_[A-Z_]+)=`).FindAllStringSubmatch(text, -1) {
			checkSetting(t, name, found[1])
		}
		// There is no leadwheel where systemd would look for it.
		writeText(t, filepath.Join(dir, name), strings.ReplaceAll(text, "ExecStart=leadwheel", "ExecStart=/bin/true"))
	}
	for _, name := range []string{"leadwheel.env", "api.env", "worker.env", "scheduler.env"} {
		for _, found := range regexp.MustCompile(`(?m)^#?([A-Z_]+)=`).FindAllStringSubmatch(readText(t, filepath.Join("systemd", name)), -1) {
			checkSetting(t, name, found[1])
		}
	}
	for _, want := range []string{"\nType=notify\n", "\nWatchdogSec="} {
		if !strings.Contains(readText(t, "systemd/leadwheel@.service"), want) {
			t.Errorf("systemd is not told of the process's state: there is no %q", want)
		}
	}
	instances := []string{filepath.Join(dir, "leadwheel-migrate.service")}
	for _, role := range app.Roles() {
		name := "leadwheel@" + string(role) + ".service"
		if !strings.Contains(readText(t, "systemd/leadwheel.target"), name) {
			t.Errorf("the target does not want %s", name)
		}
		instances = append(instances, filepath.Join(dir, name))
		writeText(t, filepath.Join(dir, name), readText(t, filepath.Join(dir, "leadwheel@.service")))
		if !strings.Contains(readText(t, filepath.Join("systemd", string(role)+".env")), "LEADWHEEL_OPS_LISTEN=") {
			t.Errorf("%s.env gives its operators' listener no address of its own", role)
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("systemd-analyze is not installed, so the units are not verified")
		return
	}
	runTool(t, "systemd-analyze", append([]string{"verify", "--man=no", filepath.Join(dir, "leadwheel.target")}, instances...)...)
	runTool(t, "systemd-analyze", append([]string{"security", "--offline=true", "--threshold=20"}, instances...)...)
}
