// Package web is Leadwheel's HTTP: the public listener with the API, the hooks and the console, and the operators' listener. internal/app
// calls it. It puts handlers together and bounds what clients may cost; what is answered is decided in the rooms below it.
package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/internal/web/compress"
	"github.com/leadwheel/leadwheel/internal/web/console"
	"github.com/leadwheel/leadwheel/internal/web/hooks"
	"github.com/leadwheel/leadwheel/internal/web/pace"
)

// Options are what the public listener serves.
type Options struct {
	API api.Deps
	// Hooks are where platforms and forms deliver leads.
	Hooks hooks.Deps
	// Checks are the dependencies without which it is not ready.
	Checks []Check
	// PublicURL is where others reach the listener, empty where that was not said: the console then takes the browser's address.
	PublicURL string
	// Stopping reports whether the process is about to end; nil is never.
	Stopping func() bool
	// Tracer begins a trace for each request; nil where nobody looks at them.
	Tracer *tracing.Tracer
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
	console.Register(mux, recovered(o.Log, mux), o.PublicURL, queuesFor(o.API.Redis), o.Log)
	serveUnsubscribe(mux, o.API.Store, o.Log)
	serveHealth(mux, o.Checks)
	p.Handler = leaving(o.Stopping, traced(o.Tracer, logged(o.Log, measured(o.API.Metrics.HTTP, recovered(o.Log, decent(bounded(pace.Uploads.Grace, compress.Handler(unmatched(mux)))))))))
	return p
}

// leaving has connections end with the answer under way once the process is about to end, so that none is closed under a request.
func leaving(stopping func() bool, next http.Handler) http.Handler {
	if stopping == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stopping() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Close ends what the handler does beside serving requests.
func (p *Public) Close() { p.api.Close() }

// sendBuffer is how much of an answer the system may hold for a client. It bounds what clients cost that take nothing, and lets
// slow ones be seen to take something before their time is over.
const sendBuffer = 128 << 10

// NewServer is a server with the time-outs that keep slow clients from tying it up. Bodies and answers have their own, so that
// they may take as long as they keep moving.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			if tcp, is := c.(*net.TCPConn); is {
				_ = tcp.SetWriteBuffer(sendBuffer) // else it is as large as the system likes
			}
			return ctx
		},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
