package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// River's settings. Workers fetch as many jobs at once as there are free workers, so many of them save queries; what they wait for is a
// connection. Both intervals are as short as River's own bench has them.
const (
	riverSchema   = "river"
	riverWorkers  = 1000
	riverCooldown = 2 * time.Millisecond
	riverPoll     = 20 * time.Millisecond
	// riverInsert is how many jobs are inserted at once, by COPY.
	riverInsert = 5000
)

// leadArgs are a job's arguments.
type leadArgs struct {
	Lead uuid.UUID `json:"lead"`
}

// Kind implements river.JobArgs.
func (leadArgs) Kind() string { return "lead" }

// riverWorker works a job. Its end is written by River's completer, many jobs at once, which is the faster of its two ways.
type riverWorker struct {
	river.WorkerDefaults[leadArgs]
	work *work
}

// Work implements river.Worker.
func (r *riverWorker) Work(ctx context.Context, job *river.Job[leadArgs]) error {
	return r.work.give(ctx, job.Args.Lead)
}

// byRiver gives out leads by jobs of River.
func byRiver(ctx context.Context, w *work) error {
	if _, err := w.pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+riverSchema+" CASCADE"); err != nil {
		return fmt.Errorf("removing its tables: %w", err)
	}
	if _, err := w.pool.Exec(ctx, "CREATE SCHEMA "+riverSchema); err != nil {
		return fmt.Errorf("making its schema: %w", err)
	}
	driver, quiet := riverpgxv5.New(w.pool), slog.New(slog.NewTextHandler(io.Discard, nil))
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: riverSchema, Logger: quiet})
	if err != nil {
		return fmt.Errorf("making its migrator: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("making its tables: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &riverWorker{work: w})
	client, err := river.NewClient(driver, &river.Config{
		Schema: riverSchema, Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: riverWorkers}},
		FetchCooldown: riverCooldown, FetchPollInterval: riverPoll, Logger: quiet,
	})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("starting it: %w", err)
	}
	w.begin()
	for part := range slices.Chunk(w.leads, riverInsert) {
		jobs := make([]river.InsertManyParams, len(part))
		for n, lead := range part {
			jobs[n] = river.InsertManyParams{Args: leadArgs{lead}}
		}
		if _, err := client.InsertManyFast(ctx, jobs); err != nil {
			return fmt.Errorf("inserting jobs: %w", err)
		}
	}
	if err := w.wait(ctx); err != nil {
		return err
	}
	if err := client.Stop(ctx); err != nil {
		return fmt.Errorf("stopping it: %w", err)
	}
	return nil
}
