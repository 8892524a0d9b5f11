package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// checkTimeout is how long a dependency has to answer before it counts as down.
const checkTimeout = 2 * time.Second

// A Check is a dependency and how to find out whether it is there.
type Check struct {
	// Name is what to call it, as in postgres.
	Name string
	// Ping returns an error where it is down.
	Ping func(context.Context) error
	// Degrades says that the process serves without it, if not as well.
	Degrades bool
}

// Health is the answer of /healthz and /readyz: "ok", "degraded" or "unavailable", and for each dependency "ok", "degraded" or "down".
type Health struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

// serveHealth adds /healthz, whether the process serves, and /readyz, whether what it needs is there.
func serveHealth(mux *http.ServeMux, checks []Check) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeHealth(w, http.StatusOK, Health{Status: "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		health, status := ready(r.Context(), checks)
		writeHealth(w, status, health)
	})
}

// ready asks all dependencies at once. What is wrong with one is for the log of whoever uses it: the listener is public.
func ready(ctx context.Context, checks []Check) (Health, int) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	results := make([]chan error, len(checks))
	for i, c := range checks {
		results[i] = make(chan error, 1)
		go func() { results[i] <- c.Ping(ctx) }()
	}
	health, status := Health{Status: "ok", Checks: make(map[string]string, len(checks))}, http.StatusOK
	for i, c := range checks {
		health.Checks[c.Name] = "ok"
		switch err := <-results[i]; {
		case err == nil:
		case !c.Degrades:
			health.Checks[c.Name] = "down"
			health.Status, status = "unavailable", http.StatusServiceUnavailable
		default:
			health.Checks[c.Name] = "degraded"
			if health.Status == "ok" {
				health.Status = "degraded"
			}
		}
	}
	return health, status
}

func writeHealth(w http.ResponseWriter, status int, health Health) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(health) // the client is gone where this fails
}
