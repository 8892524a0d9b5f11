package app

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/store"
)

// An integrationCollector reads how integrations stand with their platforms, at every scrape.
type integrationCollector struct {
	store        *store.Store
	log          *slog.Logger
	health, held *prometheus.Desc
}

func newIntegrationCollector(s *store.Store, log *slog.Logger) *integrationCollector {
	return &integrationCollector{
		store: s, log: log,
		health: prometheus.NewDesc("leadwheel_integration_health", "Integrations, by kind and by how they stand with their platform: ok, token_dead, permission or throttled.", []string{"kind", "state"}, nil),
		held:   prometheus.NewDesc("leadwheel_integration_held", "Deliveries and leads that are held until somebody does something, by kind of integration.", []string{"kind"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *integrationCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.health; ch <- c.held }

// Collect implements prometheus.Collector.
func (c *integrationCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	health, err := c.store.IntegrationHealth(ctx)
	if err != nil {
		c.log.Warn("the integrations could not be read for metrics", "error", err)
		return
	}
	for _, h := range health {
		for state, n := range h.States {
			ch <- prometheus.MustNewConstMetric(c.health, prometheus.GaugeValue, float64(n), string(h.Kind), string(state))
		}
		ch <- prometheus.MustNewConstMetric(c.held, prometheus.GaugeValue, float64(h.Held), string(h.Kind))
	}
}
