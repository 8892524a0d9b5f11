//go:build unix

package localservices

import (
	"fmt"
	"runtime"
	"strings"
)

// A NotInstalledError means that this machine has no such server, or none that we can find.
type NotInstalledError struct {
	// Server is "postgres" or "redis".
	Server string
	// Looked lists the places searched.
	Looked []string
	// Err is why it could not be fetched either; nil where that was not tried.
	Err error
}

// Error says what to install.
func (e *NotInstalledError) Error() string {
	text := fmt.Sprintf("no %s server found (looked in %s); %s", e.Server, strings.Join(e.Looked, ", "), e.hint())
	if e.Err != nil {
		text += fmt.Sprintf(" (fetching one failed too: %v)", e.Err)
	}
	return text
}

// Unwrap gives the failure of fetching a server.
func (e *NotInstalledError) Unwrap() error { return e.Err }

func (e *NotInstalledError) hint() string {
	debian, brew, setting := "postgresql", "postgresql@17", "DATABASE_URL"
	if e.Server == redisName {
		debian, brew, setting = "redis-server", "redis", "REDIS_URL"
	}
	install := "install Postgres 14 or newer, or Redis 7 or newer, with your system's packages"
	switch runtime.GOOS {
	case "darwin":
		install = "run `brew install " + brew + "`"
	case "linux":
		install = "install it (Debian and Ubuntu: `apt-get install " + debian + "`)"
	}
	return install + ", or set " + setting + " to a server that runs elsewhere"
}

// An InUseError means that another running program uses the same folder.
type InUseError struct {
	Dir string
	// Pid is that program; 0 when not known.
	Pid int
}

// Error says who uses the folder and what to do.
func (e *InUseError) Error() string {
	by := "another program"
	if e.Pid > 0 {
		by = fmt.Sprintf("another program (process %d)", e.Pid)
	}
	return fmt.Sprintf("%s is in use by %s; stop that one, or choose another folder", e.Dir, by)
}

// A ServerError means that a server did not start, or died.
type ServerError struct {
	Server  string
	LogFile string
	// Tail is the last lines the server wrote since it was started.
	Tail string
	Err  error
}

// Error includes the end of the server's log.
func (e *ServerError) Error() string {
	text := fmt.Sprintf("%s: %v; its log is %s", e.Server, e.Err, e.LogFile)
	if e.Tail != "" {
		text += ", which ends:\n" + e.Tail
	}
	return text
}

// Unwrap gives the cause.
func (e *ServerError) Unwrap() error { return e.Err }
