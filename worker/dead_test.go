package worker

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/tasks"
)

// TestATaskIsKeptWhereTheArchiveFills gives up on a push where the queue has many such already, and on a hint: the push is in the database
// at once, since the queue may forget it before the scheduler comes, and of the hint nothing needs to be kept.
func TestATaskIsKeptWhereTheArchiveFills(t *testing.T) {
	t.Parallel()
	s := newShift(t)
	for _, queue := range []string{tasks.QueueIngest, "fresh"} {
		archived := make([]redis.Z, archiveRoom)
		for n := range archived {
			archived[n] = redis.Z{Score: float64(s.clock.Now().Unix()), Member: fmt.Sprint("dead ", n)}
		}
		s.must(s.Redis.ZAdd(t.Context(), tasks.Key(queue, "archived"), archived...).Err())
	}
	s.start()
	id := s.push(tasks.KindIngest, tasks.QueueIngest, `{"v":2,"workspace_id":"`+s.workspace.String()+`"}`, 5)
	s.push(tasks.KindDistribute, "fresh", `{"v":2}`, 5)
	s.until(func() error { // the inspector would look for those that are not there
		if n := s.Redis.LLen(t.Context(), tasks.Key("fresh", "pending")).Val() + s.Redis.LLen(t.Context(), tasks.Key("fresh", "active")).Val(); n > 0 {
			return fmt.Errorf("%d hints are left", n)
		}
		return nil
	})
	s.untilCount(1, `SELECT count(*) FROM dead_tasks`)
	var kept string
	s.must(s.DB.Get(&kept, `SELECT task_id FROM dead_tasks WHERE type = 'lead:ingest' AND error <> ''`))
	if kept != id {
		t.Errorf("%s is kept, want %s", kept, id)
	}
}
