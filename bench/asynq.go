package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

// asynq's settings. It has no call for many tasks, so that several enqueue at once; twice as many tasks are worked as there are
// connections, lest one is ever idle.
const (
	asynqDB        = 1 // so that Leadwheel's keys are left alone
	asynqWorkers   = 2 * connections
	asynqEnqueuers = 16
	// asynqCheck is how soon it looks again when its queue is empty, its shortest.
	asynqCheck = 200 * time.Millisecond
)

// byAsynq gives out leads by tasks of asynq.
func byAsynq(ctx context.Context, w *work) error {
	at, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		return fmt.Errorf("reading REDIS_URL: %w", err)
	}
	redis := asynq.RedisClientOpt{Network: at.Network, Addr: at.Addr, Username: at.Username, Password: at.Password, DB: asynqDB}
	server := asynq.NewServer(redis, asynq.Config{Concurrency: asynqWorkers, TaskCheckInterval: asynqCheck, LogLevel: asynq.FatalLevel})
	if err := server.Start(asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		lead, err := uuid.FromBytes(t.Payload())
		if err != nil {
			return fmt.Errorf("reading a task: %w", err)
		}
		return w.give(ctx, lead)
	})); err != nil {
		return fmt.Errorf("starting it: %w", err)
	}
	defer server.Shutdown()
	client := asynq.NewClient(redis)
	defer func() { _ = client.Close() }() // what it did is done
	w.begin()
	group, enqueuing := errgroup.WithContext(ctx)
	group.SetLimit(asynqEnqueuers)
	for _, lead := range w.leads {
		group.Go(func() error {
			_, err := client.EnqueueContext(enqueuing, asynq.NewTask("lead", lead[:]))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("enqueueing: %w", err)
	}
	return w.wait(ctx)
}
