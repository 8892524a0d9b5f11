//go:build unix

package localservices

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// startTimeout leaves room for crash recovery of a large database.
	startTimeout  = 60 * time.Second
	probeInterval = 10 * time.Millisecond
)

// A process is a child that is always waited for.
type process struct {
	name string
	pid  int
	log  *serverLog
	// signalled is set before we signal the process, so that its end is then no error.
	signalled atomic.Bool
	done      chan struct{}
	// err is how it ended. Read it only after done.
	err error
}

// startProcess runs cmd with its output in log. Once it has ended, the log is closed, onExit called and then done closed.
func startProcess(name string, cmd *exec.Cmd, log *serverLog, onExit func() error) (*process, error) {
	p := &process{name: name, log: log, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = log.file, log.file
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that forked ends, so this thread has to outlive the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err != nil {
			return
		}
		err = cmd.Wait()
		p.err = errors.Join(err, log.close(), onExit())
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", cmd.Path, err), log.close(), onExit())
	}
	return p, nil
}

// signal sends sig, which is meant to end the process, unless it has ended.
func (p *process) signal(sig syscall.Signal) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	p.signalled.Store(true)
	if err := syscall.Kill(p.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("sending %s to %s (process %d): %w", sig, p.name, p.pid, err)
	}
	return nil
}

// kill ends the process and its children, and waits until they have ended.
func (p *process) kill() error {
	// A stopped parent makes no new children while we list them.
	if err := p.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	pids, listErr := children(p.pid)
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			listErr = errors.Join(listErr, fmt.Errorf("killing process %d of %s: %w", pid, p.name, err))
		}
	}
	if err := errors.Join(p.signal(syscall.SIGKILL), listErr); err != nil {
		return err
	}
	<-p.done
	return waitForEnd(pids)
}

// waitForEnd waits until killed processes that are not our own children have ended, which takes the kernel a moment.
func waitForEnd(pids []int) error {
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for _, pid := range pids {
		for {
			line, err := commandLine(pid)
			if err != nil {
				return err
			}
			if line == "" {
				break
			}
			<-poll.C
		}
	}
	return nil
}

// exitError tells how the process ended; nil when we ended it.
func (p *process) exitError() error {
	if p.signalled.Load() {
		return nil
	}
	how := p.err
	if how == nil {
		how = errors.New("exit status 0")
	}
	return p.startError(fmt.Errorf("process %d ended by itself: %w", p.pid, how))
}

func (p *process) startError(err error) error {
	return &ServerError{Server: p.name, LogFile: p.log.path, Tail: p.log.tail(), Err: err}
}

// untilReady calls probe until it succeeds, the process ends, or ctx does.
func (p *process) untilReady(ctx context.Context, probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	retry := time.NewTicker(probeInterval)
	defer retry.Stop()
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-retry.C:
		case <-p.done:
			return p.exitError()
		case <-ctx.Done():
			return p.startError(fmt.Errorf("it did not answer in time: %w", errors.Join(ctx.Err(), err)))
		}
	}
}

// server is the process as others see it.
func (p *process) server(s Server) *Server {
	s.name, s.pid, s.done = p.name, p.pid, p.done
	s.signal, s.kill, s.exitErr = p.signal, p.kill, p.exitError
	return &s
}

// parsePids reads process ids separated by white space.
func parsePids(text string) ([]int, error) {
	var pids []int
	for _, field := range strings.Fields(text) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("reading a list of processes: %w", err)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}
