package doctor

import (
	"strings"
	"testing"

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
