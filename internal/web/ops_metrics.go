package web

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metricsFor serves the metrics. Where others reach the listener, those with ids of workspaces and of what is in them are for who
// has the key.
func metricsFor(o OpsOptions) http.Handler {
	options := promhttp.HandlerOpts{
		// One collector that fails must not blank all the others.
		ErrorHandling: promhttp.ContinueOnError,
		ErrorLog:      slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	some := promhttp.HandlerFor(o.Metrics, options)
	all := some
	if o.Named != nil {
		all = promhttp.HandlerFor(prometheus.Gatherers{o.Metrics, o.Named}, options)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.QueuesClosed || o.QueuesKey != "" && hasKey(r, o.QueuesKey) {
			all.ServeHTTP(w, r)
			return
		}
		some.ServeHTTP(w, r)
	})
}
