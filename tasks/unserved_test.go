package tasks

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/testenv"
)

// TestUnserved has tasks wait in queues of which a server takes from one.
func TestUnserved(t *testing.T) {
	t.Parallel()
	env := testenv.New(t)
	client := asynq.NewClientFromRedisClient(env.Redis)
	for _, options := range [][]asynq.Option{
		{}, {asynq.ProcessIn(time.Hour)}, {asynq.Queue("ingset")}, {asynq.Queue(QueueNotify), asynq.ProcessIn(time.Hour)},
	} {
		if _, err := client.Enqueue(asynq.NewTask(KindIngest, nil), options...); err != nil {
			t.Fatal(err)
		}
	}
	wait := func(want map[string]int64) {
		t.Helper()
		testenv.Eventually(t, 10*time.Second, func() error {
			got, err := Unserved(t.Context(), env.Redis)
			if diff := cmp.Diff(want, got); err == nil && diff != "" {
				err = fmt.Errorf("(-want +got):\n%s", diff)
			}
			return err
		})
	}
	wait(map[string]int64{"default": 2, "ingset": 1, "notify": 1})
	server := asynq.NewServerFromRedisClient(env.Redis, asynq.Config{Queues: map[string]int{QueueNotify: 1, "empty": 1}, LogLevel: asynq.FatalLevel})
	if err := server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error { return nil })); err != nil {
		t.Fatal(err)
	}
	wait(map[string]int64{"default": 2, "ingset": 1})
	server.Shutdown()
	wait(map[string]int64{"default": 2, "ingset": 1, "notify": 1})
}
