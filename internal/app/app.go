// Package app makes one process of Leadwheel's rooms: it builds them for the roles that the process has, starts them in order and
// stops them in reverse. The commands call it, and internal/standalone. It reads no flags and no environment: what it is to do it is
// given.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"

	"github.com/leadwheel/leadwheel/internal/discreet"
	"github.com/leadwheel/leadwheel/internal/ingest"
	"github.com/leadwheel/leadwheel/internal/lead"
	"github.com/leadwheel/leadwheel/internal/metrics"
	"github.com/leadwheel/leadwheel/internal/notify/telegram"
	"github.com/leadwheel/leadwheel/internal/openid"
	"github.com/leadwheel/leadwheel/internal/secret"
	"github.com/leadwheel/leadwheel/internal/tracing"
	"github.com/leadwheel/leadwheel/internal/web"
	"github.com/leadwheel/leadwheel/internal/web/api"
	"github.com/leadwheel/leadwheel/internal/web/hooks"
	"github.com/leadwheel/leadwheel/internal/web/requestid"
	"github.com/leadwheel/leadwheel/internal/webhooks"
	"github.com/leadwheel/leadwheel/scheduler"
	"github.com/leadwheel/leadwheel/store"
	"github.com/leadwheel/leadwheel/tasks"
	"github.com/leadwheel/leadwheel/worker"
)

// A Role is a part of Leadwheel that a process can play.
type Role string

// The roles. A deployment needs each of them at least once.
const (
	RoleAPI       Role = "api"
	RoleWorker    Role = "worker"
	RoleScheduler Role = "scheduler"
)

// Roles lists all roles.
func Roles() []Role { return []Role{RoleAPI, RoleWorker, RoleScheduler} }

// drainTimeout is what requests under way get to finish when the program stops.
const drainTimeout = 5 * time.Second

// Config is what a process needs to know.
type Config struct {
	DatabaseURL string
	RedisURL    string
	// ReplicaURL is the address of a standby of the database, empty where there is none; see store.Options.
	ReplicaURL string
	// Listen is the public address, OpsListen the operators'. Port 0 takes a free one.
	Listen    string
	OpsListen string
	// OpsKey opens the queue dashboard; see web.OpsOptions.
	OpsKey string
	Roles  []Role
	// QueueShards is into how many queues each queue is cut; see tasks.Shards.
	QueueShards tasks.Shards
	// MaxConns bounds the connections to Postgres; 0 means the store's default.
	MaxConns int
	// SecretKeys seal the secrets of others; see secret.NewBox.
	SecretKeys string
	Hooks      HookLimits
	Imports    ingest.ImportLimits
	// OpenID are the settings of the provider of OpenID Connect, without where it sends people back to.
	OpenID openid.Options
	// API is how much callers of the API may ask.
	API       api.Limits
	Platforms ingest.Platforms
	Messages  Messages
	// WebhookAllow are the private networks that webhooks may be in.
	WebhookAllow []netip.Prefix
	// AuditEvery is how often the leading scheduler checks the promises on the live data; 0 means never.
	AuditEvery time.Duration
	// Shown is of how many groups and integrations the leading scheduler shows series.
	Shown scheduler.Shown
	// TracesURL is where traces are sent by OTLP over HTTP; empty means that none are made.
	TracesURL string
	// PrometheusURL is where the queue dashboard gets its graphs from; empty means that it has none.
	PrometheusURL string
	// Drain is for how long the listeners go on once Drain is called; 0 is not at all.
	Drain time.Duration
	// Version is this program's, for the metrics.
	Version string
	Log     *slog.Logger
	// LogLevel is that of Log, which operators may change; nil where they may not.
	LogLevel *slog.LevelVar
}

// HookLimits are what is taken and kept of what platforms and forms deliver.
type HookLimits struct {
	// Rate and AddressRate are in requests a second, of an integration and from an address; 0 is no limit.
	Rate, AddressRate float64
	// FormRate and FormAddressRate are how many times a minute a form may be sent, in all and from an address; 0 is no limit.
	FormRate, FormAddressRate float64
	// KeptBytes is how much a day an integration keeps of what strangers send; 0 is no limit.
	KeptBytes int64
	// Proxies are the networks of whoever hands requests on to this process.
	Proxies []netip.Prefix
	// KeepDays is for how many days deliveries are kept; 0 is for ever.
	KeepDays int
	// Snapchat allows integrations of that kind.
	Snapchat bool
}

// An App is a running process.
type App struct {
	log      *slog.Logger
	secrets  *secret.Box
	store    *store.Store
	redis    redis.UniversalClient
	shards   tasks.Shards
	metrics  *metrics.Metrics
	tracer   *tracing.Tracer // nil where no traces are made
	registry *prometheus.Registry
	channels map[lead.Channel]channel
	feeder   *tasks.Feeder
	bot      *telegram.Client // nil where there is none
	public   net.Addr
	ops      net.Addr
	failed   chan error
	cleanups []cleanup
	drain    time.Duration
	stopping atomic.Bool
}

