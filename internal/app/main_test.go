package app_test

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/leadwheel/leadwheel/internal/app"
	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/testenv"
)

// roles in the environment make this test program a Leadwheel process with those roles, for tests that kill it.
const roles = "LEADWHEEL_TEST_ROLES"

// metaURL in the environment is where such a process finds the Graph API, and secretKey seals what tests keep.
const (
	metaURL   = "LEADWHEEL_TEST_META_URL"
	secretKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)

// listenAt in the environment is where such a process takes requests, anywhere unless it is set.
const listenAt = "LEADWHEEL_TEST_LISTEN"

// messages in the environment are such a process's app.Messages, as JSON.
const messages = "LEADWHEEL_TEST_MESSAGES"

func TestMain(m *testing.M) {
	if names := os.Getenv(roles); names != "" {
		os.Exit(process(names))
	}
	// These tests wait for servers to come back and for leases to end more than they work.
	if err := flag.Set("test.parallel", strconv.Itoa(max(3, runtime.GOMAXPROCS(0)))); err != nil {
		panic(err) // the package testing has it
	}
	// Traces are read back as JSON, and soon.
	for name, value := range map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_BSP_SCHEDULE_DELAY": "50"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	testenv.Main(m)
}

// ownProgram is this test program, for processes of its own, without the race detector: they are killed, so that nobody would read what it
// finds, and with it they cost some times as much.
var ownProgram = sync.OnceValues(func() (path string, err error) {
	info, known := debug.ReadBuildInfo()
	if !known || !slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return os.Args[0], nil
	}
	dir, err := os.MkdirTemp("", "leadwheel-test-")
	if err != nil {
		return "", err
	}
	testenv.AtEnd(func(context.Context) error { return os.RemoveAll(dir) })
	path = filepath.Join(dir, "app.test")
	if said, err := exec.Command("go", "test", "-c", "-vet=off", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building this test program without the race detector: %w\n%s", err, said)
	}
	return path, nil
})

func process(names string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var all []app.Role
	for _, name := range strings.Split(names, ",") {
		all = append(all, app.Role(name))
	}
	var settings app.Messages
	if err := json.Unmarshal([]byte(os.Getenv(messages)), &settings); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	a, err := app.Start(ctx, app.Config{
		Messages: settings, DatabaseURL: os.Getenv("DATABASE_URL"), RedisURL: os.Getenv("REDIS_URL"), Listen: cmp.Or(os.Getenv(listenAt), "127.0.0.1:0"),
		OpsListen: "127.0.0.1:0", Roles: all, SecretKeys: secretKey, WebhookAllow: loopback, Platforms: ingest.Platforms{MetaURL: os.Getenv(metaURL)}, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	<-ctx.Done()
	if err := a.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
