package testenv

import (
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/store"
)

// A collector keeps what transactions left to be done.
type collector struct {
	mu    sync.Mutex
	all   []store.Committed
	times map[uuid.UUID]int // that a batch was handed on
}

func (c *collector) add(left store.Committed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, left)
	if c.times == nil {
		c.times = make(map[uuid.UUID]int)
	}
	for _, h := range left.Hints {
		if h.Queue != lead.QueueFetch {
			c.times[h.ID]++
		}
	}
}

// TakeCommitted returns what each transaction on Store that left something to be done has left since the last call.
func (e *Env) TakeCommitted() []store.Committed {
	e.left.mu.Lock()
	defer e.left.mu.Unlock()
	all := e.left.all
	e.left.all = nil
	return all
}

// TakeHints are the hints of TakeCommitted.
func (e *Env) TakeHints() (hints []lead.Hint) {
	for _, left := range e.TakeCommitted() {
		hints = append(hints, left.Hints...)
	}
	return hints
}

// ExpectHandedOn fails the test at its end unless whatever transactions on Store left for the queue was handed on, once.
// It is for tests in which nobody else writes to the database.
func (e *Env) ExpectHandedOn(tb testing.TB) {
	tb.Helper()
	tb.Cleanup(func() {
		e.left.mu.Lock()
		defer e.left.mu.Unlock()
		for id, n := range e.left.times {
			if n > 1 {
				tb.Errorf("batch %s was handed to the queue %d times", id, n)
			}
		}
		var waiting []uuid.UUID
		if err := e.DB.Select(&waiting, `SELECT batch_id FROM batches WHERE queue = $1 AND fed_at IS NOT NULL`, lead.QueueFresh); err != nil {
			return // the test has taken the database away
		}
		for _, id := range waiting {
			if e.left.times[id] == 0 {
				tb.Errorf("batch %s was committed and not handed to the queue", id)
			}
		}
	})
}
