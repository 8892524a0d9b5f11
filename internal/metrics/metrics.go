// Package metrics holds the series that Leadwheel counts itself, with their labels. Whoever does what is counted calls it; what is
// read from the database or the queue at scrape time is collected where that is at hand. Labels may name kinds and outcomes, never a
// workspace or a person.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// Channels are the ways by which leads come in, the values of the channel label.
var Channels = labels(lead.WaysIn())

// ReconcileKinds are what the reconciler puts right, the values of the kind label.
var ReconcileKinds = []string{
	"batch_fed_again", "stale_draws", "lost_turns", "queue_registered", "dead_task_kept", "import_failed", "lead_planned_anew",
	"lead_missed",
}

// KeyRefusals are why requests are refused for their key, the values of the reason label.
var KeyRefusals = []string{"unknown", "member_inactive", "role"}

// Limits are what bounds requests, the values of the limit label: requests of a key, of a person, those with wrong keys from an
// address and from all, sign-ins from an address, and lists and searches of a workspace at once, and
// how long one of them may take.
var Limits = []string{"key", "person", "guesses_address", "guesses", "sign_ins", "reads", "read_time"}

// SignInWays are how people sign in, the values of the way label: by a link, a password, a passkey, a provider of OpenID Connect, or
// with an API key.
var SignInWays = []string{"link", "password", "passkey", "oidc", "key"}

// AnswerOutcomes are the values of the outcome label of answers.
var AnswerOutcomes = []string{"answered", "answered_late", "reminded", "withdrawn", "overdue", "offered", "lapsed"}

// SignInOutcomes are the values of the outcome label of sign-ins.
var SignInOutcomes = []string{"succeeded", "failed"}

// The values of the labels of notifications and of what ad platforms and forms deliver.
var (
	notifyChannels = labels(lead.Channels())
	notifyOutcomes = []string{"sent", "retried", "failed"}
	hookKinds      = labels(lead.Kinds())
	hookOutcomes   = labels(lead.EventOutcomes())
	importOutcomes = []string{"completed", "failed", "cancelled"}
)

// untilTold are the buckets, in seconds, of what is told to others.
var untilTold = []float64{.1, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400}

// Metrics are Leadwheel's counters. Every series exists from the start, so that a rate over it is never blank.
type Metrics struct {
	LeadsReceived  *prometheus.CounterVec // channel
	RulesBroken    prometheus.Counter     // leads
	Distributions  *prometheus.CounterVec // outcome, reason
	Distribution   prometheus.Histogram   // seconds from accepted to committed
	Reconciled     *prometheus.CounterVec // kind
	CursorRebuilds prometheus.Counter
	Notifications  *prometheus.CounterVec   // channel, outcome
	Notifying      *prometheus.HistogramVec // channel; seconds from due to taken by the provider
	Misconfigured  *prometheus.CounterVec   // channel
	Hooks          *prometheus.CounterVec   // kind, outcome

	WebhookDeliveries *prometheus.CounterVec // outcome
	WebhookDelivery   prometheus.Histogram   // seconds from what happened to when it was taken
	KeysRefused       *prometheus.CounterVec // reason
	Imports           *prometheus.CounterVec // outcome
	Limited           *prometheus.CounterVec // limit
	SignIns           *prometheus.CounterVec // way, outcome
	Answers           *prometheus.CounterVec // outcome
	AnswerTime        prometheus.Histogram   // seconds from assigned to answered

	// HTTP are the public side's requests, Tasks the runs of the queue's tasks.
	HTTP  *HTTP
	Tasks *Tasks

	// QueueAway is 1 while this process' workers cannot reach the queue and take leads from the database, else 0.
	QueueAway prometheus.Gauge

	// Leading is 1 while this process leads the schedule, else 0. What follows is the leader's doing: elsewhere it stays
	// as it was.
	Leading     prometheus.Gauge
	JobFailures *prometheus.CounterVec // task
	AuditBroken *prometheus.GaugeVec   // check; what the last audit found
	AuditTime   prometheus.Gauge       // when it ended, Unix seconds; 0 before the first
	Rings       *Rings
	// Integrations are those that deliver, and whether one has fallen silent.
	Integrations *Integrations
	// Named has the series that name workspaces and what is in them by their ids, which are not for everybody.
	Named *prometheus.Registry
}

