package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/web/pace"
	"github.com/leadwheel/leadwheel/internal/web/problem"
)

// OpsOptions are what the operators' listener serves.
type OpsOptions struct {
	// Checks are the dependencies without which the program is not ready.
	Checks []Check
	// Metrics is what /metrics shows, and Named what it shows besides to who has the key: series with ids. Nil where there are none.
	Metrics, Named prometheus.Gatherer
	// Redis is the queue's, for the dashboard. It stays its owner's.
	Redis redis.UniversalClient
	// QueuesKey must be given to see the dashboard, the metrics that have ids, profiles and the log's level: as the password of basic
	// authentication, as a bearer token or as ?key=. Empty means that none is needed, which is for listeners that only this machine reaches; see
	// QueuesClosed.
	QueuesKey string
	// QueuesClosed refuses all that, and leaves out the metrics that have ids, where there is no key: set it for listeners that others
	// reach.
	QueuesClosed bool
	// PrometheusURL is where the dashboard gets its graphs from; empty means that it has none.
	PrometheusURL string
	Log           *slog.Logger
	// LogLevel is that of the log, which can be changed here; nil where it cannot.
	LogLevel *slog.LevelVar
}

// NewOps makes the operators' handler: health, metrics, the queue's dashboard, profiles and the level of the log.
func NewOps(o OpsOptions) http.Handler {
	mux := http.NewServeMux()
	serveHealth(mux, o.Checks)
	mux.HandleFunc("GET /{$}", o.contents)
	mux.Handle("GET /metrics", metricsFor(o))
	dashboard := guarded(o, queues(o.Redis, queuesPath, o.PrometheusURL))
	mux.Handle(queuesPath, dashboard)
	mux.Handle(queuesPath+"/", dashboard)
	servePprof(mux, o)
	if o.LogLevel != nil {
		serveLogLevel(mux, o)
	}
	return logged(o.Log, recovered(o.Log, decent(bounded(pace.Uploads.Grace, unmatched(mux)))))
}

// contents tells whoever opens the listener's address in a browser what there is.
func (o OpsOptions) contents(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	level := ""
	if o.LogLevel != nil {
		level = fmt.Sprintf(`<li><a href="%s">Log level</a>: %s; <code>leadwheel log-level</code> changes it`+"\n", logLevelPath, levelName(o.LogLevel.Level()))
	}
	fmt.Fprintf(w, opsPage, level)
}

const opsPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>Leadwheel, for operators</title>
<h1>Leadwheel, for operators</h1>
<ul>
<li><a href="/queues">Queues</a>: what waits, runs and failed
<li><a href="/metrics">Metrics</a>, for Prometheus
<li><a href="/readyz">Ready</a>: whether Postgres and Redis answer
<li><a href="/healthz">Healthy</a>: whether this process does
<li><a href="/debug/pprof/">Profiles</a>: what this process is busy with, and what its memory is for
%s</ul>
<p>Leads and people are on the console, at the public address.</p>
</html>
`

// keyCookie carries the key from the dashboard's page to what the page loads.
const keyCookie = "leadwheel_ops"

// guarded lets through those who have the key.
func guarded(o OpsOptions, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case o.QueuesKey == "" && !o.QueuesClosed:
		case o.QueuesKey == "":
			problem.New(http.StatusForbidden, "this listener can be reached from elsewhere; set LEADWHEEL_OPS_KEY to see this").Write(w)
			return
		case !hasKey(r, o.QueuesKey):
			problem.New(http.StatusUnauthorized, "this needs the operators' key, LEADWHEEL_OPS_KEY: as the password, as a bearer token or as ?key=").
				WithHeader("WWW-Authenticate", `Basic realm="leadwheel operators"`).Write(w)
			return
		case r.URL.Query().Has("key"):
			http.SetCookie(w, &http.Cookie{
				Name: keyCookie, Value: cookieOf(o.QueuesKey), Path: queuesPath, HttpOnly: true, SameSite: http.SameSiteStrictMode,
			})
		}
		next.ServeHTTP(w, r)
	})
}

func hasKey(r *http.Request, key string) bool {
	_, password, _ := r.BasicAuth()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if same(password, key) || strings.EqualFold(scheme, "Bearer") && same(token, key) || same(r.URL.Query().Get("key"), key) {
		return true
	}
	cookie, err := r.Cookie(keyCookie)
	return err == nil && same(cookie.Value, cookieOf(key))
}

func same(given, want string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
