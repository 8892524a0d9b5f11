package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/hibiken/asynq"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/notify"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
)

// giveUpAfter is how old a message gets before it is given up on: nobody calls back a lead for a day. One that was not tried
// often by then, as after quiet hours or when it is sent again, has the attempts of backOff all the same.
const giveUpAfter = 24 * time.Hour

// messageLinkPath is where the link in a message opens its lead.
const messageLinkPath = "/my/open/"

// agentPath is where agents accept what they are offered.
const agentPath = "/my/"

// testAttempts are those that a test message gets.
const testAttempts = 3

// backOff is how long a message waits after each attempt; the last goes on.
var backOff = []time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

// notification sends messages to members.
//
// A message is sent at least once, and once as far as the channel lets us know: it is sent twice where the provider has
// taken it and the worker dies, or cannot reach the database, before that is recorded; or where the provider took it and
// its answer was lost on the way.
type notification struct {
	store   *store.Store
	senders map[lead.Channel]notify.Sender
	// publicURL is where the links in messages lead.
	publicURL string
	metrics   *metrics.Metrics
	tracer    *tracing.Tracer
	log       *slog.Logger
}

func (n *notification) handle(ctx context.Context, task *asynq.Task) error {
	p, err := tasks.Decode[tasks.Notify](task.Payload())
	if err != nil {
		return err
	}
	var m *store.Message
	var failed int
	if err := n.store.WithTx(ctx, func(tx *store.Tx) (err error) {
		m, failed, err = tx.ClaimMessage(ctx, p.Workspace, p.Member, p.Channel)
		return err
	}); err != nil {
		return err
	}
	n.count(p.Channel, "failed", failed)
	if m == nil {
		return nil
	}
	for i, l := range m.Leads {
		if l.LinkToken != "" && n.publicURL != "" {
			m.Leads[i].Link = n.publicURL + messageLinkPath + l.LinkToken
		}
		if m.Kind == store.NotifyOffer && n.publicURL != "" {
			m.Leads[i].Link = n.publicURL + agentPath
		}
	}
	ctx, span := n.tracer.Continue(ctx, trace.SpanKindClient, "message by "+string(m.Channel), m.Traceparents...)
	err = n.senders[m.Channel].Send(ctx, m, notify.Write(m, n.store.Now()))
	tracing.End(span, discreet.Error(err), attribute.String("leadwheel.notification_id", m.ID.String()), attribute.Int("leadwheel.leads", m.Total))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTimeout) // the task's own time may be over
	defer cancel()
	if err == nil {
		n.count(m.Channel, "sent", 1)
		n.metrics.Notifying.WithLabelValues(string(m.Channel)).Observe(max(0, n.store.Now().Sub(m.Due).Seconds()))
		n.log.Debug("message sent", "notification_id", m.ID, "channel", m.Channel, "leads", m.Total)
		return n.store.MessageSent(ctx, m)
	}
	return n.failed(ctx, m, err)
}

// failed records what became of a message that was not sent, or perhaps not.
func (n *notification) failed(ctx context.Context, m *store.Message, cause error) error {
	failure := &notify.Failure{Said: cause.Error()}
	_ = errors.As(cause, &failure)
	failure.Said = discreet.Clean(failure.Said) // providers name whom they do not reach
	log := n.log.With("notification_id", m.ID, "member_id", m.Recipient.MemberID, "channel", m.Channel, "error", failure.Said)
	if failure.Uncounted {
		return n.store.MessageLater(ctx, m, n.store.Now().Add(failure.After), "")
	}
	switch failure.Verdict {
	case notify.AddressDead:
		n.count(m.Channel, "failed", 1)
		log.Warn("a member is not reached at their address any more; another channel is tried, if there is one")
		return n.store.WithTx(ctx, func(tx *store.Tx) error { return tx.AddressDead(ctx, m, failure.Said) })
	case notify.Rejected:
		n.count(m.Channel, "failed", 1)
		log.Warn("a channel will not take a message; another one is tried, if there is one")
		return n.store.WithTx(ctx, func(tx *store.Tx) error { return tx.MessageRejected(ctx, m, failure.Said) })
	case notify.AddressMoved:
		n.count(m.Channel, "retried", 1)
		return n.store.WithTx(ctx, func(tx *store.Tx) error { return tx.ChatMoved(ctx, m, failure.MovedTo) })
	case notify.Misconfigured:
		n.metrics.Misconfigured.WithLabelValues(string(m.Channel)).Inc()
		log.Error("messages cannot be sent until the settings are put right; those that no other channel takes over wait")
		if elsewhere, err := n.elsewhere(ctx, m, failure.Said); elsewhere || err != nil {
			return err
		}
	}
	if n.hopeless(m, failure.Verdict) {
		n.count(m.Channel, "failed", 1)
		log.Warn("a message was given up on by its channel; another one is tried, if there is one")
		return n.store.MessageFailed(ctx, m, failure.Said)
	}
	n.count(m.Channel, "retried", 1)
	wait := max(failure.After, backOff[min(m.Attempt, len(backOff))-1])
	return n.store.MessageLater(ctx, m, n.store.Now().Add(wait), failure.Said)
}

// elsewhere has a message go by another channel, if there is one.
func (n *notification) elsewhere(ctx context.Context, m *store.Message, said string) (elsewhere bool, err error) {
	if m.Kind == store.NotifyTest {
		return false, nil
	}
	if err := n.store.WithTx(ctx, func(tx *store.Tx) (err error) {
		elsewhere, err = tx.MessageElsewhere(ctx, m, said)
		return err
	}); err != nil || !elsewhere {
		return false, err
	}
	n.count(m.Channel, "failed", 1)
	return true, nil
}

// hopeless reports whether a message is not worth another attempt. Somebody waits for what becomes of a test.
func (n *notification) hopeless(m *store.Message, v notify.Verdict) bool {
	if m.Kind == store.NotifyTest {
		return v == notify.Misconfigured || m.Attempt >= testAttempts
	}
	return n.store.Now().Sub(m.OwedSince) > giveUpAfter && m.Attempt > len(backOff)
}

func (n *notification) count(channel lead.Channel, outcome string, times int) {
	n.metrics.Notifications.WithLabelValues(string(channel), outcome).Add(float64(times))
}
