package testenv

import (
	"testing"
	"time"
)

// Between two tries of a check is a twentieth of the time that was waited so far, so that what comes soon is seen soon and what takes long is
// not asked for a hundred times a second. It is never much, since some of what is waited for passes within a second.
const (
	leastPause = 10 * time.Millisecond
	mostPause  = 50 * time.Millisecond
)

// Eventually calls check until it returns nil, and fails the test with its last error when that takes longer than
// within. Call it from the test's own goroutine.
func Eventually(tb testing.TB, within time.Duration, check func() error) {
	tb.Helper()
	started := time.Now()
	for tries := 1; ; tries++ {
		err := check()
		if err == nil {
			return
		}
		waited := time.Since(started)
		if waited >= within {
			tb.Fatalf("still not so after %s and %d tries: %v", within, tries, err)
		}
		<-time.After(min(max(waited/20, leastPause), mostPause, within-waited))
	}
}
