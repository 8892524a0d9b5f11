package doctor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/tasks"
)

// TestQueuesThatNobodyServesAreNamed pushes a task as a program does that names no queue.
func TestQueuesThatNobodyServesAreNamed(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	if c := redisQueues(t.Context(), env.Redis); c.State != OK {
		t.Errorf("without tasks: %+v", c)
	}
	if _, err := asynq.NewClientFromRedisClient(env.Redis).Enqueue(asynq.NewTask(tasks.KindIngest, nil)); err != nil {
		t.Fatal(err)
	}
	c := redisQueues(t.Context(), env.Redis)
	if c.State != Warning || !strings.Contains(c.Found, `"default" (1)`) || c.Advice == "" {
		t.Errorf("with one: %+v", c)
	}
}

// TestEachMasterIsExamined has one server of a cluster throw away what it has no room for.
func TestEachMasterIsExamined(t *testing.T) {
	t.Parallel()
	cluster := testenv.NewRedisCluster(t, testenv.ClusterOptions{DownAfter: time.Second})
	examined := func() []Check {
		rdb, err := tasks.OpenRedis(cluster.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rdb.Close() }()
		return examineConnected(t.Context(), rdb)
	}
	eviction := func(c Check) bool { return c.Name == "redis eviction" }
	all := examined()
	if c := all[slices.IndexFunc(all, eviction)]; c.State != OK {
		t.Errorf("of servers that keep everything: %+v", c)
	}
	cluster.Configure(2, "maxmemory-policy", "allkeys-lru")
	all = examined()
	if c := all[slices.IndexFunc(all, eviction)]; c.State != Warning || !strings.HasPrefix(c.Found, cluster.Masters[2].Addr+": ") {
		t.Errorf("where one does not: %+v", c)
	}
}
