// Package systemd tells the service manager that started a process how it is: ready, at work, or stopping. It imports nothing of ours.
package systemd

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// A Manager is the service manager that wants to know; one without a socket is nobody, and is told nothing.
type Manager struct {
	socket string
	// patience is for how long it bears to hear nothing of a process that is at work; 0 is for ever.
	patience time.Duration
}

// Started is who started this process, by the values of NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. The last two are heeded where they
// are meant for this process.
func Started(socket, watchdogMicroseconds, watchdogPID string) (Manager, error) {
	m := Manager{socket: socket}
	if watchdogMicroseconds == "" || watchdogPID != "" && watchdogPID != strconv.Itoa(os.Getpid()) {
		return m, nil
	}
	patience, err := strconv.ParseInt(watchdogMicroseconds, 10, 32)
	if err != nil || patience <= 0 {
		return m, fmt.Errorf("WATCHDOG_USEC is %q, and not a number of microseconds; the service manager sets it, by WatchdogSec= of the unit", watchdogMicroseconds)
	}
	m.patience = time.Duration(patience) * time.Microsecond
	return m, nil
}

// Ready tells it that the process does now what it is for.
func (m Manager) Ready(ctx context.Context) error { return m.tell(ctx, "READY=1") }

// Stopping tells it that the process is about to end, because it was asked to or cannot go on.
func (m Manager) Stopping(ctx context.Context) error { return m.tell(ctx, "STOPPING=1") }

// Watch tells it until ctx ends that the process is at work, each time that works says so: thrice within its patience, so that one
// answer may be late. What works or telling fails with is for failed; the manager ends a process of which it hears nothing.
func (m Manager) Watch(ctx context.Context, works func(context.Context) error, failed func(error)) {
	if m.socket == "" || m.patience == 0 {
		return
	}
	every := time.NewTicker(m.patience / 3)
	defer every.Stop()
	for {
		err := m.atWork(ctx, works)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			failed(err)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

func (m Manager) atWork(ctx context.Context, works func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, m.patience/3)
	defer cancel()
	if err := works(ctx); err != nil {
		return fmt.Errorf("looking whether this process works: %w; the service manager is told nothing, and will start it anew", err)
	}
	return m.tell(ctx, "WATCHDOG=1")
}

// tell sends what systemd calls a state.
func (m Manager) tell(ctx context.Context, state string) error {
	if m.socket == "" {
		return nil
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unixgram", m.socket)
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close() // the datagram is sent, or was not
	}
	if err != nil {
		return fmt.Errorf("telling the service manager %s by NOTIFY_SOCKET: %w", state, err)
	}
	return nil
}
