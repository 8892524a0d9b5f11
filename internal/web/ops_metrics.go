package web

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// metricsFor serves the metrics. Where others reach the listener, those with ids of workspaces and of what is in them are for who
// has the key.
func metricsFor(o OpsOptions) http.Handler {
	options := promhttp.HandlerOpts{
		// One collector that fails must not blank all the others.
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	all, some := promhttp.HandlerFor(o.Metrics, options), promhttp.HandlerFor(withoutIDs{o.Metrics}, options)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.QueuesClosed || o.QueuesKey != "" && hasKey(r, o.QueuesKey) {
			all.ServeHTTP(w, r)
			return
		}
		some.ServeHTTP(w, r)
	})
}

// withoutIDs gathers the metrics that have no id for a label.
type withoutIDs struct{ prometheus.Gatherer }

// Gather implements prometheus.Gatherer.
func (g withoutIDs) Gather() ([]*dto.MetricFamily, error) {
	families, err := g.Gatherer.Gather()
	for _, f := range families {
		f.Metric = slices.DeleteFunc(f.Metric, func(m *dto.Metric) bool {
			return slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return strings.HasSuffix(l.GetName(), "_id") })
		})
	}
	return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return len(f.GetMetric()) == 0 }), err
}
