package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// deliverAtOnce is how many deliveries a webhook is sent at the same time.
	deliverAtOnce = 10
	// tellTime is how long a worker goes on telling a webhook before it takes the next task; others wait too.
	tellTime = 20 * time.Second
	// disableAfter is for how long a webhook may take nothing before it is disabled.
	disableAfter = 3 * 24 * time.Hour
)

// deliverAfter are the times of the attempts, counted from the first: over a day, as Standard Webhooks recommends.
var deliverAfter = []time.Duration{
	0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour,
	20 * time.Hour, 24 * time.Hour,
}

// holdFor is how long a webhook is left in peace after each time in a row that it took nothing; the last goes on.
var holdFor = []time.Duration{4 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// webhook tells webhooks what is owed to them. What it tells is sent at least once, under an id by which whoever takes it
// twice can tell: twice where the answer is lost, or the worker dies before it is recorded.
type webhook struct {
	store   *store.Store
	sender  *webhooks.Sender
	box     webhooks.Box
	metrics *metrics.Metrics
	log     *slog.Logger
}

func (w *webhook) handle(ctx context.Context, task *asynq.Task) error {
	p, err := tasks.DecodeWebhook(task.Payload())
	if err != nil {
		return err
	}
	for end := w.store.Now().Add(tellTime); err == nil && w.store.Now().Before(end) && ctx.Err() == nil; {
		var more bool
		if more, err = w.tell(ctx, p.Workspace, p.Webhook); !more {
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout) // the task's own time may be over
	defer cancel()
	return errors.Join(err, w.store.DoneTelling(ctx, p.Workspace, p.Webhook))
}

// tell makes an attempt at some of what is owed to a webhook. It reports whether there may be more to tell it now.
func (w *webhook) tell(ctx context.Context, workspace, id uuid.UUID) (more bool, err error) {
	var hook store.Webhook
	var owed []store.WebhookDelivery
	var contents map[uuid.UUID]store.WebhookContent
	if err := w.store.WithTx(ctx, func(tx *store.Tx) (err error) {
		if hook, owed, err = tx.ClaimDeliveries(ctx, workspace, id, deliverAtOnce); err != nil || len(owed) == 0 {
			return err
		}
		ids := make([]uuid.UUID, len(owed))
		for i, d := range owed {
			ids[i] = d.ID
		}
		contents, err = tx.WebhookContents(ctx, workspace, id, ids)
		return err
	}); err != nil || len(owed) == 0 {
		return false, err
	}
	answers := make([]answer, len(owed))
	secrets, err := webhooks.OpenSecrets(w.box, hook.ID, hook.Sealed)
	if err != nil {
		w.log.Error("a webhook's secret cannot be opened; it is told of nothing", "webhook_id", id, "error", err)
	}
	var sending sync.WaitGroup
	for i, d := range owed {
		answers[i].failure = &webhooks.Failure{Refusal: store.Refusal{Said: "its secret cannot be opened; an operator looks at LEADWHEEL_SECRET_KEY"}}
		if err == nil {
			sending.Go(func() { answers[i] = w.send(ctx, hook, d, contents[d.ID], secrets) })
		}
	}
	sending.Wait()
	return w.note(context.WithoutCancel(ctx), workspace, hook, owed, answers)
}

// An answer is the status with which a delivery was taken, or why it was not.
type answer struct {
	status  int
	failure *webhooks.Failure
}

func (w *webhook) send(ctx context.Context, hook store.Webhook, d store.WebhookDelivery, c store.WebhookContent, s webhooks.Secrets) answer {
	content, err := webhooks.Body(d, c)
	status := 0
	if err == nil {
		status, err = w.sender.Send(ctx, hook.URL, d.ID, content, s)
	}
	if err == nil {
		return answer{status: status}
	}
	failure := &webhooks.Failure{Refusal: store.Refusal{Said: "what it is to be sent could not be written"}}
	_ = errors.As(err, &failure)
	return answer{failure: failure}
}

// note records the answers of a webhook. It reports whether it may be told more now.
func (w *webhook) note(ctx context.Context, workspace uuid.UUID, hook store.Webhook, owed []store.WebhookDelivery, answers []answer) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, noteTimeout)
	defer cancel()
	took, gone, wait := false, false, time.Duration(0)
	for i, a := range answers {
		if a.failure == nil {
			took = true
			w.count("sent")
			err = errors.Join(err, w.store.DeliverySent(ctx, workspace, owed[i], a.status))
			continue
		}
		gone, wait = gone || a.failure.Gone, max(wait, a.failure.After)
		err = errors.Join(err, w.later(ctx, workspace, owed[i], a.failure))
	}
	switch {
	case err != nil:
		return false, err
	case gone:
		return false, w.disable(ctx, workspace, hook.ID, "it answered 410 Gone")
	case took && wait == 0:
		return true, w.store.WebhookTook(ctx, workspace, hook.ID)
	}
	return false, w.hold(ctx, workspace, hook, wait)
}

// later puts off a delivery that was not taken, or gives up on it after the last attempt.
func (w *webhook) later(ctx context.Context, workspace uuid.UUID, d store.WebhookDelivery, f *webhooks.Failure) error {
	now := w.store.Now()
	next, again := nextAttempt(d.OwedSince, now)
	log := w.log.With("webhook_id", d.WebhookID, "delivery_id", d.ID, "attempt", d.Attempts, "error", f.Said)
	if !again || f.Gone {
		w.count("failed")
		log.Warn("a delivery to a webhook was given up on; it can be sent again over the API")
		return w.store.DeliveryLater(ctx, workspace, d, f.Refusal, time.Time{})
	}
	w.count("retried")
	log.Debug("a webhook did not take a delivery")
	return w.store.DeliveryLater(ctx, workspace, d, f.Refusal, maxTime(next, now.Add(f.After)))
}

// nextAttempt is when a delivery that was not taken now is tried next, with up to a tenth more of the wait, so that those
// that failed together part. There is none a day after the first.
func nextAttempt(first, now time.Time) (next time.Time, again bool) {
	age := now.Sub(first)
	for _, after := range deliverAfter {
		if after > age {
			wait := max(after-age, time.Second)
			return now.Add(wait + rand.N(wait/10)), true
		}
	}
	return time.Time{}, false
}

// hold leaves a webhook that takes nothing in peace for a while, and disables it in the end.
func (w *webhook) hold(ctx context.Context, workspace uuid.UUID, hook store.Webhook, wait time.Duration) error {
	wait = max(wait, holdFor[min(hook.Setbacks, len(holdFor)-1)])
	since, err := w.store.WebhookSetBack(ctx, workspace, hook.ID, w.store.Now().Add(wait))
	if err != nil || w.store.Now().Sub(since) < disableAfter {
		return err
	}
	return w.disable(ctx, workspace, hook.ID, fmt.Sprintf("it has taken nothing since %s", since.Format(time.RFC3339)))
}

func (w *webhook) disable(ctx context.Context, workspace, id uuid.UUID, reason string) error {
	w.log.Error("a webhook was disabled; an admin mends it and enables it again", "workspace_id", workspace, "webhook_id", id, "reason", reason)
	return w.store.WithTx(ctx, func(tx *store.Tx) error { return tx.DisableWebhook(ctx, workspace, id, reason) })
}

func (w *webhook) count(outcome string) { w.metrics.WebhookDeliveries.WithLabelValues(outcome).Inc() }

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
