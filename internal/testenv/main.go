// Package testenv gives tests a real Postgres and a real Redis: a database cloned from a migrated template and a Redis
// database of its own for each test, on servers private to the test process; servers of their own for tests that kill
// them; and a proxy to break connections. A package that uses it hands its TestMain to Main:
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
//
// It imports the store and the local services. Only tests may import it.
package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

const (
	startTimeout = 2 * time.Minute
	stopTimeout  = 20 * time.Second
)

// shared are the servers of this test process. TestMain has no way to hand them to tests, hence the variable.
var shared servers

// Main runs the tests of a package, stops the servers that they used, and exits; with failure if tests passed but left
// goroutines behind. Give goleak options for goroutines that are a library's own affair.
func Main(m *testing.M, ignore ...goleak.Option) {
	os.Exit(run(m, ignore))
}

// AtEnd has something undone when all tests of the package have ended, which they share and the first that needs it makes.
func AtEnd(undo func(context.Context) error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.atEnd(undo)
}

func run(m *testing.M, ignore []goleak.Option) int {
	// Tests that kill Redis would fill the output with the client's complaints.
	redis.SetLogger(silent{})
	shared.allow()
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := shared.stop(ctx); err != nil {
		return failed(code, fmt.Errorf("stopping the test servers: %w", err))
	}
	// After failed tests leaks are to be expected, and would hide the failure in noise.
	if code == 0 {
		if err := leaks(ignore); err != nil {
			return failed(code, errors.Join(errors.New("the tests left goroutines running"), err))
		}
	}
	return code
}

// leaks are the goroutines that go on. What lost its servers may take a while to end.
func leaks(ignore []goleak.Option) (err error) {
	for deadline := time.Now().Add(stopTimeout); time.Now().Before(deadline); {
		if err = goleak.Find(ignore...); err == nil { // which waits some hundred milliseconds
			return nil
		}
	}
	return err
}

func failed(code int, err error) int {
	fmt.Fprintln(os.Stderr, "testenv:", err)
	return max(code, 1)
}

// silent drops go-redis's log.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
