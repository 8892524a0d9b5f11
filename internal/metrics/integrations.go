package metrics

import (
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
)

// An Integration is how an integration that has delivered of late is doing.
type Integration struct {
	Workspace, Integration uuid.UUID
	Kind                   string
	// LastAt is when it last delivered. Quiet is set where it usually delivers and does not any more.
	LastAt time.Time
	Quiet  bool
}

// Integrations are the gauges of integrations that deliver. One that has not for weeks has none.
type Integrations struct {
	last, quiet *prometheus.Desc
	now         atomic.Pointer[[]Integration]
}

func newIntegrations() *Integrations {
	labels := []string{"workspace_id", "integration_id", "kind"}
	return &Integrations{
		last: prometheus.NewDesc("leadwheel_integration_last_delivery_timestamp_seconds", "When an integration last delivered.", labels, nil),
		quiet: prometheus.NewDesc("leadwheel_integration_quiet",
			"1 where an integration delivers nothing at hours at which it did in the weeks before, else 0.", labels, nil),
	}
}

// Set replaces what is shown.
func (i *Integrations) Set(all []Integration) { i.now.Store(&all) }

// Describe implements prometheus.Collector.
func (i *Integrations) Describe(ch chan<- *prometheus.Desc) { ch <- i.last; ch <- i.quiet }

// Collect implements prometheus.Collector.
func (i *Integrations) Collect(ch chan<- prometheus.Metric) {
	all := i.now.Load()
	if all == nil {
		return
	}
	for _, one := range *all {
		labels := []string{one.Workspace.String(), one.Integration.String(), one.Kind}
		quiet := 0.0
		if one.Quiet {
			quiet = 1
		}
		ch <- prometheus.MustNewConstMetric(i.last, prometheus.GaugeValue, float64(one.LastAt.Unix()), labels...)
		ch <- prometheus.MustNewConstMetric(i.quiet, prometheus.GaugeValue, quiet, labels...)
	}
}