// Start starts the roles that cfg names, on a database whose schema is this program's. What was started before a
// failure is stopped again. Stop the app that it returns.
func Start(ctx context.Context, cfg Config) (a *App, err error) {
	cfg.Log = slog.New(requestid.Handler(discreet.Handler(cfg.Log.Handler())))
	a = &App{log: cfg.Log, failed: make(chan error, 2), drain: cfg.Drain, shards: cfg.QueueShards}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
		}
	}()
	if a.secrets, err = secret.NewBox(cfg.SecretKeys); err != nil {
		return a, err
	}
	if err := store.CheckSchema(ctx, cfg.DatabaseURL); err != nil {
		return a, err
	}
	a.registry = prometheus.NewRegistry()
	a.metrics = metrics.New(a.registry)
	if err := a.startTraces(ctx, cfg); err != nil {
		return a, err
	}
	if err := a.connect(ctx, cfg); err != nil {
		return a, err
	}
	a.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newCollector(a.store, a.redis, cfg.QueueShards, a.log), newIntegrationCollector(a.store, a.log), newImportCollector(a.store, a.log), newMessageCollector(a.store, a.log),
		buildInfo(cfg.Version))
	for _, role := range cfg.Roles {
		if !slices.Contains(Roles(), role) {
			return a, fmt.Errorf("there is no role %q; the roles are %v", role, Roles())
		}
	}
	a.startBot(cfg.Messages)
	return a, a.startRoles(ctx, cfg)
}

// buildInfo is a series that is always 1, with the version as its label.
func buildInfo(version string) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "leadwheel_build_info", Help: "1, with the version of the program.", ConstLabels: prometheus.Labels{"version": version},
	})
	g.Set(1)
	return g
}

// connect opens the database and Redis. Redis may be down: everything waits for it and goes on when it is back.
func (a *App) connect(ctx context.Context, cfg Config) (err error) {
	if a.redis, err = tasks.OpenRedis(cfg.RedisURL); err != nil {
		return err
	}
	a.onStop("redis", func(context.Context) error { return a.redis.Close() })
	//nolint:contextcheck // it runs until it is stopped, whatever becomes of the start's context
	a.feeder = tasks.NewFeeder(tasks.NewClient(a.redis).Spread(cfg.QueueShards), a.log)
	a.onStop("feeder", func(context.Context) error { a.feeder.Stop(); return nil })
	a.store, err = store.Open(ctx, store.Options{
		DatabaseURL: cfg.DatabaseURL, ReplicaURL: cfg.ReplicaURL, Redis: a.redis, MaxConns: cfg.MaxConns, LockWait: lockWait,
		Channels: cfg.Messages.channels(), Committed: a.committed,
	})
	if err != nil {
		return err
	}
	a.onStop("postgres", func(context.Context) error { return a.store.Close() })
	a.startFromLedger(ctx)
	return nil
}

// startFromLedger has cursors that are ahead of the ledger stand where it does before this process hands out anything: so they are when the
// database was restored from a backup. Without Redis there are no cursors to go by, and the leading scheduler looks again each minute.
func (a *App) startFromLedger(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	rebuilt, err := a.store.RebuildLost(ctx)
	if err != nil {
		a.log.Info("the turn cursors were not compared with the ledger before the start", "error", err)
	}
	if rebuilt > 0 {
		a.metrics.CursorRebuilds.Add(float64(rebuilt))
		a.log.Warn("turn cursors were ahead of the database and were rebuilt", "cursors", rebuilt)
	}
}

// lockWait is how long is waited for a table or a row that somebody has locked. It is longer than transactions take that have much to write,
// and so short that those who ask meanwhile do not pile up.
const lockWait = 4 * time.Second

// ledgerTimeout is what comparing cursors with the ledger may take before the start.
const ledgerTimeout = 5 * time.Second

