// Package web is Leadwheel's HTTP: the public listener with the API and the console, and the operators' listener. It imports its own
// rooms, and what they import.
package web

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/internal/web/console"
	"github.com/leadwheel/leadwheel/internal/web/hooks"
)

// Options are what the public listener serves.
type Options struct {
	API api.Deps
	// Hooks are where platforms and forms deliver leads.
	Hooks hooks.Deps
	// Checks are the dependencies without which it is not ready.
	Checks []Check
	Log    *slog.Logger
}

// A Public is the public listener's handler.
type Public struct {
	http.Handler
	api *api.API
}

// NewPublic makes the public listener's handler. Close it after the last request.
func NewPublic(o Options) *Public {
	mux := http.NewServeMux()
	p := &Public{api: api.New(mux, o.API)}
	hooks.Register(mux, o.Hooks)
	console.Register(mux, recovered(o.Log, mux), o.Log)
	serveUnsubscribe(mux, o.API.Store, o.Log)
	serveHealth(mux, o.Checks)
	p.Handler = logged(o.Log, recovered(o.Log, bounded(bodyTimeout, unmatched(mux))))
	return p
}

// Close ends what the handler does beside serving requests.
func (p *Public) Close() { p.api.Close() }

// bodyTimeout is how long a body may take that nobody reads, or reads without a deadline of its own.
const bodyTimeout = time.Minute

// NewServer is a server with the time-outs that keep slow clients from tying it up. Bodies have their own, so that
// uploads may take as long as they keep coming.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
