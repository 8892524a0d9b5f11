package metrics

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// otherRoute is the route of requests that none takes, and otherMethod the method of those of none's.
const (
	otherRoute  = "other"
	otherMethod = "other"
)

// statusClasses are the values of the status label.
var statusClasses = [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}

// HTTP is how the public side's requests fare, by the pattern of their route: so many series there are at the most, whatever is
// asked for.
type HTTP struct {
	requests *prometheus.CounterVec   // route, method, status
	duration *prometheus.HistogramVec // route, method
	inFlight prometheus.Gauge
	routes   sync.Map // of *route by pattern, or by pattern and method where the pattern takes any
}

// route are the series of one.
type route struct {
	byClass  [len(statusClasses)]prometheus.Counter
	duration prometheus.Observer
}

func newHTTP() *HTTP {
	h := &HTTP{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadwheel_http_requests_total",
			Help: "Requests to the public side that were answered, by route, method and class of status; route is other for addresses at which there is nothing.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "leadwheel_http_request_duration_seconds",
			Help:    "Time from a request's headers to the end of its answer, by route and method.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "leadwheel_http_requests_in_flight", Help: "Requests to the public side that are being answered.",
		}),
	}
	h.route("", "")
	return h
}

// Describe implements prometheus.Collector.
func (h *HTTP) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range []prometheus.Collector{h.requests, h.duration, h.inFlight} {
		c.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (h *HTTP) Collect(ch chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{h.requests, h.duration, h.inFlight} {
		c.Collect(ch)
	}
}

// Begin counts a request that has come.
func (h *HTTP) Begin() { h.inFlight.Inc() }

// End counts a request that was answered: by the route with a pattern of net/http, empty where none takes it.
func (h *HTTP) End(pattern, method string, status int, took time.Duration) {
	h.inFlight.Dec()
	r := h.route(pattern, method)
	r.byClass[min(max(status/100, 1), len(statusClasses))-1].Inc()
	r.duration.Observe(took.Seconds())
}

// route finds a route's series, and makes them all when it is asked for the first time.
func (h *HTTP) route(pattern, method string) *route {
	of, path, named := strings.Cut(pattern, " ")
	key := pattern
	switch {
	case pattern == "":
		of, path = otherMethod, otherRoute
	case !named:
		of, path = known(method), pattern
		key += " " + of
	}
	if found, is := h.routes.Load(key); is {
		return found.(*route)
	}
	r := &route{duration: h.duration.WithLabelValues(path, of)}
	for i, class := range statusClasses {
		r.byClass[i] = h.requests.WithLabelValues(path, of, class)
	}
	h.routes.Store(key, r) // two who make it at once make the same
	return r
}

// known is a method by its name, or other: clients may write what they like.
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return otherMethod
}
