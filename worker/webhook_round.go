package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/store"
)

// A round is some of what is owed to a webhook, in a worker's hand. Those for which there is no answer were not tried.
type round struct {
	*webhook
	workspace uuid.UUID
	hook      store.Webhook
	owed      []store.WebhookDelivery
	contents  map[uuid.UUID]store.WebhookContent
	secrets   webhooks.Secrets
	answers   []answer // to the first of what is owed
}

// An answer is the status with which a delivery was taken, or why it was not. Where it was broken off nobody knows.
type answer struct {
	status    int
	failure   *webhooks.Failure
	brokenOff bool
}

// send sends one after the other, a few at a time, until one is not taken or the time is over.
func (r *round) send(ctx context.Context) {
	all := make([]answer, len(r.owed))
	end := r.store.Now().Add(sendFor)
	var refused bool
	var mu sync.Mutex
	next := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		i := len(r.answers)
		if refused || i == len(r.owed) || ctx.Err() != nil || r.store.Now().After(end) {
			return 0, false
		}
		r.answers = all[:i+1]
		return i, true
	}
	var sending sync.WaitGroup
	for range min(sendAtOnce, len(r.owed)) {
		sending.Go(func() {
			for {
				i, is := next()
				if !is {
					return
				}
				all[i] = r.try(ctx, r.owed[i])
				if all[i].failure != nil || all[i].brokenOff {
					mu.Lock()
					refused = true
					mu.Unlock()
				}
			}
		})
	}
	sending.Wait()
}

func (r *round) try(ctx context.Context, d store.WebhookDelivery) answer {
	content, err := webhooks.Body(d, r.contents[d.ID])
	status := 0
	if err == nil {
		of, span := r.tracer.Continue(ctx, trace.SpanKindClient, "webhook "+string(d.Event), d.Traceparent)
		status, err = r.sender.Send(of, r.hook.URL, d.ID, content, r.secrets)
		tracing.End(span, discreet.Error(err), attribute.String("leadwheel.webhook_id", d.WebhookID.String()), attribute.Int("http.response.status_code", status))
	}
	if err == nil {
		return answer{status: status}
	}
	if ctx.Err() != nil { // which is our doing
		return answer{brokenOff: true}
	}
	failure := &webhooks.Failure{Refusal: store.Refusal{Said: "what it is to be sent could not be written"}}
	_ = errors.As(err, &failure)
	return answer{failure: failure}
}

// note records the answers. It reports whether the webhook may be told more now.
func (r *round) note(ctx context.Context) (more bool, err error) {
	gone, brokenOff, wait := false, false, time.Duration(0)
	var sent, untried []uuid.UUID
	var statuses, attempts []int
	for i, d := range r.owed {
		switch {
		case i >= len(r.answers) || r.answers[i].brokenOff:
			brokenOff = brokenOff || i < len(r.answers)
			untried, attempts = append(untried, d.ID), append(attempts, d.Attempts)
		case r.answers[i].failure == nil:
			sent, statuses = append(sent, d.ID), append(statuses, r.answers[i].status)
			r.count("sent")
			r.metrics.WebhookDelivery.Observe(max(0, r.store.Now().Sub(d.HappenedAt).Seconds()))
		default:
			failure := r.answers[i].failure
			gone, wait = gone || failure.Gone, max(wait, failure.After)
			err = errors.Join(err, r.later(ctx, r.workspace, d, failure))
		}
	}
	err = errors.Join(err, r.store.DeliveriesSent(ctx, r.workspace, r.hook.ID, sent, statuses),
		r.store.DeliveriesUntried(ctx, r.workspace, r.hook.ID, untried, attempts))
	switch {
	case err != nil || len(r.answers) == 0:
		return false, err
	case gone:
		return false, r.disable(ctx, r.workspace, r.hook.ID, "it answered 410 Gone")
	case brokenOff && len(sent)+len(untried) == len(r.owed):
		return false, r.store.HoldWebhook(ctx, r.workspace, r.hook.ID, r.store.Now().Add(crowdedFor))
	case len(sent) > 0 && wait == 0:
		return true, r.store.WebhookTook(ctx, r.workspace, r.hook.ID)
	}
	return false, r.hold(ctx, r.workspace, r.hook, wait)
}
