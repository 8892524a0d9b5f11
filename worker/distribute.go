package worker

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// noteTimeout bounds what noting how a task went may take. It is over before a worker that stops waits no longer.
const noteTimeout = shutdownTimeout - time.Second

// distribute acts on batches of pending leads.
type distribute struct {
	store   *store.Store
	watch   *watch
	tracer  *tracing.Tracer
	metrics *metrics.Metrics
	log     *slog.Logger
	alone   sync.Mutex // held by who acts on a batch of which others may have died
}

func (d *distribute) handle(ctx context.Context, task *asynq.Task) error {
	p, err := tasks.Decode[tasks.Distribute](task.Payload())
	if err != nil {
		return err
	}
	act := d.act
	if id, _ := asynq.GetTaskID(ctx); tasks.HandedAgain(id) {
		act = d.actAgain
	}
	err = act(ctx, p, d.store.Distribute)
	if d.early(ctx, p, err) {
		return nil
	}
	if err != nil {
		d.note(ctx, p, err)
	}
	return err
}

// acting is how a batch is distributed: see store.Distribute and store.DistributeUnqueued.
type acting func(ctx context.Context, workspace, batch uuid.UUID) (store.Result, error)

func (d *distribute) act(ctx context.Context, p tasks.Distribute, distribute acting) error {
	log := d.log.With("workspace_id", p.Workspace, "batch_id", p.Batch)
	result, err := distribute(ctx, p.Workspace, p.Batch)
	d.metrics.CursorRebuilds.Add(float64(result.Rebuilt))
	if err != nil {
		return err
	}
	d.count(result.Outcomes)
	if result.Parts > 0 {
		log.Warn("a batch was split, since it cannot be distributed as a whole", "batches", result.Parts, "error", result.SplitFor)
	}
	if result.Unsettled != nil {
		log.Warn("the turn cursor could not be told of a commit; the reconciler will", "error", result.Unsettled)
	}
	log.Debug("batch distributed", "decisions", len(result.Outcomes))
	return nil
}

// try is act where no server of the queue watches over it: a panic is an error.
func (d *distribute) try(ctx context.Context, p tasks.Distribute, distribute acting) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = discreet.Recovered(cause)
			d.log.ErrorContext(ctx, "distributing a batch panicked", "batch_id", p.Batch, "error", err, "stack", string(debug.Stack()))
		}
	}()
	return d.act(ctx, p, distribute)
}

// note marks the batch with its error when the queue gives up on it. The batch stays and the reconciler drives it again.
func (d *distribute) note(ctx context.Context, p tasks.Distribute, cause error) {
	retried, _ := asynq.GetRetryCount(ctx)
	limit, _ := asynq.GetMaxRetry(ctx)
	if retried < limit || tooEarly(cause) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout) // the task's own time may be over
	defer cancel()
	if err := d.store.NoteFailure(ctx, p.Workspace, p.Batch, discreet.Text(cause)); err != nil {
		d.log.Error("a batch could not be distributed, nor marked", "batch_id", p.Batch, "error", cause,
			"marking", fmt.Sprint(err))
	}
}

func (d *distribute) count(outcomes []store.Outcome) {
	for _, o := range outcomes {
		d.metrics.Distributions.WithLabelValues(string(o.Outcome), o.Reason.Label()).Inc()
		if o.Outcome == lead.Succeeded {
			since := o.DueAt
			if since.After(o.At) { // brought forward by an operator, which is when it was accepted
				since = o.AcceptedAt
			}
			d.metrics.Distribution.Observe(max(0, o.At.Sub(since).Seconds()))
		}
		if o.Reason == lead.InternalError {
			d.log.Error("a lead could not be distributed; see history for what the database said")
		}
	}
}
