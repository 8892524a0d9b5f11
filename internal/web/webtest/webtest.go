// Package webtest serves the public side of Leadwheel to tests as a process serves it: the API, the hooks and the console on
// one address, wired as internal/app wires them. Only tests import it.
package webtest

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/internal/testenv"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/internal/web/hooks"
	"github.com/leadwheel/leadwheel/internal/web/requestid"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/tasks"
)

// A Server serves one environment.
type Server struct {
	URL string
	// Client follows no redirects.
	Client  *http.Client
	Metrics *metrics.Metrics
	// Close ends it, and may be called more than once. The test's end calls it.
	Close func()
}

// Serve starts a server on an environment. change makes it another than the usual one.
func Serve(tb testing.TB, env *testenv.Env, log *slog.Logger, change ...func(*web.Options)) *Server {
	tb.Helper()
	log = slog.New(requestid.Handler(log.Handler()))
	m := metrics.New(prometheus.NewRegistry())
	intake := ingest.NewIntake(env.Store)
	box, err := secret.NewBox(base64.StdEncoding.EncodeToString(make([]byte, secret.KeySize)))
	if err != nil {
		tb.Fatal(err)
	}
	receiver := ingest.NewReceiver(ingest.ReceiverOptions{Store: env.Store, Intake: intake, Box: box, Metrics: m, Log: log})
	options := web.Options{
		API: api.Deps{
			Store: env.Store, Intake: intake, Importer: ingest.NewImporter(env.Store, m, log), Receiver: receiver,
			Secrets: box, Webhooks: webhooks.NewAddresses(nil), Waiting: tasks.NewWaiting(env.Redis), Metrics: m, Log: log,
		},
		Hooks: hooks.Deps{Store: env.Store, Receiver: receiver, Log: log},
		Log:   log,
	}
	for _, c := range change {
		c(&options)
	}
	public := web.NewPublic(options)
	server := httptest.NewUnstartedServer(nil)
	server.Config = web.NewServer(public, log)
	server.Start()
	s := &Server{URL: server.URL, Client: server.Client(), Metrics: m}
	s.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.Close = sync.OnceFunc(func() {
		server.Close()
		public.Close()
		intake.Stop()
	})
	tb.Cleanup(s.Close)
	return s
}
