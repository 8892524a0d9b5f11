package localservices

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// childAttr gives the child its own process group, so that a Ctrl-C at the terminal reaches only us, and has the
// kernel send it onDeath if we die without stopping it.
func childAttr(as *account, onDeath syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: onDeath, Credential: as.credential()}
}

// children lists the processes that pid has started and not yet waited for.
func children(pid int) ([]int, error) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // that thread has just ended
		}
		more, err := parsePids(string(text))
		if err != nil {
			return nil, err
		}
		pids = append(pids, more...)
	}
	return pids, nil
}

// commandLine is what process pid was started with, arguments separated by spaces; empty when there is no such process.
func commandLine(pid int) (string, error) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading the command line of process %d: %w", pid, err)
	}
	return strings.ReplaceAll(string(raw), "\x00", " "), nil
}
