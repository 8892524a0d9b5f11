//go:build unix

package localservices

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	orphansTimeout = 10 * time.Second
	orphansRetry   = 50 * time.Millisecond
)

// hasOrphans tells whether a start failed because sessions of a killed server were still alive. They end by themselves
// once they notice that it is gone.
func hasOrphans(err error) bool {
	var failed *ServerError
	return errors.As(err, &failed) && strings.Contains(failed.Tail, "pre-existing shared memory block")
}

// endLeftover ends the Postgres that a killed program left running on the cluster, and removes its pid file where the
// process is gone: the number may belong to another process by now, and Postgres would then refuse to start.
func endLeftover(ctx context.Context, cluster string) error {
	pidFile := filepath.Join(cluster, "postmaster.pid")
	pid, err := postmasterPid(pidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", pidFile, err)
	}
	for _, step := range []stopStep{{syscall.SIGINT, 4 * time.Second}, {syscall.SIGQUIT, 2 * time.Second}, {syscall.SIGKILL, time.Second}} {
		running, err := isPostmaster(pid, cluster)
		if err != nil {
			return err
		}
		if !running {
			break
		}
		if err := endProcess(ctx, pid, cluster, step); err != nil {
			return err
		}
	}
	if err := os.Remove(pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the pid file of an ended server: %w", err)
	}
	return nil
}

// endProcess signals the process and waits for its end, at most as long as the step says.
func endProcess(ctx context.Context, pid int, cluster string, step stopStep) error {
	if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("ending the Postgres left running in %s (process %d): %w", cluster, pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, step.wait)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		running, err := isPostmaster(pid, cluster)
		if err != nil || !running {
			return err
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// isPostmaster tells whether process pid is a Postgres started on the cluster.
func isPostmaster(pid int, cluster string) (bool, error) {
	line, err := commandLine(pid)
	return strings.Contains(line, "postgres") && strings.Contains(line+" ", " "+cluster+" "), err
}

func postmasterPid(pidFile string) (pid int, err error) {
	f, err := os.Open(pidFile)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	if !lines.Scan() {
		return 0, lines.Err()
	}
	return strconv.Atoi(strings.TrimSpace(lines.Text()))
}
