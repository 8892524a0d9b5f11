package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestLogLevel has a process that serves log more, and refuse that without its key.
func TestLogLevel(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	p := start(t, []string{
		"DATABASE_URL=" + env.DatabaseURL, "REDIS_URL=" + env.RedisURL, "LEADWHEEL_LISTEN=127.0.0.1:0", "LEADWHEEL_OPS_LISTEN=0.0.0.0:0", "LEADWHEEL_OPS_KEY=k3y",
	}, "serve", "--roles=api")
	p.until(&p.stderr, `"ops_address":"`)
	port := regexp.MustCompile(`"ops_address":"http://.*:(\d+)"`).FindStringSubmatch(p.stderr.String())[1]
	url := []string{"LEADWHEEL_OPS_URL=http://127.0.0.1:" + port}
	if _, stderr := command(t, exitRefused, url, "log-level", "debug"); !strings.Contains(stderr, "LEADWHEEL_OPS_KEY") {
		t.Errorf("without the key it says %q", stderr)
	}
	if strings.Contains(p.stderr.String(), `"level":"DEBUG"`) {
		t.Fatal("it logs at debug from the start")
	}
	settings := append(url, "LEADWHEEL_OPS_KEY=k3y")
	if got := commandJSON[logLevel](t, settings, "log-level", "debug"); got.Level != "debug" {
		t.Errorf("it is at %q", got.Level)
	}
	if stdout, _ := command(t, exitOK, settings, "log-level"); stdout != "debug\n" {
		t.Errorf("it shows %q", stdout)
	}
	p.until(&p.stderr, `"level":"DEBUG","msg":"request"`)
	if _, stderr := command(t, exitFailed, []string{"LEADWHEEL_OPS_URL=http://" + testenv.FreeAddress(t)}, "log-level"); !strings.Contains(stderr, "log level") {
		t.Errorf("where nobody is it says %q", stderr)
	}
}
