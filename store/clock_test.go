package store_test

import (
	"sync"
	"time"
)

// A clock goes when it is told to.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock(now string) *clock {
	at, err := time.Parse(time.RFC3339, now)
	if err != nil {
		panic(err)
	}
	return &clock{now: at}
}

func (c *clock) get() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at
}

func (c *clock) add(d time.Duration) { c.set(c.get().Add(d)) }
