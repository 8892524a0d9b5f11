package store_test

import (
	"time"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// newClock is a clock that stands at a time written as in RFC 3339.
func newClock(now string) *testenv.Clock {
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		panic(err)
	}
	return testenv.NewClock(at)
}
