//go:build unix && !linux

package localservices

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// childAttr gives the child its own process group, so that a Ctrl-C at the terminal reaches only us. Without a
// parent-death signal on this system, a server left by a killed program is ended at the next start.
func childAttr(as *account, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: as.credential()}
}

// children lists the processes that pid has started and not yet waited for.
func children(pid int) ([]int, error) {
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, nil // there are none
	}
	if err != nil {
		return nil, fmt.Errorf("asking pgrep for the children of process %d: %w", pid, err)
	}
	return parsePids(string(out))
}

// commandLine is what process pid was started with, arguments separated by spaces; empty when there is no such process.
func commandLine(pid int) (string, error) {
	out, err := exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("asking ps for process %d: %w", pid, err)
	}
	return strings.TrimSpace(string(out)), nil
}
