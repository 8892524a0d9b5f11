//go:build unix

package localservices

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// programEnv makes the test binary play the program that TestKilledProgram kills: it starts both servers in this folder.
const programEnv = "LEADWHEEL_TEST_PROGRAM_DIR"

func TestKilledProgram(t *testing.T) {
	if dir := os.Getenv(programEnv); dir != "" {
		playProgram(dir)
	}
	t.Parallel()
	dir := tempDir(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProgram$")
	program.Env = append(os.Environ(), programEnv+"="+dir)
	program.Stderr = os.Stderr
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program said %q, %v", line, err)
	}
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait() // killed, as it should be

	postgres := startPostgresServer(t, PostgresOptions{Dir: filepath.Join(dir, "postgres")})
	if got := queryInt(t, postgres, `SELECT 1`); got != 1 {
		t.Errorf("SELECT 1 = %d", got)
	}
	set(t, startRedis(t, RedisOptions{Dir: filepath.Join(dir, "redis")}), "works", "yes")
}

// playProgram starts both servers, says so, and waits to be killed.
func playProgram(dir string) {
	ctx := context.Background()
	_, err := StartPostgres(ctx, PostgresOptions{Dir: filepath.Join(dir, "postgres")})
	if err == nil {
		_, err = StartRedis(ctx, RedisOptions{Dir: filepath.Join(dir, "redis")})
	}
	if err != nil {
		panic(err)
	}
	if _, err := os.Stdout.WriteString("ready\n"); err != nil {
		panic(err)
	}
	select {}
}
