// Package metrics holds the series that Leadwheel counts itself. It imports the domain only; what is read from the
// database or the queue at scrape time is collected where that is at hand.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/lead"
)

// Channels are the ways by which leads come in, the values of the channel label.
var Channels = []string{"api", "import", "queue"}

// ReconcileKinds are what the reconciler puts right, the values of the kind label.
var ReconcileKinds = []string{"batch_fed_again", "stale_draws", "queue_registered", "dead_task_kept", "import_failed"}

// Metrics are Leadwheel's counters. Every series exists from the start, so that a rate over it is never blank.
type Metrics struct {
	LeadsReceived  *prometheus.CounterVec // channel
	Distributions  *prometheus.CounterVec // outcome, reason
	Distribution   prometheus.Histogram   // seconds from accepted to committed
	Reconciled     *prometheus.CounterVec // kind
	CursorRebuilds prometheus.Counter
}

// New makes the series and registers them with reg.
func New(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		LeadsReceived: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadwheel_leads_received_total", Help: "Source leads stored, by the channel they came in by.",
		}, []string{"channel"}),
		Distributions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadwheel_distributions_total", Help: "Final outcomes of distributions; reason is empty for those that succeeded.",
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
	}
	for _, c := range Channels {
		m.LeadsReceived.WithLabelValues(c)
	}
	m.Distributions.WithLabelValues(string(lead.Succeeded), "")
	for _, r := range lead.Reasons() {
		m.Distributions.WithLabelValues(string(lead.Failed), r.Label())
	}
	for _, k := range ReconcileKinds {
		m.Reconciled.WithLabelValues(k)
	}
	reg.MustRegister(m.LeadsReceived, m.Distributions, m.Distribution, m.Reconciled, m.CursorRebuilds)
	return m
}
