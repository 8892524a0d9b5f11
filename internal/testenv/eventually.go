package testenv

import (
	"testing"
	"time"
)

const pollInterval = 10 * time.Millisecond

// Eventually calls check until it returns nil, and fails the test with its last error when that takes longer than
// within. Call it from the test's own goroutine.
func Eventually(tb testing.TB, within time.Duration, check func() error) {
	tb.Helper()
	started := time.Now()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for tries := 1; ; tries++ {
		err := check()
		if err == nil {
			return
		}
		if time.Since(started) >= within {
			tb.Fatalf("still not so after %s and %d tries: %v", within, tries, err)
		}
		<-poll.C
	}
}