// New makes the series and registers them with reg.
func New(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		LeadsReceived: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadwheel_leads_received_total", Help: "Source leads stored, by the channel they came in by.",
		}, []string{"channel"}),
		Distributions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadwheel_distributions_total", Help: "Final outcomes of distributions; reason is empty for all but those that failed.",
		}, []string{"outcome", "reason"}),
		Distribution: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "leadwheel_distribution_seconds",
			Help:    "Time from a distribution's acceptance to its committed copy.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}),
		Reconciled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadwheel_reconciled_total", Help: "What the reconciler put right, by kind.",
		}, []string{"kind"}),
		CursorRebuilds: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "leadwheel_cursor_rebuilds_total", Help: "Turn cursors rebuilt from the ledger.",
		}),
		RulesBroken: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "leadwheel_rules_broken_total", Help: "Leads that went by the rules and for which one of them could not be worked out, and so did not take them.",
		}),
	}
	m.Notifications = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_notifications_total", Help: "Messages to members, by channel and outcome.",
	}, []string{"channel", "outcome"})
	m.Misconfigured = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_notifications_misconfigured_total",
		Help: "Refusals of messages that only an operator can mend, by channel: a wrong token or password, or a policy against the sender. They are tried again.",
	}, []string{"channel"})
	m.Hooks = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_webhook_requests_total", Help: "Deliveries by ad platforms and forms, by kind and outcome.",
	}, []string{"kind", "outcome"})
	m.WebhookDeliveries = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_webhook_deliveries_total", Help: "Attempts to tell webhooks what happened to leads, by outcome.",
	}, []string{"outcome"})
	m.KeysRefused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_keys_refused_total",
		Help: "Requests to the API that were refused for their key, by reason: unknown (or expired, or revoked), member_inactive, or role.",
	}, []string{"reason"})
	m.Imports = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_imports_total", Help: "Imports that ended, by outcome: completed, failed or cancelled. Those whose server died are reconciled instead.",
	}, []string{"outcome"})
	m.Limited = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_requests_limited_total",
		Help: "Requests to the API that were asked to wait or to ask for less, by limit: key, person, guesses_address, guesses, sign_ins, reads (at once, of a workspace), or read_time (stopped).",
	}, []string{"limit"})
	m.SignIns = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_sign_ins_total", Help: "Sign-ins to the console that were tried, by way (link, password, passkey, oidc or key) and outcome.",
	}, []string{"way", "outcome"})
	m.Answers = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_answers_total",
		Help: "What became of assigned leads that are to be answered, by outcome: answered, answered_late, reminded (at half time), withdrawn (for the next receiver), or overdue (left with the member); and of leads that are offered: offered (to a member), and lapsed (nobody of a turn accepted it).",
	}, []string{"outcome"})
	m.AnswerTime = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "leadwheel_answer_seconds", Help: "Time from a lead's assignment until its member took it up.",
		Buckets: []float64{10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 259200},
	})
	m.QueueAway = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "leadwheel_queue_away", Help: "1 while this process' workers cannot reach the queue and take leads from Postgres instead, else 0.",
	})
	m.Rings, m.Integrations, m.HTTP, m.Tasks = newRings(), newIntegrations(), newHTTP(), newTasks()
	m.schedule()
	m.timeTelling()
	m.fill()
	reg.MustRegister(m.LeadsReceived, m.RulesBroken, m.Distributions, m.Distribution, m.Reconciled, m.CursorRebuilds, m.Notifications, m.Misconfigured,
		m.Hooks, m.WebhookDeliveries, m.KeysRefused, m.Imports, m.Limited, m.SignIns, m.Answers, m.AnswerTime,
		m.QueueAway, m.Leading, m.JobFailures, m.AuditBroken, m.AuditTime,
		m.HTTP, m.Tasks, m.Notifying, m.WebhookDelivery)
	m.Named = prometheus.NewRegistry()
	m.Named.MustRegister(m.Rings, m.Integrations)
	return m
}

// schedule makes what the leader of the schedule does.
func (m *Metrics) schedule() {
	m.Leading = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "leadwheel_scheduler_leading", Help: "1 while this process leads the schedule, else 0.",
	})
	m.JobFailures = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "leadwheel_scheduler_job_failures_total", Help: "Rounds of a scheduled job that failed, by job.",
	}, []string{"task"})
	m.AuditBroken = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "leadwheel_audit_broken", Help: "What the last audit found to break a promise, by check; 0 where it is kept.",
	}, []string{"check"})
	m.AuditTime = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "leadwheel_audit_timestamp_seconds", Help: "When the last audit by this process ended; 0 before the first.",
	})
}

// timeTelling makes the times of what is told to members and to webhooks.
func (m *Metrics) timeTelling() {
	m.Notifying = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "leadwheel_notification_seconds", Buckets: untilTold,
		Help: "Time from when a member was to be told, which is after their quiet hours, until the provider took the message, by channel. A message waits some seconds for more to say.",
	}, []string{"channel"})
	m.WebhookDelivery = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "leadwheel_webhook_delivery_seconds", Buckets: untilTold,
		Help: "Time from what happened until a webhook took it, also where it was sent again on request.",
	})
}

// fill makes every series.
func (m *Metrics) fill() {
	for _, c := range Channels {
		m.LeadsReceived.WithLabelValues(c)
	}
	m.Distributions.WithLabelValues(string(lead.Succeeded), "")
	m.Distributions.WithLabelValues(string(lead.Cancelled), "")
	m.Distributions.WithLabelValues(string(lead.Withdrawn), "")
	m.Distributions.WithLabelValues(string(lead.Undone), "")
	m.Distributions.WithLabelValues(string(lead.Lapsed), "")
	for _, r := range lead.Reasons() {
		m.Distributions.WithLabelValues(string(lead.Failed), r.Label())
	}
	for _, k := range ReconcileKinds {
		m.Reconciled.WithLabelValues(k)
	}
	each(m.Notifications, notifyChannels, notifyOutcomes)
	for _, o := range notifyOutcomes {
		m.WebhookDeliveries.WithLabelValues(o)
	}
	for _, r := range KeyRefusals {
		m.KeysRefused.WithLabelValues(r)
	}
	for _, o := range importOutcomes {
		m.Imports.WithLabelValues(o)
	}
	for _, l := range Limits {
		m.Limited.WithLabelValues(l)
	}
	each(m.SignIns, SignInWays, SignInOutcomes)
	for _, o := range AnswerOutcomes {
		m.Answers.WithLabelValues(o)
	}
	for _, c := range notifyChannels {
		m.Notifying.WithLabelValues(c)
		m.Misconfigured.WithLabelValues(c)
	}
	each(m.Hooks, hookKinds, hookOutcomes)
}

func each(c *prometheus.CounterVec, first, second []string) {
	for _, a := range first {
		for _, b := range second {
			c.WithLabelValues(a, b)
		}
	}
}

func labels[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
