package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

const (
	// quickly is how long a webhook that is told keeps one of the places of the queue's server. Then it goes on in the lane.
	quickly = 100 * time.Millisecond
	// crowdedFor is how long a webhook waits that found no room in the lane.
	crowdedFor = 5 * time.Second
	// claimAtOnce is how many deliveries a worker takes in hand, after a first that shows whether the webhook takes any, and
	// sendAtOnce how many it sends at the same time.
	claimAtOnce = 100
	sendAtOnce  = 10
	// sendFor is for how long it begins to send those: well within the time that it has them for, with the slowest answer.
	sendFor = 20 * time.Second
	// tellTime is how long a worker goes on telling a webhook before it takes the next task; others wait too.
	tellTime = 20 * time.Second
	// disableAfter is for how long a webhook may take nothing before it is disabled.
	disableAfter = 3 * 24 * time.Hour
)

// deliverAfter is how long after each attempt the next is made: over a day in all, as Standard Webhooks recommends.
var deliverAfter = []time.Duration{
	5 * time.Second, 5 * time.Minute, 25 * time.Minute, 90 * time.Minute, 3 * time.Hour, 5 * time.Hour, 4 * time.Hour, 6 * time.Hour, 4 * time.Hour,
}

// holdFor is how long a webhook is left in peace after each time in a row that it took nothing; the last goes on.
var holdFor = []time.Duration{4 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// webhook tells webhooks what is owed to them. What it tells is sent at least once, under an id by which whoever takes it
// twice can tell: twice where the answer is lost, or the worker dies before it is recorded.
type webhook struct {
	store   *store.Store
	sender  *webhooks.Sender
	box     webhooks.Box
	lane    *lane
	metrics *metrics.Metrics
	tracer  *tracing.Tracer
	log     *slog.Logger
}

func (w *webhook) handle(ctx context.Context, task *asynq.Task) error {
	p, err := tasks.Decode[tasks.Webhook](task.Payload())
	if err != nil {
		return err
	}
	t := w.begin(p) //nolint:contextcheck // it may go on when the task is over
	select {
	case err := <-t.done:
		return err
	case <-time.After(quickly):
	case <-ctx.Done():
	}
	host := t.hostName()
	if !w.lane.enter(host) { // what is under way is broken off, and told later
		t.cancel()
		return <-t.done
	}
	w.lane.told.Go(func() {
		defer w.lane.leave(host)
		if err := <-t.done; err != nil {
			w.log.Warn("telling a webhook failed; it is told later", "webhook_id", p.Webhook, "error", discreet.Error(err))
		}
	})
	return nil
}

// begin begins to tell a webhook what is owed to it, for a while: others wait too.
func (w *webhook) begin(p tasks.Webhook) *telling {
	ctx, cancel := context.WithCancel(w.lane.whole)
	t := &telling{cancel: cancel, done: make(chan error, 1)}
	w.lane.told.Go(func() {
		defer cancel()
		defer func() {
			if cause := recover(); cause != nil {
				t.done <- discreet.Recovered(cause)
			}
		}()
		t.done <- w.tellAll(ctx, p, t)
	})
	return t
}

func (w *webhook) tellAll(ctx context.Context, p tasks.Webhook, t *telling) (err error) {
	letGo := w.keep(ctx, p)
	limit := 1
	for end := w.store.Now().Add(tellTime); err == nil && w.store.Now().Before(end) && ctx.Err() == nil; {
		var more bool
		if more, err = w.tell(ctx, p, limit, t); !more {
			break
		}
		limit = claimAtOnce
	}
	letGo()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout) // it may have been broken off
	defer cancel()
	return errors.Join(err, w.store.DoneTelling(ctx, p.Workspace, p.Webhook))
}

// keep says now and then that a webhook is in this worker's hand, until letGo is called.
func (w *webhook) keep(ctx context.Context, p tasks.Webhook) (letGo func()) {
	ctx, cancel := context.WithCancel(ctx)
	var keeping sync.WaitGroup
	keeping.Go(func() {
		tick := time.NewTicker(store.TellFor / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			_ = w.store.KeepTelling(ctx, p.Workspace, p.Webhook) // else another tells it too, of other things
		}
	})
	return func() {
		cancel()
		keeping.Wait()
	}
}

// tell makes an attempt at some of what is owed to a webhook, limit deliveries at the most. It reports whether there may be
// more to tell it now.
func (w *webhook) tell(ctx context.Context, p tasks.Webhook, limit int, t *telling) (more bool, err error) {
	workspace, id := p.Workspace, p.Webhook
	r := round{webhook: w, workspace: workspace}
	if err := w.store.WithTx(ctx, func(tx *store.Tx) (err error) {
		if r.hook, r.owed, err = tx.ClaimDeliveries(ctx, workspace, id, limit); err != nil || len(r.owed) == 0 {
			return err
		}
		ids := make([]uuid.UUID, len(r.owed))
		for i, d := range r.owed {
			ids[i] = d.ID
		}
		r.contents, err = tx.WebhookContents(ctx, workspace, id, ids)
		return err
	}); err != nil || len(r.owed) == 0 {
		return false, err
	}
	if u, err := url.Parse(r.hook.URL); err == nil {
		t.host.Store(&u.Host)
	}
	if r.secrets, err = webhooks.OpenSecrets(w.box, id, r.hook.Sealed); err != nil {
		w.log.Error("a webhook's secret cannot be opened; it is told of nothing", "webhook_id", id, "error", err)
		r.answers = []answer{{failure: &webhooks.Failure{Refusal: store.Refusal{Said: "its secret cannot be opened; an operator looks at LEADWHEEL_SECRET_KEY"}}}}
	} else {
		r.send(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout) // it may have been broken off
	defer cancel()
	return r.note(ctx)
}

// later puts off a delivery that was not taken, or gives up on it after the last attempt.
func (w *webhook) later(ctx context.Context, workspace uuid.UUID, d store.WebhookDelivery, f *webhooks.Failure) error {
	wait, again := untilNext(d.Refusals + 1)
	log := w.log.With("webhook_id", d.WebhookID, "delivery_id", d.ID, "attempt", d.Attempts, "error", f.Said)
	if !again || f.Gone {
		w.count("failed")
		log.Warn("a delivery to a webhook was given up on; it can be sent again over the API")
		return w.store.DeliveryLater(ctx, workspace, d, f.Refusal, time.Time{})
	}
	w.count("retried")
	log.Debug("a webhook did not take a delivery")
	return w.store.DeliveryLater(ctx, workspace, d, f.Refusal, w.store.Now().Add(max(wait, f.After)))
}

// untilNext is how long a delivery waits after a refusal, counted from 1, with up to a tenth more, so that those that
// failed together part. After the last there is none.
func untilNext(refusal int) (wait time.Duration, again bool) {
	if refusal > len(deliverAfter) {
		return 0, false
	}
	wait = deliverAfter[refusal-1]
	return wait + rand.N(wait/10), true
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
