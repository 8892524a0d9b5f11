package scheduler

import (
	"testing"
	"time"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// TestRedisHoldsTheHorizonOnly plans weeks of leads and looks at what the queue then has of them, and at its size.
func TestRedisHoldsTheHorizonOnly(t *testing.T) {
	t.Parallel()
	m := newMonth(t)
	m.plan(lead.Fast, 100)
	m.run(10 * time.Hour) // into the day of some, and past or before that of others
	within := m.count(`SELECT count(*) FROM pending_leads WHERE due_at < $1`, m.now().Add(horizon))
	ids := m.Redis.ZRange(t.Context(), scheduledTasks, 0, -1).Val()
	if within == 0 || len(ids) > within || len(ids) < within/2 { // a batch has those of one second
		t.Errorf("Redis has %d tasks for %d leads due within the horizon", len(ids), within)
	}
	total := m.Redis.MemoryUsage(t.Context(), scheduledTasks).Val()
	for _, id := range ids {
		total += m.Redis.MemoryUsage(t.Context(), "asynq:{due}:t:"+id).Val()
	}
	each := total / int64(len(ids))
	t.Logf("%d tasks of %d bytes", len(ids), each)
	if each > 1024 {
		t.Errorf("an armed task takes %d bytes of Redis", each)
	}
}
