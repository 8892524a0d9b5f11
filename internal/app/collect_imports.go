package app

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/store"
)

// An importCollector counts the imports that are under way, at every scrape.
type importCollector struct {
	store *store.Store
	log   *slog.Logger
	open  *prometheus.Desc
}

func newImportCollector(s *store.Store, log *slog.Logger) *importCollector {
	return &importCollector{
		store: s, log: log,
		open: prometheus.NewDesc("leadwheel_imports_open", "Imports that have not ended, by state: running, or waiting for their turn in their workspace.", []string{"state"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (c *importCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.open }

// Collect implements prometheus.Collector.
func (c *importCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	running, waiting, err := c.store.OpenImports(ctx)
	if err != nil {
		c.log.Warn("the imports could not be read for metrics", "error", err)
		return
	}
	ch <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(running), string(store.ImportRunning))
	ch <- prometheus.MustNewConstMetric(c.open, prometheus.GaugeValue, float64(waiting), string(store.ImportWaiting))
}