func (a *App) startRoles(ctx context.Context, cfg Config) error {
	if err := a.startChannels(cfg); err != nil {
		return err
	}
	if slices.Contains(cfg.Roles, RoleWorker) {
		teller := webhooks.NewSender(webhooks.NewAddresses(cfg.WebhookAllow), a.store.Now)
		a.onStop("webhooks", func(context.Context) error { teller.Close(); return nil })
		//nolint:contextcheck // it runs until it is stopped, whatever becomes of the start's context
		w, err := worker.Start(worker.Options{
			Store: a.store, Redis: a.redis, Shards: cfg.QueueShards, Senders: a.senders(), PublicURL: cfg.publicURL(), Webhooks: teller, Box: a.secrets,
			Metrics: a.metrics, Tracer: a.tracer, Log: a.log,
			Fetcher: ingest.NewFetcher(ingest.FetcherOptions{
				Store: a.store, Box: a.secrets, Metrics: a.metrics, Log: a.log, Platforms: cfg.Platforms,
			}),
		})
		if err != nil {
			return err
		}
		a.onStop("worker", func(context.Context) error { w.Stop(); return nil })
	}
	if slices.Contains(cfg.Roles, RoleScheduler) {
		//nolint:contextcheck // it runs until it is stopped, whatever becomes of the start's context
		s := scheduler.Start(scheduler.Options{
			Store: a.store, Redis: a.redis, Shards: cfg.QueueShards, Telegram: a.poller(), Metrics: a.metrics, KeepEvents: time.Duration(cfg.Hooks.KeepDays) * 24 * time.Hour,
			AuditEvery: cfg.AuditEvery, Shown: cfg.Shown, Log: a.log,
		})
		a.onStop("scheduler", func(context.Context) error { s.Stop(); return nil })
	}
	var err error
	if slices.Contains(cfg.Roles, RoleAPI) {
		vouching, err := openid.New(cfg.vouching())
		if err != nil {
			return err
		}
		//nolint:contextcheck // as above
		if a.public, err = a.listen(ctx, "public", cfg.Listen, a.publicHandler(cfg, vouching)); err != nil {
			return err
		}
	}
	a.ops, err = a.listen(ctx, "operators'", cfg.OpsListen, web.NewOps(web.OpsOptions{
		Checks: a.checks(), Metrics: a.registry, Named: a.metrics.Named, Redis: a.redis,
		QueuesKey: cfg.OpsKey, QueuesClosed: !loopback(cfg.OpsListen), PrometheusURL: cfg.PrometheusURL, Log: a.log, LogLevel: cfg.LogLevel,
	}))
	return err
}

// vouching are the settings of the provider of OpenID Connect, which sends people back to where they came from.
func (c Config) vouching() openid.Options {
	o := c.OpenID
	o.Redirect = strings.TrimRight(c.publicURL(), "/") + api.OpenIDReturnPath
	return o
}

// publicURL is where the public side is reached from outside.
func (c Config) publicURL() string { return cmp.Or(c.Messages.PublicURL, publicURL(c.Listen)) }

func (a *App) publicHandler(cfg Config, vouching *openid.Provider) http.Handler {
	intake := ingest.NewIntake(a.store)
	a.onStop("intake", func(context.Context) error { intake.Stop(); return nil })
	receiver := ingest.NewReceiver(ingest.ReceiverOptions{
		Store: a.store, Intake: intake, Box: a.secrets, Metrics: a.metrics, Log: a.log,
	}).Keeping(cfg.Hooks.KeptBytes)
	public := web.NewPublic(web.Options{
		API: api.Deps{
			Store: a.store, Intake: intake,
			Importer: ingest.NewImporter(a.store, a.metrics, a.log).Within(cfg.Imports), ImportQueue: cfg.Imports.Queue,
			Receiver: receiver, Secrets: a.secrets, Snapchat: cfg.Hooks.Snapchat, Telegram: a.bot,
			Posters: a.posters(), PublicURL: cfg.publicURL(), OpenID: vouching,
			Webhooks: webhooks.NewAddresses(cfg.WebhookAllow), Limits: cfg.API, Redis: a.redis, Proxies: cfg.Hooks.Proxies,
			Waiting: tasks.NewWaiting(a.redis), Metrics: a.metrics, Log: a.log,
		},
		Hooks: hooks.Deps{
			Store: a.store, Receiver: receiver, Rate: cfg.Hooks.Rate, AddressRate: cfg.Hooks.AddressRate,
			FormRate: cfg.Hooks.FormRate, FormAddressRate: cfg.Hooks.FormAddressRate, Proxies: cfg.Hooks.Proxies, Log: a.log,
		},
		Checks: a.checks(), PublicURL: cfg.Messages.PublicURL, Stopping: a.stopping.Load, Tracer: a.tracer, Log: a.log,
	})
	a.onStop("api", func(context.Context) error { public.Close(); return nil })
	return public
}

// listen serves a handler at an address, and returns the address as it came to be.
func (a *App) listen(ctx context.Context, name, address string, h http.Handler) (net.Addr, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the %s listener: %w; is another program using this address?", name, err)
	}
	server := web.NewServer(h, a.log)
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- fmt.Errorf("the %s listener failed: %w", name, err)
		}
	}()
	a.onStop(name+" listener", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, drainTimeout)
		defer cancel()
		err := server.Shutdown(ctx)
		if err != nil { // requests that did not end in time are cut off
			err = server.Close()
		}
		<-served
		return err
	})
	return listener.Addr(), nil
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// URL is the public address, empty where this process does not serve it. OpsURL is the operators'.
func (a *App) URL() string {
	if a.public == nil {
		return ""
	}
	return "http://" + a.public.String()
}

// OpsURL is the operators' address.
func (a *App) OpsURL() string { return "http://" + a.ops.String() }

// Store is the app's store.
func (a *App) Store() *store.Store { return a.store }

// Failed gives an error when the app cannot go on. It is then to be stopped.
func (a *App) Failed() <-chan error { return a.failed }
